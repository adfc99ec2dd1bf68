/*
 * Which VM waits for which: the graph that after and requires make, its cycles, and who is next in
 * a start or a stop of some of them. Pure, and linear in VMs, words and what the words match.
 *
 * Theory of operation. The nodes are VMs and patterns: a VM waits for what it names, directly or by
 * way of the node of a glob or a @tag, which all that use it share and which waits for all that it
 * matches. So a thousand VMs after a thousand others are two thousand edges, not a million. A
 * pattern never means the VM that says it. A run gives out the VMs that wait for nobody (any more),
 * those of a high priority first; it is told how each went, and which others that sets free or
 * makes impossible follows from that. To stop is the same with the edges turned round.
 */
#ifndef VMRUN_VM_ORDER_H
#define VMRUN_VM_ORDER_H

#include <stdbool.h>
#include <stddef.h>

struct diag;
struct fleet_member;
struct order;
struct order_run;

/* Is a word of after or requires a glob or a @tag, rather than a VM's name? */
bool order_is_pattern(const char *word);

/* Of VMs sorted by name, each once, which are lent for as long as it lives. A VM is its place among
 * them in all that follows. */
struct order *order_new(const struct fleet_member *const *vms, size_t n);
void order_free(struct order *o);
bool order_find(const struct order *o, const char *name, size_t *ret);
/* Has anybody a word of after or requires? If not, there is no order. */
bool order_matters(const struct order *o);
/* What is wrong with the order of that VM, with the place of each edge of a cycle: it is in one, or
 * it requires what is not there. 0, or -1 with messages. */
int order_check(struct diag *d, const struct order *o, size_t i);
/* A word of its after that means nobody; NULL: there is no such. */
const char *order_idle_word(const struct order *o, size_t i);

/* A start, or a stop, of those that order_choose() names. */
struct order_run *order_begin(const struct order *o, bool stop);
void order_end(struct order_run *r);
/* With all that it requires or, to stop, all that require it. */
void order_choose(struct order_run *r, size_t i);
/* It is up, or on its way, by somebody else's doing: it waits for nobody, and those after it wait
 * for it. */
void order_await(struct order_run *r, size_t i);
bool order_is_chosen(const struct order_run *r, size_t i);
/* Of a start: the VMs that chosen ones come after and that are not chosen themselves; *ret is freed
 * by the caller. */
size_t order_outsiders(const struct order_run *r, size_t **ret);
/* All are chosen. Whose order is wrong is settled by that, as failed. */
void order_go(struct order_run *r);
/* The next one whose turn it is; false: there is none just now. */
bool order_next(struct order_run *r, size_t *ret);
/* It is up (or down), or it failed. */
void order_settle(struct order_run *r, size_t i, bool ok);
/* One more that cannot be started any more, because of the other one: itself if its own order is
 * wrong. */
bool order_blocked(struct order_run *r, size_t *ret, size_t *ret_by);
/* Does anybody still wait for it? */
bool order_is_awaited(const struct order_run *r, size_t i);

#endif
