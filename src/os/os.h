/*
 * The contract between vmrun and a system. The files of one system fill it (os_linux*.c,
 * os_freebsd*.c, os_darwin*.c; what the last two share is os_bsd*.c), os_fake*.c fills it for
 * tests; nothing else in the program knows which system it runs on, but compat/, which holds
 * functions that a system's C library lacks.
 *
 * Every function returns 0 or a descriptor, or -1 with a sentence in d for people ("bridge br0: no
 * such interface"). ret_ parameters are untouched on failure. Descriptors are close-on-exec. No
 * function runs another program.
 *
 * A port to another system fills this file's functions, adds a row to os_facts.c and its sources to
 * os/meson.build. What is known of two that have no port yet, from their headers (LP64):
 *
 * NetBSD: bridges are told by SIOCSDRVSPEC 0x8028697b and SIOCGDRVSPEC 0xc028697b (struct ifdrv, 40
 * bytes) as on FreeBSD: BRDGADD 0, BRDGDEL 1, both with a struct ifbreq of 24 bytes; but the member
 * list is command 25, its ifd_data is the array of ifbreq itself, and the size needed comes back in
 * ifd_len. SIOCIFCREATE 0x8090697a and SIOCIFDESTROY 0x80906979 take struct ifreq (144 bytes) with
 * the name; opening /dev/tap makes a tap that goes with its last descriptor, /dev/tapN one that
 * stays; TAPGIFNAME names it. kqueue, getpeereid and setproctitle are native. Accelerator: nvmm.
 *
 * OpenBSD: bridge(4) has ioctls of its own on struct ifbreq (96 bytes): SIOCBRDGADD 0x8060693c,
 * SIOCBRDGDEL 0x8060693d, SIOCBRDGIFS 0xc0606942 with a struct ifbifconf; veb(4) takes the same.
 * SIOCIFCREATE 0x8020697a and SIOCIFDESTROY 0x80206979 take struct ifreq; /dev/tapN opens the tap
 * of that number and makes it if it is missing, exclusively. kqueue, getpeereid, setproctitle,
 * pledge and unveil are native. QEMU has no accelerator there.
 */
#ifndef VMRUN_OS_OS_H
#define VMRUN_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/ip.h"
#include "util/mac.h"

struct buf;
struct diag;
struct intset;

#define OS_IFNAME 16 /* bytes of an interface name with its NUL: IFNAMSIZ on every system */

/* --- how the systems differ; the same table everywhere, so that the rules and the composer can be
 * asked about a system that is not this one --- */

struct os_facts {
	const char *name;  /* meson's word, and that of `argv --os`: "linux", "freebsd", "darwin" */
	const char *title; /* for people: "Linux", "FreeBSD", "macOS" */
	const char *accel; /* what accel = "auto" may become besides tcg; NULL: QEMU has none */
	bool vmnet;        /* a NIC's bridge is an interface that QEMU's vmnet bridges, no tap */
	bool vlan, isolated; /* what a bridge's port can be */
	bool port_flags;     /* struct os_port_flags, and trunks */
	bool helper;         /* vmrun-net makes ports for ordinary users */
	bool tap_names;      /* a tap's name can be chosen */
	bool multi_queue;    /* a tap can have several queues, each a descriptor */
	bool vfio;           /* a device of the host can be the guest's own (os_vfio_find()) */
	const char *audio;   /* QEMU's word for the sound of the desktop */
	bool usb_devices;    /* a USB device can be handed over as a descriptor (os_usb_find()) */
	bool rates;          /* how fast an interface is can be bounded (os_rates_set()) */
	bool macvtap;        /* a NIC can be on an interface without a bridge (os_macvtap_open()) */
	bool vhost;        /* the kernel can move a NIC's frames past QEMU (os_vhost_net_open()) */
	bool networks;     /* vmrun can make bridges with addresses, filters and servers */
	bool taps_outlive; /* a tap stays when its last descriptor is closed, until it is destroyed
			    */
	bool full_is_refused; /* a UNIX socket whose queue is full refuses, as one without a
				 listener */
	bool fd_reopens;      /* a descriptor has a path that opens its file anew (os_fd_path()) */
	bool
	    process_name; /* QEMU can name its process; elsewhere it refuses to start if asked to */
	bool linux_aio;   /* QEMU's aio=native and aio=io_uring */
	bool memfd;       /* files in memory that QEMU can share, perhaps of huge pages */
	bool numa;        /* QEMU can bind memory to nodes of the host */
	bool pins;        /* a thread can be bound to CPUs */
	bool memory_limit;    /* what a process has of memory can be bounded; */
	bool io_weight;       /* and its share of the disks' time be chosen */
	bool passt;           /* there is a passt */
	bool virtiofs;        /* there is a virtiofsd, and QEMU can talk to it */
	bool p9;              /* QEMU shares folders by 9p */
	bool cocoa;           /* QEMU can have a window on the desktop through -display cocoa */
	bool ivshmem;         /* QEMU can share a guest's memory; it needs eventfd(2) */
	const char *vsock;    /* the device behind a guest's vsock; NULL: QEMU has none */
	const char *link_set; /* what sets something of an interface, for messages: "ip link set" */
	const char *port_list; /* the command that shows who listens on which port */
	bool seccomp; /* QEMU can filter its own system calls, and as distributed does (-sandbox) */
};
/* By name; NULL if vmrun knows no system of that name. */
const struct os_facts *os_facts(const char *name);
const struct os_facts *os_facts_all(size_t *ret_n);
/* Those of the system that this is. */
const struct os_facts *os_here(void);

