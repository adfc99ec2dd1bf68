/* Cycles of the graph of who waits for whom: which VMs are in one, and how to show it; see order.h.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/fleet.h"
#include "vm/order_internal.h"

#define SHOWN 8 /* VMs of a cycle that are named */

/* Tarjan's algorithm with its stack of calls as an array: a chain may be as long as the fleet. */
struct search {
	struct order *o;
	uint32_t *number, *low; /* by node; 0: not seen */
	uint32_t *stack, *call; /* nodes */
	size_t *at;             /* the next edge of each */
	size_t nstack, ncalls;
	uint32_t numbers;
};

static void
enter(struct search *s, uint32_t node)
{
	s->number[node] = s->low[node] = ++s->numbers;
	s->at[node] = s->o->out[node];
	s->stack[s->nstack++] = node;
	s->call[s->ncalls++] = node;
}

/* All that were entered since the node, and it, are one group. */
static void
close_group(struct search *s, uint32_t node)
{
	uint32_t member;

	do {
		member = s->stack[--s->nstack];
		s->o->group[member] = (uint32_t)s->o->ngroups;
		s->o->group_size[s->o->ngroups]++;
	} while (member != node);
	s->o->ngroups++;
}

static void
leave(struct search *s, uint32_t node)
{
	s->ncalls--;
	if (s->low[node] == s->number[node])
		close_group(s, node);
	if (s->ncalls > 0) {
		uint32_t caller = s->call[s->ncalls - 1];

		if (s->low[node] < s->low[caller])
			s->low[caller] = s->low[node];
	}
}

static void
search_from(struct search *s, uint32_t start)
{
	enter(s, start);
	while (s->ncalls > 0) {
		uint32_t node = s->call[s->ncalls - 1], to;

		if (s->at[node] == s->o->out[node + 1]) {
			leave(s, node);
			continue;
		}
		to = s->o->edge[s->at[node]++].to;
		if (s->number[to] == 0)
			enter(s, to);
		else if (s->o->group[to] == ORDER_NONE && s->number[to] < s->low[node])
			s->low[node] = s->number[to];
	}
}

void
order_find_groups(struct order *o)
{
	struct search s = { .o = o };

	s.number = xcalloc(o->nnodes, sizeof(*s.number));
	s.low = xcalloc(o->nnodes, sizeof(*s.low));
	s.stack = xcalloc(o->nnodes, sizeof(*s.stack));
	s.call = xcalloc(o->nnodes, sizeof(*s.call));
	s.at = xcalloc(o->nnodes, sizeof(*s.at));
	o->group = xcalloc(o->nnodes, sizeof(*o->group));
	o->group_size = xcalloc(o->nnodes, sizeof(*o->group_size));
	for (size_t i = 0; i < o->nnodes; i++)
		o->group[i] = ORDER_NONE;
	for (size_t i = 0; i < o->nnodes; i++) {
		if (s.number[i] == 0)
			search_from(&s, (uint32_t)i);
	}
	free(s.number);
	free(s.low);
	free(s.stack);
	free(s.call);
	free(s.at);
}

bool
order_in_cycle(const struct order *o, size_t i)
{
	return o->group_size[o->group[i]] > 1;
}

struct cycles {
	struct order *o;
	uint32_t *by;    /* of each node the edge by which it was found */
	uint32_t *queue; /* room for all nodes */
	size_t n;        /* edges so far */
};

/* The edges that led back to start, backwards, and then turned round. Those of patterns are left
 * out: whoever says the pattern is before them. */
static void
take_way(struct cycles *c, uint32_t start)
{
	struct order *o = c->o;
	size_t begin = c->n, end;
	uint32_t node = start;

	do {
		uint32_t e = c->by[node];

		node = o->edge[e].from;
		if (node < o->nvms)
			o->cycle[c->n++] = e;
	} while (node != start);
	end = c->n;
	for (size_t i = begin; i < begin + (end - begin) / 2; i++) {
		uint32_t e = o->cycle[i];

		o->cycle[i] = o->cycle[end - 1 - (i - begin)];
		o->cycle[end - 1 - (i - begin)] = e;
	}
	for (size_t i = begin; i < end; i++)
		o->cycle_at[o->edge[o->cycle[i]].from] = (uint32_t)i;
}

/* The shortest way from a VM back to itself, within its group. */
static void
find_cycle(struct cycles *c, uint32_t start)
{
	struct order *o = c->o;
	size_t first = 0, last = 0;

	c->queue[last++] = start;
	while (first < last && c->by[start] == ORDER_NONE) {
		uint32_t node = c->queue[first++];

		for (size_t e = o->out[node]; e < o->out[node + 1]; e++) {
			uint32_t to = o->edge[e].to;

			if (o->group[to] != o->group[start] || c->by[to] != ORDER_NONE)
				continue;
			c->by[to] = (uint32_t)e;
			if (to != start)
				c->queue[last++] = to;
		}
	}
	take_way(c, start);
}

