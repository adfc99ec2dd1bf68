/* What the NICs of a VM need on the host, around fork and exec; stages of launch.h. */
#ifndef VMRUN_LAUNCH_NICS_H
#define VMRUN_LAUNCH_NICS_H

#include <jansson.h>
#include <stdbool.h>

#include "net/port.h"

struct diag;
struct launch;
struct plan;
struct runtime;
struct vm;

/* The taps, each with its queues: QEMU's process has to be born with them. */
int nics_make(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l);
/* Bridges and up hooks, while QEMU's process makes itself ready. */
int nics_join(struct diag *d, const struct plan *p, struct launch *l);
/* What the port of nics[i] is to be; lends from p. nics_wish_of(): by its file alone, with the MAC
 * only if that has it, and nobody whose QEMU it is. */
struct port_wish nics_wish(const struct plan *p, unsigned i);
struct port_wish nics_wish_of(const struct vm *vm, unsigned i);
/* In the record, what leads out of the host behind each bridge: so that it is seen if one loses it. */
int nics_record_uplinks(struct diag *d, struct launch *l);
/* Ports that somebody has taken off their bridges, or whose bridges were made anew, are put back
 * as they were; each is added to rejoined: {nic, tap, bridge}. -1 if there is one that could not be.
 */
int nics_rejoin(struct diag *d, struct launch *l, json_t *rejoined);
/* Down hooks, deletem, destroy; accepts what is half made. true: something stays that would stay
 * for ever. */
bool nics_leave(struct diag *d, struct launch *l);
/* The ports that an earlier supervisor made, for nics_leave(). */
void nics_adopt(const json_t *record, struct launch *l);
/* port_guard_again() for the i-th NIC; 0 as well if it has no guard. */
int nics_guard_again(struct diag *d, struct launch *l, size_t i);

#endif
