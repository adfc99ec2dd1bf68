/* The end of a QEMU: its cause, what is left on the host, and whether the VM starts again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "super/cause.h"
#include "super/machine.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

/* One end as it is told: why, in words, and the numbers that go with it. */
struct told {
	enum vm_cause cause;
	struct buf how;
	json_t *facts;
};

static void
told_free(struct told *t)
{
	buf_free(&t->how);
	json_decref(t->facts);
}

/* Of our own child waitpid() tells it, of any other the system may. */
static bool
status_of(const struct super *s, int *ret)
{
	pid_t got;

	if (s->launch.proc.pid == 0)
		return false;
	if (!s->launch.ours)
		return os_proc_status(s->proc, &s->launch.proc, ret) == 0;
	while ((got = waitpid(s->launch.proc.pid, ret, 0)) == -1 && errno == EINTR)
		continue;
	return got == s->launch.proc.pid;
}

static void
look_at_end(struct super *s, struct told *t)
{
	bool stopping = s->state == S_STOPPING;
	struct end e = { .asked = s->asked ? s->asked_as : CAUSE_NONE,
		.killing = stopping && s->stage == STAGE_KILL,
		.up = s->up,
		.broken = s->broken,
		.shutdown = s->end,
		.watchdog = s->watchdog_at != 0 && now_ms() - s->watchdog_at < BITTEN_MS };

	e.known = status_of(s, &e.status);
	e.starved = super_starved(s);
	if (e.asked == CAUSE_NONE && (!e.known || WIFSIGNALED(e.status)))
		e.oom = e.starved ? OS_OOM_YES : os_oom_killed(&s->oom, s->launch.proc.pid);
	t->cause = end_cause(&e);
	end_add_text(&e, &t->how);
	t->facts = json_object();
	if (e.known && WIFSIGNALED(e.status))
		json_object_set_new(t->facts, "signal", json_integer(WTERMSIG(e.status)));
	else if (e.known)
		json_object_set_new(t->facts, "exit_status", json_integer(WEXITSTATUS(e.status)));
}

static void
forget_qemu(struct super *s, struct diag *d)
{
	json_decref(s->between);
	s->between = super_between(s->launch.record);
	super_cancel_deadlines(s);
	super_ready_forget(s);
	if (s->proc != -1)
		loop_remove(s->loop, s->proc);
	fd_close(&s->proc);
	super_qmp_close(s);
	super_take_down(s, d);
}

/* A start that failed: the words of QEMU and its companions are the reason, if they said any. */
static void
start_failed(struct super *s, struct diag *d, const char *how)
{
	size_t n = s->log.tail != NULL ? s->log.tail_len : 0;

	while (n > 0 && s->log.tail[n - 1] == '\n')
		s->log.tail[--n] = '\0';
	for (char *line = n > 0 ? s->log.tail : NULL, *next; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		fail(d, "%s", line);
	}
	if (s->broken[0] != '\0')
		fail(d, "%s", s->broken);
	else if (n == 0)
		fail(d, "%s before it ran", how);
}

/* The event, and what is kept of the end. */
static void
tell_end(struct super *s, enum vm_event event, struct told *t, const char *words)
{
	json_t *record;

	json_object_set_new(t->facts, "restarts", json_integer(s->history.total));
	record = event_record(s->name, event, t->cause, json_incref(t->facts), words);
	last_write(s->c, s->name, record);
	super_tell(s, record);
	json_decref(record);
}

/* The supervisor ends with its VM, once its hooks have heard of it. */
void
super_leave(struct super *s)
{
	s->leaving = true;
	if (!hooks_busy(s))
		loop_stop(s->loop);
}

static void
finish(struct super *s, struct told *t, bool in_order)
{
	s->state = in_order ? S_STOPPED : S_FAILED;
	s->result = in_order ? 0 : -1;
	/* A start that failed has told so to whoever asked for it; nothing has run and nothing is
	 * left. */
	if (!in_order && s->report == NULL)
		failure_mark(s->c, s->name, t->how.s);
	tell_end(s, in_order ? EVENT_STOPPED : EVENT_FAILED, t, t->how.s);
	/* The folder goes before the answer: who was told that it has stopped may start it at once.
	 */
	runtime_remove(&s->runtime);
	control_end(s, t->how.s);
	super_notify(s, t->how.s);
	super_leave(s);
}

void
super_restart_due(void *arg)
{
	super_event(arg, E_RETRY);
}

static int64_t
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

json_t *
super_between(const json_t *record)
{
	static const char *const kept[] = { "name", "file", "log", "memory", "cpus", "stop_timeout",
		"restart", "restart_limit", "restart_delay", "restart_max_delay", "restart_settled",
		"restart_causes", "hooks" };
	json_t *between = json_object();

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *value = json_object_get(record, kept[i]);

		if (value != NULL)
			json_object_set(between, kept[i], value);
	}
	return between;
}

