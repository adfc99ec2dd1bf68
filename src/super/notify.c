/*
 * What a supervisor in the foreground tells the service manager that started it: sd_notify(3), which is
 * a datagram of lines to the socket that NOTIFY_SOCKET names. Nobody listens where it is not set.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "super/machine.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"
#include "util/num.h"

#define SLACK_MS 60000 /* beyond the deadlines of a stop: QEMU's end, hooks, what is put away */

static void
send_text(struct super *s, const char *text)
{
	/* Nobody may be there to read it; the VM's life does not depend on it. */
	if (s->notify != NULL)
		(void)unix_tell(s->notify, text, strlen(text));
}

/* The watchdog is that of this process if its pid is said, or none is. */
static int64_t
watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t us, whose;

	if (usec == NULL || int_parse(usec, 1, INT64_MAX, &us) == -1)
		return 0;
	if (pid != NULL && (int_parse(pid, 1, INT64_MAX, &whose) == -1 || whose != getpid()))
		return 0;
	return us / 1000;
}

static void
feed_watchdog(void *arg)
{
	struct super *s = arg;

	send_text(s, "WATCHDOG=1");
	loop_timer(s->loop, now_ms() + s->notify_ms / 2, feed_watchdog, s);
}

void
super_notify_open(struct super *s)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path != NULL && (path[0] == '/' || path[0] == '@'))
		s->notify = xstrdup(path);
	s->notify_ms = watchdog_ms();
	if (s->notify != NULL && s->notify_ms > 0)
		feed_watchdog(s);
	/* Not for hooks. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
super_notify_close(struct super *s)
{
	free(s->notify);
	s->notify = NULL;
}

static void
add_stage(const struct super *s, struct buf *b)
{
	switch (s->stage) {
	case STAGE_ASK:
		buf_add(b, "the guest is asked to shut down, and has ");
		buf_add_duration(b, s->stop_timeout);
		break;
	case STAGE_QUIT:
		buf_add(b, "QEMU is told to quit");
		break;
	case STAGE_KILL:
		buf_add(b, "QEMU is killed");
		break;
	}
}

/* A stop that may be given up is none yet: systemd would not take the service for running again. */
static void
add_stopping(const struct super *s, struct buf *b)
{
	int64_t left = s->stop_deadline - now_ms() + SLACK_MS;

	if (!s->soft_only)
		buf_addf(b, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64 "\n", left * 1000);
	buf_add(b, "STATUS=stopping: ");
	add_stage(s, b);
}

void
super_notify(struct super *s, const char *how)
{
	const char *accel = json_string_value(json_object_get(s->launch.record, "accel"));
	struct buf b = { 0 };

	if (s->notify == NULL)
		return;
	if (s->state == S_STOPPING && how == NULL)
		add_stopping(s, &b);
	else
		buf_addf(&b, "STATUS=%s", state_name(s->state));
	if (how != NULL) {
		buf_add(&b, ": ");
		buf_add_visible(&b, how, strlen(how));
	} else if (s->state == S_RUNNING || s->state == S_PAUSED) {
		buf_addf(&b, ", QEMU %d", (int)s->launch.proc.pid);
		if (accel != NULL)
			buf_addf(&b, ", %s", accel);
		if (s->history.total > 0)
			buf_addf(&b, ", restart %d", s->history.total);
	}
	send_text(s, b.s);
	buf_free(&b);
}

void
super_notify_ready(struct super *s)
{
	char text[64];

	snprintf(text, sizeof(text), "READY=1\nMAINPID=%d", (int)getpid());
	send_text(s, text);
	super_notify(s, NULL);
}
