/* vmrun start, vmrun restart: VMs from files to running guests, several at a time. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "cmd/view.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "super/client.h"
#include "super/super.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define LOOK_MS    2000   /* a supervisor's time to say how its VM is */
#define AT_WORK_MS 130000 /* another vmrun's time to bring the VM up */
#define START_MS   600000 /* a supervisor's time to launch, hooks and all */
#define AGAIN_MS   20

struct starting {
	struct starter *starter;
	const struct target *target;
	pid_t supervisor;
	int pipe;        /* from it; -1: none */
	int64_t give_up; /* when another vmrun has been at work on it for too long; 0: it is not */
};

struct starter {
	struct cmd *cmd;
	struct fleet fleet;
	struct loop *loop;
	struct starting *all;
	size_t n, next, under_way;
};

static void begin(void *arg);
static void begin_more(struct starter *s);

static void
done(struct starting *g)
{
	g->starter->under_way--;
	begin_more(g->starter);
}

static void
failed(struct starting *g, struct diag *d)
{
	say_failure(g->starter->cmd, g->target->name, d);
	done(g);
}

static void
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

/* A bridge without its uplink is there, and takes ports: a start does not fail for it. */
static void
warn_uplinks(struct cmd *cmd, struct fleet *f, const struct targets *t)
{
	struct view v = { .links = NULL };
	struct diag ignored = { 0 };

	for (size_t i = 0; cmd->c.host.nbridges > 0 && i < t->n; i++) {
		const struct fleet_member *m = fleet_find(f, t->v[i].name);

		for (size_t k = 0; m != NULL && k < m->vm.nnics; k++)
			view_add_bridge(&v, t->v[i].name, m->vm.nics[k].bridge);
	}
	if (v.f.nnics > 0 && view_look(&ignored, &v, &cmd->c.host, false) == 0)
		(void)view_warn_uplinks(cmd, &v, false);
	diag_free(&ignored);
	view_free(&v);
}

static void
already(struct starting *g, const char *state)
{
	say_result(g->starter->cmd, g->target->name, state, json_pack("{s:b}", "already", 1),
	    "already %s", state);
	done(g);
}

static void
look_again(struct starting *g)
{
	if (g->give_up == 0)
		g->give_up = now_ms() + AT_WORK_MS;
	if (now_ms() < g->give_up) {
		loop_timer(g->starter->loop, now_ms() + AGAIN_MS, begin, g);
	} else {
		struct diag d = { 0 };

		fail_as(&d, DIAG_BUSY, "another vmrun is at work on it, try again");
		failed(g, &d);
	}
}

/* Somebody holds the lock: a supervisor, or another start. */
static void
look_at_holder(struct starting *g)
{
	json_t *request = json_pack("{s:s}", "do", "status");
	struct call call = { .name = g->target->name, .request = request, .patience = LOOK_MS };
	struct diag d = { 0 };
	const char *state;

	client_run(&g->starter->cmd->c, &call, 1);
	json_decref(request);
	state = json_text(call.answer, "state");
	if (call.outcome == CALL_DENIED) {
		fail_as(&d, DIAG_DENIED, "not permitted: %s", strerror(call.error));
		failed(g, &d);
	} else if (strcmp(state, "stopping") == 0) {
		fail_as(&d, DIAG_BUSY, "it is being stopped, try again");
		failed(g, &d);
	} else if (call.outcome != CALL_ANSWERED || strcmp(state, "starting") == 0) {
		look_again(g);
	} else {
		warn_ports(g->starter->cmd, g->target->name, call.answer);
		already(g, state);
	}
	json_decref(call.answer);
}

/* Stopped by a signal, most likely. It goes on with the start when it goes on. */
static void
on_late(void *arg)
{
	struct starting *g = arg;
	struct diag d = { 0 };

	loop_remove(g->starter->loop, g->pipe);
	fd_close(&g->pipe);
	fail_as(&d, DIAG_BUSY, "its supervisor does not say how the start went");
	failed(g, &d);
}

