/* The words of QEMU's network in user mode: for forwards, and what its monitor tells. Pure. */
#ifndef VMRUN_QEMU_USERNET_H
#define VMRUN_QEMU_USERNET_H

#include <stdbool.h>
#include <stddef.h>

#include "vm/forward.h"

#define QEMU_HOSTFWD 96 /* bytes of a rule with its NUL */

/* "tcp:127.0.0.1:2222-:22", for -netdev and hostfwd_add; returns text. */
const char *qemu_hostfwd(const struct vm_forward *f, char text[QEMU_HOSTFWD]);
/* "tcp:127.0.0.1:2222", for hostfwd_remove. */
const char *qemu_hostfwd_end(const struct vm_forward *f, char text[QEMU_HOSTFWD]);

/* A forward that QEMU has, with the guest's address that it leads to. */
struct qemu_forward {
	struct vm_forward forward;
	struct ip guest;
};
/* Those of a netdev in the words of `info usernet`, by protocol and port; *ret is freed by the caller. -1: they are not
 * understood, or there is no such netdev. */
int qemu_usernet(const char *text, const char *netdev, struct qemu_forward **ret, size_t *ret_n);
/* Has the guest taken a connection that came by that forward, and still has it? In the same words. */
bool qemu_usernet_reached(
    const char *text, const char *netdev, unsigned port, unsigned guest_port);

#endif