/* --- network interfaces --- */

struct os_link {
	unsigned index;
	char name[OS_IFNAME];
	struct mac mac;
	unsigned mtu;
	bool up; /* administratively */
	bool carrier;
	bool is_bridge;
	bool is_tap;
	bool vlan_filtering; /* a bridge that keeps VLANs apart */
	unsigned master;     /* index of the bridge that it is a port of; 0: none */
	unsigned parent; /* index of the interface that it is made on, as a macvtap is; 0: none */
	char kind[16];   /* the system's word: "bridge", "tun", "veth", …; "" for hardware */
	char alias[96];  /* what vmrun wrote: "vmrun VM nic N"; "" where there is none */
};

struct os_addr {
	unsigned index; /* of the interface */
	char text[64];  /* "10.0.0.1/24" */
};

/* Every interface of this network namespace; *ret is freed by the caller. */
int os_links(struct diag *d, struct os_link **ret, size_t *ret_n);
/* Every address; the same ownership. */
int os_addrs(struct diag *d, struct os_addr **ret, size_t *ret_n);
/* What has passed an interface, as the host counts it: received is what came in from outside, which
 * on a tap is what its guest sent. */
struct os_traffic {
	unsigned index;
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t rx_dropped, tx_dropped; /* packets that were lost for want of room */
};
/* Of every interface; none where the system does not tell. */
int os_traffic(struct diag *d, struct os_traffic **ret, size_t *ret_n);
/* The VLANs of bridges' ports, and of the bridges themselves; none where bridges have none. */
struct os_vlan {
	unsigned index; /* of the port */
	unsigned first, last;
	bool untagged; /* frames leave without a tag */
	bool pvid;     /* frames that come in without a tag are of this one */
};
int os_vlans(struct diag *d, struct os_vlan **ret, size_t *ret_n);
/* Whether the bridge keeps the VLANs of such a port apart; 0 as well where only joining it tells.
 */
struct os_port;
int os_bridge_divides(struct diag *d, const struct os_link *bridge, const struct os_port *port);
/* Addresses of others that the host has talked to, as its kernel remembers them; none where the
 * system does not tell. */
struct os_neighbour {
	unsigned index;   /* of the interface that they are behind */
	char address[46]; /* IPv4 or IPv6 */
	struct mac mac;
	bool reachable; /* it has answered within the last half minute or so */
};
int os_neighbours(struct diag *d, struct os_neighbour **ret, size_t *ret_n);
/* Ask it now, by its MAC, whether it is there: if it answers, it is reachable in the next list.
 * Until then it is not. */
int os_neighbour_probe(struct diag *d, const struct os_neighbour *n);
/* Where a bridge has heard a MAC last. */
struct os_heard {
	unsigned port; /* index of its interface; 0: nowhere */
	int64_t age;   /* ms since then; -1: it was told so, and hears nothing */
};
/* Of several VLANs that one where it was heard last, other than on port except. */
int os_bridge_heard(struct diag *d, const struct os_link *bridge, struct mac mac, unsigned except,
    struct os_heard *ret);
/* One interface by name. Missing: -1, errno ENODEV. */
int os_link_find(struct diag *d, const char *name, struct os_link *ret);

/* The name that a tap is to get: the wish, or, where the system numbers its taps, the first that is
 * free. Where taps outlive their descriptors it must be on disk before os_tap_open() makes the tap.
 */
