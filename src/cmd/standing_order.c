/* What the order of VMs says to a start or a stop of them, before it is tried; see standing.h. */
#include <stdlib.h>
#include <string.h>

#include "cmd/lineup.h"
#include "cmd/standing.h"
#include "conf/conf.h"
#include "util/mem.h"

/* What would not start by its order is not sound either. A VM without a file is none that others
 * can require. */
static void
look_at_starts(struct cmd *cmd, struct standings *s)
{
	struct targets with_file = { NULL, 0 };
	struct lineup l;
	size_t place;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].file != NULL)
			targets_add(&with_file, s->v[i].name, s->v[i].word);
	}
	lineup_make(cmd, &s->fleet, &with_file, &l);
	for (size_t i = 0; i < s->n; i++) {
		struct standing *one = &s->v[i];

		if ((one->stand == STAND_DOWN || one->stand == STAND_DIFFERS) &&
		    order_find(l.order, one->name, &place) &&
		    order_check(&one->d, l.order, place) == -1)
			one->stand = STAND_WRONG;
	}
	lineup_free(&l);
	targets_free(&with_file);
}

static bool
is_met_by_another(const struct fleet *f, const struct vm *vm, const char *word)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct vm *other = &f->member[i].vm;

		if (strcmp(other->name, vm->name) != 0 &&
		    fleet_match(word, other->name, other->tags, other->ntags))
			return true;
	}
	return false;
}

/* Those that have no file any more, and that the VM cannot be without. */
static void
hold(struct standings *s, const struct fleet_member *m)
{
	const struct vm *vm = &m->vm;

	for (size_t w = 0; w < vm->nrequires; w++) {
		const char *word = vm->requires[w];

		for (size_t i = 0; i < s->n; i++) {
			struct standing *one = &s->v[i];
			char *path;

			if (one->stand != STAND_NO_FILE || one->needed_by != NULL ||
			    !fleet_match(word, one->name, NULL, 0) ||
			    (order_is_pattern(word) && is_met_by_another(&s->fleet, vm, word)))
				continue;
			path = xasprintf("requires[%zu]", w);
			one->needed_by = xasprintf("%s, which runs, requires it (%s)", vm->name,
			    m->doc != NULL ? conf_where(m->doc, path) : "");
			free(path);
		}
	}
}

static void
look_at_stops(struct cmd *cmd, struct standings *s)
{
	struct targets gone = { NULL, 0 };
	struct lineup running;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].stand == STAND_NO_FILE)
			targets_add(&gone, s->v[i].name, s->v[i].word);
	}
	if (gone.n > 0) {
		lineup_running(cmd, &gone, &running);
		for (size_t i = 0; i < running.n; i++)
			hold(s, running.vm[i]);
		lineup_free(&running);
	}
	targets_free(&gone);
}

void
standings_order(struct cmd *cmd, struct standings *s)
{
	look_at_starts(cmd, s);
	look_at_stops(cmd, s);
}
