/* Before a VM is stopped to be started again: would it, and would those that stop with it? */
#include <stdlib.h>

#include "cmd/check.h"
#include "cmd/cmd.h"
#include "cmd/lineup.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "util/mem.h"

struct trial {
	struct cmd *cmd;
	const struct fleet *fleet;
	struct lineup starts;
	struct targets good;
};

/* Is all there that the file names? Of a VM that does not run the start says it, and nobody goes
 * down for it: what it needs may be made by those that start before it. */
static bool
host_has_all(const struct trial *t, struct diag *d, const char *name, const char *word)
{
	const struct context *c = &t->cmd->c;
	struct fleet_member m;
	unsigned before = d->count;

	if (!runtime_is_held(c, name))
		return true;
	if (context_load(d, c, word, &m) == 0)
		check_against_host(d, c, t->fleet, word, &m);
	fleet_member_free(&m);
	return d->count == before;
}

static bool
would_start(const struct trial *t, struct diag *d, const char *name, const char *word)
{
	size_t place;

	return plan_try(d, &t->cmd->c, word, t->fleet) == 0 && host_has_all(t, d, name, word) &&
	       (!order_find(t->starts.order, name, &place) ||
		   order_check(d, t->starts.order, place) == 0);
}

/* Those among the good ones that have to do with a VM that would not start: to stop it stops them,
 * or to stop them stops it. */
static void
drop(struct trial *t, const struct lineup *l, size_t bad, bool stop, const struct diag *why)
{
	struct order_run *run = order_begin(l->order, stop);
	const char *name = l->vm[bad]->vm.name;
	struct targets kept = { NULL, 0 };

	order_choose(run, bad);
	for (size_t i = 0; i < t->good.n; i++) {
		const struct target *one = &t->good.v[i];
		struct diag d = { 0 };
		size_t place;

		if (!order_find(l->order, one->name, &place) || !order_is_chosen(run, place)) {
			targets_add(&kept, one->name, one->word);
			continue;
		}
		fail_as(&d, why->status,
		    stop ? "is not restarted: it requires %s, which would not start: %s"
			 : "is not restarted: %s, which requires it and runs, would not start "
			   "again: %s",
		    name, why->text);
		say_failure(t->cmd, one->name, &d);
	}
	order_end(run);
	targets_free(&t->good);
	t->good = kept;
}

/* In either direction: those that start before them and do not run yet, or that stop before them.
 */
static void
try_others(struct trial *t, const struct lineup *l, bool stop)
{
	struct order_run *run = order_begin(l->order, stop);
	bool *named = xcalloc(l->n + 1, sizeof(*named));
	size_t place;

	for (size_t i = 0; i < t->good.n; i++) {
		if (!order_find(l->order, t->good.v[i].name, &place))
			continue;
		order_choose(run, place);
		named[place] = true;
	}
	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->vm[i]->vm.name;
		struct diag d = { 0 };

		if (order_is_chosen(run, i) && !named[i] &&
		    (stop || !runtime_is_held(&t->cmd->c, name)) && !would_start(t, &d, name, name))
			drop(t, l, i, !stop, &d);
		diag_free(&d);
	}
	free(named);
	order_end(run);
}

/* What only the start itself can tell, such as an option that QEMU does not know, is not known
 * before. */
struct targets
targets_that_start(struct cmd *cmd, const struct targets *t, const struct fleet *fleet)
{
	struct trial trial = { .cmd = cmd, .fleet = fleet };
	struct lineup running;

	lineup_make(cmd, fleet, t, &trial.starts);
	for (size_t i = 0; i < t->n; i++) {
		const struct target *one = &t->v[i];
		struct diag d = { 0 };

		if (would_start(&trial, &d, one->name, one->word)) {
			targets_add(&trial.good, one->name, one->word);
		} else {
			diag_wrap(&d, 0, "is not restarted, because it would not start");
			say_failure(cmd, one->name, &d);
		}
	}
	if (trial.good.n > 0 && order_matters(trial.starts.order))
		try_others(&trial, &trial.starts, false);
	if (trial.good.n > 0) {
		lineup_running(cmd, &trial.good, &running);
		if (order_matters(running.order))
			try_others(&trial, &running, true);
		lineup_free(&running);
	}
	lineup_free(&trial.starts);
	return trial.good;
}
