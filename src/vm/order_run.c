/* A start or a stop of some VMs, in their order; see order.h. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "vm/fleet.h"
#include "vm/order_internal.h"

enum place {
	OUT,     /* of the run */
	WAITING, /* for others */
	FREE,    /* its turn has come */
	BUSY,    /* given out */
	DONE,
	FAILED,
};

struct order_run {
	const struct order *o;
	bool stop;
	unsigned char *place; /* by node */
	bool *passive;        /* waits for nobody: it is under way already */
	uint32_t *pending;    /* how many it waits for */
	uint32_t *by;         /* of one that is blocked: the VM because of which */
	uint32_t *heap;       /* VMs whose turn has come, the first one on top */
	size_t nheap;
	uint32_t *blocked; /* VMs to be told of */
	size_t nblocked, told;
	uint32_t *todo; /* nodes that were settled, and whose neighbours are to hear of it */
	size_t ntodo;
	uint32_t *chosen; /* nodes, while they are chosen */
};

struct order_run *
order_begin(const struct order *o, bool stop)
{
	struct order_run *r = xcalloc(1, sizeof(*r));

	r->o = o;
	r->stop = stop;
	r->place = xcalloc(o->nnodes, sizeof(*r->place));
	r->passive = xcalloc(o->nnodes, sizeof(*r->passive));
	r->pending = xcalloc(o->nnodes, sizeof(*r->pending));
	r->by = xcalloc(o->nnodes, sizeof(*r->by));
	r->heap = xcalloc(o->nvms, sizeof(*r->heap));
	r->blocked = xcalloc(o->nvms, sizeof(*r->blocked));
	r->todo = xcalloc(o->nnodes, sizeof(*r->todo));
	r->chosen = xcalloc(o->nnodes, sizeof(*r->chosen));
	return r;
}

void
order_end(struct order_run *r)
{
	if (r == NULL)
		return;
	free(r->place);
	free(r->passive);
	free(r->pending);
	free(r->by);
	free(r->heap);
	free(r->blocked);
	free(r->todo);
	free(r->chosen);
	free(r);
}

/* --- edges, in the direction of the run --- */

/* The node's k-th edge that leads out of it, or into it, and to which other one; NULL: there are no more. */
static const struct order_edge *
edge_at(const struct order *o, bool out, size_t node, size_t k, uint32_t *ret_other)
{
	const struct order_edge *e;

	if (out) {
		if (o->out[node] + k >= o->out[node + 1])
			return NULL;
		e = &o->edge[o->out[node] + k];
		*ret_other = e->to;
	} else {
		if (o->in[node] + k >= o->in[node + 1])
			return NULL;
		e = &o->edge[o->in_edge[o->in[node] + k]];
		*ret_other = e->from;
	}
	return e;
}

/* The k-th edge to what the node waits for. */
static const struct order_edge *
wants(const struct order_run *r, size_t node, size_t k, uint32_t *ret_other)
{
	return edge_at(r->o, !r->stop, node, k, ret_other);
}

/* Likewise to what waits for the node. */
static const struct order_edge *
wanted(const struct order_run *r, size_t node, size_t k, uint32_t *ret_other)
{
	return edge_at(r->o, r->stop, node, k, ret_other);
}

/* Whoever waits in a cycle would wait for ever. */
static bool
counts(const struct order_run *r, const struct order_edge *e)
{
	return r->o->group[e->from] != r->o->group[e->to];
}

/* --- choosing --- */

void
order_choose(struct order_run *r, size_t i)
{
	size_t n = 0;
	uint32_t other;
	const struct order_edge *e;

	if (r->place[i] != OUT)
		return;
	r->place[i] = WAITING;
	r->chosen[n++] = (uint32_t)i;
	while (n > 0) {
		size_t node = r->chosen[--n];

		for (size_t k = 0; (e = wants(r, node, k, &other)) != NULL; k++) {
			if (!e->requires || r->place[other] != OUT)
				continue;
			r->place[other] = WAITING;
			r->chosen[n++] = other;
		}
	}
}

void
order_await(struct order_run *r, size_t i)
{
	r->place[i] = WAITING;
	r->passive[i] = true;
}

bool
order_is_chosen(const struct order_run *r, size_t i)
{
	return r->place[i] != OUT;
}

size_t
order_outsiders(const struct order_run *r, size_t **ret)
{
	const struct order *o = r->o;
	bool *seen = xcalloc(o->nnodes, sizeof(*seen));
	size_t *list = xcalloc(o->nvms, sizeof(*list)), n = 0;

	for (size_t i = 0; i < o->nnodes; i++) {
		/* A pattern's own node lies behind the VMs that lead to it. */
		if (i < o->nvms ? r->place[i] == OUT : !seen[i])
			continue;
		for (size_t e = o->out[i]; e < o->out[i + 1]; e++) {
			uint32_t to = o->edge[e].to;

			if (seen[to])
				continue;
			seen[to] = true;
			if (to < o->nvms && r->place[to] == OUT)
				list[n++] = to;
		}
	}
	free(seen);
	*ret = list;
	return n;
}

