/*
 * Starting VMs in their order; see starter.h.
 *
 * Theory of operation. The order says whose turn it is. A VM then waits for its start_delay, takes
 * one of the places that -j gives out, is launched, gives its place back, and, if others wait for
 * it, is watched until it is up. So one that hangs on its way up holds no place and delays those
 * alone that wait for it.
 */
#include "cmd/starter.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/bring_up.h"
#include "cmd/interrupt.h"
#include "cmd/lineup.h"
#include "cmd/net_up.h"
#include "cmd/progress.h"
#include "cmd/ready.h"
#include "cmd/view.h"
#include "launch/runtime.h"
#include "util/buf.h"
#include "util/loop.h"
#include "util/mem.h"
#include "util/num.h"

enum stage { NOT_IN, WAITS, DELAYED, QUEUED, LAUNCHED, WATCHED, OVER };

/* One VM of the lineup. */
struct starting {
	struct starter *s;
	size_t i;
	enum stage stage;
	bool named; /* on the command line */
	bool extra; /* not to be started: it is up, or on its way, and others come after it */
	struct bring_up up;
	struct ready_watch watch;
	char *reason; /* why those that require it are not started */
};

struct starter {
	struct cmd *cmd;
	struct fleet fleet;
	struct lineup lineup;
	struct order_run *run;
	struct loop *loop;
	struct starting *vm; /* as in the lineup */
	struct progress *progress;
	uint32_t *queue; /* places of those that wait for a place, by priority: first to queued */
	size_t first, queued;
	size_t launching;
	bool wait_ready, interrupted;
};

static void advance(void *arg);

static const struct vm *
vm_of(const struct starting *g)
{
	return &g->s->lineup.vm[g->i]->vm;
}

static void
set_stage(struct starting *g, enum stage stage)
{
	static const char *const words[] = { [DELAYED] = "waits for its start_delay",
		[LAUNCHED] = "starting",
		[WATCHED] = "running, not ready yet" };

	g->stage = stage;
	if (stage == OVER)
		progress_done(g->s->progress, g->i, g->reason == NULL);
	else
		progress_say(g->s->progress, g->i, words[stage],
		    stage == DELAYED ? vm_of(g)->start_delay : 0);
}

static void
settle(struct starting *g, bool ok)
{
	set_stage(g, OVER);
	order_settle(g->s->run, g->i, ok);
	loop_timer(g->s->loop, 0, advance, g->s);
}

/* --- up or not --- */

static void
not_ready(struct starting *g, const struct diag *d)
{
	struct starter *s = g->s;
	const char *name = vm_of(g)->name;
	struct buf b = { 0 };
	int n = (int)strcspn(d->text != NULL ? d->text : "", "\n");

	buf_add(&b, "not ready within ");
	buf_add_duration(&b, g->watch.ready.timeout);
	buf_addf(&b, "%s%.*s", n > 0 ? ": " : "", n, n > 0 ? d->text : "");
	g->reason = xasprintf("is %s", b.s);
	if (s->wait_ready && !g->extra) {
		struct diag failure = { 0 };

		fail(&failure, "%s", b.s);
		say_failure(s->cmd, name, &failure);
	} else {
		warn_user(s->cmd, name, "%s", b.s);
	}
	buf_free(&b);
}

static void
on_ready(struct ready_watch *w, enum ready how, struct diag *d)
{
	struct starting *g = w->of;

	if (how == READY_NO) {
		not_ready(g, d);
	} else if (how == READY_NEVER) {
		g->reason = xasprintf("has ended before it was ready");
		if (!g->extra) {
			fail(d, "it has ended before it was ready");
			say_failure(g->s->cmd, vm_of(g)->name, d);
		}
	}
	diag_free(d);
	settle(g, how == READY_YES);
}

static void
watch(struct starting *g, bool fresh)
{
	struct starter *s = g->s;

	g->watch = (struct ready_watch){ .cmd = s->cmd,
		.loop = s->loop,
		.name = vm_of(g)->name,
		.ready = vm_of(g)->ready,
		.is_up = !g->extra,
		.is_fresh = fresh,
		.done = on_ready,
		.of = g };
	set_stage(g, WATCHED);
	ready_watch(&g->watch);
}

