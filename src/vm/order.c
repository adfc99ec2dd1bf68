/* The graph of who waits for whom, made from the words of after and requires; see order.h. */
#include "vm/order.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/sorted.h"
#include "vm/fleet.h"
#include "vm/order_internal.h"

struct tag {
	const char *word;
	uint32_t vm;
};

/* While the graph is made. */
struct making {
	struct order *o;
	struct tag *tag; /* sorted */
	size_t ntags, room;
};

bool
order_is_pattern(const char *word)
{
	return word[0] == '@' || strpbrk(word, "*?[") != NULL;
}

bool
order_find(const struct order *o, const char *name, size_t *ret)
{
	const struct fleet_member *const *found =
	    o->nvms > 0 ? bsearch(name, o->vm, o->nvms, sizeof(*o->vm), fleet_name_of) : NULL;

	if (found != NULL)
		*ret = (size_t)(found - o->vm);
	return found != NULL;
}

/* --- words --- */

static int
by_tag(const void *a, const void *b)
{
	const struct tag *x = a, *y = b;
	int order = strcmp(x->word, y->word);

	return order != 0 ? order : x->vm < y->vm ? -1 : x->vm > y->vm;
}

static void
gather_tags(struct making *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->o->nvms; i++)
		n += m->o->vm[i]->vm.ntags;
	m->tag = xcalloc(n, sizeof(*m->tag));
	for (size_t i = 0; i < m->o->nvms; i++) {
		const struct vm *vm = &m->o->vm[i]->vm;

		for (size_t k = 0; k < vm->ntags; k++)
			m->tag[m->ntags++] = (struct tag){ vm->tags[k], (uint32_t)i };
	}
	if (n > 0)
		qsort(m->tag, n, sizeof(*m->tag), by_tag);
}

static int
by_pattern(const void *a, const void *b)
{
	const struct order_pattern *x = a, *y = b;
	int order = strcmp(x->word, y->word);

	return order != 0 ? order : x->requires - y->requires;
}

static void
gather_list(struct order *o, char *const *words, size_t n, bool requires, size_t *room)
{
	for (size_t i = 0; i < n; i++) {
		if (!order_is_pattern(words[i]))
			continue;
		if (o->npatterns == *room) {
			*room = *room * 2 + 16;
			o->pattern = xreallocarray(o->pattern, *room, sizeof(*o->pattern));
		}
		o->pattern[o->npatterns++] =
		    (struct order_pattern){ .word = words[i], .requires = requires };
	}
}

/* Each once, sorted. */
static void
gather_patterns(struct order *o)
{
	size_t room = 0, kept = 0;

	for (size_t i = 0; i < o->nvms; i++) {
		const struct vm *vm = &o->vm[i]->vm;

		gather_list(o, vm->after, vm->nafter, false, &room);
		gather_list(o, vm->requires, vm->nrequires, true, &room);
	}
	if (o->npatterns > 0)
		qsort(o->pattern, o->npatterns, sizeof(*o->pattern), by_pattern);
	for (size_t i = 0; i < o->npatterns; i++) {
		if (kept == 0 || by_pattern(&o->pattern[kept - 1], &o->pattern[i]) != 0)
			o->pattern[kept++] = o->pattern[i];
	}
	o->npatterns = kept;
	o->nnodes = o->nvms + kept;
}

static uint32_t
pattern_node(const struct order *o, const char *word, bool requires)
{
	const struct order_pattern key = { .word = word, .requires = requires };
	const struct order_pattern *found =
	    bsearch(&key, o->pattern, o->npatterns, sizeof(key), by_pattern);

	return (uint32_t)(o->nvms + (size_t)(found - o->pattern));
}

/* --- edges --- */

static void
add_edge(struct making *m, size_t from, size_t to, size_t word, bool requires)
{
	struct order *o = m->o;

	if (o->nedges == m->room) {
		m->room = m->room * 2 + 64;
		o->edge = xreallocarray(o->edge, m->room, sizeof(*o->edge));
	}
	o->edge[o->nedges++] = (struct order_edge){ .from = (uint32_t)from,
		.to = (uint32_t)to,
		.word = (uint32_t)word,
		.requires = requires };
}

static int
tag_word(const void *word, const void *tag)
{
	return strcmp(word, ((const struct tag *)tag)->word);
}

/* Edges from a node to all that the pattern means, but for one. Names that do not begin as a glob
 * does need not be held against it. */
