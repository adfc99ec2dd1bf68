/* Who else wants what a VM wants for itself; see fleet.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "util/sorted.h"
#include "vm/claims.h"

static int
by_kind_and_key(const void *key, const void *element)
{
	const struct claim *x = key, *y = element;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : strcmp(x->key, y->key);
}

/* Equal keys side by side, in the order of the VMs. */
static int
by_key(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = by_kind_and_key(x, y);

	if (order != 0)
		return order;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcmp(x->path, y->path);
}

static const char *
listen_address(const char *s)
{
	return *s == '\0' || strcmp(s, "localhost") == 0 ? "127.0.0.1" : s;
}

static const char *
port_address(const struct claim *c)
{
	return listen_address(c->detail != NULL ? c->detail : c->host);
}

static bool
is_wildcard(const char *s)
{
	return strcmp(s, "0.0.0.0") == 0 || strcmp(s, "[::]") == 0;
}

static bool
clash(const struct claim *a, const struct claim *b)
{
	if (a->member == b->member) /* vm_load() has said it */
		return false;
	if (a->kind == CLAIM_IMAGE)
		return (!a->shared || !b->shared) && (!a->shareable || !b->shareable);
	if (a->kind == CLAIM_PORT) {
		const char *x = port_address(a), *y = port_address(b);

		return strcmp(x, y) == 0 || is_wildcard(x) || is_wildcard(y);
	}
	return true;
}

/* A clash as a message about `at`. */
static void
complain(struct diag *d, const struct claim *at, const struct claim *other)
{
	const struct fleet_member *m = at->member, *o = other->member;
	const char *place = o->doc != NULL ? conf_where(o->doc, other->path) : "no file";
	const char *format =
	    at->kind == CLAIM_MAC
		? "%s: already that of %s (%s); leave mac out, and each NIC has its own"
	    : at->kind != CLAIM_IMAGE ? "%s: already that of %s (%s)"
	    : at->shared              ? "%s: written by %s (%s)"
				      : "%s: also used by %s (%s)";
	char *text = xasprintf(format, at->key, o->vm.name, place);

	if (m->doc != NULL)
		conf_fail(m->doc, at->path, "%s", text);
	else
		fail_as(d, DIAG_CONFIG, "%s: %s", m->vm.name, text);
	free(text);
}

/* Each claim of a run of equal keys against the first one that it clashes with. */
static void
check_run(struct diag *d, const struct claim *run, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (clash(&run[k], &run[i])) {
				complain(d, &run[i], &run[k]);
				break;
			}
		}
	}
}

static void
sort_claims(struct claims *c)
{
	if (c->n > 0)
		qsort(c->list, c->n, sizeof(*c->list), by_key);
}

static bool
same_key(const struct claim *a, const struct claim *b)
{
	return a->kind == b->kind && strcmp(a->key, b->key) == 0;
}

/* The first claim of the sorted ones that is not before the key of wanted. */
static size_t
first_of_key(const struct claims *c, const struct claim *wanted)
{
	return sorted_first(wanted, c->list, c->n, sizeof(*c->list), by_kind_and_key);
}

/* Behind the claims of the same key as the one at i. */
static size_t
end_of_run(const struct claims *c, size_t i)
{
	size_t end = i + 1;

	while (end < c->n && same_key(&c->list[i], &c->list[end]))
		end++;
	return end;
}

/* Late ones go to the others once there are so many that to look through them would take its time. */
#define LATE_MAX 256

struct fleet_claims {
	struct claims all;  /* sorted */
	struct claims late; /* not sorted */
};

static void
settle(struct claims *all)
{
	sort_claims(all);
	for (size_t i = 0, end; i < all->n; i = end) {
		struct claim *run = &all->list[i];
		bool all_share = true;

		end = end_of_run(all, i);
		for (size_t k = 0; k < end - i; k++)
			all_share = all_share && run[k].shared;
		for (size_t k = 0; k < end - i; k++)
			run[k].all_share = all_share;
	}
}

static struct fleet_claims *
claims_of(const struct fleet *f)
{
	struct fleet_claims *ret = xcalloc(1, sizeof(*ret));

	for (size_t i = 0; i < f->n; i++)
		claim_all(&ret->all, &f->member[i]);
	settle(&ret->all);
	return ret;
}

