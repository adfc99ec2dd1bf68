/* What a picture of the host's network is made from, as verbs gather it. */
#ifndef VMRUN_CMD_VIEW_H
#define VMRUN_CMD_VIEW_H

#include "cmd/cmd.h"
#include "net/picture.h"

/* Zeroed: nothing yet. Strings of answers are lent. */
struct view {
	struct os_link *links;
	struct os_addr *addrs;
	struct os_traffic *traffic;
	struct os_vlan *vlans;
	struct picture_nic *nics;
	struct picture_uplink *uplinks;
	char **texts; /* that are put together of an answer */
	size_t ntexts;
	struct picture_facts f;
};

/* The NICs of a VM, as its supervisor has told them; NULL: it has told nothing. */
void view_add(struct view *v, const char *vm, const json_t *answer);
/* A bridge that a NIC of the VM is on, or would be; NULL: none. */
void view_add_bridge(struct view *v, const char *vm, const char *bridge);
/* Then what the kernel says, and vmrun.conf; whole: traffic, addresses and VLANs as well. */
int view_look(struct diag *d, struct view *v, const struct host *host, bool whole);
void view_free(struct view *v);

/* On standard error: ports of VMs that are not on their bridges; and bridges that have lost their
 * uplinks, those of the VMs or all; true: there was one. */
void view_warn_ports(struct cmd *cmd, const struct view *v);
bool view_warn_uplinks(struct cmd *cmd, const struct view *v, bool all);

#endif
