/* One VM from its file to a running guest; see bring_up.h. */
#include "cmd/bring_up.h"

#include <poll.h>
#include <string.h>

#include "cmd/view.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "util/fd.h"
#include "util/loop.h"

#define LOOK_MS    2000   /* a supervisor's time to say how its VM is */
#define AT_WORK_MS 130000 /* another vmrun's time to bring the VM up */
#define START_MS   600000 /* a supervisor's time to launch, hooks and all */
#define AGAIN_MS   20

static void begin(void *arg);

static void
failed(struct bring_up *b, struct diag *d)
{
	say_failure(b->cmd, b->name, d);
	b->done(b, BROUGHT_NOT);
}

void
say_running(struct cmd *cmd, const char *name, const struct super_result *r)
{
	say_result(cmd, name, "running",
	    json_pack(
		"{s:i,s:s,s:b}", "pid", (int)r->qemu, "accel", r->accel, "own_uid", r->own_uid),
	    "running, pid %d, %s%s", (int)r->qemu, r->accel,
	    r->own_uid ? "" : ", QEMU with your own uid");
}

/* It runs, but are its ports where it says? */
static void
warn_ports(struct cmd *cmd, const char *name, const json_t *answer)
{
	struct view v = { .links = NULL };
	struct diag ignored = { 0 };

	view_add(&v, name, answer);
	if (view_look(&ignored, &v, &cmd->c.host, false) == 0)
		view_warn_ports(cmd, &v);
	diag_free(&ignored);
	view_free(&v);
}

static void
already(struct bring_up *b, const char *state)
{
	if (!b->silent_already)
		say_result(
		    b->cmd, b->name, state, json_pack("{s:b}", "already", 1), "already %s", state);
	b->done(b, BROUGHT_ALREADY);
}

static void
look_again(struct bring_up *b)
{
	if (b->give_up == 0)
		b->give_up = now_ms() + AT_WORK_MS;
	if (now_ms() < b->give_up) {
		loop_timer(b->loop, now_ms() + AGAIN_MS, begin, b);
	} else {
		struct diag d = { 0 };

		fail_as(&d, DIAG_BUSY, "another vmrun is at work on it, try again");
		failed(b, &d);
	}
}

static void
on_hurried(struct call *call, void *arg)
{
	json_decref(call->request);
	json_decref(call->answer);
	look_again(arg);
}

/* Its supervisor waits before it starts the VM again, and need not any more. */
static void
hurry(struct bring_up *b)
{
	b->holder = (struct call){ .name = b->name,
		.request = json_pack("{s:s}", "do", "start"),
		.patience = LOOK_MS,
		.done = on_hurried,
		.arg = b };
	client_begin(&b->cmd->c, b->loop, &b->holder);
}

static void
on_holder(struct call *call, void *arg)
{
	struct bring_up *b = arg;
	json_t *answer = call->answer;
	const char *state = json_text(answer, "state");
	struct diag d = { 0 };

	json_decref(call->request);
	if (call->outcome == CALL_DENIED) {
		fail_as(&d, DIAG_DENIED, "not permitted: %s", strerror(call->error));
		failed(b, &d);
	} else if (strcmp(state, "stopping") == 0) {
		fail_as(&d, DIAG_BUSY, "it is being stopped, try again");
		failed(b, &d);
	} else if (call->outcome != CALL_ANSWERED || strcmp(state, "starting") == 0) {
		look_again(b);
	} else if (strcmp(state, "restarting") == 0) {
		hurry(b);
	} else {
		warn_ports(b->cmd, b->name, answer);
		already(b, state);
	}
	json_decref(answer);
}

/* Somebody holds the lock: a supervisor, or another start. */
static void
look_at_holder(struct bring_up *b)
{
	b->holder = (struct call){ .name = b->name,
		.request = json_pack("{s:s}", "do", "status"),
		.patience = LOOK_MS,
		.done = on_holder,
		.arg = b };
	client_begin(&b->cmd->c, b->loop, &b->holder);
}