static void
on_brought(struct bring_up *b, enum brought how)
{
	struct starting *g = b->of;
	struct starter *s = g->s;

	s->launching--;
	if (how == BROUGHT_NOT) {
		g->reason = xstrdup("was not started");
		settle(g, false);
	} else if (!s->interrupted && (s->wait_ready || order_is_awaited(s->run, g->i))) {
		watch(g, how == BROUGHT_UP);
		loop_timer(s->loop, 0, advance, s);
	} else {
		settle(g, true);
	}
}

/* --- whose turn it is --- */

static bool
is_before(const struct starter *s, uint32_t a, uint32_t b)
{
	int64_t x = s->lineup.vm[a]->vm.priority, y = s->lineup.vm[b]->vm.priority;

	return x != y ? x > y : a < b;
}

/* Among those that wait for a place, behind all that go before it. */
static void
enqueue(struct starting *g)
{
	struct starter *s = g->s;
	size_t at = s->queued++;

	g->stage = QUEUED;
	for (; at > s->first && is_before(s, (uint32_t)g->i, s->queue[at - 1]); at--)
		s->queue[at] = s->queue[at - 1];
	s->queue[at] = (uint32_t)g->i;
}

static void
on_delay(void *arg)
{
	struct starting *g = arg;

	enqueue(g);
	advance(g->s);
}

static void
take_turn(struct starting *g)
{
	if (g->extra) {
		watch(g, false);
	} else if (vm_of(g)->start_delay > 0 && !runtime_is_held(&g->s->cmd->c, vm_of(g)->name)) {
		set_stage(g, DELAYED);
		loop_timer(g->s->loop, now_ms() + vm_of(g)->start_delay, on_delay, g);
	} else {
		enqueue(g);
	}
}

/* What its supervisor, which is a child of this process, has no use for. */
static void
drop(void *arg)
{
	struct starter *s = arg;

	order_end(s->run);
	lineup_free(&s->lineup);
	fleet_free(&s->fleet);
	progress_forget(s->progress);
	free(s->vm);
	free(s->queue);
}

static void
launch(struct starting *g)
{
	struct starter *s = g->s;
	const struct vm *vm = vm_of(g);

	s->launching++;
	set_stage(g, LAUNCHED);
	g->up = (struct bring_up){ .cmd = s->cmd,
		.fleet = &s->fleet,
		.loop = s->loop,
		.name = vm->name,
		.word = g->up.word != NULL ? g->up.word : vm->name,
		.ballast = { drop, s },
		.silent_already = !g->named,
		.done = on_brought,
		.of = g };
	bring_up(&g->up);
}

static void
say_blocked(struct starter *s, size_t i, size_t by)
{
	struct starting *g = &s->vm[i];
	struct diag d = { 0 };

	if (i == by)
		(void)order_check(&d, s->lineup.order, i);
	else
		fail(&d, "not started: it requires %s, which %s", s->lineup.vm[by]->vm.name,
		    s->vm[by].reason);
	g->reason = xstrdup("was not started");
	say_failure(s->cmd, s->lineup.vm[i]->vm.name, &d);
	set_stage(g, OVER);
}

/* Ends the loop's work when there is nothing more to wait for. */
static void
advance(void *arg)
{
	struct starter *s = arg;
	size_t i, by;

	while (order_blocked(s->run, &i, &by))
		say_blocked(s, i, by);
	while (!s->interrupted && order_next(s->run, &i))
		take_turn(&s->vm[i]);
	while (!s->interrupted && s->first < s->queued && s->launching < (size_t)s->cmd->o.jobs)
		launch(&s->vm[s->queue[s->first++]]);
	if (progress_is_over(s->progress) || (s->interrupted && s->launching == 0))
		loop_stop(s->loop);
}

/* --- the end that somebody wants --- */

static void
on_interrupt(void *arg)
{
	struct starter *s = arg;

	s->interrupted = true;
	for (size_t i = 0; i < s->lineup.n; i++) {
		struct starting *g = &s->vm[i];

		if (g->stage == DELAYED)
			loop_timer_cancel(s->loop, on_delay, g);
		if (g->stage == WATCHED) {
			ready_watch_cancel(&g->watch);
			g->stage = OVER;
		}
	}
	progress_title(s->progress, "interrupted, what was begun is waited for");
	advance(s);
}

static void
say_interrupted(struct starter *s)
{
	for (size_t i = 0; i < s->lineup.n; i++) {
		struct starting *g = &s->vm[i];
		struct diag d = { 0 };

		if (g->extra || g->stage == NOT_IN || g->stage == OVER)
			continue;
		fail(&d, "not started: interrupted");
		say_failure(s->cmd, vm_of(g)->name, &d);
	}
	if (s->cmd->status == 0)
		s->cmd->status = DIAG_FAILED;
}