int os_tap_choose(struct diag *d, const char *wish, char ret[OS_IFNAME]);
/* A tap that lives as long as its descriptor (or, where facts.taps_outlive, until
 * os_tap_destroy()). Where the name is taken: another is chosen, but with facts.taps_outlive -1
 * with errno EEXIST. With offload headers where the system has them (IFF_VNET_HDR). Not yet up, not
 * yet on a bridge. multi_queue (only where the facts have it): os_tap_queue() can follow. */
struct os_tap {
	int fd;
	unsigned index;
	char name[OS_IFNAME];
};
int os_tap_open(struct diag *d, const char *name, bool multi_queue, struct os_tap *ret);
/* A tap that is there already and not vmrun's: opened, exclusively, and never destroyed. No tap of
 * that name: -1, errno ENODEV or ENOENT. Its interface may be there only while it is open. Where
 * taps have owners: neither root's, nor the caller's, nor that of also: -1, errno EPERM. */
int os_tap_open_given(struct diag *d, const char *name, uid_t also, struct os_tap *ret);
/* Which tap a descriptor is of that another program has made and handed over, up already; *ret
 * takes it. It gets that MAC, if it has another: whoever has the descriptor may say so. Not a tap:
 * -1. */
int os_tap_received(struct diag *d, int fd, struct mac mac, struct os_tap *ret);
/* One more queue of a tap that is open here: a descriptor of its own. A tap that was made with one
 * queue, or a system whose taps have only one: -1. */
int os_tap_queue(struct diag *d, const struct os_tap *tap);

/* How a bridge treats one of its ports; only where facts.port_flags. Zeroed: as every other. */
enum os_router { OS_ROUTER_AUTO, OS_ROUTER_NEVER, OS_ROUTER_ALWAYS };
struct os_port_flags {
	bool no_learning;      /* MACs that are seen there; the guest's own is known all the same */
	unsigned stp_cost;     /* 0: by the link's speed */
	unsigned stp_priority; /* 1 to 63; 0: 32, as every port's */
	bool bpdu_guard;       /* a BPDU that comes in shuts the port */
	bool root_block;       /* it never leads to the root bridge */
	bool no_multicast_flood;         /* of groups that nobody is known to have joined there */
	bool multicast_fast_leave;       /* one that leaves a group was the only one there */
	bool multicast_to_unicast;       /* a group's frames go to each member by its own MAC */
	enum os_router multicast_router; /* gets every group's frames */
};

struct os_port {
	struct mac mac;       /* of the tap; zero: left as it is */
	struct mac guest;     /* of the NIC behind it */
	unsigned mtu;         /* bytes */
	const char *alias;    /* "vmrun VM nic N": whose it is; NULL: left as it is */
	bool isolated;        /* exchanges no frames with other isolated ports */
	unsigned vlan;        /* 802.1Q ID of its untagged frames, 1 to 4094; 0: not said */
	const int64_t *trunk; /* those of its tagged ones; without vlan it has no untagged ones */
	size_t ntrunk;
	struct os_port_flags flags;
	bool guard; /* nothing comes in but from the guest's MAC, which alone is known there, and
		       that does not claim a gateway's address nor answers as one or as a DHCP
		       server; only where facts.port_flags */
	const struct ip_net *addresses; /* nor any but these, and the link-local one of its MAC */
	size_t naddresses;              /* 0: it may claim all else */
};
/* In this order: MAC, MTU, alias, then master and flags, and up once they are set. On failure
 * nothing is left joined. */
int os_tap_join(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge);
/* deletem: leave the bridge if the tap, known by index *and* name (index 0: by name and alias), is
 * still there; gone is no error. */
int os_tap_leave(struct diag *d, unsigned index, const char *name, const char *alias);
/* The guard of a port that has joined, anew; os_tap_join() does that by itself. */
int os_guard_set(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge);
/* What they made for the guard of a tap goes; gone is no error. */
int os_guard_remove(struct diag *d, unsigned index, const char *tap);
/* Likewise of every tap that is no more. */
int os_guard_sweep(struct diag *d);
/* 1 or 0; -1 if that cannot be told. */
int os_guard_there(struct diag *d, const struct os_tap *tap);
/* A descriptor that becomes readable when the host's packet filters change. */
int os_guard_watch(struct diag *d);
/* Reads it empty: was the guard of one of these taps removed, or may it have been? *ret_tables:
 * likewise of a table of family inet whose name begins so. */
bool os_guard_removed(
    int fd, const struct os_tap *taps, size_t n, const char *prefix, bool *ret_tables);
