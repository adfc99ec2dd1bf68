/*
 * An uplink and its bridge as rtnetlink tells them, for os_linux_uplink*.c; see struct os_uplink in
 * os.h. Addresses, routes and fixed neighbours are kept as the messages that make them.
 */
#ifndef VMRUN_OS_LINUX_UPLINK_H
#define VMRUN_OS_LINUX_UPLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os.h"
#include "os/os_linux_netlink.h"

struct nlattr;
struct rtnexthop;

#define UPLINK_NO_INDEX 0x7fffffffu /* of a bridge that is not there yet */
#define UPLINK_EVER     UINT32_MAX

/* One address, route or neighbour: the message that makes it, in one form only (attributes in the
 * order of their types, nothing that changes by itself), so that two that are the same are the same
 * bytes. Its time is kept beside it. */
struct uplink_item {
	struct nlmsghdr *m;
	uint32_t valid, preferred; /* seconds left when it was read; UPLINK_EVER */
};

struct uplink_items {
	struct uplink_item *v;
	size_t n;
};

struct uplink_side {
	bool exists, up;
	bool running; /* the kernel has noticed the carrier, and sends */
	unsigned index, mtu, master;
	char name[OS_IFNAME];
	struct mac mac;
	int gen_mode; /* how the kernel makes IPv6 addresses by itself; -1: no IPv6 */
};

enum uplink_what { UPLINK_ADDRS, UPLINK_ROUTES, UPLINK_NEIGHS, UPLINK_WHATS };

struct os_uplink {
	struct uplink_side bridge, port;
	bool joined;              /* the port is on the bridge */
	bool stp, vlan_filtering; /* of a bridge that is to be made */
	int64_t read_at;          /* seconds since boot */
	char boot[40];            /* which boot */
	struct uplink_items items[UPLINK_WHATS];
	char obstacle[160]; /* why it cannot be moved; "": it can */
	bool passes;        /* the obstacle does, within seconds */
};

int64_t uplink_now(void); /* seconds since boot, sleep included */
/* Missing is no failure: it does not exist then. */
int uplink_side_read(const char *name, struct uplink_side *ret, char words[NETLINK_WORDS]);
/* A longer list, with a zeroed item at its end. */
struct uplink_item *uplink_add(struct uplink_items *items);
/* Replaces the interface from by to wherever the message names it. */
void uplink_reindex(struct nlmsghdr *m, unsigned from, unsigned to);
struct os_uplink *uplink_clone(const struct os_uplink *u);
/* "address 10.0.0.2/24 dev eth0", "route default …", for people. */
const char *uplink_item_text(const struct uplink_item *item, char *ret, size_t size);
const struct nlattr *uplink_attr(const struct nlmsghdr *m, unsigned type); /* NULL: none */
/* The next gateway of a route that has several, the first one after NULL; NULL: that was all. */
struct rtnexthop *uplink_nexthop(const struct nlattr *multipath, const struct rtnexthop *last);
/* Size of what comes before the attributes. */
size_t uplink_header(const struct nlmsghdr *m);

/* --- steps of os_uplink_apply(); each 0, or -1 with errno and words --- */

struct uplink_difference {
	bool *extra, *missing; /* of each item that is there, of each that is to be */
	size_t n;
};
struct uplink_difference uplink_difference(
    const struct uplink_items *have, const struct uplink_items *want);
void uplink_difference_free(struct uplink_difference *diff);

enum uplink_act { UPLINK_ADD, UPLINK_REPLACE, UPLINK_DELETE };
/* What is there already, or gone already, is no failure. elapsed: seconds since it was read. */
int uplink_item_send(const struct uplink_item *item, enum uplink_act act, int64_t elapsed,
    char words[NETLINK_WORDS]);

int uplink_link_up(const struct uplink_side *side, char words[NETLINK_WORDS]);
/* In MAC, MTU, or being up. */
bool uplink_side_differs(const struct uplink_side *now, const struct uplink_side *goal);
int uplink_side_set(
    const struct uplink_side *now, const struct uplink_side *goal, char words[NETLINK_WORDS]);
int uplink_gen_mode_set(
    const struct uplink_side *now, const struct uplink_side *goal, char words[NETLINK_WORDS]);
int uplink_master_set(unsigned port, unsigned master, char words[NETLINK_WORDS]);
/* Until the kernel has noticed that the bridge has a carrier, it drops what it is to send. Not an
 * error: verification tells. */
void uplink_wait_running(const char *name);
/* What of a new bridge is set once all has moved to it. */
void uplink_settings_last(const struct os_uplink *goal);
int uplink_bridge_make(const struct os_uplink *goal, char words[NETLINK_WORDS]);

#endif