static void
on_result(int fd, short revents, void *arg)
{
	struct starting *g = arg;
	struct diag d = { 0 }, ignored = { 0 };
	struct super_result r;
	enum super_found found;
	int result;

	loop_timer_cancel(g->starter->loop, on_late, g);
	loop_remove(g->starter->loop, fd);
	g->pipe = -1;
	result = super_result(&d, fd, g->supervisor, &r);
	if (result == 0) {
		say_running(g->starter->cmd, g->target->name, &r);
		done(g);
		return;
	}
	/* A supervisor that died may have left a QEMU: it gets another one, and has started after
	 * all. */
	if (result == 1 &&
	    super_recover(&ignored, &g->starter->cmd->c, g->target->name, &found) == 0 &&
	    found == FOUND_QEMU) {
		diag_free(&d);
		say_result(g->starter->cmd, g->target->name, "running", NULL,
		    "running, with a new supervisor: the first one died");
		done(g);
	} else {
		failed(g, &d);
	}
	diag_free(&ignored);
}

/* Is there a file of that name in the fleet, and is it another one than the path says? */
static bool
name_clashes(const struct starter *s, const struct target *t, struct diag *d)
{
	struct fleet *f = (struct fleet *)&s->fleet;
	const struct fleet_member *m;

	if (!context_is_path(t->word))
		return false;
	m = fleet_find(f, t->name);
	if (m == NULL || m->vm.file == NULL || context_same_file(m->vm.file, t->word))
		return false;
	fail_as(
	    d, DIAG_CONFIG, "%s is another VM than %s, which has that name", t->word, m->vm.file);
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
drop_fleet(void *arg)
{
	fleet_free(arg);
}

static void
begin(void *arg)
{
	struct starting *g = arg;
	struct starter *s = g->starter;
	struct runtime r = RUNTIME_NONE;
	struct diag d = { 0 };
	enum super_found found;
	struct plan p;
	int fd;

	if (name_clashes(s, g->target, &d) ||
	    super_recover(&d, &s->cmd->c, g->target->name, &found) == -1) {
		failed(g, &d);
	} else if (found == FOUND_QEMU) {
		already(g, "running");
	} else if (found == FOUND_BUSY) {
		look_at_holder(g);
	} else if (plan_make(&d, &s->cmd->c, g->target->word, &s->fleet, &p) == -1) {
		failed(g, &d);
	} else if (needs_foreground(&p, &d)) {
		plan_free(&p);
		failed(g, &d);
	} else if (runtime_lock(&d, &s->cmd->c, g->target->name, &r) == -1) {
		plan_free(&p);
		if (d.status != DIAG_BUSY) {
			failed(g, &d);
			return;
		}
		diag_free(&d);
		look_at_holder(g);
	} else if (runtime_has_record(&r)) {
		/* Since we looked, another start has been here and its supervisor has died. */
		plan_free(&p);
		runtime_release(&r);
		look_again(g);
	} else if (super_start(&d, &s->cmd->c, &p, &r,
		       (struct super_ballast){ drop_fleet, &s->fleet }, &fd,
		       &g->supervisor) == -1) {
		failed(g, &d);
	} else {
		g->pipe = fd;
		loop_add(s->loop, fd, POLLIN, on_result, g);
		loop_timer(s->loop, now_ms() + START_MS, on_late, g);
	}
}

static void
begin_more(struct starter *s)
{
	while (s->next < s->n && s->under_way < (size_t)s->cmd->o.jobs) {
		struct starting *g = &s->all[s->next++];

		s->under_way++;
		/* From the loop, so that a row of failures does not become a tower of calls. */
		loop_timer(s->loop, 0, begin, g);
	}
}

void
start_targets(struct cmd *cmd, const struct targets *t)
{
	struct starter s = { .cmd = cmd, .n = t->n };
	struct diag others = { 0 };

	if (t->n == 0)
		return;
	/* A bridge that was left half way may be one of theirs. */
	if (net_recover(cmd, &others, NULL) == -1)
		warn_user(cmd, NULL, "%.*s", (int)strcspn(others.text, "\n"), others.text);
	diag_free(&others);
	if (context_fleet(&others, &cmd->c, &s.fleet) == -1) {
		complain(cmd, NULL, &others);
		return;
	}
	if (cmd->o.verbose && others.count > 0)
		warn_user(cmd, NULL, "some VM files have errors: vmrun check lists them");
	diag_free(&others);
	s.loop = loop_new();
	s.all = xcalloc(t->n, sizeof(*s.all));
	for (size_t i = 0; i < t->n; i++)
		s.all[i] = (struct starting){ .starter = &s, .target = &t->v[i], .pipe = -1 };
	begin_more(&s);
	if (loop_run(s.loop) == -1) {
		fail_sys(&others, "poll");
		complain(cmd, NULL, &others);
	}
	warn_uplinks(cmd, &s.fleet, t);
	free(s.all);
	loop_free(s.loop);
	fleet_free(&s.fleet);
}

struct foreground {
	struct cmd *cmd;
	const struct target *target;
};

static void
ready(const struct super_result *result, void *arg)
{
	struct foreground *f = arg;

	say_running(f->cmd, f->target->name, result);
}

/* A QEMU that is killed leaves the terminal as its guest had it. */
static int
in_foreground(struct cmd *cmd, struct plan *p, struct runtime *r, const struct super_ready *ready,
    struct diag *d)
{
	bool lent = vm_uses_stdio(&p->member.vm);
	struct termios before;
	int result;

	lent = lent && tcgetattr(STDIN_FILENO, &before) == 0;
	result = super_foreground(d, &cmd->c, p, r, ready);
	if (lent)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return result;
}

static int
run_foreground(struct cmd *cmd, const struct target *t)
{
	struct foreground f = { cmd, t };
	const struct super_ready on_ready = { ready, &f };
	struct runtime r = RUNTIME_NONE;
	struct diag d = { 0 };
	enum super_found found;
	struct plan p;

	if (net_recover(cmd, &d, NULL) == -1)
		warn_user(cmd, NULL, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	diag_free(&d);
	/* Who watches over this process starts it again when it was killed; its QEMU lives on, and
	 * gets its supervisor back. */
	if (super_recover_foreground(&d, &cmd->c, t->name, &on_ready, &found) == -1)
		goto ended;
	if (found == FOUND_QEMU)
		return end_results(cmd);
	if (found == FOUND_BUSY) {
		fail_as(&d, DIAG_BUSY, "it is running already");
		goto fail;
	}
	if (plan_make(&d, &cmd->c, t->word, NULL, &p) == -1)
		goto fail;
	if (runtime_lock(&d, &cmd->c, t->name, &r) == -1) {
		plan_free(&p);
		goto fail;
	}
	if (runtime_has_record(&r)) {
		plan_free(&p);
		runtime_release(&r);
		fail_as(&d, DIAG_BUSY, "another vmrun is at work on it, try again");
		goto fail;
	}
	if (in_foreground(cmd, &p, &r, &on_ready, &d) == 0)
		return end_results(cmd);
ended:
	if (d.count == 0)
		fail(&d, "ended in failure");
fail:
	say_failure(cmd, t->name, &d);
	return end_results(cmd);
}

static int
run_start(struct cmd *cmd)
{
	struct targets t;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_WITH_FILE, false, &t) == -1)
		return cmd->status;
	if (!cmd->o.foreground) {
		start_targets(cmd, &t);
		end_results(cmd);
	} else if (t.n == 1) {
		run_foreground(cmd, &t.v[0]);
	} else {
		cmd->status = usage(cmd, "--foreground takes one VM");
	}
	targets_free(&t);
	return cmd->status;
}

static int
run_restart(struct cmd *cmd)
{
	struct targets t;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_WITH_FILE, false, &t) == -1)
		return cmd->status;
	stop_targets(cmd, &t, NULL);
	/* What could not be stopped is still running, and start says so. */
	start_targets(cmd, &t);
	targets_free(&t);
	return end_results(cmd);
}

const struct verb verb_start = {
	.name = "start",
	.options = "all jobs foreground",
	.args = "[-j N] [--foreground] NAME...",
	.help = "start VMs, and return when their QEMU runs",
	.run = run_start,
};

const struct verb verb_restart = {
	.name = "restart",
	.options = "all jobs timeout",
	.args = "[-t TIME] [-j N] NAME...",
	.help = "stop and start: what was changed in the file comes into force",
	.run = run_restart,
};