/* Destroy a tap that outlives its descriptor, if it is there and alias says that it is ours (or
 * nobody has written one and nobody holds it open: we died between making it and saying so). A
 * no-op where taps are bound to their descriptors. Every descriptor must be closed: errno EBUSY if
 * a process still has one. */
int os_tap_destroy(struct diag *d, const char *name, const char *alias);

/* A network of the host's own; only where facts.networks. */
struct os_bridge {
	const char *name, *alias;
	struct mac mac; /* zero: the system's choice, which changes with the ports */
	unsigned mtu;   /* bytes; 0: the system's choice */
	bool vlan_filtering, stp;
};
/* Makes it, or goes on with one that is there; up, called alias in listings; what is not a bridge:
 * errno EEXIST. */
int os_bridge_make(struct diag *d, const struct os_bridge *wish, struct os_link *ret);
/* One that is there already is no error. */
int os_addr_add(struct diag *d, const struct os_link *link, const struct ip_net *net);
/* A VXLAN tunnel to other hosts, as a port of a bridge: all of their bridges are one network. */
#define OS_TUNNEL_PEERS 256
struct os_tunnel {
	const char *name, *alias;
	unsigned vni, port;     /* of UDP */
	const struct ip *peers; /* addresses of the others, or one multicast group; those of this
				   very host among them are left out */
	size_t npeers;
	struct ip local;    /* len 0: the system's choice */
	const char *device; /* NULL: by the routes; a group needs one */
	unsigned mtu;       /* bytes; 0: what the way to the first peer has room for */
};
/* Makes it, anew if it is there. More than the way has room for: -1. On failure nothing is left. */
int os_tunnel_make(struct diag *d, const struct os_tunnel *t, const struct os_link *bridge);
/* Only one whose alias says that it is ours; gone is no error. */
int os_tunnel_destroy(struct diag *d, const char *name, const char *alias);
/* What turning the forwarding of IPv4 or IPv6 on will change, as text to be kept on disk before,
 * and freed: "" if it is on. */
int os_forwarding_before(struct diag *d, bool ip6, char **ret);
int os_forwarding_on(struct diag *d, const char *before);
/* Back to that, as far as nobody else has changed it since. */
int os_forwarding_restore(struct diag *d, const char *before);

/* Is there that table of family inet? 1 or 0; -1 if that cannot be told. Without nftables' library.
 */
int os_table_there(struct diag *d, const char *table);
/* Packet filters: commands in the words of nft(8), all of which are done or none. */
int nft_run(struct diag *d, const char *commands);
/* The same, with what nft(8) would print, to be freed. */
int nft_ask(struct diag *d, const char *commands, char **ret);
/* The name that a link of another kind is to get: the wish, or one that is free. Such links outlive
 * every process: it must be on disk before the link is made. */
int os_link_choose(struct diag *d, const char *wish, char ret[OS_IFNAME]);

/* How fast an interface may be: what it may pass in a second, and what at once after a pause. */
struct os_rate {
	uint64_t bits;  /* a second, with Ethernet headers; 0: as fast as it goes */
	uint64_t burst; /* bytes; 0: as suits the rate */
};
struct os_rates {
	struct os_rate sends, receives; /* of the interface: a tap sends what its guest receives */
	const char *shaper; /* of os_link_choose(): the link that what it receives waits on */
	const char *alias;  /* whose that is */
};
/* Has the owner of an interface set something of the kind? Then -1 with errno EBUSY. */
int os_rates_check(struct diag *d, unsigned index, const char *name);
/* Of an interface without any. After a failure there may be some: os_rates_clear(). */
int os_rates_set(struct diag *d, unsigned index, const char *name, const struct os_rates *rates);
/* Take away what os_rates_set() has made, and nobody else's; gone is no error. index 0: of the
 * interface nothing is left. shaper "": there was none. */
int os_rates_clear(
    struct diag *d, unsigned index, const char *name, const char *shaper, const char *alias);

/* A NIC on the wire of an interface, without a bridge. It outlives its descriptor. */
enum os_macvtap_mode {
	OS_MACVTAP_BRIDGE,
	OS_MACVTAP_PRIVATE,
	OS_MACVTAP_VEPA,
	OS_MACVTAP_PASSTHRU
};
struct os_macvtap {
	const char *uplink; /* the interface */
	enum os_macvtap_mode mode;
	struct mac mac; /* the NIC's own */
	unsigned mtu;
	const char *alias;
	bool multi_queue; /* os_macvtap_queue() can follow */
};
/* name is of os_link_choose(). Not yet up. After a failure it may be there: os_macvtap_destroy().
 */
