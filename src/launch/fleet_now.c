/* The fleet while it changes; see fleet_now.h. */
#include "launch/fleet_now.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "launch/context.h"
#include "launch/layers.h"
#include "launch/vm_file.h"
#include "util/diag.h"
#include "util/loop.h"
#include "util/mem.h"

#define AGE_MS 10000 /* a file may be written in place, which its folder does not show */
#define AGE_LOOKS 20 /* or this many times as long as it takes to read all of them */

/* When something was last put into a folder, or taken out. */
struct stamp {
	struct timespec vms, templates;
};

struct fleet_now {
	struct context *c;
	bool loaded;
	int64_t until; /* now_ms(), at the most */
	struct stamp stamp;
	struct fleet fleet;
	struct fleet_member **late; /* read since, after a change of our own */
	size_t nlate;
	struct stat *parts; /* of files that others include */
	size_t nparts;
	bool ordered;      /* somebody names another in after or requires */
	bool order_judged; /* order has what is wrong with that already */
	struct diag order;
	char *changing; /* the path, between fleet_now_begin() and fleet_now_end() */
	bool alone;     /* what changes there is one VM alone */
};

struct fleet_now *
fleet_now_new(struct context *c)
{
	struct fleet_now *n = xcalloc(1, sizeof(*n));

	n->c = c;
	return n;
}

static void
forget(struct fleet_now *n)
{
	for (size_t i = 0; i < n->nlate; i++) {
		fleet_member_free(n->late[i]);
		free(n->late[i]);
	}
	free(n->late);
	free(n->parts);
	free(n->changing);
	fleet_free(&n->fleet);
	diag_free(&n->order);
	*n = (struct fleet_now){ .c = n->c };
}

void
fleet_now_free(struct fleet_now *n)
{
	if (n == NULL)
		return;
	forget(n);
	free(n);
}

struct context *
fleet_now_context(const struct fleet_now *n)
{
	return n->c;
}

const struct fleet *
fleet_now_fleet(const struct fleet_now *n)
{
	return &n->fleet;
}

/* --- is it still so? --- */

static struct timespec
changed(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 ? st.st_mtim : (struct timespec){ 0 };
}

