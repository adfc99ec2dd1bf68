/* What is known of the addresses of VMs, and how: by the guest's agent, DHCP leases, the host's
 * neighbours, the VM's file. */
#ifndef VMRUN_CMD_ADDRESS_H
#define VMRUN_CMD_ADDRESS_H

#include <stddef.h>

#include "cmd/cmd.h"

struct os_link;
struct os_neighbour;

/* What the host knows just now. */
struct address_view {
	struct os_link *links;
	size_t nlinks;
	struct os_neighbour *neighbours;
	size_t nneighbours;
};

int address_look(struct diag *d, struct address_view *v);
void address_view_free(struct address_view *v);
/* Of a running VM, by what its supervisor tells of it: {"name", "state", "nics": [{"nic", "mac",
 * "network", "addresses": [{"address", "from": […]}], "note"}], "notes": […]}. Its agent is asked
 * as well. */
json_t *addresses_find(
    struct cmd *cmd, const struct address_view *v, const char *name, const json_t *record);
/* The socket of the guest's agent; "" where there is none. */
const char *agent_path(const json_t *record);

#endif