int os_macvtap_open(
    struct diag *d, const char *name, const struct os_macvtap *how, struct os_tap *ret);
int os_macvtap_queue(struct diag *d, const struct os_tap *tap);
int os_macvtap_up(struct diag *d, const struct os_tap *tap);
/* If it is there and alias says that it is ours, or we died before that was said. */
int os_macvtap_destroy(struct diag *d, const char *name, const char *alias);

/* Can this process have one? Looks, and opens nothing. */
bool os_vhost_net(void);
/* A descriptor of the kernel's vhost-net, for one queue of one NIC. */
int os_vhost_net_open(struct diag *d);

/* Can QEMU's vmnet put a guest on that interface? The message names those on which it can. -1 as
 * well where there is no vmnet. */
int os_vmnet_check(struct diag *d, const char *name);

/* --- an uplink that becomes the port of a bridge, which takes its place in the network --- */

/* What the two of them have: addresses, routes of every table, fixed neighbours, MACs, MTUs, and
 * whether one is a port of the other. Opaque; os_uplink_free(NULL) is legal. */
struct os_uplink;
#define OS_UPLINK_ALIAS "vmrun uplink " /* then the uplink's name: alias of a bridge made by it */
/* bridge need not exist. */
int os_uplink_read(struct diag *d, const char *bridge, const char *uplink, struct os_uplink **ret);
struct os_bridge_wish { /* of a bridge that is to be made */
	struct mac mac; /* zero: the uplink's */
	unsigned mtu;   /* bytes; 0: the uplink's */
	bool stp, vlan_filtering;
};
/* The same with all of it at the bridge and the uplink its port; wish NULL: with all of it at the
 * uplink and off the bridge. Touches nothing. -1 with what stands in the way; DIAG_BUSY: it passes
 * in a moment. A bridge that is not there is one that applying now again removes: now learns how
 * to know it. */
int os_uplink_moved(struct diag *d, struct os_uplink *now, const struct os_bridge_wish *wish,
    struct os_uplink **ret);
/* Make it so, from whatever is there: also what another process began and did not end. What was
 * there and is still to be there is never missing in between. */
int os_uplink_apply(struct diag *d, const struct os_uplink *goal);
/* Is it so, but for what a router has announced since, and does it send? */
int os_uplink_check(struct diag *d, const struct os_uplink *goal);
/* Was it read in this boot, and is its uplink still that interface? If not, nothing can be applied.
 */
bool os_uplink_is_current(const struct os_uplink *u);
/* As text, ended by a newline; and back. */
void os_uplink_write(const struct os_uplink *u, struct buf *b);
int os_uplink_parse(struct diag *d, const char *text, struct os_uplink **ret);
void os_uplink_free(struct os_uplink *u);

#define OS_GATEWAYS 8
struct os_gateway {
	int family;
	uint8_t address[16];
	char text[46];
	bool asked, fixed; /* by os_gateway_ask(); fixed: the host's own table says where it is */
};
struct os_gateways {
	struct os_gateway v[OS_GATEWAYS];
	size_t n;
};
/* Those of its default routes. */
void os_uplink_gateways(const struct os_uplink *u, struct os_gateways *ret);
/* Does it answer (ARP, ND) where the goal has it? The first call asks, the next look: 1 yes, 0 not
 * yet. */
int os_gateway_ask(struct diag *d, const struct os_uplink *goal, struct os_gateway *g);
/* Why this interface cannot be an uplink, whatever else is said of it ("it is a wireless station"):
 * a sentence in ret, or 0. host is a folder that stands for the root of the file system, mostly
 * "". */
bool os_uplink_unfit(const struct os_link *link, const char *host, char *ret, size_t size);
/* Rules of packet filters and of routing that speak of an interface by its name, and do not speak
 * so of the other that gets its place in the network: "chain input of table inet fw, ip rule 100";
 * or nothing is added. */
int os_uplink_rules(struct diag *d, const char *from, const char *to, struct buf *ret);
/* A station of a wireless network, whose access point takes frames from its own MAC only. */
bool os_is_wireless(const char *name, const char *host);

/* Which program configures an interface at boot, and what from. */
struct os_managed {
	enum { MANAGER_NONE, MANAGER_NETWORKD, MANAGER_NETWORK_MANAGER, MANAGER_IFUPDOWN } by;
	char config[256]; /* of networkd the .network file, of NetworkManager the connection's UUID
			   */
	const char *dhcp; /* a DHCP client of its own that renews the lease: "dhclient"; NULL */
};
void os_link_managed(const struct os_link *link, const char *host, struct os_managed *ret);