int
super_between_write(struct diag *d, struct runtime *r, json_t *between,
    const struct restart_history *h, int64_t delay)
{
	json_t *left = NULL, *whole;
	struct diag missing = { 0 };
	int result;

	restart_history_write(between, h);
	json_object_set_new(between, "restart_due", json_integer(wall_ms() + delay));
	whole = json_copy(between);
	/* What could not be put right yet is known there alone. */
	if (r->keep && record_read(&missing, r->dir, &left) == 0)
		json_object_update_missing(whole, left);
	json_object_del(whole, "pid");
	result = record_write(d, r, whole);
	json_decref(left);
	json_decref(whole);
	diag_free(&missing);
	return result;
}

int64_t
super_until_due(const json_t *between)
{
	return json_integer_value(json_object_get(between, "restart_due")) - wall_ms();
}

void
super_add_restart(struct buf *text, int n, int64_t delay)
{
	buf_addf(text, "; restart %d follows", n);
	if (delay >= 1000)
		buf_addf(text, " in %lld s", (long long)(delay + 500) / 1000);
}

static void
restart_later(struct super *s, struct told *t, int64_t delay)
{
	struct diag d = { 0 };
	struct buf text = { 0 };

	s->up = false;
	s->state = S_RESTARTING;
	if (s->between == NULL)
		s->between = json_object();
	if (super_between_write(&d, &s->runtime, s->between, &s->history, delay) == -1)
		log_diag(&s->log, &d);
	buf_add(&text, t->how.s);
	super_add_restart(&text, s->history.total, delay);
	json_object_set_new(t->facts, "delay", json_integer(delay));
	tell_end(s, EVENT_RESTARTING, t, text.s);
	control_state(s);
	super_notify(s, t->how.s);
	loop_timer(s->loop, now_ms() + delay, super_restart_due, s);
	buf_free(&text);
	diag_free(&d);
}

static void
restart_or_finish(struct super *s, struct told *t, int64_t ran)
{
	struct restart_decision r = restart_decide(&s->policy, &s->history, t->cause, ran);

	if (s->asked || r.verdict == VERDICT_END) {
		finish(s, t, s->asked || cause_in_order(t->cause));
	} else if (r.verdict == VERDICT_ENOUGH) {
		buf_addf(&t->how, ", and was restarted %d times already", r.count);
		finish(s, t, false);
	} else {
		restart_later(s, t, r.delay);
	}
}

void
super_ended(struct super *s)
{
	struct told t = { .cause = s->asked ? s->asked_as : CAUSE_NONE };
	struct diag d = { 0 };
	int64_t ran = s->up ? now_ms() - s->started : 0;

	super_qmp_drain(s);
	log_drain(&s->log, &s->qemu, s->fifo);
	log_fall_silent(&s->log, &s->qemu);
	if (s->launch.proc.pid != 0) {
		look_at_end(s, &t);
		forget_qemu(s, &d);
	} else {
		super_cancel_deadlines(s);
		buf_add(&t.how, "stopped before it was started again");
		t.facts = json_object();
	}
	if (s->report != NULL) {
		start_failed(s, &d, t.how.s);
		if (!s->asked)
			t.cause = CAUSE_START_FAILED;
		finish(s, &t, false);
		s->report(s, &d);
	} else {
		restart_or_finish(s, &t, ran);
	}
	log_diag(&s->log, &d);
	diag_free(&d);
	told_free(&t);
}

/* The file is read anew: what was changed in it comes into force with the restart, unless it is wrong: no
 * VM is lost for what somebody has written into a file. The guest that
 * came in by migration boots here the second time. */
static int
make_plan(struct super *s, struct diag *d, struct plan *p)
{
	char *wrong;

	if (plan_again(d, s->c, s->name, s->word, p, &wrong) == -1)
		return -1;
	for (char *line = wrong; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");

		log_say(&s->log, "as it ran before, because of its file: %.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
	free(wrong);
	free(p->member.vm.incoming);
	p->member.vm.incoming = NULL;
	/* Until it runs, whoever finds it dead knows that it was on its way. */
	p->history = json_pack("{s:b}", "restarting", 1);
	restart_history_write(p->history, &s->history);
	return 0;
}

void
super_relaunch(struct super *s)
{
	struct told t = { .cause = CAUSE_START_FAILED };
	struct diag d = { 0 };
	struct plan p;

	s->state = S_STARTING;
	if (make_plan(s, &d, &p) == -1 || super_launch(s, &d, &p) == -1) {
		super_cancel_deadlines(s);
		buf_addf(&t.how, "could not be restarted: %.*s",
		    d.text != NULL ? (int)strcspn(d.text, "\n") : 0, d.text != NULL ? d.text : "");
		t.facts = json_object();
		restart_or_finish(s, &t, 0);
	}
	told_free(&t);
	diag_free(&d);
}
