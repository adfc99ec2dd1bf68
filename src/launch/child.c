/* Between fork and exec; see child.h. */
#include "launch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "qemu/argv.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* What the child was about when it failed; an index into steps, sent with errno. */
enum step { STEP_DESCRIPTORS, STEP_CPUS, STEP_PRIORITY, STEP_LIMITS, STEP_PRIVILEGES, STEP_EXEC };
static const char *const steps[] = { "cannot pass its descriptors",
	"cannot be bound to its CPUs (emulator_pin)", "cannot set its priority (nice)",
	"cannot be limited", "cannot drop privileges", "cannot execute it" };

struct failure {
	int step;
	int err;
};

static void
give_up(int error, enum step step)
{
	struct failure f = { step, errno };

	(void)!write(error, &f, sizeof(f));
	_exit(127);
}

static int
pass_descriptors(const struct child_wish *w)
{
	int null = open("/dev/null", O_RDONLY);

	if (null == -1 || dup2(w->log, STDERR_FILENO) == -1 ||
	    (!w->terminal && (dup2(null, STDIN_FILENO) == -1 || dup2(w->log, STDOUT_FILENO) == -1)))
		return -1;
	os_cloexec_from(STDERR_FILENO + 1);
	for (size_t i = 0; i < w->nfds; i++) {
		if (fd_set_cloexec(w->fds[i], false) == -1)
			return -1;
	}
	return 0;
}

static void
set_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	/* Its log has no reader between two supervisors. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
drop_privileges(const struct child_wish *w)
{
	static const struct rlimit no_core = { 0, 0 };

	umask(077);
	if ((w->dir == -1 ? chdir("/") : fchdir(w->dir)) == -1 ||
	    setrlimit(RLIMIT_CORE, &no_core) == -1 ||
	    (w->readonly != NULL && os_folder_readonly(w->readonly) == -1))
		return -1;
	return w->privileged ? os_privileges_keep() : os_privileges_drop(w->who);
}

/* No limit, or as far as one may go who is not root, or root of a container; QEMU says so if that is
 * not enough. */
static void
raise_lock_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* While root still is: what an ordinary user may not do to himself. */
static void
take_rights(const struct child_wish *w, int error)
{
	if (w->cpus != NULL && os_thread_bind(0, w->cpus) == -1)
		give_up(error, STEP_CPUS);
	if (w->nice != 0 && setpriority(PRIO_PROCESS, 0, w->nice) == -1)
		give_up(error, STEP_PRIORITY);
	if (w->nice != 0)
		os_session_nice(w->nice);
	if (w->locks_memory)
		raise_lock_limit();
	/* Once the uid has gone even root needs CAP_SYS_RESOURCE for it. */
	if (w->limits != NULL && os_process_limit(0, w->limits) == -1)
		give_up(error, STEP_LIMITS);
}

/* Does a variable of the wish have the name that this one has? */
static bool
replaced(const struct child_wish *w, const char *variable)
{
	size_t n = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < w->nenvironment; i++) {
		if (strncmp(w->environment[i], variable, n) == 0)
			return true;
	}
	return false;
}

/* To be freed by the caller; what it points to is not. */
static char **
make_environment(const struct child_wish *w)
{
	static char *const usual[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
		"HOME=/" };
	const size_t nusual = sizeof(usual) / sizeof(usual[0]);
	char **environment = xcalloc(nusual + w->nenvironment + 1, sizeof(*environment));
	size_t n = 0;

	for (size_t i = 0; i < nusual; i++) {
		if (!replaced(w, usual[i]))
			environment[n++] = usual[i];
	}
	for (size_t i = 0; i < w->nenvironment; i++)
		environment[n++] = w->environment[i];
	return environment;
}

static void
become(const struct child_wish *w, char **environment, int gate, int error)
{
	ssize_t n;
	char go;

	setsid();
	set_signals();
	if (pass_descriptors(w) == -1)
		give_up(error, STEP_DESCRIPTORS);
	take_rights(w, error);
	if (drop_privileges(w) == -1)
		give_up(error, STEP_PRIVILEGES);
	/* Only a byte opens the gate: its end means that the supervisor died before the record was
	 * written. */
	do
		n = read(gate, &go, 1);
	while (n == -1 && errno == EINTR);
	if (n != 1)
		_exit(127);
	execve(w->argv->v[0], w->argv->v, environment);
	give_up(error, STEP_EXEC);
}

int
child_fork(struct diag *d, const struct child_wish *wish, struct child *ret)
{
	int gate[2] = { -1, -1 }, error[2] = { -1, -1 }, result = -1;
	char **environment = make_environment(wish);
	pid_t pid;

	if (fd_pipe(gate) == -1 || fd_pipe(error) == -1) {
		fail_sys(d, "pipe");
		goto cleanup;
	}
	pid = fork();
	if (pid == -1) {
		fail_sys(d, "fork");
		goto cleanup;
	}
	if (pid == 0) {
		close(gate[1]);
		close(error[0]);
		become(wish, environment, gate[0], error[1]);
	}
	*ret = (struct child){ .name = wish->name, .pid = pid, .gate = gate[1], .error = error[0] };
	gate[1] = error[0] = -1;
	result = 0;
cleanup:
	free(environment);
	fd_close(&gate[0]);
	fd_close(&gate[1]);
	fd_close(&error[0]);
	fd_close(&error[1]);
	return result;
}

int
child_go(struct diag *d, struct child *c)
{
	struct failure f;
	ssize_t n;

	do
		n = write(c->gate, "", 1);
	while (n == -1 && errno == EINTR);
	/* A child that is gone already has said why; one that waits would do so for ever. */
	if (n == -1 && errno != EPIPE)
		return fail_sys(d, "%s: pipe", c->name);
	do
		n = read(c->error, &f, sizeof(f));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return fail_sys(d, "%s: pipe", c->name);
	if (n == 0)
		return 0;
	if (n != sizeof(f) || f.step < 0 || f.step > STEP_EXEC)
		return fail(d, "%s: cannot be started", c->name);
	errno = f.err;
	return fail_sys(d, "%s: %s", c->name, steps[f.step]);
}

void
child_kill(struct child *c)
{
	if (c->pid == -1)
		return;
	kill(c->pid, SIGKILL); /* our own child, not yet waited for: the pid is still its */
	while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	c->pid = -1;
}

void
child_close(struct child *c)
{
	fd_close(&c->gate);
	fd_close(&c->error);
}
