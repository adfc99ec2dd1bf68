/* What the record of a running VM says, which is what status tells and an adopting supervisor
 * needs; how it is kept is in runtime.h. Its fields are those of `vmrun --json status`. */
#ifndef VMRUN_LAUNCH_RECORD_H
#define VMRUN_LAUNCH_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct context;
struct plan;
struct plan_facts;
struct port;
struct vm;
struct vm_nic;

/* All that is known before anything runs; owned by the caller. */
json_t *record_make(const struct context *c, const struct plan *p, const struct plan_facts *pf);
/* The i-th NIC's tap, and the hook that is due when it leaves its bridge (NULL: none). */
void record_port(json_t *record, size_t i, const struct port *p, const char *down);
/* What can be another while the VM runs: of a NIC (one of "nics"), and of how the supervisor looks
 * after the VM. */
void record_nic(json_t *nic, const struct vm_nic *n);
void record_policy(json_t *record, const struct vm *vm);
void record_balloon(json_t *record, const struct vm *vm);
/* The value of a key, which is taken; one that is not to be said (0, false, an empty list) is absent. */
void record_said(json_t *object, const char *key, bool said, json_t *value);
/* record_life.c: the restart policy in a record, an enum vm_restart. */
int record_restart(const json_t *record);

#endif