/* Stopped by a signal, most likely. It goes on with the start when it goes on. */
static void
on_late(void *arg)
{
	struct bring_up *b = arg;
	struct diag d = { 0 };

	loop_remove(b->loop, b->pipe);
	fd_close(&b->pipe);
	fail_as(&d, DIAG_BUSY, "its supervisor does not say how the start went");
	failed(b, &d);
}

static void
on_result(int fd, short revents, void *arg)
{
	struct bring_up *b = arg;
	struct diag d = { 0 }, ignored = { 0 };
	struct super_result r;
	enum super_found found = FOUND_NOTHING;
	int result;

	loop_timer_cancel(b->loop, on_late, b);
	loop_remove(b->loop, fd);
	b->pipe = -1;
	result = super_result(&d, fd, b->supervisor, &r);
	if (result == 0) {
		say_running(b->cmd, b->name, &r);
		b->done(b, BROUGHT_UP);
		return;
	}
	/* A supervisor that died may have left a QEMU: it gets another one, and has started after
	 * all. */
	if (result == 1)
		(void)super_recover(&ignored, &b->cmd->c, b->name, &found);
	if (found == FOUND_RESTART) {
		diag_free(&d);
		look_again(b);
	} else if (found == FOUND_QEMU) {
		diag_free(&d);
		say_result(b->cmd, b->name, "running", NULL,
		    "running, with a new supervisor: the first one died");
		b->done(b, BROUGHT_UP);
	} else {
		failed(b, &d);
	}
	diag_free(&ignored);
}

/* Is there a file of that name in the fleet, and is it another one than the path says? */
static bool
name_clashes(const struct bring_up *b, struct diag *d)
{
	const struct fleet_member *m;

	if (!context_is_path(b->word))
		return false;
	m = fleet_find(b->fleet, b->name);
	if (m == NULL || m->vm.file == NULL || context_same_file(m->vm.file, b->word))
		return false;
	fail_as(
	    d, DIAG_CONFIG, "%s is another VM than %s, which has that name", b->word, m->vm.file);
	return true;
}

/* In the background there is no terminal to be that of the guest. */
static bool
needs_foreground(const struct plan *p, struct diag *d)
{
	if (!vm_uses_stdio(&p->member.vm))
		return false;
	fail(d, "a channel to stdio needs vmrun start --foreground");
	return true;
}

static void
begin(void *arg)
{
	struct bring_up *b = arg;
	struct runtime r = RUNTIME_NONE;
	struct diag d = { 0 };
	enum super_found found;
	struct plan p;
	int fd;

	if (name_clashes(b, &d) || super_recover(&d, &b->cmd->c, b->name, &found) == -1) {
		failed(b, &d);
	} else if (found == FOUND_QEMU) {
		already(b, "running");
	} else if (found == FOUND_BUSY || found == FOUND_RESTART) {
		look_at_holder(b);
	} else if (plan_make(&d, &b->cmd->c, b->word, b->fleet, &p) == -1) {
		failed(b, &d);
	} else if (needs_foreground(&p, &d)) {
		plan_free(&p);
		failed(b, &d);
	} else if (runtime_lock(&d, &b->cmd->c, b->name, &r) == -1) {
		plan_free(&p);
		if (d.status != DIAG_BUSY) {
			failed(b, &d);
			return;
		}
		diag_free(&d);
		look_at_holder(b);
	} else if (runtime_has_record(&r)) {
		/* Since we looked, another start has been here and its supervisor has died. */
		plan_free(&p);
		runtime_release(&r);
		look_again(b);
	} else if (super_start(&d, &b->cmd->c, &p, &r, b->ballast, &fd, &b->supervisor) == -1) {
		failed(b, &d);
	} else {
		b->pipe = fd;
		loop_add(b->loop, fd, POLLIN, on_result, b);
		loop_timer(b->loop, now_ms() + START_MS, on_late, b);
	}
}

void
bring_up(struct bring_up *b)
{
	b->pipe = -1;
	/* From the loop, so that a row of failures does not become a tower of calls. */
	loop_timer(b->loop, 0, begin, b);
}