/* --- turns --- */

static bool
is_before(const struct order *o, uint32_t a, uint32_t b)
{
	int64_t x = o->vm[a]->vm.priority, y = o->vm[b]->vm.priority;

	return x != y ? x > y : a < b;
}

static void
swap(uint32_t *a, uint32_t *b)
{
	uint32_t c = *a;

	*a = *b;
	*b = c;
}

static void
push(struct order_run *r, uint32_t vm)
{
	size_t i = r->nheap++;

	r->place[vm] = FREE;
	r->heap[i] = vm;
	for (; i > 0 && is_before(r->o, r->heap[i], r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&r->heap[i], &r->heap[(i - 1) / 2]);
}

bool
order_next(struct order_run *r, size_t *ret)
{
	if (r->nheap == 0)
		return false;
	*ret = r->heap[0];
	r->place[*ret] = BUSY;
	r->heap[0] = r->heap[--r->nheap];
	for (size_t i = 0;;) {
		size_t best = i, left = 2 * i + 1;

		for (size_t k = left; k < left + 2 && k < r->nheap; k++) {
			if (is_before(r->o, r->heap[k], r->heap[best]))
				best = k;
		}
		if (best == i)
			return true;
		swap(&r->heap[i], &r->heap[best]);
		i = best;
	}
}

/* --- how it went --- */

static void
set_done(struct order_run *r, uint32_t node, bool ok)
{
	r->place[node] = ok ? DONE : FAILED;
	r->todo[r->ntodo++] = node;
}

/* A pattern fails with one of its VMs, and by names that one. */
static void
block(struct order_run *r, uint32_t node, uint32_t by)
{
	r->by[node] = by;
	if (node < r->o->nvms)
		r->blocked[r->nblocked++] = node;
	set_done(r, node, false);
}

/* The node waits for nobody any more. */
static void
release(struct order_run *r, uint32_t node)
{
	if (node < r->o->nvms)
		push(r, node);
	else
		set_done(r, node, true);
}

static void
tell(struct order_run *r, uint32_t node)
{
	bool ok = r->place[node] == DONE;
	const struct order_edge *e;
	uint32_t other;

	for (size_t k = 0; (e = wanted(r, node, k, &other)) != NULL; k++) {
		if (r->place[other] != WAITING || !counts(r, e))
			continue;
		if (!ok && e->requires && !r->stop)
			block(r, other, node < r->o->nvms ? node : r->by[node]);
		else if (--r->pending[other] == 0)
			release(r, other);
	}
}

static void
tell_all(struct order_run *r)
{
	while (r->ntodo > 0)
		tell(r, r->todo[--r->ntodo]);
}

void
order_settle(struct order_run *r, size_t i, bool ok)
{
	set_done(r, (uint32_t)i, ok);
	tell_all(r);
}

bool
order_blocked(struct order_run *r, size_t *ret, size_t *ret_by)
{
	if (r->told == r->nblocked)
		return false;
	*ret = r->blocked[r->told++];
	*ret_by = r->by[*ret];
	return true;
}

/* Of a start by way of requires a pattern is in the run with its VM, of a stop and by way of after
 * it joins here. */
static void
join_patterns(struct order_run *r)
{
	const struct order_edge *e;
	uint32_t other;

	for (size_t i = 0; i < r->o->nvms; i++) {
		for (size_t k = 0; r->place[i] != OUT && (e = wants(r, i, k, &other)) != NULL;
		     k++) {
			if (other >= r->o->nvms && r->place[other] == OUT)
				r->place[other] = WAITING;
		}
	}
}

static void
count_pending(struct order_run *r)
{
	const struct order_edge *e;
	uint32_t other;

	for (size_t i = 0; i < r->o->nnodes; i++) {
		if (r->place[i] == OUT || r->passive[i])
			continue;
		for (size_t k = 0; (e = wants(r, i, k, &other)) != NULL; k++)
			r->pending[i] += r->place[other] != OUT && counts(r, e);
	}
}

void
order_go(struct order_run *r)
{
	const struct order *o = r->o;
	size_t word;

	join_patterns(r);
	count_pending(r);
	for (size_t i = 0; i < o->nvms && !r->stop; i++) {
		if (r->place[i] == WAITING && !r->passive[i] &&
		    (order_in_cycle(o, i) || order_missing(o, i, true, &word)))
			block(r, (uint32_t)i, (uint32_t)i);
	}
	for (size_t i = 0; i < o->nnodes; i++) {
		if (r->place[i] == WAITING && r->pending[i] == 0)
			release(r, (uint32_t)i);
	}
	tell_all(r);
}

/* By way of patterns, too. */
bool
order_is_awaited(const struct order_run *r, size_t node)
{
	uint32_t other;

	for (size_t k = 0; wanted(r, node, k, &other) != NULL; k++) {
		if (r->place[other] == WAITING &&
		    (other < r->o->nvms || order_is_awaited(r, other)))
			return true;
	}
	return false;
}
