/* States and events of a VM, and what is done at each crossing. An empty cell means ignore. */
#include "super/machine.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "launch/layers.h"
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
	layers_forget(s->c);
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
	if (s->state == S_STOPPING) {
		super_notify(s, NULL);
		return;
	}
	enter(s, S_STOPPING);
	if (s->asked)
		super_say(s, EVENT_STOPPING, s->asked_as, NULL, "%s",
		    stage == STAGE_ASK    ? "the guest is asked to shut down"
		    : stage == STAGE_QUIT ? "QEMU is told to quit"
					  : "QEMU is killed");
}

/* A restart is over: from here on an end counts as one. */
static void
came_up(struct super *s)
{
	struct diag d = { 0 };

	super_cancel_deadlines(s);
	s->up = true;
	if (json_object_del(s->launch.record, "restarting") == 0 &&
	    record_write(&d, &s->runtime, s->launch.record) == -1)
		log_diag(&s->log, &d);
	diag_free(&d);
	super_shelter(s);
}

static void
is_running(struct super *s)
{
	enum state before = s->state;
	bool first = !s->up;

	if (s->state == S_STARTING)
		came_up(s);
	s->up = true;
	s->inmigrate = false;
	enter(s, S_RUNNING);
	if (first && s->report != NULL)
		s->report(s, NULL);
	if (before == S_PAUSED)
		super_say(s, EVENT_RESUMED, CAUSE_NONE, NULL, "the guest runs on");
	else if (before == S_STARTING)
		super_say(s, EVENT_RUNNING, CAUSE_NONE, NULL, "the guest runs");
	if (before == S_STARTING)
		super_ready_begin(s);
}

static void
is_paused(struct super *s)
{
	enum state before = s->state;
	bool first = !s->up;

	if (before == S_STARTING)
		came_up(s);
	s->up = true;
	enter(s, S_PAUSED);
	/* A guest that was told to wait (args -S, -incoming) has started all the same. */
	if (first && s->report != NULL)
		s->report(s, NULL);
	super_say(s, EVENT_PAUSED, s->pause_cause, NULL, "the guest does not run");
	if (before == S_STARTING)
		super_ready_begin(s);
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
		super_asked_no_more(s);
		enter(s, S_RUNNING);
		super_say(s, EVENT_RUNNING, CAUSE_NONE, NULL,
		    "the guest did not shut down in time and runs on");
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
	strlcpy(s->broken, "QEMU did not come up in time", sizeof(s->broken));
	log_say(&s->log, "%s", s->broken);
	kill_qemu(s);
}

static action *const table[S_COUNT][E_COUNT] = {
	[S_STARTING][E_RUNNING] = is_running,
	[S_STARTING][E_PAUSED] = is_paused,
	[S_STARTING][E_STOP] = kill_qemu,
	[S_STARTING][E_QUIT] = kill_qemu,
	[S_STARTING][E_KILL] = kill_qemu,
	[S_STARTING][E_DEADLINE] = startup_late,
	[S_STARTING][E_EXIT] = super_ended,

	[S_RESTARTING][E_RETRY] = super_relaunch,
	[S_RESTARTING][E_STOP] = super_ended,
	[S_RESTARTING][E_QUIT] = super_ended,
	[S_RESTARTING][E_KILL] = super_ended,

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
		[S_FAILED] = "failed",
		[S_RESTARTING] = "restarting" };

	return names[s];
}
