/* The graph of order.h, shared by the files that make it, find its cycles and run through it. */
#ifndef VMRUN_VM_ORDER_INTERNAL_H
#define VMRUN_VM_ORDER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/order.h"

/* from waits for to. */
struct order_edge {
	uint32_t from, to;
	uint32_t word; /* of from's list; of a pattern's own edges nothing */
	bool requires;
};

/* A glob or a @tag as one list has it; its node is behind those of the VMs. */
struct order_pattern {
	const char *word;
	bool requires;
	uint32_t selfish; /* the first VM that it matches and that says it */
	bool has_selfish;
};

struct order {
	const struct fleet_member *const *vm;
	size_t nvms;
	struct order_pattern *pattern; /* sorted */
	size_t npatterns;
	size_t nnodes;           /* of both */
	bool matters; /* has anybody a word? */
	struct order_edge *edge; /* by from */
	size_t nedges;
	size_t *out;       /* nnodes + 1: where each node's edges begin */
	uint32_t *in_edge; /* the edges by to */
	size_t *in;        /* nnodes + 1 */
	uint32_t *group; /* of each node: those that wait for each other, by way of others, share it
			  */
	uint32_t *group_size;
	size_t ngroups;
	uint32_t
	    *cycle; /* of each such group one shortest cycle: edges of VMs, one after another */
	size_t *cycle_begin; /* ngroups + 1: where each group's edges begin */
	uint32_t
	    *cycle_at; /* of each VM its place in cycle; ORDER_NONE: it is in none, or in another */
};

#define ORDER_NONE UINT32_MAX

/* order_cycle.c: fill group, group_size and ngroups; and the cycles. */
void order_find_groups(struct order *o);
void order_find_cycles(struct order *o);
/* Is that VM in a cycle? */
bool order_in_cycle(const struct order *o, size_t i);
/* The word of that list that means nobody else; false: there is none. */
bool order_missing(const struct order *o, size_t i, bool requires, size_t *ret_word);

#endif
