/* What only a bridge's port has, for os_linux_tap.c. Each sets d on failure. */
#ifndef VMRUN_OS_LINUX_BRIDGE_H
#define VMRUN_OS_LINUX_BRIDGE_H

#include <stdbool.h>

struct buf;
struct diag;
struct os_link;
struct os_port;
struct os_tap;

/* Before anything is changed: does the bridge divide VLANs, if the port wants any? Returns the VLAN
 * that it gives to every new port (0: none), or -1. */
int bridge_default_vlan(struct diag *d, const struct os_link *bridge, const struct os_port *port);
/* os_linux_bridge_port.c: has the port anything that must hold before its first frame passes? */
bool bridge_port_has_rules(const struct os_port *port);
/* Of a port that has joined and is not up: all that. */
int bridge_port_set(struct diag *d, const struct os_link *bridge, const struct os_tap *tap,
    const struct os_port *port, int default_vlan);
/* os_linux_guard.c: "netdev vmrun-web1.0-17", the table that is a tap's guard. */
void guard_add_table(struct buf *b, unsigned index, const char *tap);

#endif