/* --- USB devices of the host --- */

/* By what it is, or, port not NULL, by where it is plugged in ("2.3" of bus 1). */
/* A PCI device, or a mediated one, that a guest is to have for itself. */
struct os_vfio {
	char group[32]; /* the file that QEMU opens: "/dev/vfio/12" */
	char cdev[64];  /* the one of iommufd: "/dev/vfio/devices/vfio0"; "": there is none */
};
/* name is "0000:01:00.0", or a mediated device's UUID. -1 with what is wrong if it is not there,
 * has no IOMMU group, or it or another of its group belongs to a driver of the host. */
int os_vfio_find(struct diag *d, const char *name, struct os_vfio *ret);

struct os_usb_wish {
	unsigned vendor, product;
	unsigned bus;
	const char *port;
};
#define OS_USB_PATH 48
/* The path of the one device of the host that is meant, "/dev/bus/usb/001/004", to be opened for
 * reading and writing. None: -1 with errno ENODEV; more than one: -1, and the message says where
 * they are plugged in. */
int os_usb_find(struct diag *d, const struct os_usb_wish *wish, char ret[OS_USB_PATH]);

/* --- for `check --host`, which tries what a start does --- */

/* From now on this process has a network to itself, which goes with it: 1. Where the system has no
 * such thing: 0. -1 with errno where this process may not have it. */
int os_network_alone(void);
/* A new bridge, up, called alias in listings where the system has descriptions. name is a wish. */
int os_bridge_create(struct diag *d, const char *name, const char *alias, char ret[OS_IFNAME]);
int os_bridge_destroy(struct diag *d, const char *name);
/* Something to put on it: a tap, or what comes nearest where the system has none (fd -1 then).
 * Undone with os_trial_close(). */
int os_trial_open(struct diag *d, struct os_tap *ret);
int os_trial_close(struct diag *d, struct os_tap *tap, const char *alias);

/* --- processes --- */

/* A process for good: a pid alone can be reused. start and boot are opaque numbers of the system.
 */
struct os_proc {
	pid_t pid;
	uint64_t start; /* start time of the process, since boot */
	char boot[40];  /* which boot; "" where the system has no name for it */
};
/* Which process pid is now. -1 with errno ESRCH if there is none, or only a zombie. */
int os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret);
/* A descriptor that becomes readable when exactly that process has ended; errno ESRCH: it has
 * ended. */
int os_proc_open(struct diag *d, const struct os_proc *proc);
/* Is it stopped by a signal (SIGSTOP, a debugger)? false as well where that cannot be told. */
bool os_proc_stopped(const struct os_proc *proc);
/* Has it put itself under a filter of system calls, besides those that we are under ourselves?
 * Where that cannot be told, true. */
bool os_proc_filtered(const struct os_proc *proc);
/* Signal the process behind a descriptor of os_proc_open(); 0 if it has ended. */
int os_proc_signal(int procfd, const struct os_proc *proc, int sig);
/* How the process behind a descriptor of os_proc_open() has ended, as of waitpid(), though it is
 * not our child. -1: that cannot be known here. */
int os_proc_status(int procfd, const struct os_proc *proc, int *ret);
/* Has the kernel killed it for want of memory? os_oom_look() while it lives, os_oom_killed() once
 * it has been killed: for a system that does not tell, no. */
struct os_oom {
	uint64_t all;   /* how many processes it has killed so since it booted */
	uint64_t group; /* and of the process's own group */
	char path[256]; /* what says the latter; "": nothing does */
	int64_t since;  /* time since the boot, in microseconds */
};
enum os_oom_answer { OS_OOM_NO, OS_OOM_PERHAPS, OS_OOM_YES };
void os_oom_look(pid_t pid, struct os_oom *ret);
enum os_oom_answer os_oom_killed(const struct os_oom *before, pid_t pid);
/* Memory that a process costs, in bytes: resident, and its proportional share (0: not known). -1
 * with errno. */
int os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss);
/* What a process has taken of the CPUs since it began, and what memory it has, which unlike its
 * share costs little to learn. */
struct os_use {
	uint64_t start;    /* as in struct os_proc */
	uint64_t cpu;      /* ns, of all its threads, those that have ended too */
	uint64_t resident; /* bytes */
};
/* -1 with errno, ESRCH if there is none. */
int os_proc_use(pid_t pid, struct os_use *ret);
/* ns that one of its threads has taken; thread is what QEMU calls the thread's id. -1 with errno:
 * ENOTSUP where that is no name for a thread. */