static struct stamp
stamp_of(const struct context *c)
{
	return (struct stamp){ changed(c->vm_dir), changed(c->template_dir) };
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
is_fresh(const struct fleet_now *n)
{
	struct stamp now = stamp_of(n->c);

	return n->loaded && now_ms() < n->until && same_time(&now.vms, &n->stamp.vms) &&
	       same_time(&now.templates, &n->stamp.templates);
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static void
note_member(struct fleet_now *n, const struct fleet_member *m)
{
	const char *path;
	struct stat st;

	n->ordered = n->ordered || m->vm.nafter > 0 || m->vm.nrequires > 0;
	for (size_t i = 1; m->doc != NULL && (path = conf_source(m->doc, i)) != NULL; i++) {
		if (stat(path, &st) == -1 || (n->nparts > 0 && same_file(&st, &n->parts[n->nparts - 1])))
			continue;
		n->parts = xreallocarray(n->parts, n->nparts + 1, sizeof(*n->parts));
		n->parts[n->nparts++] = st;
	}
}

int
fleet_now_look(struct diag *d, struct fleet_now *n, bool *ret_again)
{
	struct diag others = { 0 };
	int64_t from = now_ms();

	if (ret_again != NULL)
		*ret_again = false;
	if (is_fresh(n))
		return 0;
	forget(n);
	if (ret_again != NULL)
		*ret_again = true;
	n->stamp = stamp_of(n->c);
	if (context_fleet(&others, n->c, &n->fleet) == -1) {
		diag_move(d, &others);
		return -1;
	}
	diag_free(&others);
	fleet_claim(&n->fleet);
	for (size_t i = 0; i < n->fleet.n; i++)
		note_member(n, &n->fleet.member[i]);
	n->until = now_ms() + AGE_MS + AGE_LOOKS * (now_ms() - from);
	n->loaded = true;
	return 0;
}

/* --- checking --- */

/* Is the file of one VM alone, so that no other's settings come from it? */
static bool
is_of_one(const struct context *c, const char *path)
{
	char *name = context_name_of(path);
	struct diag ignored = { 0 };
	bool is = vm_file_is_in(path, c->vm_dir) && strcmp(c->vm_dir, c->template_dir) != 0 &&
		  vm_name_check(&ignored, name) == 0 && vm_instance(name) == NULL;

	diag_free(&ignored);
	free(name);
	return is;
}

/* Nor is it a template of others, by its path, or included. */
static bool
is_part(const struct fleet_now *n, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return false;
	for (size_t i = 0; i < n->nparts; i++) {
		if (same_file(&n->parts[i], &st))
			return true;
	}
	return layers_have(n->c, &st);
}

/* What is wrong with the order, with m (NULL: nobody) in the place of the member of its name. */
static void
judge_order(struct diag *wrong, const struct fleet_now *n, const struct fleet_member *m)
{
	const struct fleet_member **vms = xcalloc(n->fleet.n + n->nlate + 1, sizeof(*vms));
	size_t k = 0;

	for (size_t i = 0; i < n->fleet.n + n->nlate; i++) {
		const struct fleet_member *one =
		    i < n->fleet.n ? &n->fleet.member[i] : n->late[i - n->fleet.n];

		if (!one->gone && (m == NULL || strcmp(one->vm.name, m->vm.name) != 0))
			vms[k++] = one;
	}
	if (m != NULL)
		vms[k++] = m;
	qsort(vms, k, sizeof(*vms), fleet_by_name);
	vm_file_judge_order(wrong, vms, k);
	free(vms);
}

static int
check_one(struct diag *d, struct fleet_now *n, const struct context_draft *draft)
{
	char *name = context_name_of(draft->path);
	unsigned before = d->count;
	struct diag after = { 0 };
	struct fleet_member m;

	n->c->draft = draft;
	(void)context_load(&after, n->c, name, &m);
	n->c->draft = NULL;
	(void)fleet_check(&after, &n->fleet, &m);
	if (n->ordered || m.vm.nafter > 0 || m.vm.nrequires > 0) {
		if (!n->order_judged)
			judge_order(&n->order, n, NULL);
		n->order_judged = true;
		judge_order(&after, n, &m);
	}
	vm_file_report(d, &n->order, &after, draft->path);
	fleet_member_free(&m);
	diag_free(&after);
	free(name);
	return d->count > before ? -1 : 0;
}

int
fleet_now_check(struct diag *d, struct fleet_now *n, const struct context_draft *draft)
{
	if (!is_of_one(n->c, draft->path))
		return vm_file_check(d, n->c, draft);
	if (fleet_now_look(d, n, NULL) == -1)
		return -1;
	return is_part(n, draft->path) ? vm_file_check(d, n->c, draft) : check_one(d, n, draft);
}

/* --- changing --- */

static void
replace_member(struct fleet_now *n, const char *name, const char *path)
{
	struct fleet_member *m = fleet_find(&n->fleet, name);
	struct diag ignored = { 0 };

	if (m != NULL)
		m->gone = true;
	for (size_t i = 0; i < n->nlate; i++)
		n->late[i]->gone = n->late[i]->gone || strcmp(n->late[i]->vm.name, name) == 0;
	if (access(path, F_OK) == 0) {
		n->late = xgrow(n->late, n->nlate, sizeof(*n->late));
		m = n->late[n->nlate++] = xcalloc(1, sizeof(*m));
		(void)context_load(&ignored, n->c, name, m);
		if (m->vm.name == NULL)
			m->vm.name = xstrdup(name);
		fleet_claim_late(&n->fleet, m);
		note_member(n, m);
	}
	diag_free(&ignored);
}

void
fleet_now_begin(struct fleet_now *n, const char *path)
{
	n->loaded = is_fresh(n);
	n->alone = is_of_one(n->c, path) && !is_part(n, path);
	free(n->changing);
	n->changing = xstrdup(path);
}

void
fleet_now_end(struct fleet_now *n)
{
	char *name = context_name_of(n->changing);

	n->loaded = n->loaded && n->alone;
	if (n->loaded)
		replace_member(n, name, n->changing);
	diag_free(&n->order);
	n->order_judged = false;
	n->stamp = stamp_of(n->c);
	free(name);
}