static void
add_matches(struct making *m, size_t from, size_t word, const struct order_pattern *p, size_t not )
{
	struct order *o = m->o;
	size_t n = strcspn(p->word, "*?[\\");
	char *begin;

	if (p->word[0] == '@') {
		for (size_t i = sorted_first(p->word + 1, m->tag, m->ntags, sizeof(*m->tag), tag_word);
		     i < m->ntags && strcmp(m->tag[i].word, p->word + 1) == 0; i++) {
			bool again = i > 0 && by_tag(&m->tag[i - 1], &m->tag[i]) == 0;

			if (m->tag[i].vm != not &&!again)
				add_edge(m, from, m->tag[i].vm, word, p->requires);
		}
		return;
	}
	begin = xstrndup(p->word, n);
	for (size_t i = sorted_first(begin, o->vm, o->nvms, sizeof(*o->vm), fleet_name_of);
	     i < o->nvms && strncmp(o->vm[i]->vm.name, p->word, n) == 0; i++) {
		if (i != not &&fnmatch(p->word, o->vm[i]->vm.name, 0) == 0)
			add_edge(m, from, i, word, p->requires);
	}
	free(begin);
}

/* A pattern that means the VM itself too: the others of it are what it waits for. Of two such VMs
 * each waits for the other, which two edges show as well as all of them. */
static void
add_others(struct making *m, size_t i, size_t word, struct order_pattern *p)
{
	if (p->has_selfish) {
		add_edge(m, i, p->selfish, word, p->requires);
		return;
	}
	p->has_selfish = true;
	p->selfish = (uint32_t)i;
	add_matches(m, i, word, p, i);
}

static void
add_words(struct making *m, size_t i, char *const *words, size_t n, bool requires)
{
	struct order *o = m->o;
	const struct vm *vm = &o->vm[i]->vm;
	size_t other;

	for (size_t k = 0; k < n; k++) {
		if (!order_is_pattern(words[k])) {
			if (order_find(o, words[k], &other) && other != i)
				add_edge(m, i, other, k, requires);
		} else {
			uint32_t node = pattern_node(o, words[k], requires);

			if (fleet_match(words[k], vm->name, vm->tags, vm->ntags))
				add_others(m, i, k, &o->pattern[node - o->nvms]);
			else
				add_edge(m, i, node, k, requires);
		}
	}
}

/* The edges are in the order of from already. */
static void
index_edges(struct order *o)
{
	o->out = xcalloc(o->nnodes + 1, sizeof(*o->out));
	o->in = xcalloc(o->nnodes + 2, sizeof(*o->in));
	o->in_edge = xcalloc(o->nedges, sizeof(*o->in_edge));
	for (size_t e = 0; e < o->nedges; e++) {
		o->out[o->edge[e].from + 1]++;
		o->in[o->edge[e].to + 2]++;
	}
	for (size_t i = 0; i < o->nnodes; i++) {
		o->out[i + 1] += o->out[i];
		o->in[i + 2] += o->in[i + 1];
	}
	for (size_t e = 0; e < o->nedges; e++)
		o->in_edge[o->in[o->edge[e].to + 1]++] = (uint32_t)e;
}

struct order *
order_new(const struct fleet_member *const *vms, size_t n)
{
	struct order *o = xcalloc(1, sizeof(*o));
	struct making m = { .o = o };

	o->vm = vms;
	o->nvms = n;
	gather_patterns(o);
	gather_tags(&m);
	for (size_t i = 0; i < n; i++) {
		o->matters = o->matters || vms[i]->vm.nafter > 0 || vms[i]->vm.nrequires > 0;
		add_words(&m, i, vms[i]->vm.after, vms[i]->vm.nafter, false);
		add_words(&m, i, vms[i]->vm.requires, vms[i]->vm.nrequires, true);
	}
	for (size_t p = 0; p < o->npatterns; p++)
		add_matches(&m, n + p, 0, &o->pattern[p], SIZE_MAX);
	free(m.tag);
	index_edges(o);
	order_find_groups(o);
	order_find_cycles(o);
	return o;
}

void
order_free(struct order *o)
{
	if (o == NULL)
		return;
	free(o->pattern);
	free(o->edge);
	free(o->out);
	free(o->in);
	free(o->in_edge);
	free(o->group);
	free(o->group_size);
	free(o->cycle);
	free(o->cycle_at);
	free(o->cycle_begin);
	free(o);
}

bool
order_matters(const struct order *o)
{
	return o->matters;
}

/* Edges are in the order of words, those of after first. A pattern's node without an edge means
 * nobody. */
bool
order_missing(const struct order *o, size_t i, bool requires, size_t *ret_word)
{
	const struct vm *vm = &o->vm[i]->vm;
	size_t n = requires ? vm->nrequires : vm->nafter, e = o->out[i], end = o->out[i + 1];

	while (e < end && o->edge[e].requires != requires)
		e++;
	for (size_t k = 0; k < n; k++) {
		bool found = false;

		for (; e < end && o->edge[e].requires == requires && o->edge[e].word == k; e++) {
			uint32_t to = o->edge[e].to;

			found = found || to < o->nvms || o->out[to + 1] > o->out[to];
		}
		if (!found) {
			*ret_word = k;
			return true;
		}
	}
	return false;
}

const char *
order_idle_word(const struct order *o, size_t i)
{
	size_t word;

	return order_missing(o, i, false, &word) ? o->vm[i]->vm.after[word] : NULL;
}
