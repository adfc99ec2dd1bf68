/* What the NICs of a running VM have on the host, made as another VM file says. */
#ifndef VMRUN_LAUNCH_NICS_CHANGE_H
#define VMRUN_LAUNCH_NICS_CHANGE_H

#include <jansson.h>

struct diag;
struct launch;
struct plan;
struct runtime;
struct vm;

/* As much of a plan as NICs are made by, for the VM that the record is of; vm is borrowed, and so
 * nothing of it is to be freed with plan_free(): free(ret->given.macs) is enough. */
void nics_plan(const json_t *record, const struct vm *vm, struct plan *ret);

/* The port of nics[i] on its bridge, from what was says to what now says: settings, guard, bridge;
 * hooks are run where the bridge is another. The record says so afterwards, and is to be written. -1:
 * it is as it was, or the last message says where it is. */
int nics_change_port(struct diag *d, const struct plan *was, const struct plan *now,
    struct launch *l, size_t i);
/* Likewise how fast it may be. Writes the record, because what bounds a rate may outlive all. */
int nics_change_rate(struct diag *d, const struct plan *was, const struct plan *now,
    const struct runtime *r, struct launch *l, size_t i);

#endif