int os_thread_cpu(pid_t pid, int64_t thread, uint64_t *ret);
/* The process's name in listings. Needs os_title_init() at the start of main. */
void os_title_init(int argc, char **argv, char **envp);
void os_title(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Give back memory that only start-up needed. Best effort. */
void os_memory_trim(void);

/* --- CPUs and memory of the host --- */

/* Let a thread run on those CPUs only; 0: the calling one, and those that it makes. thread is what
 * QEMU calls the thread's id. 0, or -1 with errno. Async-signal-safe. */
int os_thread_bind(int64_t thread, const struct intset *cpus);
/* The CPUs that there are, and the NUMA nodes that have memory. -1 as well where nothing can be
 * bound to them. */
int os_cpus(struct diag *d, struct intset *ret);
int os_nodes(struct diag *d, struct intset *ret);
/* How many huge pages of that size (bytes) there are, and how many of them are unused and promised
 * to nobody. */
int os_hugepages(struct diag *d, uint64_t page, uint64_t *ret_total, uint64_t *ret_free);

/* --- limits of a VM's processes --- */

enum os_limit { OS_LIMIT_MEMORY, OS_LIMIT_CPU, OS_LIMIT_IO, OS_LIMIT_CPUS, OS_NLIMITS };

/* Of all processes of a VM together, for a group of the kernel's (cgroup v2). */
struct os_limits {
	uint64_t memory_max;            /* bytes; 0: none */
	unsigned cpu_weight, io_weight; /* 1 to 10000, where all others have 100; 0: not said */
	const struct intset *cpus;      /* NULL: any */
};
/* Of each process by itself, which is what is left where there are no groups. */
struct os_process_limits {
	uint64_t data_max; /* bytes of private memory that it can reserve; 0: any */
	bool renice;
	int nice;        /* as of setpriority(2), for all of its threads */
	int io_priority; /* 0 to 7, the first served first; -1: not said */
	const struct intset *cpus;
};

/* By what each limit is held for what this process starts. */
enum os_means { OS_MEANS_NONE, OS_MEANS_PROCESS, OS_MEANS_GROUP };
struct os_limits_here {
	enum os_means means[OS_NLIMITS];
	enum { OS_GROUPS_NONE, OS_GROUPS_FOLDER, OS_GROUPS_SCOPE } kind;
	char base[256]; /* the folder that the groups are in */
	char why[320];  /* where they are, or why there are none */
};
/* Touches nothing. */
void os_limits_here(struct os_limits_here *ret);

/* A group called name (a word of a file's name) with those processes in it; what is in limits and
 * not held by a group here is left out. One of that name that a crash left, and that is empty, is
 * used; one with other processes in it: -1, errno EBUSY. *ret is its folder, to be freed. On
 * failure nothing is left of it. */
int os_group_make(struct diag *d, const struct os_limits_here *here, const char *name,
    const struct os_limits *limits, const pid_t *pids, size_t n, char **ret);
/* Other limits; what is 0 or NULL in them is none. */
int os_group_change(struct diag *d, const struct os_limits_here *here, const char *group,
    const struct os_limits *limits);
int os_group_add(struct diag *d, const char *group, pid_t pid);
/* Once its processes have ended. Gone is no error. */
int os_group_remove(struct diag *d, const char *group);
/* Where the group called name is, or would be; to be freed. NULL: there are none. */
char *os_group_folder(const struct os_limits_here *here, const char *name);
/* Those processes get a group called name, without limits, where the end of the session or service
 * that they belong to would end them (Linux under systemd, as root). Best effort; does not wait. */
void os_group_shelter(const char *name, const pid_t *pids, size_t n);
/* A descriptor that has an event (POLLPRI) when the number of its processes that the kernel has killed for want of
 * memory changes; -1 with errno. */
int os_group_watch(const char *group);
/* The number, of a descriptor of os_group_watch(). -1: the group is gone. */
int os_group_watched(int fd, uint64_t *ret);

/* Where the kernel gives each session its turn of the CPUs, as sched_autogroup does, a nice value
 * counts within it only: that of the caller's session, too. Async-signal-safe. */
void os_session_nice(int nice);
/* 0, or -1 with errno. What the system does not have: ENOTSUP. pid 0: the caller, which has one
 * thread; then async-signal-safe, and it may have no more memory from then on. */
int os_process_limit(pid_t pid, const struct os_process_limits *limits);

/* --- privileges; in the child between fork and exec: async-signal-safe, no memory --- */

struct os_identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[4]; /* supplementary */
	int ngroups;
};
/* Can this process take that uid and the gid of the same number (a user namespace may not map it;
 * an ordinary user cannot)? */
