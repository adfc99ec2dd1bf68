/*
 * The bridge that a NIC names: found and fit for a guest, or what is there in its place and what to
 * do.
 */
#ifndef VMRUN_NET_BRIDGE_H
#define VMRUN_NET_BRIDGE_H

#include <stdint.h>

#include "os/os.h"

struct diag;

/* By its name. Missing: -1, errno ENODEV; not a bridge: -1. */
int bridge_find(struct diag *d, const char *name, struct os_link *ret);
/* Would a guest get what its NIC wants there? Not if the bridge is down, or its MTU is smaller than
 * the NIC's (0: the bridge's own will do). */
int bridge_fit(struct diag *d, const struct os_link *bridge, int64_t mtu);

#endif