/* --- the beginning --- */

/* A bridge without its uplink is there, and takes ports: a start does not fail for it. */
static void
warn_uplinks(const struct starter *s)
{
	struct cmd *cmd = s->cmd;
	struct view v = { .links = NULL };
	struct diag ignored = { 0 };

	for (size_t i = 0; cmd->c.host.nbridges > 0 && i < s->lineup.n; i++) {
		const struct vm *vm = &s->lineup.vm[i]->vm;

		for (size_t k = 0; s->vm[i].stage == OVER && k < vm->nnics; k++)
			view_add_bridge(&v, vm->name, vm->nics[k].bridge);
	}
	if (v.f.nnics > 0 && view_look(&ignored, &v, &cmd->c.host, false) == 0)
		(void)view_warn_uplinks(cmd, &v, false);
	diag_free(&ignored);
	view_free(&v);
}

/* Those that others come after, and that somebody else started. One that has been up for longer
 * than it may take is not waited for. */
static void
add_outsiders(struct starter *s)
{
	size_t *others, n = order_outsiders(s->run, &others);

	for (size_t i = 0; i < n; i++) {
		struct starting *g = &s->vm[others[i]];

		if (!runtime_is_held(&s->cmd->c, vm_of(g)->name) ||
		    ready_is_overdue(s->cmd, vm_of(g)->name, &vm_of(g)->ready))
			continue;
		g->extra = true;
		order_await(s->run, g->i);
	}
	free(others);
}

static void
choose_all(struct starter *s, const struct targets *t)
{
	size_t place, chosen = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (!order_find(s->lineup.order, t->v[i].name, &place))
			continue;
		s->vm[place].named = true;
		s->vm[place].up.word = t->v[i].word;
		order_choose(s->run, place);
	}
	/* What runs waits for nobody. */
	for (size_t i = 0; i < s->lineup.n; i++) {
		if (!order_is_chosen(s->run, i))
			continue;
		chosen++;
		s->vm[i].stage = WAITS;
		if (order_matters(s->lineup.order) &&
		    runtime_is_held(&s->cmd->c, s->lineup.vm[i]->vm.name))
			order_await(s->run, i);
	}
	if (order_matters(s->lineup.order))
		add_outsiders(s);
	order_go(s->run);
	for (size_t i = 0; i < s->lineup.n; i++) {
		if (order_is_chosen(s->run, i) && !s->vm[i].extra)
			progress_add(s->progress, i, s->lineup.vm[i]->vm.name);
	}
	s->queue = xcalloc(chosen, sizeof(*s->queue));
}

static void
prepare(struct starter *s, const struct targets *t)
{
	lineup_make(s->cmd, &s->fleet, t, &s->lineup);
	s->loop = loop_new();
	s->run = order_begin(s->lineup.order, false);
	s->vm = xcalloc(s->lineup.n, sizeof(*s->vm));
	for (size_t i = 0; i < s->lineup.n; i++)
		s->vm[i] = (struct starting){ .s = s, .i = i };
	s->progress = progress_new(s->cmd, s->loop, s->lineup.n, "started");
	choose_all(s, t);
}

static void
finish(struct starter *s)
{
	progress_free(s->progress);
	if (s->interrupted)
		say_interrupted(s);
	warn_uplinks(s);
	for (size_t i = 0; i < s->lineup.n; i++) {
		ready_watch_cancel(&s->vm[i].watch);
		free(s->vm[i].reason);
	}
	free(s->vm);
	free(s->queue);
	order_end(s->run);
	lineup_free(&s->lineup);
	loop_free(s->loop);
	fleet_free(&s->fleet);
}

void
start_in_order(struct cmd *cmd, const struct targets *t, bool wait_ready)
{
	struct starter s = { .cmd = cmd, .wait_ready = wait_ready };
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
	fleet_claim(&s.fleet);
	prepare(&s, t);
	interrupt_catch(s.loop, on_interrupt, &s);
	loop_timer(s.loop, 0, advance, &s);
	if (loop_run(s.loop) == -1) {
		fail_sys(&others, "poll");
		complain(cmd, NULL, &others);
	}
	interrupt_release(s.loop);
	finish(&s);
}

void
start_targets(struct cmd *cmd, const struct targets *t)
{
	start_in_order(cmd, t, cmd->o.ready);
}