bool os_uid_available(uid_t uid);
/* Groups, gid, uid, bounding set, no_new_privs, in the order that cannot be undone. who NULL: keep
 * the uid, the rest all the same. 0, or -1 with errno. */
int os_privileges_drop(const struct os_identity *who);
/* For a program that has to keep what it has: it gains nothing by executing another, where the
 * system knows such a promise. 0, or -1 with errno. */
int os_privileges_keep(void);
/* For a program that an ordinary user starts and that has more rights than he: only those remain
 * that make taps, and, where it came to them by being root's, root's uid, to read what is root's;
 * no other process of that user may look into it. */
int os_privileges_to_taps(void);
/* After that: the caller's own uid and gid, and only the right to make taps. 0, or -1 with errno.
 */
int os_privileges_to_caller(void);
/* The folder at path, and all that is mounted in it, cannot be written to by this process and those
 * that it becomes or makes; nobody else sees a difference. Needs root. 0, or -1 with errno. */
int os_folder_readonly(const char *path);
/* Mark every descriptor from lowest on close-on-exec. */
void os_cloexec_from(int lowest);
/* Who is at the other end of a UNIX socket. */
int os_peer_uid(int fd, uid_t *ret);
/* One message of a UNIX socket with at most max descriptors: its length, 0 if the other end is gone
 * without one, or -1 with errno. More descriptors than that: none, and EMSGSIZE. */
ssize_t os_receive_fds(int sock, void *p, size_t size, int *fds, size_t max, size_t *ret_n);
int os_send_fds(int sock, const void *p, size_t size, const int *fds, size_t n);
/* A file that has no name and goes with its descriptors: one to read it, and one that only writes,
 * for another program. dir: where it may have a name for a moment. */
struct os_scratch {
	int read, write; /* -1: not open */
};
int os_scratch_open(struct diag *d, const char *dir, struct os_scratch *ret);
void os_scratch_close(struct os_scratch *s);
/* Is it a disk or a part of one, as a device? */
bool os_is_disk(int fd);
/* fd's path as a program that was given the descriptor can open it: "/dev/fd/7". Only where
 * facts.fd_reopens does that open the file anew. */
const char *os_fd_path(int fd, char text[32]);

/* Contents for a QEMU whose uid could not open the original. Where facts.fd_reopens a file in
 * memory: fd, to be handed over, and path is NULL. Elsewhere a file of that name in dir (which is
 * made), that only its owner, the caller, can write and only gid can read as well: fd is -1, path
 * to be freed, the file to be removed by the caller. */
struct os_copy {
	int fd;
	char *path;
};
struct os_copy_place {
	const char *dir;  /* used where there are no files in memory */
	const char *name; /* "kernel" */
	gid_t gid;        /* QEMU's; (gid_t)-1: QEMU runs as the caller */
};
int os_copy(struct diag *d, const struct os_copy_place *where, const void *p, size_t n,
    struct os_copy *ret);
/* The same, copied from a descriptor to its end. */
int os_copy_file(struct diag *d, const struct os_copy_place *where, int from, struct os_copy *ret);

/* --- the host --- */

struct os_accel {
	const char *name; /* "kvm", "hvf", or "tcg" where nothing faster can work */
	char why[160];    /* a sentence: why it is or is not */
	bool has_group;   /* QEMU needs this group to open the device */
	gid_t group;
};
/* What accel = "auto" becomes on this host for a guest of arch ("x86_64"); privileged says whether
 * QEMU's groups can be set. */
void os_accel(const char *arch, bool privileged, struct os_accel *ret);
const char *os_arch(void);    /* QEMU's word for the host's architecture: "x86_64", "aarch64" */
unsigned os_first_port(void); /* the lowest port that a process without privileges can have */
bool os_privileged(void);     /* may make taps and change uids */
bool os_makes_taps(void);     /* may make taps and join them to bridges */

/* In a user namespace that does not show the host's root as itself: as which uid it shows it.
 * false: root is root. */
bool os_foreign_root(uid_t *ret);

/* One finding of `check --host`. */
struct os_finding {
	enum { FINDING_OK, FINDING_NOTE, FINDING_BAD } level;
	const char *what; /* "/dev/net/tun" */
	char text[400];
};
/* Findings about taps, bridges, accelerator and their traps (br_netfilter). At most max. */
size_t os_check(struct os_finding *ret, size_t max);

#endif
