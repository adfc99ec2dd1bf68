/* What differs between a running VM and its file; see change.h. */
#include "vm/change.h"

#include <stdlib.h>
#include <string.h>

#include "conf/trail.h"
#include "util/mem.h"
#include "vm/vm.h"

struct search {
	const struct conf_trail *runs_trail, *file_trail;
	const struct vm *runs, *file;
	const struct os_facts *os;
	bool ports;
	struct changes found;
	size_t cap;
};

/* Elements are told apart by their places alone: where one was added or has gone, nobody knows which
 * of the others is which. */
static bool
same_elements(const struct vm *a, const struct vm *b, const char *list)
{
	const struct {
		const char *name;
		size_t a, b;
	} lists[] = { { "nics", a->nnics, b->nnics }, { "disks", a->ndisks, b->ndisks },
		{ "cdrom", a->ncdroms, b->ncdroms }, { "floppy", a->nfloppies, b->nfloppies } };
	size_t len = strcspn(list, "[");

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		if (strlen(lists[k].name) == len && strncmp(lists[k].name, list, len) == 0)
			return lists[k].a == lists[k].b;
	}
	return false;
}

/* *ret_i: the element, of a unit that has one for each. */
static enum change_unit
unit_of(const struct search *s, const char *key, size_t *ret_i)
{
	const struct change_row *row = change_row(key);
	bool each = row != NULL && strchr(row->key, '[') != NULL;
	size_t i = each ? strtoul(strchr(key, '[') + 1, NULL, 10) : 0;

	*ret_i = i;
	if (row == NULL || s->runs == NULL || (row->port && !s->ports) ||
	    (each && !same_elements(s->runs, s->file, key)) ||
	    (row->can != NULL && !row->can(s->runs, s->file, i, s->os)))
		return CHANGE_RESTART;
	return row->unit;
}

/* Is there anything in the group, element or list of that path? */
static bool
has_inside(const struct conf_trail *t, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < t->n; i++) {
		if (strncmp(t->v[i].path, path, n) == 0 &&
		    (t->v[i].path[n] == '.' || t->v[i].path[n] == '['))
			return true;
	}
	return false;
}

/* "{ }" of a group that has lost its last key, or "( )" of a list, says no more than that which it has
 * lost. */
static bool
is_mark(const struct conf_trail *other, const struct conf_entry *e)
{
	return (e->row->kind == CONF_LIST || e->row->kind == CONF_GROUP) &&
	       has_inside(other, e->path);
}

static bool
is_whole_list(const struct conf_entry *e)
{
	return e->row->kind == CONF_LIST && e->path[strlen(e->path) - 1] != ']';
}

static void
add(struct search *s, const struct change *c)
{
	if (s->found.n == s->cap) {
		s->cap = s->cap == 0 ? 8 : 2 * s->cap;
		s->found.v = xreallocarray(s->found.v, s->cap, sizeof(*s->found.v));
	}
	s->found.v[s->found.n++] = *c;
}

/* An element that loses its last key gets its mark at once, and keeps it for good: without any it would
 * be none. */
static int
take(void *arg, const struct conf_entry *runs, const struct conf_entry *file)
{
	struct search *s = arg;
	const struct conf_entry *only = runs == NULL ? file : file == NULL ? runs : NULL;
	struct change c = { .runs = runs,
		.file = file,
		.key = file != NULL ? file->path : runs->path,
		.mark = only != NULL && is_mark(runs == NULL ? s->runs_trail : s->file_trail, only) };

	/* Who else is of the same file is no difference of this VM's. */
	if (strcmp(c.key, "instances") == 0)
		return 0;
	c.unit = unit_of(s, c.key, &c.i);
	if (c.mark && !is_whole_list(only)) {
		if (file == NULL)
			return 0;
		c.unit = CHANGE_NOTHING;
	}
	add(s, &c);
	return 0;
}

void
changes_find(const struct conf_trail *runs, const struct conf_trail *file,
    const struct vm *runs_vm, const struct vm *file_vm, const struct os_facts *os, bool ports,
    struct changes *ret)
{
	struct search s = { .runs_trail = runs,
		.file_trail = file,
		.runs = runs_vm,
		.file = file_vm, .os = os, .ports = ports };

	conf_trail_compare(runs, file, take, &s);
	*ret = s.found;
}

void
changes_free(struct changes *c)
{
	free(c->v);
	*c = (struct changes){ 0 };
}

static void
add_copy(struct conf_trail *t, const struct conf_entry *e)
{
	conf_trail_add(t, e->row, xstrdup(e->path), xstrdup(e->text),
	    e->where != NULL ? xstrdup(e->where) : NULL);
}

/* How many leading names two keys have in common: "nics[0].vlan" and "nics[0].rate.in" two. */
static size_t
in_common(const char *a, const char *b)
{
	size_t names = 0;

	for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
		if (a[i + 1] == '.' || a[i + 1] == '[')
			names += b[i + 1] == a[i + 1] || b[i + 1] == '\0';
	}
	return names;
}

/* Entries of one group stand together, and so a new one goes behind its nearest. */
static size_t
place_for(const struct conf_trail *t, const char *key)
{
	size_t best = t->n, most = 0;

	for (size_t i = 0; i < t->n; i++) {
		size_t n = in_common(t->v[i].path, key);

		if (n > 0 && n >= most) {
			most = n;
			best = i + 1;
		}
	}
	return best;
}

static void
insert_copy(struct conf_trail *t, const struct conf_entry *e)
{
	size_t at = place_for(t, e->path);
	struct conf_entry added;

	add_copy(t, e);
	added = t->v[t->n - 1];
	memmove(t->v + at + 1, t->v + at, (t->n - 1 - at) * sizeof(*t->v));
	t->v[at] = added;
}

void
changes_merge(const struct conf_trail *runs, const struct changes *c, const bool *done,
    struct conf_trail *ret)
{
	struct conf_trail t = { 0 };

	for (size_t i = 0; i < runs->n; i++) {
		const struct conf_entry *e = &runs->v[i];

		for (size_t k = 0; k < c->n; k++) {
			if (done[k] && c->v[k].runs == &runs->v[i])
				e = c->v[k].file;
		}
		if (e != NULL)
			add_copy(&t, e);
	}
	for (size_t k = 0; k < c->n; k++) {
		if (done[k] && c->v[k].runs == NULL)
			insert_copy(&t, c->v[k].file);
	}
	*ret = t;
}
