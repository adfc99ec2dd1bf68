/*
 * A NIC's port, in terms of os/: mostly a tap on a bridge, which is found and checked; then the tap
 * is made, joins and leaves. It can be somebody else's tap as well, with or without a bridge, or a
 * macvtap on an interface.
 */
#ifndef VMRUN_NET_PORT_H
#define VMRUN_NET_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "os/os.h"
#include "util/mac.h"

struct diag;
struct ip_net;

/* What a NIC asks of its port. What is added here vmrun-net has to learn as well, or it is refused
 * by name where an ordinary user asks for it: launch/port_maker.c. */
struct port_wish {
	const char *vm;
	unsigned nic;
	const char *bridge; /* NULL: none; there is a tap or a macvtap */
	const char *ifname; /* pattern of a new one's name; NULL: as port_name() has it by itself */
	const char *tap;    /* one that is there already and not vmrun's; NULL: one is made */
	const char *macvtap; /* the interface that it is to be on without a bridge; NULL: none */
	enum os_macvtap_mode mode;
	struct mac mac;  /* the NIC's */
	unsigned mtu;    /* bytes; 0: the bridge's own */
	bool isolated;
	unsigned vlan;    /* 0: not said */
	const int64_t *trunk;
	size_t ntrunk;
	struct os_port_flags flags;
	bool guard; /* of os_port, as are the addresses */
	const struct ip_net *addresses;
	size_t naddresses;
	bool arriving;    /* the MAC may be in use elsewhere: the guest is, until it has come */
	bool multi_queue; /* a new tap is to have more than one queue: port_queue() */
	struct os_rate in, out; /* what the guest receives, and what it sends */
	uid_t qemu;             /* whose tap may be taken as well as the caller's */
};

#define PORT_ALIAS 96 /* of os_link's alias */

struct port {
	struct os_tap tap; /* fd -1: not open here; name "": none */
	char alias[PORT_ALIAS];
	char bridge[OS_IFNAME]; /* "": it joins none */
	char uplink[OS_IFNAME]; /* of a macvtap; "": it is a tap */
	char shaper[OS_IFNAME]; /* the link that what its interface receives waits on; "": none */
	bool rated;             /* its interface has rates, or is to have them when it joins */
	bool rates_set;         /* … and has them */
	unsigned mtu; /* of the tap: always the bridge's own, bytes */
	bool joined;
	bool given; /* the tap was there before, and stays */
	bool kept;  /* it was on the bridge before as well, and stays there */
	bool guarded; /* what os_guard_remove() takes away is there, or may be */
	const char *maker; /* a program that made and joined it, and that it goes without; NULL: us */
};
#define PORT_NONE                                                                                  \
	{                                                                                          \
		.tap = {.fd = -1 }                                                                 \
	}

/* "web1.0": the VM's name and the NIC's index within OS_IFNAME, or what else the pattern makes of
 * them (util/ifname.h); NULL: none. Pure. */
void port_name(const char *pattern, const char *vm, unsigned nic, char ret[OS_IFNAME]);
/* The same with something behind it: "web1.0~rate". */
void port_name_with(const char *vm, unsigned nic, const char *tail, char ret[OS_IFNAME]);
#define PORT_SHAPER "~rate"

/* Called with a port of which something would be left behind by a crash from now on, before that is
 * so: a tap made where taps outlive their descriptors, or given; a macvtap; a shaper. The index is 0
 * if the tap is not there yet. */
struct port_witness {
	int (*fn)(struct diag *d, const struct port *p, unsigned nic, void *arg);
	void *arg;
};

/* Make or open the tap that is to be a port of the bridge, or what is wished for in its place. Fails
 * closed: no such interface, not a bridge, down, MTU smaller than wanted. The tap gets the bridge's MTU even if the NIC's is smaller,
 * because a bridge sinks to its smallest port's. On failure nothing is left. */
int port_make(struct diag *d, const struct port_wish *w, const struct port_witness *witness,
    struct port *ret);
/* One more queue: a descriptor of its own. */
int port_queue(struct diag *d, const struct port *p);
/* Set its rates; join the bridge, also one that it was dropped from. Fails if the NIC's MAC is on a
 * live tap of this host already, or somebody else has it on the network (wire.h); then it has not
 * joined. */
int port_join(struct diag *d, struct port *p, const struct port_wish *w);
/* Both, and nothing is left if either fails. */
int port_open(struct diag *d, const struct port_wish *w, const struct port_witness *witness,
    struct port *ret);
/* Has another interface of the host the NIC's MAC? Asked when the port's own tap says its. */
int port_mac_check(struct diag *d, const struct port *p, struct mac mac);
/* Fails: the name that the VM file chose is another interface's. */
int port_name_taken(struct diag *d, const char *name);
/* Of a port that has joined, and that a restart of the host's network dropped, or whose bridge was
 * deleted and made anew: put it back as it was. p->mtu is what its tap had. 1 if that was needed,
 * 0 if not; -1 with why it is not possible: the tap or the bridge is gone, or somebody has put the
 * tap on another bridge. */
int port_rejoin(struct diag *d, struct port *p, const struct port_wish *w);
/* Of a guarded port that has joined: its guard is set again if somebody removed it. 1 if that was
 * needed, 0 if not; -1 if it cannot be: the port has left its bridge then. */
int port_guard_again(struct diag *d, struct port *p, const struct port_wish *w);
/* Of a port of vmrun's own that has joined: from now on it is as another wish says, which may name
 * another bridge. It is off any bridge meanwhile, some milliseconds. guest_mtu is what its guest was
 * told. -1: it is as it was, or else the last message says where it is. */
int port_change(struct diag *d, struct port *p, const struct port_wish *was,
    const struct port_wish *now, unsigned guest_mtu);
/* Likewise the rates of any port; the witness is asked as in port_make(). For a moment there is no
 * bound. */
int port_rates_change(struct diag *d, struct port *p, const struct port_wish *was,
    const struct port_wish *now, const struct port_witness *witness);
/* Leave the bridge and destroy what the system does not; what is gone already is no error. Does not
 * need the descriptor, and closes it where it is there. */
int port_leave(struct diag *d, struct port *p);
/* Can a NIC with that MTU (0: any) be on a macvtap of the interface, or on a tap without a bridge? */
int port_uplink(struct diag *d, const char *name, unsigned mtu, struct os_link *ret);
int port_tap_fit(struct diag *d, const struct os_link *tap, unsigned mtu);
/* Does something of it stay if port_leave() fails? */
bool port_outlives(const struct port *p);
/* "vmrun web1 nic 0": what its tap says of itself. Pure. */
void port_alias(const char *vm, unsigned nic, char ret[PORT_ALIAS]);

/* Is the NIC's MAC that of any interface of the host, or behind any of its taps? */
bool port_mac_live(const struct os_link *links, size_t n, struct mac mac);

#endif
