/* The VMs that have an order; see lineup.h. */
#include "cmd/lineup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/trail.h"
#include "launch/resolved.h"
#include "launch/runtime.h"
#include "util/mem.h"

#define ROUNDS_MAX 100 /* of instances that name instances that name instances */

static void
sort(struct lineup *l)
{
	if (l->n > 0)
		qsort(l->vm, l->n, sizeof(*l->vm), fleet_by_name);
}

static void
add(struct lineup *l, const struct fleet_member *m)
{
	if (l->n % 64 == 0)
		l->vm = xreallocarray(l->vm, l->n + 64, sizeof(*l->vm));
	l->vm[l->n++] = m;
}

/* Among the first n, which are sorted. */
static bool
is_known(const struct lineup *l, size_t n, const char *name)
{
	return n > 0 && bsearch(name, l->vm, n, sizeof(*l->vm), fleet_name_of) != NULL;
}

/* What its file said when it was started, in the place of what is wrong now. */
static void
load_as_it_runs(struct cmd *cmd, const char *name, struct fleet_member *m)
{
	struct diag ignored = { 0 };
	struct fleet_member runs;
	struct conf_trail trail;

	if (resolved_read(&ignored, &cmd->c, name, &trail) == 0) {
		if (resolved_load(&ignored, &trail, name, NULL, &runs) == 0) {
			fleet_member_free(m);
			*m = runs;
		}
		conf_trail_free(&trail);
	}
	diag_free(&ignored);
}

/* What cannot be read still is a VM of that name: others can wait for it. */
static void
load(struct cmd *cmd, struct lineup *l, const char *name, const char *word, bool runs)
{
	struct fleet_member *m = xcalloc(1, sizeof(*m));
	struct diag ignored = { 0 };

	if (context_load(&ignored, &cmd->c, word, m) == -1 && runs)
		load_as_it_runs(cmd, name, m);
	diag_free(&ignored);
	if (m->vm.name == NULL)
		m->vm.name = xstrdup(name);
	l->own = xreallocarray(l->own, l->nown + 1, sizeof(*l->own));
	l->own[l->nown++] = m;
	add(l, m);
}

/* Two words can mean one VM. */
static void
drop_twins(struct lineup *l)
{
	size_t kept = 0;

	sort(l);
	for (size_t i = 0; i < l->n; i++) {
		if (kept == 0 || fleet_by_name(&l->vm[kept - 1], &l->vm[i]) != 0)
			l->vm[kept++] = l->vm[i];
	}
	l->n = kept;
}

struct words {
	const char **v;
	size_t n;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those that can be the name of an instance that is not known yet. */
static void
gather_instances(const struct lineup *l, char *const *words, size_t n, struct words *ret)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(words[i], '@');

		if (at == NULL || at == words[i] || order_is_pattern(words[i]) ||
		    is_known(l, l->n, words[i]))
			continue;
		if (ret->n % 64 == 0)
			ret->v = xreallocarray(ret->v, ret->n + 64, sizeof(*ret->v));
		ret->v[ret->n++] = words[i];
	}
}

/* An instance is there as soon as it is named: those that the VMs name; how many more there are. */
static size_t
next_round(struct cmd *cmd, struct lineup *l, const struct fleet_member *const *of, size_t n)
{
	size_t before = l->n;
	struct words words = { 0 };

	for (size_t i = 0; i < n; i++) {
		gather_instances(l, of[i]->vm.after, of[i]->vm.nafter, &words);
		gather_instances(l, of[i]->vm.requires, of[i]->vm.nrequires, &words);
	}
	if (words.n > 0)
		qsort(words.v, words.n, sizeof(*words.v), by_text);
	for (size_t i = 0; i < words.n; i++) {
		bool again = i > 0 && strcmp(words.v[i - 1], words.v[i]) == 0;

		if (!again && context_has_file(&cmd->c, words.v[i]))
			load(cmd, l, words.v[i], words.v[i], false);
	}
	free(words.v);
	return l->n - before;
}

static void
close_lineup(struct cmd *cmd, struct lineup *l)
{
	const struct fleet_member **of;
	size_t n = l->n;

	drop_twins(l);
	n = l->n;
	of = xcalloc(n, sizeof(*of));
	if (n > 0)
		memcpy(of, l->vm, n * sizeof(*of));
	for (int round = 0; round < ROUNDS_MAX; round++) {
		size_t more = next_round(cmd, l, of, n);

		if (more == 0)
			break;
		of = xreallocarray(of, more, sizeof(*of));
		memcpy(of, l->vm + (l->n - more), more * sizeof(*of));
		n = more;
		drop_twins(l);
	}
	free(of);
	l->order = order_new(l->vm, l->n);
}

void
lineup_make(struct cmd *cmd, const struct fleet *f, const struct targets *t, struct lineup *ret)
{
	*ret = (struct lineup){ 0 };
	for (size_t i = 0; i < f->n; i++)
		add(ret, &f->member[i]);
	sort(ret);
	for (size_t i = 0; t != NULL && i < t->n; i++) {
		if (!is_known(ret, f->n, t->v[i].name))
			load(cmd, ret, t->v[i].name, t->v[i].word, false);
	}
	close_lineup(cmd, ret);
}

/* Also one whose supervisor has died. */
static bool
may_run(const struct context *c, const char *name)
{
	char *record = runtime_path(c, name, "qemu");
	bool result = runtime_is_held(c, name) || access(record, F_OK) == 0;

	free(record);
	return result;
}

void
lineup_running(struct cmd *cmd, const struct targets *t, struct lineup *ret)
{
	struct diag ignored = { 0 };
	char **names = NULL;
	size_t n = 0;

	*ret = (struct lineup){ 0 };
	for (size_t i = 0; i < t->n; i++)
		load(cmd, ret, t->v[i].name, t->v[i].word, true);
	sort(ret);
	if (context_run_names(&ignored, &cmd->c, &names, &n) == 0) {
		size_t known = ret->n;

		for (size_t i = 0; i < n; i++) {
			if (!is_known(ret, known, names[i]) && may_run(&cmd->c, names[i]))
				load(cmd, ret, names[i], names[i], true);
		}
	}
	strings_free(names, n);
	diag_free(&ignored);
	drop_twins(ret);
	ret->order = order_new(ret->vm, ret->n);
}

void
lineup_free(struct lineup *l)
{
	order_free(l->order);
	for (size_t i = 0; i < l->nown; i++) {
		fleet_member_free(l->own[i]);
		free(l->own[i]);
	}
	free(l->own);
	free(l->vm);
	*l = (struct lineup){ 0 };
}
