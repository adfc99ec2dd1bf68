/*
 * passt, the program behind a NIC with passt = true: it carries the guest's frames to the host's
 * own sockets, without any privilege.
 *
 * QEMU listens on a socket of the VM's runtime folder, vmrun connects to it and hands the
 * connection to passt. So a passt that has ended can be followed by another one, and one that is to
 * forward other ports is: it takes them when it starts, and never again.
 */
#ifndef VMRUN_LAUNCH_PASST_H
#define VMRUN_LAUNCH_PASST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct companion;
struct diag;
struct launch;
struct plan;
struct runtime;

#define PASST_FORWARDS "forwards" /* of a NIC in the record: what its passt forwards */

/* One for each NIC that wants it, once QEMU's sockets are bound. What a later one needs is in the
 * record. */
int passt_start(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l);
/* Each of them is up: has the ports that it forwards, and waits for the guest. -1, with its words,
 * if one has ended. */
int passt_wait(struct diag *d, struct launch *l);
/* Another one in place of c, which has ended, with what the record says now; it is up then. c is
 * without its descriptors, and has new ones. */
int passt_again(
    struct diag *d, const struct runtime *r, json_t *record, size_t nic, struct companion *c);
/* Is a companion of that name one, and of which NIC? */
bool passt_is(const char *name, size_t *ret_nic);

#endif
