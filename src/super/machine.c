/* States and events of a VM, and what is done at each crossing. An empty cell means ignore. */
#include "super/machine.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "os/os.h"
#include "util/idle.h"
#include "util/loop.h"

typedef void action(struct super *s);

static void
enter(struct super *s, enum state state)
{
	s->state = state;
	control_state(s);
	super_notify(s, NULL);
}

static void
deadline(void *arg)
{
	super_event(arg, E_DEADLINE);
}

/* A guest that is still booting misses the first; and the connection may be broken just now. */
static void
repeat_powerdown(void *arg)
{
	struct super *s = arg;
	bool connected = s->qmp != NULL;

	super_qmp_send(s, "system_powerdown", NULL, ID_IGNORE);
	loop_timer(s->loop, now_ms() + (connected ? REPEAT_MS : AGAIN_MS), repeat_powerdown, s);
}

void
super_cancel_deadlines(struct super *s)
{
	loop_timer_cancel(s->loop, deadline, s);
	loop_timer_cancel(s->loop, repeat_powerdown, s);
	loop_timer_cancel(s->loop, super_restart_due, s);
}

void
super_startup_deadline(struct super *s)
{
	loop_timer(s->loop, now_ms() + STARTUP_MS, deadline, s);
}

IDLE_PATH static void
idle(void *arg)
{
	struct super *s = arg;

	if (s->ballast.drop != NULL)
		s->ballast.drop(s->ballast.arg);
	s->ballast.drop = NULL;
	os_memory_trim();
}

void
super_bustle(struct super *s)
{
	if (!s->foreground)
		loop_timer(s->loop, now_ms() + IDLE_MS, idle, s);
}

static void
begin_stage(struct super *s, enum stage stage, int64_t ms)
{
	super_cancel_deadlines(s);
	s->stage = stage;
	s->stop_deadline = now_ms() + ms;
	loop_timer(s->loop, s->stop_deadline, deadline, s);
	if (s->state != S_STOPPING)
		enter(s, S_STOPPING);
	else
		super_notify(s, NULL);
}

static void
is_running(struct super *s)
{
	bool first = !s->up;

	if (s->state == S_STARTING)
		super_cancel_deadlines(s);
	s->up = true;
	s->inmigrate = false;
	enter(s, S_RUNNING);
	if (first && s->report != NULL)
		s->report(s, NULL);
}

static void
is_paused(struct super *s)
{
	bool first = !s->up;

	if (s->state == S_STARTING)
		super_cancel_deadlines(s);
	s->up = true;
	enter(s, S_PAUSED);
	/* A guest that was told to wait (args -S, -incoming) has started all the same. */
	if (first && s->report != NULL)
		s->report(s, NULL);
}

static void
kill_qemu(struct super *s)
{
	s->kill_sent = s->proc != -1 && os_proc_signal(s->proc, &s->launch.proc, SIGKILL) == 0;
	begin_stage(s, STAGE_KILL, s->kill_sent ? KILL_MS : AGAIN_MS);
}

/* Something that the VM is not to start without cannot be had; one that runs already goes on. */
void
super_break(struct super *s, const char *fmt, ...)
{
	va_list ap;

	if (s->broken[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(s->broken, sizeof(s->broken), fmt, ap);
	va_end(ap);
	log_say(&s->log, "%s", s->broken);
	if (s->up)
		s->broken[0] = '\0';
	else
		kill_qemu(s);
}

static void
quit(struct super *s)
{
	if (s->qmp == NULL) {
		kill_qemu(s);
		return;
	}
	super_qmp_send(s, "quit", NULL, ID_IGNORE);
	begin_stage(s, STAGE_QUIT, QUIT_MS);
}

static void
power_down(struct super *s)
{
	/* A guest that has not come in yet runs elsewhere: nobody here can hear. */
	if (s->inmigrate) {
		quit(s);
		return;
	}
	/* A guest that is paused cannot hear the power button. */
	if (s->state == S_PAUSED)
		super_qmp_send(s, "cont", NULL, ID_IGNORE);
	begin_stage(s, STAGE_ASK, s->stop_timeout);
	repeat_powerdown(s);
}

/* Asked again while it is under way: the nearer deadline counts. */
static void
stop_again(struct super *s)
{
	int64_t at = now_ms() + s->stop_timeout;

	if (s->stage != STAGE_ASK || at >= s->stop_deadline)
		return;
	s->stop_deadline = at;
	loop_timer(s->loop, at, deadline, s);
}

static void
quit_again(struct super *s)
{
	if (s->stage == STAGE_ASK)
		quit(s);
}

static void
late(struct super *s)
{
	switch (s->stage) {
	case STAGE_ASK:
		if (!s->soft_only) {
			log_say(&s->log, "the guest did not shut down in time");
			quit(s);
			break;
		}
		super_cancel_deadlines(s);
		s->asked = false;
		enter(s, S_RUNNING);
		control_stop_failed(s, "the guest did not shut down in time and runs on");
		break;
	case STAGE_QUIT:
		log_say(&s->log, "QEMU did not quit in time");
		kill_qemu(s);
		break;
	case STAGE_KILL:
		/* Nothing is stronger; it ends when the kernel lets it. */
		if (s->kill_sent)
			control_stop_failed(
			    s, "QEMU was killed, but the kernel does not let it end yet");
		kill_qemu(s);
		break;
	}
}

static void
startup_late(struct super *s)
{
	log_say(&s->log, "QEMU did not come up in time");
	kill_qemu(s);
}

/* Between two runs there is no process: the end is the end of waiting for the next. */
static void
stop_starting(struct super *s)
{
	if (s->launch.proc.pid == 0)
		super_ended(s);
	else
		kill_qemu(s);
}

static action *const table[S_COUNT][E_COUNT] = {
	[S_STARTING][E_RUNNING] = is_running,
	[S_STARTING][E_PAUSED] = is_paused,
	[S_STARTING][E_STOP] = stop_starting,
	[S_STARTING][E_QUIT] = stop_starting,
	[S_STARTING][E_KILL] = stop_starting,
	[S_STARTING][E_DEADLINE] = startup_late,
	[S_STARTING][E_RETRY] = super_relaunch,
	[S_STARTING][E_EXIT] = super_ended,

	[S_RUNNING][E_PAUSED] = is_paused,
	[S_RUNNING][E_STOP] = power_down,
	[S_RUNNING][E_QUIT] = quit,
	[S_RUNNING][E_KILL] = kill_qemu,
	[S_RUNNING][E_EXIT] = super_ended,

	[S_PAUSED][E_RUNNING] = is_running,
	[S_PAUSED][E_STOP] = power_down,
	[S_PAUSED][E_QUIT] = quit,
	[S_PAUSED][E_KILL] = kill_qemu,
	[S_PAUSED][E_EXIT] = super_ended,

	[S_STOPPING][E_STOP] = stop_again,
	[S_STOPPING][E_QUIT] = quit_again,
	[S_STOPPING][E_KILL] = kill_qemu,
	[S_STOPPING][E_DEADLINE] = late,
	[S_STOPPING][E_EXIT] = super_ended,
};

void
super_event(struct super *s, enum event e)
{
	if (table[s->state][e] != NULL)
		table[s->state][e](s);
}

const char *
state_name(enum state s)
{
	static const char *const names[S_COUNT] = { [S_STARTING] = "starting",
		[S_RUNNING] = "running",
		[S_PAUSED] = "paused",
		[S_STOPPING] = "stopping",
		[S_STOPPED] = "stopped",
		[S_FAILED] = "failed" };

	return names[s];
}
