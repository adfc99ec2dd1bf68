/* vmrun stop, vmrun kill: the end of VMs; a stop in the reverse of their order, all at once that
 * wait for nobody. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/lineup.h"
#include "cmd/progress.h"
#include "super/super.h"
#include "util/loop.h"
#include "util/mem.h"

/* After a guest's own time QEMU has 5 s to quit and the kernel 10 s to end it; a down hook has 30
 * s. */
#define GRACE_MS   50000
#define DEFAULT_MS 600000 /* for a VM whose own stop_timeout is not known */
#define KILL_MS    20000

/* Past a supervisor that does not answer; it finds the end by itself once it goes on. */
static void
kill_silent(struct cmd *cmd, struct ask *ask)
{
	if (super_kill(&ask->d, &cmd->c, ask->name) == -1) {
		fail(&ask->d, "its supervisor does not answer");
		say_failure(cmd, ask->name, &ask->d);
	} else {
		say_result(cmd, ask->name, "stopped", json_pack("{s:s}", "how", "killed"),
		    "QEMU killed, its supervisor does not answer");
	}
}

static void
told(struct cmd *cmd, struct ask *ask)
{
	const char *how = json_text(ask->answer, "how");

	switch (ask->told) {
	case TOLD_ANSWER:
		if (!json_is_true(json_object_get(ask->answer, "ok"))) {
			fail(&ask->d, "%s", json_text(ask->answer, "error"));
			break;
		}
		say_result(
		    cmd, ask->name, "stopped", json_pack("{s:s}", "how", how), "stopped (%s)", how);
		return;
	case TOLD_STOPPED:
		say_result(cmd, ask->name, "stopped", NULL, "not running");
		return;
	case TOLD_NOTHING:
		if (json_is_true(json_object_get(ask->request, "force"))) {
			kill_silent(cmd, ask);
			return;
		}
		fail(&ask->d,
		    "its supervisor does not answer (vmrun kill ends its QEMU all the same)");
		break;
	case TOLD_FAILED:
		break;
	}
	say_failure(cmd, ask->name, &ask->d);
}

/* One of the VMs that are being stopped. */
struct stopping {
	struct stopper *s;
	size_t i; /* in the lineup */
	bool asked, over, is_also;
	struct ask ask;
};

struct stopper {
	struct cmd *cmd;
	struct lineup lineup;
	struct order_run *run;
	struct loop *loop;
	struct stopping *vm; /* as in the lineup */
	struct progress *progress;
	json_t *request;
	int64_t patience; /* ms; 0: that of each VM's own stop_timeout */
	bool alone;       /* those that require them stay */
	bool interrupted;
};

static void advance(void *arg);

static void
on_told(struct cmd *cmd, struct ask *ask)
{
	struct stopping *g = ask->of;
	struct stopper *s = g->s;

	g->over = true;
	progress_done(s->progress, g->i, ask->told != TOLD_FAILED && ask->told != TOLD_NOTHING);
	told(cmd, ask);
	order_settle(s->run, g->i, true);
	loop_timer(s->loop, 0, advance, s);
}

static int64_t
patience_of(const struct stopper *s, const char *name)
{
	int64_t ms = s->patience;

	if (ms == 0) {
		ms = super_stop_timeout(&s->cmd->c, name);
		ms = ms > 0 ? ms + GRACE_MS : DEFAULT_MS;
	}
	return ms;
}

static void
ask(struct stopping *g)
{
	struct stopper *s = g->s;
	const char *name = s->lineup.vm[g->i]->vm.name;

	if (g->is_also)
		warn_user(s->cmd, name, "is stopped as well: it requires what is being stopped");
	g->asked = true;
	g->ask = (struct ask){
		.name = name, .request = s->request, .patience = patience_of(s, name), .of = g
	};
	progress_say(s->progress, g->i, "stopping", 0);
	ask_begin(s->cmd, s->loop, &g->ask, on_told);
}

static void
advance(void *arg)
{
	struct stopper *s = arg;
	size_t i;

	while (!s->interrupted && order_next(s->run, &i))
		ask(&s->vm[i]);
	if (s->interrupted || progress_is_over(s->progress))
		loop_stop(s->loop);
}

static void
on_interrupt(void *arg)
{
	struct stopper *s = arg;

	s->interrupted = true;
	loop_stop(s->loop);
}

static void
say_interrupted(struct stopper *s)
{
	for (size_t i = 0; i < s->lineup.n; i++) {
		struct diag d = { 0 };

		if (!order_is_chosen(s->run, i) || s->vm[i].over)
			continue;
		fail(&d, s->vm[i].asked ? "interrupted; it is still being stopped"
					: "not stopped: interrupted");
		say_failure(s->cmd, s->lineup.vm[i]->vm.name, &d);
	}
}

