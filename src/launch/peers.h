/* The UNIX sockets by which NICs are linked to other VMs and to daemons: made, reached, removed. */
#ifndef VMRUN_LAUNCH_PEERS_H
#define VMRUN_LAUNCH_PEERS_H

#include <jansson.h>
#include <stddef.h>

struct diag;
struct plan;
struct plan_facts;

/* Where somebody else listens: a QEMU of another uid is given the connection. -1 if nobody does. */
int peers_connect(struct diag *d, const struct plan *p, struct plan_facts *pf);
/* Where QEMU itself listens. */
int peers_bind(struct diag *d, const struct plan *p, struct plan_facts *pf);
/* For the record of a NIC: the socket that is there because of it. */
void peers_record(json_t *nic, const struct plan *p, size_t i);
/* Once QEMU is gone: those that the record names, if they are nobody else's by now. */
void peers_leave(const json_t *record);

#endif
