/* Before a NIC goes up: is its MAC on the wire already? */
#ifndef VMRUN_NET_WIRE_H
#define VMRUN_NET_WIRE_H

#include "os/os.h"

struct diag;

/* A MAC that the bridge has heard on another port than own is in use there, if that was a moment
 * ago. If it was longer ago, or if the neighbour table knows it from another network of the host,
 * it may be the VM itself, before it came here: then its addresses are asked, and it is in use if
 * one answers. What only the bridge's own neighbours say is what the VM left when it last ran here.
 *
 * The interface that a macvtap is on serves as well: then its neighbours are asked, among whom the VM
 * itself never was.
 *
 * 0, or -1 with who has it. It waits only where there is somebody to ask. */
int wire_check(struct diag *d, const struct os_link *bridge, unsigned own, struct mac mac);

#endif