static void
choose_all(struct stopper *s, const struct targets *t, struct targets *also)
{
	size_t place;

	for (size_t i = 0; i < t->n; i++) {
		if (order_find(s->lineup.order, t->v[i].name, &place))
			order_choose(s->run, place);
	}
	for (size_t i = 0; i < s->lineup.n; i++) {
		s->vm[i] = (struct stopping){ .s = s, .i = i, .is_also = true };
		if (order_is_chosen(s->run, i))
			progress_add(s->progress, i, s->lineup.vm[i]->vm.name);
	}
	for (size_t i = 0; i < t->n; i++) {
		if (order_find(s->lineup.order, t->v[i].name, &place))
			s->vm[place].is_also = false;
	}
	for (size_t i = 0; also != NULL && i < s->lineup.n; i++) {
		const char *name = s->lineup.vm[i]->vm.name;

		if (order_is_chosen(s->run, i) && s->vm[i].is_also)
			targets_add(also, name, name);
	}
	order_go(s->run);
}

static void
stop_in_order(struct stopper *s, const struct targets *t, struct targets *also)
{
	struct diag d = { 0 };

	if (s->alone)
		lineup_make(s->cmd, &(struct fleet){ NULL, 0 }, t, &s->lineup);
	else
		lineup_running(s->cmd, t, &s->lineup);
	s->run = order_begin(s->lineup.order, true);
	s->loop = loop_new();
	s->vm = xcalloc(s->lineup.n, sizeof(*s->vm));
	s->progress = progress_new(s->cmd, s->loop, s->lineup.n, "stopped");
	choose_all(s, t, also);
	interrupt_catch(s->loop, on_interrupt, s);
	loop_timer(s->loop, 0, advance, s);
	if (loop_run(s->loop) == -1) {
		fail_sys(&d, "poll");
		complain(s->cmd, NULL, &d);
	}
	interrupt_release(s->loop);
	progress_free(s->progress);
	if (s->interrupted)
		say_interrupted(s);
	for (size_t i = 0; i < s->lineup.n; i++) {
		ask_drop(&s->vm[i].ask);
		json_decref(s->vm[i].ask.answer);
		diag_free(&s->vm[i].ask.d);
	}
	free(s->vm);
	order_end(s->run);
	lineup_free(&s->lineup);
	loop_free(s->loop);
}

static bool
stop_with(struct stopper s, const struct targets *t, const char *mode, struct targets *ret_also)
{
	struct cmd *cmd = s.cmd;

	s.request = json_pack("{s:s}", "do", "stop");
	if (mode != NULL)
		json_object_set_new(s.request, "mode", json_string(mode));
	if (cmd->o.timeout >= 0) {
		json_object_set_new(s.request, "timeout", json_integer(cmd->o.timeout));
		s.patience = cmd->o.timeout + GRACE_MS;
	}
	if (mode != NULL && strcmp(mode, "hard") == 0)
		s.patience = GRACE_MS;
	if (t->n > 0)
		stop_in_order(&s, t, ret_also);
	json_decref(s.request);
	return !s.interrupted;
}

bool
stop_targets_also(
    struct cmd *cmd, const struct targets *t, const char *mode, struct targets *ret_also)
{
	return stop_with((struct stopper){ .cmd = cmd }, t, mode, ret_also);
}

bool
stop_targets_alone(struct cmd *cmd, const struct targets *t)
{
	return stop_with((struct stopper){ .cmd = cmd, .alone = true }, t, NULL, NULL);
}

bool
stop_targets(struct cmd *cmd, const struct targets *t, const char *mode)
{
	return stop_targets_also(cmd, t, mode, NULL);
}

static int
run_stop(struct cmd *cmd)
{
	const char *mode = NULL;
	struct targets t;

	if (cmd->argc > 0 &&
	    (strcmp(cmd->argv[0], "soft") == 0 || strcmp(cmd->argv[0], "hard") == 0)) {
		mode = cmd->argv[0];
		cmd->argc--;
		cmd->argv++;
	}
	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == -1)
		return cmd->status;
	(void)stop_targets(cmd, &t, mode);
	targets_free(&t);
	return end_results(cmd);
}

static int
run_kill(struct cmd *cmd)
{
	json_t *request = json_pack("{s:s,s:b}", "do", "kill", "force", 1);
	struct targets t;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == 0) {
		struct ask *asks = asks_for(&t, request, KILL_MS);

		ask_all(cmd, asks, t.n, told);
		asks_free(asks, t.n);
		targets_free(&t);
		end_results(cmd);
	}
	json_decref(request);
	return cmd->status;
}

const struct verb verb_stop = {
	.name = "stop",
	.options = "all timeout",
	.args = "[-t TIME] [soft|hard] NAME...",
	.help = "ask the guest to shut down; after its stop_timeout quit QEMU, then kill it",
	.run = run_stop,
	.suits = VERB_RUNNING,
};

const struct verb verb_kill = {
	.name = "kill",
	.options = "all",
	.args = "NAME...",
	.help = "end QEMU at once",
	.run = run_kill,
	.suits = VERB_RUNNING,
};
