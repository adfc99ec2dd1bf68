/* Whether VMs are up, as ready in their files says; see ready.h. */
#include "cmd/ready.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/address.h"
#include "cmd/agent.h"
#include "cmd/interrupt.h"
#include "cmd/reach.h"
#include "launch/runtime.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define PATIENCE_MS 2000 /* a supervisor's, and an agent's, time to answer */
#define AGAIN_MS    200  /* between looks */
#define SPARE_MS    5000 /* after a VM's own time */
#define SAID_MAX    4096 /* bytes of a watcher's last word */

/* --- one look --- */

static enum ready
not_yet(struct diag *d, const char *why)
{
	fail(d, "%s", why);
	return READY_NO;
}

/* The record has whole seconds, of which the first may have been a short one. A clock that was set
 * back makes no VM wait. */
static enum ready
look_at_age(const json_t *record, const struct vm_ready_sign *sign, struct diag *d)
{
	json_int_t started = json_integer_value(json_object_get(record, "started"));
	int64_t age = ((int64_t)time(NULL) - started) * 1000;

	if (age >= sign->after + 1000 || age < 0)
		return READY_YES;
	fail(d, "it has run for %llds only", (long long)(age / 1000));
	return READY_NO;
}

static enum ready
look_at_agent(struct cmd *cmd, const char *name, const json_t *record, struct diag *d)
{
	json_t *request = json_pack("{s:s}", "do", "agent");
	struct ask ask = { .name = name, .request = request, .patience = PATIENCE_MS };
	enum ready how = READY_NO;

	ask_all(cmd, &ask, 1, NULL);
	if (ask.told != TOLD_ANSWER || !json_is_true(json_object_get(ask.answer, "ok")))
		fail(d, "the guest's agent cannot be asked");
	else if (!json_is_true(json_object_get(ask.answer, "listens")))
		fail(d, "the guest's agent does not run");
	else if (json_is_true(json_object_get(ask.answer, "busy")))
		how = READY_YES; /* it answers somebody else */
	else if (agent_ping(d, agent_path(record), PATIENCE_MS) == 0)
		how = READY_YES;
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return how;
}

static enum ready
look_at(struct cmd *cmd, const char *name, const json_t *record, const struct vm_ready_sign *sign,
    struct diag *d)
{
	const char *state = json_text(record, "state");

	/* Between two runs, or before the first one. */
	if (strcmp(state, "running") != 0 && strcmp(state, "paused") != 0) {
		fail(d, "it is %s", state);
		return READY_NO;
	}
	switch (sign->by) {
	case READY_QMP:
		return READY_YES;
	case READY_AFTER:
		return look_at_age(record, sign, d);
	case READY_AGENT:
		return look_at_agent(cmd, name, record, d);
	case READY_TCP:
		return reach_tcp(cmd, name, record, sign, d) == 0 ? READY_YES : READY_NO;
	case READY_PING:
		return reach_ping(cmd, name, record, sign, d) == 0 ? READY_YES : READY_NO;
	}
	return READY_NO;
}

enum ready
ready_look(struct cmd *cmd, const char *name, const struct vm_ready_sign *sign, struct diag *d)
{
	json_t *request = json_pack("{s:s,s:b}", "do", "status", "brief", 1);
	struct ask ask = { .name = name, .request = request, .patience = PATIENCE_MS };
	enum ready how = READY_NO;

	diag_free(d);
	ask_all(cmd, &ask, 1, NULL);
	switch (ask.told) {
	case TOLD_ANSWER:
		how = look_at(cmd, name, ask.answer, sign, d);
		break;
	case TOLD_STOPPED:
		fail(d, "it does not run any more");
		how = READY_NEVER;
		break;
	case TOLD_NOTHING:
		how = not_yet(d, "its supervisor does not answer");
		break;
	case TOLD_FAILED:
		diag_move(d, &ask.d);
		break;
	}
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return how;
}

int
ready_look_for(
    const struct context *c, const char *name, const struct vm_ready_sign *sign, struct diag *d)
{
	struct cmd cmd = { .c = *c };

	switch (ready_look(&cmd, name, sign, d)) {
	case READY_YES:
		return 1;
	case READY_NEVER:
		return -1;
	default:
		return 0;
	}
}

bool
ready_is_overdue(struct cmd *cmd, const char *name, const struct vm_ready *ready)
{
	char *dir = runtime_path(&cmd->c, name, "");
	struct diag ignored = { 0 };
	json_t *record = NULL;
	json_int_t started = 0;

	if (record_read(&ignored, dir, &record) == 0)
		started = json_integer_value(json_object_get(record, "started"));
	json_decref(record);
	diag_free(&ignored);
	free(dir);
	return started != 0 && ((int64_t)time(NULL) - started) * 1000 > ready->timeout;
}

/* --- watching --- */

