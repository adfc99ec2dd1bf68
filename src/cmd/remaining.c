/* What remains when VMs are removed; see remaining.h. */
#include "cmd/remaining.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "launch/fleet_now.h"
#include "launch/image_users.h"
#include "super/super.h"
#include "util/diag.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "vm/order.h"

/* A word of after or requires that is a name. */
struct naming {
	const char *word;
	const struct fleet_member *by;
	bool requires;
};

struct remaining {
	struct cmd *cmd;
	struct fleet_now *fleet;
	struct fleet_member *elsewhere; /* that run from files of elsewhere: they have images, too */
	size_t nelsewhere;
	struct image_users *users; /* NULL: not looked for yet */
	struct naming *naming;     /* sorted */
	size_t nnaming;
};

struct remaining *
remaining_new(struct cmd *cmd)
{
	struct remaining *r = xcalloc(1, sizeof(*r));

	r->cmd = cmd;
	r->fleet = fleet_now_new(&cmd->c);
	return r;
}

static void
forget(struct remaining *r)
{
	for (size_t i = 0; i < r->nelsewhere; i++)
		fleet_member_free(&r->elsewhere[i]);
	free(r->elsewhere);
	free(r->naming);
	image_users_free(r->users);
	*r = (struct remaining){ .cmd = r->cmd, .fleet = r->fleet };
}

void
remaining_free(struct remaining *r)
{
	forget(r);
	fleet_now_free(r->fleet);
	free(r);
}

struct fleet_now *
remaining_fleet(const struct remaining *r)
{
	return r->fleet;
}

static int
add_elsewhere(struct diag *d, struct remaining *r)
{
	const struct context *c = &r->cmd->c;
	char **names;
	size_t n;

	if (context_run_names(d, c, &names, &n) == -1)
		return -1;
	r->elsewhere = xcalloc(n, sizeof(*r->elsewhere));
	for (size_t i = 0; i < n; i++) {
		char *file = super_file(c, names[i]);
		struct diag ignored = { 0 };

		if (file != NULL && !context_has_file(c, names[i])) {
			struct fleet_member *m = &r->elsewhere[r->nelsewhere++];

			context_load(&ignored, c, file, m);
			image_users_add(r->users, m);
		}
		diag_free(&ignored);
		free(file);
	}
	strings_free(names, n);
	return 0;
}

/* Of one VM, what it requires comes first. */
static int
by_word(const void *a, const void *b)
{
	const struct naming *x = a, *y = b;
	int order = strcmp(x->word, y->word);

	if (order == 0)
		order = strcmp(x->by->vm.name, y->by->vm.name);
	return order != 0 ? order : y->requires - x->requires;
}

static void
add_words(struct remaining *r, const struct fleet_member *by, char *const *words, size_t n, bool requires)
{
	for (size_t i = 0; i < n; i++) {
		if (order_is_pattern(words[i]))
			continue;
		r->naming = xgrow(r->naming, r->nnaming, sizeof(*r->naming));
		r->naming[r->nnaming++] = (struct naming){ words[i], by, requires };
	}
}

static void
gather_names(struct remaining *r, const struct fleet *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct fleet_member *m = &f->member[i];

		add_words(r, m, m->vm.requires, m->vm.nrequires, true);
		add_words(r, m, m->vm.after, m->vm.nafter, false);
	}
	if (r->nnaming > 0)
		qsort(r->naming, r->nnaming, sizeof(*r->naming), by_word);
}

static int
look(struct diag *d, struct remaining *r)
{
	bool again;
	int result = fleet_now_look(d, r->fleet, &again);

	if (again)
		forget(r);
	if (result == 0 && again)
		gather_names(r, fleet_now_fleet(r->fleet));
	return result;
}

struct image_users *
remaining_images(struct diag *d, struct remaining *r)
{
	if (look(d, r) == -1)
		return NULL;
	if (r->users == NULL) {
		r->users = image_users_of(fleet_now_fleet(r->fleet));
		if (add_elsewhere(d, r) == -1) {
			image_users_free(r->users);
			r->users = NULL;
		}
	}
	return r->users;
}

static int
by_name_in(const void *name, const void *naming)
{
	return strcmp(name, ((const struct naming *)naming)->word);
}

void
remaining_warn(struct remaining *r, const char *name)
{
	const struct fleet_member *last = NULL;
	struct diag ignored = { 0 };
	size_t i;

	(void)look(&ignored, r);
	diag_free(&ignored);
	i = sorted_first(name, r->naming, r->nnaming, sizeof(*r->naming), by_name_in);
	for (; i < r->nnaming && strcmp(r->naming[i].word, name) == 0; i++) {
		const struct naming *at = &r->naming[i];

		if (at->by == last || at->by->gone || strcmp(at->by->vm.name, name) == 0)
			continue;
		last = at->by;
		if (at->requires)
			warn_user(r->cmd, last->vm.name, "requires %s, and cannot be started without it", name);
		else
			warn_user(r->cmd, last->vm.name, "names %s in after, which means nobody now", name);
	}
}
