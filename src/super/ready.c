/*
 * Is the VM what its file calls ready? Told once for each run of QEMU. What has to be looked for in
 * the guest is looked for by a child, which holds nothing of the VM's and asks as a command would:
 * that may take seconds, and the supervisor goes on meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch/record.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"
#include "vm/ready.h"

#define LOOK_EVERY_MS 500
#define SAID_MAX      512 /* bytes of a looker's last word */

struct looker {
	pid_t pid;
	int pipe;
	char said[SAID_MAX];
	size_t len;
};

/* false: the record says nothing of it, and QEMU's own word is enough. */
static bool
sign_of(const struct super *s, struct vm_ready_sign *ret)
{
	const char *text = json_string_value(json_object_get(s->launch.record, "ready"));

	*ret = (struct vm_ready_sign){ .by = READY_QMP };
	return text != NULL && vm_ready_parse(text, ret) == 0 && ret->by != READY_QMP;
}

/* So that no supervisor after this one tells it again. */
static void
note(struct super *s)
{
	struct vm_ready_sign sign;
	struct diag d = { 0 };

	if (!sign_of(s, &sign) || json_object_get(s->launch.record, "ready_since") != NULL)
		return;
	json_object_set_new(s->launch.record, "ready_since", json_integer((json_int_t)time(NULL)));
	if (record_write(&d, &s->runtime, s->launch.record) == -1)
		log_diag(&s->log, &d);
	diag_free(&d);
}

static void
is_ready(struct super *s)
{
	struct vm_ready_sign sign;
	char text[READY_TEXT];

	s->is_ready = true;
	note(s);
	(void)sign_of(s, &sign);
	vm_ready_text(&sign, text);
	if (sign.by == READY_QMP)
		super_say(
		    s, EVENT_READY, CAUSE_NONE, json_pack("{s:s}", "by", text), "its QEMU runs");
	else
		super_say(s, EVENT_READY, CAUSE_NONE, json_pack("{s:s}", "by", text),
		    "%s, %lld s after its start", text,
		    (long long)((now_ms() - s->started) / 1000));
}

static void
has_run_long_enough(void *arg)
{
	is_ready(arg);
}

/* --- the child --- */

static void
nobody_hears(int sig)
{
	_exit(0);
}

/* However its supervisor ended, no look goes on without it. */
static void
end_with_reader(int out)
{
	signal(SIGIO, nobody_hears);
	fcntl(out, F_SETOWN, getpid());
	fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_ASYNC);
}

/* One character of how it went, then why it is not so. */
static void
look(const struct super *s, const struct vm_ready_sign *sign, int64_t deadline, int out)
{
	struct pollfd p = { .fd = 3 };
	struct diag d = { 0 };
	int how;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	if (dup2(out, 3) == -1)
		_exit(1);
	closefrom(4);
	fd_set_cloexec(3, true);
	end_with_reader(3);
	while ((how = s->c->ready_look(s->c, s->name, sign, &d)) == 0 && now_ms() < deadline &&
	       poll(&p, 1, 0) == 0)
		sleep_ms(LOOK_EVERY_MS);
	if (fd_write_all(3, how == 1 ? "y" : "n", 1) == 0 && d.text != NULL)
		(void)fd_write_all(3, d.text, strcspn(d.text, "\n"));
	_exit(0);
}

/* --- */

static void
forget_looker(struct super *s)
{
	struct looker *l = s->looker;

	s->looker = NULL;
	if (l == NULL)
		return;
	kill(l->pid, SIGKILL); /* our own child, not yet waited for */
	loop_remove(s->loop, l->pipe);
	fd_close(&l->pipe);
	while (waitpid(l->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	free(l);
}

static void
take_word(int fd, short revents, void *arg)
{
	struct super *s = arg;
	struct looker *l = s->looker;
	ssize_t n = read(fd, l->said + l->len, sizeof(l->said) - 1 - l->len);
	char why[SAID_MAX];
	bool yes;

	if (n == -1 && errno == EINTR)
		return;
	if (n > 0) {
		l->len += (size_t)n;
		return;
	}
	yes = l->len > 0 && l->said[0] == 'y';
	strlcpy(why, l->len > 1 ? l->said + 1 : "nobody could look", sizeof(why));
	forget_looker(s);
	if (yes)
		is_ready(s);
	else if (s->state == S_RUNNING || s->state == S_PAUSED)
		log_say(&s->log, "not ready in time: %s", why);
}

static void
begin_looker(struct super *s, const struct vm_ready_sign *sign, int64_t deadline)
{
	struct looker *l;
	int fds[2];
	pid_t pid;

	if (s->c->ready_look == NULL)
		return;
	if (fd_pipe(fds) == -1) {
		log_say(&s->log, "pipe: %s", strerror(errno));
		return;
	}
	pid = fork();
	if (pid == 0)
		look(s, sign, deadline, fds[1]);
	fd_close(&fds[1]);
	if (pid == -1) {
		log_say(&s->log, "fork: %s", strerror(errno));
		fd_close(&fds[0]);
		return;
	}
	s->looker = l = xcalloc(1, sizeof(*l));
	*l = (struct looker){ .pid = pid, .pipe = fds[0] };
	loop_add(s->loop, l->pipe, POLLIN, take_word, s);
}

void
super_ready_begin(struct super *s)
{
	struct vm_ready_sign sign;
	int64_t timeout = json_integer_value(json_object_get(s->launch.record, "ready_timeout"));

	super_ready_forget(s);
	if (!sign_of(s, &sign))
		is_ready(s);
	else if (sign.by == READY_AFTER)
		loop_timer(s->loop, s->started + sign.after, has_run_long_enough, s);
	else
		begin_looker(s, &sign, s->started + timeout);
}

void
super_ready_adopt(struct super *s)
{
	struct vm_ready_sign sign;

	if (sign_of(s, &sign) && json_object_get(s->launch.record, "ready_since") == NULL)
		super_ready_begin(s);
	else
		s->is_ready = true;
}

void
super_ready_change(struct super *s)
{
	if (s->is_ready)
		note(s);
	else
		super_ready_begin(s);
}

void
super_ready_forget(struct super *s)
{
	s->is_ready = false;
	loop_timer_cancel(s->loop, has_run_long_enough, s);
	forget_looker(s);
}