/* Has whoever wants to know gone? */
static bool
is_orphan(int fd)
{
	struct pollfd p = { .fd = fd, .events = 0 };

	return poll(&p, 1, 0) == 1;
}

/* Of one that began just now, its age is known better than its record tells. */
static enum ready
look_once(const struct ready_watch *w, int64_t since, struct diag *d)
{
	static const struct vm_ready_sign runs = { .by = READY_QMP };
	const struct vm_ready_sign *sign = &w->ready.sign;
	enum ready how;

	if (sign->by != READY_AFTER || !w->is_fresh)
		return ready_look(w->cmd, w->name, sign, d);
	how = ready_look(w->cmd, w->name, &runs, d);
	if (how != READY_YES || now_ms() - since >= sign->after)
		return how;
	fail(d, "it has run for %llds only", (long long)((now_ms() - since) / 1000));
	return READY_NO;
}

/* The child: one character of how it went, then why. */
static void
watch(struct ready_watch *w, int fd)
{
	int64_t begin = now_ms(), deadline = begin + w->ready.timeout;
	const struct vm_ready_sign *sign = &w->ready.sign;
	struct diag d = { 0 };
	enum ready how;
	char letter;

	if (sign->by == READY_AFTER && w->ready.timeout < sign->after + SPARE_MS)
		deadline = begin + sign->after + SPARE_MS;
	while (
	    (how = look_once(w, begin, &d)) == READY_NO && now_ms() < deadline && !is_orphan(fd)) {
		int64_t left = sign->by == READY_AFTER ? begin + sign->after - now_ms() : AGAIN_MS;

		sleep_ms(left > 0 && left < AGAIN_MS ? left : AGAIN_MS);
	}
	letter = how == READY_YES ? 'y' : how == READY_NEVER ? 'x' : 'n';
	if (fd_write_all(fd, &letter, 1) == 0 && d.text != NULL)
		(void)fd_write_all(fd, d.text, strcspn(d.text, "\n"));
	_exit(0);
}

static void
end_watcher(struct ready_watch *w)
{
	loop_remove(w->loop, w->pipe);
	fd_close(&w->pipe);
	while (waitpid(w->watcher, NULL, 0) == -1 && errno == EINTR)
		;
	w->watcher = 0;
}

static void
settle(struct ready_watch *w, enum ready how, struct diag *d)
{
	if (w->said != NULL)
		buf_free(w->said);
	free(w->said);
	w->said = NULL;
	w->done(w, how, d);
}

static void
on_word(int fd, short revents, void *arg)
{
	struct ready_watch *w = arg;
	struct diag d = { 0 };
	char part[512];
	ssize_t n = read(fd, part, sizeof(part));
	enum ready how = READY_NO;

	if (n == -1 && errno == EINTR)
		return;
	if (n > 0) {
		if (w->said->len < SAID_MAX)
			buf_addn(w->said, part, (size_t)n);
		return;
	}
	end_watcher(w);
	if (w->said->len == 0)
		fail(&d, "who watched it has died");
	else if (w->said->len > 1)
		fail(&d, "%s", w->said->s + 1);
	if (w->said->len > 0 && w->said->s[0] != 'n')
		how = w->said->s[0] == 'y' ? READY_YES : READY_NEVER;
	settle(w, how, &d);
}

static void
at_once(void *arg)
{
	struct diag none = { 0 };

	settle(arg, READY_YES, &none);
}

static void
no_process(void *arg)
{
	struct diag d = { 0 };

	fail(&d, "no process can be started that watches it");
	settle(arg, READY_NO, &d);
}

void
ready_watch(struct ready_watch *w)
{
	int fds[2];

	w->watcher = 0;
	w->pipe = -1;
	w->said = xcalloc(1, sizeof(*w->said));
	if (w->ready.sign.by == READY_QMP && w->is_up) {
		loop_timer(w->loop, 0, at_once, w);
		return;
	}
	if (fd_pipe(fds) == -1) {
		loop_timer(w->loop, 0, no_process, w);
		return;
	}
	w->watcher = fork();
	if (w->watcher == 0) {
		interrupt_ignore();
		fd_close(&fds[0]);
		watch(w, fds[1]);
	}
	fd_close(&fds[1]);
	if (w->watcher == -1) {
		w->watcher = 0;
		fd_close(&fds[0]);
		loop_timer(w->loop, 0, no_process, w);
		return;
	}
	w->pipe = fds[0];
	loop_add(w->loop, w->pipe, POLLIN, on_word, w);
}

void
ready_watch_cancel(struct ready_watch *w)
{
	if (w->said == NULL)
		return;
	loop_timer_cancel(w->loop, at_once, w);
	loop_timer_cancel(w->loop, no_process, w);
	if (w->watcher != 0) {
		kill(w->watcher, SIGKILL);
		end_watcher(w);
	}
	buf_free(w->said);
	free(w->said);
	w->said = NULL;
}