void
fleet_claim(struct fleet *f)
{
	if (f->claims == NULL)
		f->claims = claims_of(f);
}

void
fleet_claim_late(struct fleet *f, const struct fleet_member *m)
{
	struct claims *all = &f->claims->all, *late = &f->claims->late;

	late->members = all->members + late->members;
	claim_all(late, m);
	late->members -= all->members;
	if (late->n < LATE_MAX || late->n < all->n / 16)
		return;
	all->list = xreallocarray(all->list, all->n + late->n, sizeof(*all->list));
	memcpy(all->list + all->n, late->list, late->n * sizeof(*late->list));
	all->n += late->n;
	all->members += late->members;
	free(late->list);
	*late = (struct claims){ 0 };
	settle(all);
}

void
fleet_claims_free(struct fleet_claims *c)
{
	if (c == NULL)
		return;
	claims_free(&c->all);
	claims_free(&c->late);
	free(c);
}

static bool
is_anothers(const struct claim *other, const struct claim *own)
{
	return !other->member->gone && strcmp(other->member->vm.name, own->member->vm.name) != 0;
}

/* The claim of another that one's own clashes with; NULL: none. one may be among all: it was read again, or
 * is from elsewhere. */
static const struct claim *
find_clash(const struct fleet_claims *c, const struct claim *own)
{
	const struct claims *all = &c->all, *late = &c->late;

	for (size_t k = first_of_key(all, own); k < all->n; k++) {
		const struct claim *other = &all->list[k];

		/* An image for installing may be in ten thousand drives. */
		if (!same_key(other, own) || (own->shared && other->all_share))
			break;
		if (is_anothers(other, own) && clash(other, own))
			return other;
	}
	for (size_t k = 0; k < late->n; k++) {
		const struct claim *other = &late->list[k];

		if (same_key(other, own) && is_anothers(other, own) && clash(other, own))
			return other;
	}
	return NULL;
}

/* fn for each setting of one that clashes, and the claim of the other, of the fleet's claims, or of those that
 * are gathered for the occasion. */
static void
each_clash(const struct fleet *f, const struct fleet_member *one,
    void (*fn)(const struct claim *own, const struct claim *other, void *arg), void *arg)
{
	struct fleet_claims *all = f->claims != NULL ? f->claims : claims_of(f);
	struct claims own = { 0 };

	claim_all(&own, one);
	sort_claims(&own);
	for (size_t i = 0; i < own.n; i++) {
		const struct claim *other = find_clash(all, &own.list[i]);

		if (other != NULL)
			fn(&own.list[i], other, arg);
	}
	claims_free(&own);
	if (all != f->claims)
		fleet_claims_free(all);
}

struct listener {
	void (*fn)(const char *path, void *arg);
	void *arg;
};

static void
tell_path(const struct claim *own, const struct claim *other, void *arg)
{
	const struct listener *l = arg;

	l->fn(own->path, l->arg);
}

void
fleet_each_clash(const struct fleet *f, const struct fleet_member *one,
    void (*fn)(const char *path, void *arg), void *arg)
{
	struct listener l = { fn, arg };

	each_clash(f, one, tell_path, &l);
}

static void
tell_diag(const struct claim *own, const struct claim *other, void *arg)
{
	complain(arg, own, other);
}

static void
check_all(struct diag *d, const struct fleet *f, const struct claims *all)
{
	for (size_t i = 0, end; i < all->n; i = end) {
		end = end_of_run(all, i);
		check_run(d, &all->list[i], end - i);
	}
	for (size_t i = 0; i < f->n; i++) {
		if (f->member[i].doc != NULL)
			conf_report(d, f->member[i].doc);
	}
}

int
fleet_check(struct diag *d, const struct fleet *f, const struct fleet_member *only)
{
	unsigned before = d->count;

	if (only != NULL) {
		each_clash(f, only, tell_diag, d);
		if (only->doc != NULL)
			conf_report(d, only->doc);
	} else {
		struct fleet_claims *all = f->claims != NULL ? f->claims : claims_of(f);

		check_all(d, f, &all->all);
		if (all != f->claims)
			fleet_claims_free(all);
	}
	return d->count > before ? -1 : 0;
}
