/* What vmrun.conf says of one bridge of the host; part of vm.h. */
#ifndef VMRUN_VM_HOST_BRIDGE_H
#define VMRUN_VM_HOST_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ip.h"
#include "util/mac.h"

enum bridge_create {
	CREATE_NO,   /* who starts a VM on it finds it, or fails */
	CREATE_YES,  /* made when it is first needed */
	CREATE_AUTO, /* likewise, and removed when the last VM has left */
};

/* Where the bridge leads: a NIC of the host, or a tunnel to other hosts, or neither. */
struct bridge_uplink {
	char *interface;    /* NULL: none; nothing else but gateway and timeout is given with it */
	struct ip *gateway; /* which of them must answer after a move: none, those of the routes */
	size_t ngateway;
	int64_t timeout; /* ms from the move to the answers, or it is undone */

	int64_t vxlan;    /* VNI of the tunnel; 0: none */
	struct ip *peers; /* addresses of the other hosts, or one multicast group */
	size_t npeers;
	struct ip local; /* from which the packets are sent; len 0: the system chooses */
	int64_t port;    /* UDP */
	char *device;    /* through which they are sent; NULL: the system chooses */
};

struct bridge_dhcp {
	int enabled;           /* enum conf_switch; never unsaid after host_load() */
	struct ip first, last; /* after host_load() given where it is enabled */
	int64_t lease_time;    /* ms */
};

struct host_bridge {
	char *name;
	int create; /* enum bridge_create */
	struct bridge_uplink uplink;
	struct ip_net *address, *address6; /* of the host on this bridge */
	size_t naddress, naddress6;
	bool nat;
	struct bridge_dhcp dhcp;
	int ra;  /* enum conf_switch; never unsaid after host_load() */
	int dns; /* likewise */
	char *domain;
	int64_t mtu;    /* bytes; 0: the system's choice */
	struct mac mac; /* zero: of the uplink, or one of its own that never changes */
	bool vlan_filtering, stp;
};

/* Does the uplink's NIC bring the addresses, so that the bridge is a part of somebody's network? */
static inline bool
bridge_is_bridged(const struct host_bridge *b)
{
	return b->uplink.interface != NULL;
}

/* Is there something for a server of DHCP, router advertisements or names to do? */
static inline bool
bridge_is_served(const struct host_bridge *b)
{
	return b->dhcp.enabled == SWITCH_ON || b->ra == SWITCH_ON || b->dns == SWITCH_ON;
}

#endif
