/* Why a VM has ended; see cause.h. */
#include "super/cause.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "util/buf.h"

/* ShutdownCause of QEMU's qapi/run-state.json. */
static const struct reason {
	const char *reason;
	const char *words;
	enum vm_cause cause;
} reasons[] = { { "guest-shutdown", "the guest shut down", CAUSE_GUEST_SHUTDOWN },
	{ "guest-reset", "the guest asked for a reset", CAUSE_GUEST_RESET },
	{ "guest-panic", "the guest panicked", CAUSE_GUEST_PANIC },
	{ "host-qmp-quit", "told to quit", CAUSE_QUIT },
	{ "host-qmp-system-reset", "told to reset", CAUSE_GUEST_RESET },
	{ "host-signal", "QEMU was ended by a signal", CAUSE_KILLED },
	{ "host-ui", "its window was closed", CAUSE_QUIT },
	{ "host-error", "QEMU met an error", CAUSE_QEMU_FAILED } };

static const struct reason *
reason_of(const struct end *e)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].reason, e->shutdown) == 0)
			return &reasons[i];
	}
	return NULL;
}

/* Signals that a program brings upon itself, and that the kernel or an assertion sends. */
static enum vm_cause
cause_of_signal(const struct end *e, int sig)
{
	switch (sig) {
	case SIGKILL:
		return e->oom != OS_OOM_NO ? CAUSE_OUT_OF_MEMORY : CAUSE_KILLED;
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGQUIT:
	case SIGPIPE:
	case SIGALRM:
	case SIGUSR1:
	case SIGUSR2:
		return CAUSE_KILLED;
	default:
		return CAUSE_QEMU_CRASHED;
	}
}

enum vm_cause
end_cause(const struct end *e)
{
	const struct reason *r = reason_of(e);

	if (e->asked != CAUSE_NONE)
		return e->asked;
	if (e->broken[0] != '\0')
		return CAUSE_START_FAILED;
	if (e->known && WIFSIGNALED(e->status))
		return cause_of_signal(e, WTERMSIG(e->status));
	if (e->watchdog)
		return CAUSE_WATCHDOG;
	/* With on_panic = "exit-failure" there is a status besides. */
	if (r != NULL && (r->cause == CAUSE_GUEST_PANIC || !e->known || e->status == 0))
		return r->cause;
	if (e->known)
		return e->up ? CAUSE_QEMU_FAILED : CAUSE_START_FAILED;
	return e->oom == OS_OOM_YES ? CAUSE_OUT_OF_MEMORY : CAUSE_LOST;
}

static const char *
oom_words(const struct end *e)
{
	switch (e->oom) {
	case OS_OOM_YES:
		return e->starved ? ": out of memory, see memory_max" : ": the kernel did it for want of memory";
	case OS_OOM_PERHAPS:
		return ": perhaps the kernel did it for want of memory, as it has to some process "
		       "meanwhile";
	case OS_OOM_NO:
		break;
	}
	return "";
}

void
end_add_text(const struct end *e, struct buf *text)
{
	const struct reason *r = reason_of(e);
	bool asked = e->asked != CAUSE_NONE;

	if (e->broken[0] != '\0') {
		buf_add(text, e->broken);
	} else if (asked && e->killing && (!e->known || WIFSIGNALED(e->status))) {
		buf_add(text, "killed");
	} else if (e->known && WIFSIGNALED(e->status)) {
		int sig = WTERMSIG(e->status);

		buf_addf(text, "QEMU was killed by signal %d (%s)%s", sig, strsignal(sig),
		    sig == SIGKILL ? oom_words(e) : "");
	} else if (e->watchdog) {
		buf_add(text, "the guest's watchdog fired");
	} else if (r != NULL &&
		   (r->cause == CAUSE_GUEST_PANIC || !e->known || e->status == 0)) {
		buf_add(text, r->words);
	} else if (e->known && e->status != 0) {
		buf_addf(text, "QEMU failed with exit status %d", WEXITSTATUS(e->status));
	} else if (e->shutdown[0] != '\0') {
		buf_addf(text, "QEMU ended: %s", e->shutdown);
	} else {
		buf_addf(text, "QEMU ended without a word%s",
		    !e->known && e->oom == OS_OOM_YES ? oom_words(e) : "");
	}
}
