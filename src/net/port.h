/*
 * A NIC's port on a bridge, in terms of os/: find and check the bridge, make the tap, join, leave.
 */
#ifndef VMRUN_NET_PORT_H
#define VMRUN_NET_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "os/os.h"
#include "util/mac.h"

struct diag;

/* What a NIC asks of its port. */
struct port_wish {
	const char *vm;
	unsigned nic;
	const char *bridge;
	const char *tap; /* one that is there already and not vmrun's; NULL: one is made */
	struct mac mac;  /* the NIC's */
	unsigned mtu;    /* bytes; 0: the bridge's own */
	bool isolated;
	unsigned vlan;    /* 0: not said */
	const int64_t *trunk;
	size_t ntrunk;
	struct os_port_flags flags;
	bool multi_queue; /* a new tap is to have more than one queue: os_tap_queue() */
};

#define PORT_ALIAS 96 /* of os_link's alias */

struct port {
	struct os_tap tap; /* fd -1: not open here; name "": none */
	char alias[PORT_ALIAS];
	char bridge[OS_IFNAME];
	unsigned mtu; /* of the tap: always the bridge's own, bytes */
	bool joined;
	bool given; /* the tap was there before, and stays */
	bool kept;  /* it was on the bridge before as well, and stays there */
};
#define PORT_NONE                                                                                  \
	{                                                                                          \
		.tap = {.fd = -1 }                                                                 \
	}

/* "web1.0": the VM's name and the NIC's index within OS_IFNAME; a long name is cut and made
 * distinct by a few hex digits of its hash. Pure. */
void port_name(const char *vm, unsigned nic, char ret[OS_IFNAME]);

/* Called with a port whose tap and index would be left behind by a crash from now on, before that
 * is so: made where taps outlive their descriptors, or given. The index is 0 if the tap is not
 * there yet. */
struct port_witness {
	int (*fn)(struct diag *d, const struct port *p, unsigned nic, void *arg);
	void *arg;
};

/* Make or open the tap that is to be a port of the bridge. Fails closed: no such interface, not a
 * bridge, MTU smaller than wanted. The tap gets the bridge's MTU even if the NIC's is smaller,
 * because a bridge sinks to its smallest port's. On failure nothing is left. */
int port_make(struct diag *d, const struct port_wish *w, const struct port_witness *witness,
    struct port *ret);
/* Join the bridge, also one that it was dropped from. Fails if the NIC's MAC is on a live tap of
 * this host already; then it has not joined. */
int port_join(struct diag *d, struct port *p, const struct port_wish *w);
/* Both, and nothing is left if either fails. */
int port_open(struct diag *d, const struct port_wish *w, const struct port_witness *witness,
    struct port *ret);
/* Leave the bridge and destroy what the system does not; what is gone already is no error. Does not
 * need the descriptor, and closes it where it is there. */
int port_leave(struct diag *d, struct port *p);
/* "vmrun web1 nic 0": what its tap says of itself. Pure. */
void port_alias(const char *vm, unsigned nic, char ret[PORT_ALIAS]);

/* Is the NIC's MAC that of any interface of the host, or behind any of its taps? */
bool port_mac_live(const struct os_link *links, size_t n, struct mac mac);

#endif