void
order_find_cycles(struct order *o)
{
	struct cycles c = { .o = o };
	uint32_t *start = xcalloc(o->ngroups, sizeof(*start)); /* the first VM of each group */

	c.by = xcalloc(o->nnodes, sizeof(*c.by));
	c.queue = xcalloc(o->nnodes, sizeof(*c.queue));
	o->cycle = xcalloc(o->nvms, sizeof(*o->cycle));
	o->cycle_at = xcalloc(o->nnodes, sizeof(*o->cycle_at));
	o->cycle_begin = xcalloc(o->ngroups + 1, sizeof(*o->cycle_begin));
	for (size_t i = 0; i < o->nnodes; i++)
		c.by[i] = o->cycle_at[i] = ORDER_NONE;
	for (size_t i = o->nvms; i-- > 0;)
		start[o->group[i]] = (uint32_t)i;
	for (size_t g = 0; g < o->ngroups; g++) {
		o->cycle_begin[g] = c.n;
		if (o->group_size[g] > 1)
			find_cycle(&c, start[g]);
	}
	o->cycle_begin[o->ngroups] = c.n;
	free(start);
	free(c.by);
	free(c.queue);
}

static const char *
list_name(const struct order_edge *edge)
{
	return edge->requires ? "requires" : "after";
}

static char *
edge_path(const struct order_edge *edge)
{
	return xasprintf("%s[%u]", list_name(edge), edge->word);
}

/* "web1.conf:4: after "db*"" */
static void
add_place(struct buf *b, const struct order *o, const struct order_edge *edge)
{
	const struct fleet_member *m = o->vm[edge->from];
	char *path = edge_path(edge);

	if (m->doc != NULL)
		buf_addf(b, "%s: ", conf_where(m->doc, path));
	buf_addf(b, "%s \"%s\"", list_name(edge),
	    (edge->requires ? m->vm.requires : m->vm.after)[edge->word]);
	free(path);
}

/* The cycle of the VM's group, from the VM on if it is in it. */
static void
add_cycle(struct buf *b, const struct order *o, size_t vm)
{
	size_t begin = o->cycle_begin[o->group[vm]], n = o->cycle_begin[o->group[vm] + 1] - begin;
	size_t first = o->cycle_at[vm] != ORDER_NONE ? o->cycle_at[vm] - begin : 0;
	size_t shown = n > SHOWN ? SHOWN : n;

	for (size_t i = 0; i < shown; i++)
		buf_addf(
		    b, "%s -> ", o->vm[o->edge[o->cycle[begin + (first + i) % n]].from]->vm.name);
	if (n > shown)
		buf_addf(b, "(%zu more) -> ", n - shown);
	buf_addf(b, "%s (", o->vm[o->edge[o->cycle[begin + first]].from]->vm.name);
	for (size_t i = 0; i < shown; i++) {
		buf_add(b, i > 0 ? "; " : "");
		add_place(b, o, &o->edge[o->cycle[begin + (first + i) % n]]);
	}
	buf_add(b, n > shown ? "; and so on)" : ")");
}

/* An edge of the VM by which it is in its cycle, or at least waits for one that is. */
static const struct order_edge *
edge_inside(const struct order *o, size_t vm)
{
	size_t e = o->out[vm];

	if (o->cycle_at[vm] != ORDER_NONE)
		return &o->edge[o->cycle[o->cycle_at[vm]]];
	while (o->group[o->edge[e].to] != o->group[vm])
		e++;
	return &o->edge[e];
}

static void
problem(struct diag *d, const struct fleet_member *m, const char *path, const char *text)
{
	if (m->doc != NULL)
		fail_as(d, DIAG_CONFIG, "%s: %s", conf_where(m->doc, path), text);
	else
		fail_as(d, DIAG_CONFIG, "%s", text);
}

int
order_check(struct diag *d, const struct order *o, size_t i)
{
	const struct fleet_member *m = o->vm[i];
	unsigned before = d->count;
	size_t word;

	if (order_in_cycle(o, i)) {
		const struct order_edge *edge = edge_inside(o, i);
		char *path = edge_path(edge);
		struct buf b = { 0 };

		buf_addf(&b, "%s: %s: ", list_name(edge),
		    o->cycle_at[i] != ORDER_NONE ? "a cycle" : "it hangs between VMs of a cycle");
		add_cycle(&b, o, i);
		problem(d, m, path, b.s);
		free(path);
		buf_free(&b);
	}
	if (order_missing(o, i, true, &word)) {
		const char *text = m->vm.requires[word];
		char *path = xasprintf("requires[%zu]", word);
		char *why = order_is_pattern(text)
				? xasprintf("requires: no other VM matches \"%s\"", text)
				: xasprintf("requires: there is no VM called %s", text);

		problem(d, m, path, why);
		free(why);
		free(path);
	}
	return d->count > before ? -1 : 0;
}
