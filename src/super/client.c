/* Asking supervisors, all at once; see client.h. */
#include "super/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/runtime.h"
#include "os/os.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define ANSWER_MAX (1u << 20)
#define AGAIN_MS   10

struct client_run {
	const struct context *c;
	struct loop *loop;
	size_t pending; /* of those that client_run() waits for */
};

/* A call while it is under way knows the run it belongs to through its loop's argument. */
struct under_way {
	struct client_run *run;
	struct call *call;
	bool single; /* of client_begin(): it and its run go with its end */
};

static void on_answer(int fd, short revents, void *arg);
static void on_deadline(void *arg);
static void begin(void *arg);

static void
finish(struct under_way *u, enum call_outcome outcome)
{
	struct call *call = u->call;

	if (call->fd != -1)
		loop_remove(u->run->loop, call->fd);
	loop_timer_cancel(u->run->loop, on_deadline, u);
	loop_timer_cancel(u->run->loop, begin, u);
	fd_close(&call->fd);
	free(call->text);
	call->text = NULL;
	call->outcome = outcome;
	if (u->single) {
		call->under_way = NULL;
		free(u->run);
		free(u);
		if (call->done != NULL)
			call->done(call, call->arg);
		return;
	}
	u->run->pending--;
	if (call->done != NULL)
		call->done(call, call->arg);
	if (u->run->pending == 0)
		loop_stop(u->run->loop);
}

/* An answer may have come while this process had no time for it. */
static void
on_deadline(void *arg)
{
	struct under_way *u = arg;
	struct pollfd p = { .fd = u->call->fd, .events = POLLIN };

	if (p.fd != -1 && poll(&p, 1, 0) == 1) {
		loop_timer(u->run->loop, now_ms() + AGAIN_MS, on_deadline, u);
		on_answer(p.fd, p.revents, u);
	} else {
		finish(u, CALL_SILENT);
	}
}

static void
on_answer(int fd, short revents, void *arg)
{
	struct under_way *u = arg;
	struct call *call = u->call;
	char part[8192];
	ssize_t n = read(fd, part, sizeof(part));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0 || call->len + (size_t)n > ANSWER_MAX) {
		finish(u, CALL_DIED);
		return;
	}
	call->text = xreallocarray(call->text, call->len + (size_t)n, 1);
	memcpy(call->text + call->len, part, (size_t)n);
	call->len += (size_t)n;
	if (call->text[call->len - 1] != '\n')
		return;
	call->answer = json_loadb(call->text, call->len, 0, NULL);
	finish(u, call->answer != NULL ? CALL_ANSWERED : CALL_DIED);
}

/* Is somebody there, and too busy to take another connection? */
static bool
queue_is_full(const struct under_way *u, int error)
{
	return error == EAGAIN || (error == ECONNREFUSED && os_here()->full_is_refused &&
				      runtime_is_held(u->run->c, u->call->name));
}

/* A request is far smaller than a socket's buffer: it goes out whole, or the other end is gone. */
static void
begin(void *arg)
{
	struct under_way *u = arg;
	struct call *call = u->call;
	char *path = runtime_path(u->run->c, call->name, "control.sock");
	char *text = json_dumps(call->request, JSON_COMPACT), *line = xasprintf("%s\n", text);

	call->fd = unix_connect(path, true);
	if (call->fd == -1) {
		call->error = errno;
		if (errno == EACCES || errno == EPERM)
			finish(u, CALL_DENIED);
		else if (!queue_is_full(u, call->error))
			finish(u, CALL_NOBODY);
		else if (now_ms() >= call->deadline)
			finish(u, CALL_SILENT);
		else
			loop_timer(u->run->loop, now_ms() + AGAIN_MS, begin, u);
	} else if (call->descriptor != NULL &&
		   os_send_fds(call->fd, line, strlen(line), call->descriptor, 1) == -1) {
		call->error = errno;
		finish(u, errno == EOPNOTSUPP ? CALL_DENIED : CALL_DIED);
	} else if (call->descriptor == NULL &&
		   send(call->fd, line, strlen(line), MSG_NOSIGNAL) == -1) {
		finish(u, CALL_DIED);
	} else {
		loop_add(u->run->loop, call->fd, POLLIN, on_answer, u);
	}
	free(line);
	free(text);
	free(path);
}

static void
reset(struct call *call)
{
	call->outcome = CALL_PENDING;
	call->answer = NULL;
	call->fd = -1;
	call->deadline = INT64_MAX;
	call->text = NULL;
	call->len = 0;
	call->under_way = NULL;
}

void
client_begin(const struct context *c, struct loop *loop, struct call *call)
{
	struct under_way *u = xcalloc(1, sizeof(*u));

	u->run = xcalloc(1, sizeof(*u->run));
	*u->run = (struct client_run){ .c = c, .loop = loop };
	u->call = call;
	u->single = true;
	reset(call);
	call->under_way = u;
	if (call->patience > 0) {
		call->deadline = now_ms() + call->patience;
		loop_timer(loop, call->deadline, on_deadline, u);
	}
	begin(u);
}

void
client_drop(struct call *call)
{
	if (call->under_way == NULL)
		return;
	call->done = NULL;
	finish(call->under_way, CALL_SILENT);
}

void
client_run(const struct context *c, struct call *calls, size_t n)
{
	struct client_run run = { .c = c, .loop = loop_new(), .pending = n };
	struct under_way *all = xcalloc(n, sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		reset(&calls[i]);
		all[i] = (struct under_way){ &run, &calls[i], false };
	}
	for (size_t i = 0; i < n; i++)
		begin(&all[i]);
	/* Only now: what done() does for one that nobody answers for is not counted to the others.
	 */
	for (size_t i = 0; i < n; i++) {
		if (calls[i].outcome != CALL_PENDING || calls[i].patience == 0)
			continue;
		calls[i].deadline = now_ms() + calls[i].patience;
		loop_timer(run.loop, calls[i].deadline, on_deadline, &all[i]);
	}
	if (run.pending > 0 && loop_run(run.loop) == -1) {
		for (size_t i = 0; i < n; i++) {
			if (calls[i].outcome == CALL_PENDING)
				finish(&all[i], CALL_DIED);
		}
	}
	free(all);
	loop_free(run.loop);
}
