/* A NIC's port on a bridge: find and check the bridge, make the tap, join, leave; see port.h. */
#include "net/port_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/bridge.h"
#include "net/wire.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/ifname.h"

#define NAME_TRIES 64 /* others make taps at the same time */

/* Every default fits: a VM has far fewer NICs than four digits count. */
void
port_name_with(const char *vm, unsigned nic, const char *tail, char ret[OS_IFNAME])
{
	char pattern[OS_IFNAME], why[IFNAME_WHY];

	snprintf(pattern, sizeof(pattern), "%%n.%%i%s", tail);
	(void)ifname_make(pattern, vm, nic, ret, why);
}

void
port_name(const char *pattern, const char *vm, unsigned nic, char ret[OS_IFNAME])
{
	char why[IFNAME_WHY];

	/* The rules of VM files have refused what cannot be one. */
	if (pattern == NULL || ifname_make(pattern, vm, nic, ret, why) == -1)
		port_name_with(vm, nic, "", ret);
}

static bool
holds_mac(const struct os_link *link, struct mac mac)
{
	return mac_equal(link->mac, mac) || (link->is_tap && mac_equal(link->mac, mac_of_tap(mac)));
}

bool
port_mac_live(const struct os_link *links, size_t n, struct mac mac)
{
	for (size_t i = 0; i < n; i++) {
		if (holds_mac(&links[i], mac))
			return true;
	}
	return false;
}

/* Asked when our own tap has its address already: of two starts at once each would see the other's,
 * so that both may fail but never both succeed. With passthru the uplink takes the NIC's address. */
int
port_mac_check(struct diag *d, const struct port *p, struct mac mac)
{
	struct os_link *links;
	char text[MAC_TEXT];
	int result = 0;
	size_t n;

	if (os_links(d, &links, &n) == -1)
		return -1;
	for (size_t i = 0; i < n && result == 0; i++) {
		if (links[i].index != p->tap.index && strcmp(links[i].name, p->uplink) != 0 &&
		    holds_mac(&links[i], mac))
			result = fail(d, "MAC %s: %s %s of this host has it already",
			    mac_format(mac, text), links[i].is_tap ? "tap" : "interface",
			    links[i].name);
	}
	free(links);
	return result;
}

void
port_alias(const char *vm, unsigned nic, char ret[PORT_ALIAS])
{
	snprintf(ret, PORT_ALIAS, "vmrun %s nic %u", vm, nic);
}

int
port_witnessed(
    struct diag *d, const struct port_witness *witness, const struct port *p, unsigned nic)
{
	return witness != NULL ? witness->fn(d, p, nic, witness->arg) : 0;
}

int
port_find_given(struct diag *d, const char *name, struct os_link *ret)
{
	struct diag why = { 0 };

	if (os_link_find(&why, name, ret) == 0)
		return 0;
	if (errno != ENODEV) {
		diag_move(d, &why);
		return -1;
	}
	diag_free(&why);
	*ret = (struct os_link){ .index = 0 };
	strlcpy(ret->name, name, sizeof(ret->name));
	return 0;
}

/* What a port that is left as it is would not be. */
static bool
has_rules(const struct port_wish *w)
{
	const struct os_port_flags *f = &w->flags;

	return w->isolated || w->vlan != 0 || w->ntrunk > 0 || w->guard || f->no_learning ||
	       f->stp_cost != 0 || f->stp_priority != 0 || f->bpdu_guard || f->root_block ||
	       f->no_multicast_flood || f->multicast_fast_leave || f->multicast_to_unicast ||
	       f->multicast_router != OS_ROUTER_AUTO;
}

/* Somebody else's. */
static int
open_given(struct diag *d, const struct port_wish *w, const struct port_witness *witness,
    const struct os_link *bridge, struct port *p)
{
	struct os_link link;

	if (port_find_given(d, w->tap, &link) == -1)
		return -1;
	p->given = true;
	p->kept = link.master == bridge->index;
	p->tap.index = link.index;
	strlcpy(p->tap.name, link.name, sizeof(p->tap.name));
	if (link.master != 0 && !p->kept)
		return fail(d, "tap %s is a port of another bridge", w->tap);
	if (p->kept && has_rules(w))
		return fail(d,
		    "tap %s is a port of %s already, and such a port is left as it is: take it off "
		    "the bridge, and it joins as the NIC says (ip link set %s nomaster)",
		    w->tap, bridge->name, w->tap);
	if (port_rates_choose(d, w, &link, p) == -1 || port_witnessed(d, witness, p, w->nic) == -1)
		return -1;
	return os_tap_open_given(d, w->tap, w->qemu, &p->tap);
}

/* Where the name has to be on disk first, somebody may take it meanwhile: then the next one. */
static int
open_new(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *p)
{
	struct diag taken = { 0 };
	char name[OS_IFNAME];
	int result = -1;

	if (port_rates_choose(d, w, NULL, p) == -1)
		return -1;
	port_name(w->ifname, w->vm, w->nic, name);
	for (unsigned i = 0; i < NAME_TRIES && result == -1; i++) {
		diag_free(&taken);
		if (os_tap_choose(d, name, p->tap.name) == -1)
			return -1;
		if ((os_here()->taps_outlive || p->rated) &&
		    port_witnessed(d, witness, p, w->nic) == -1)
			return -1;
		result = os_tap_open(&taken, p->tap.name, w->multi_queue, &p->tap);
		if (result == -1 && errno != EEXIST)
			break;
	}
	diag_move(d, &taken);
	if (result == -1 || w->ifname == NULL || strcmp(p->tap.name, name) == 0)
		return result;
	fd_close(&p->tap.fd);
	return port_name_taken(d, name);
}

int
port_name_taken(struct diag *d, const char *name)
{
	return fail(
	    d, "tap %s: another interface of this host has that name (choose one by ifname)", name);
}

/* The tap always takes the bridge's own MTU: a bridge that nobody pinned sinks to its smallest
 * port's, and a guest that asks for less is told so by its NIC, not by its port. */
static int
make_on_bridge(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *p)
{
	struct os_link bridge;

	if (bridge_find(d, w->bridge, &bridge) == -1 || bridge_fit(d, &bridge, w->mtu) == -1)
		return -1;
	p->mtu = bridge.mtu;
	strlcpy(p->bridge, bridge.name, sizeof(p->bridge));
	if ((w->tap != NULL ? open_given(d, w, witness, &bridge, p) : open_new(d, w, witness, p)) ==
	    -1)
		return -1;
	if (!w->guard)
		return 0;
	/* A guard outlives its tap: who finds a crash has to know of it, by the tap's index. */
	p->guarded = true;
	if (port_witnessed(d, witness, p, w->nic) == -1) {
		fd_close(&p->tap.fd);
		return -1;
	}
	p->guarded = false;
	return 0;
}

int
port_make(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *ret)
{
	struct port p = PORT_NONE;
	int result;

	port_alias(w->vm, w->nic, p.alias);
	if (w->macvtap != NULL)
		result = port_macvtap_make(d, w, witness, &p);
	else if (w->bridge == NULL)
		result = port_alone_make(d, w, witness, &p);
	else
		result = make_on_bridge(d, w, witness, &p);
	if (result == 0)
		*ret = p;
	return result;
}

int
port_queue(struct diag *d, const struct port *p)
{
	return p->uplink[0] != '\0' ? os_macvtap_queue(d, &p->tap) : os_tap_queue(d, &p->tap);
}

static struct os_port
os_port_of(const struct port *p, const struct port_wish *w, unsigned mtu)
{
	return (struct os_port){ .mac = mac_of_tap(w->mac),
		.guest = w->mac,
		.mtu = mtu,
		.alias = p->given ? NULL : p->alias,
		.isolated = w->isolated,
		.vlan = w->vlan,
		.trunk = w->trunk,
		.ntrunk = w->ntrunk,
		.flags = w->flags,
		.guard = w->guard,
		.addresses = w->addresses,
		.naddresses = w->naddresses };
}

/* With that MTU, whatever it had before. */
int
port_put_on(struct diag *d, struct port *p, const struct port_wish *w, const struct os_link *bridge,
    unsigned mtu)
{
	const struct os_port port = os_port_of(p, w, mtu);

	p->mtu = mtu;
	if (p->kept)
		return 0;
	if (os_tap_join(d, &p->tap, &port, bridge) == -1)
		return -1;
	p->joined = true;
	p->guarded = w->guard;
	return 0;
}

static int
join_bridge(struct diag *d, struct port *p, const struct port_wish *w)
{
	struct os_link bridge;

	if (bridge_find(d, p->bridge, &bridge) == -1)
		return -1;
	if (!w->arriving && wire_check(d, &bridge, p->tap.index, w->mac) == -1)
		return -1;
	return port_put_on(d, p, w, &bridge, bridge.mtu);
}

int
port_guard_again(struct diag *d, struct port *p, const struct port_wish *w)
{
	const struct os_port port = os_port_of(p, w, p->mtu);
	struct diag ignored = { 0 };
	struct os_link bridge;
	int there = os_guard_there(d, &p->tap);

	if (there == 1)
		return 0;
	if (there == 0 && bridge_find(d, p->bridge, &bridge) == 0 &&
	    os_guard_set(d, &p->tap, &port, &bridge) == 0)
		return 1;
	(void)os_tap_leave(&ignored, p->tap.index, p->tap.name, p->alias);
	diag_free(&ignored);
	return -1;
}

static int
join_wire(struct diag *d, const struct port *p, const struct port_wish *w)
{
	struct os_link uplink;

	if (os_link_find(d, p->uplink, &uplink) == -1)
		return -1;
	if (!w->arriving && wire_check(d, &uplink, p->tap.index, w->mac) == -1)
		return -1;
	return os_macvtap_up(d, &p->tap);
}

/* The rates first: no frame is to pass before they hold. */
int
port_join(struct diag *d, struct port *p, const struct port_wish *w)
{
	struct diag ignored = { 0 };

	if (port_rates_set(d, w, p) == -1 ||
	    (p->bridge[0] != '\0' && join_bridge(d, p, w) == -1) ||
	    (p->uplink[0] != '\0' && join_wire(d, p, w) == -1))
		return -1;
	if (port_mac_check(d, p, w->mac) == 0)
		return 0;
	if (p->joined)
		(void)os_tap_leave(&ignored, p->tap.index, p->tap.name, p->alias);
	p->joined = false;
	diag_free(&ignored);
	return -1;
}

int
port_open(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *ret)
{
	struct port p = PORT_NONE;
	struct diag ignored = { 0 };

	if (port_make(d, w, witness, &p) == -1)
		return -1;
	if (port_join(d, &p, w) == -1) {
		(void)port_leave(&ignored, &p);
		diag_free(&ignored);
		return -1;
	}
	*ret = p;
	return 0;
}

int
port_leave(struct diag *d, struct port *p)
{
	int result = 0;

	if (p->tap.name[0] == '\0')
		return 0;
	if (p->maker != NULL) { /* only who made it could; it goes with QEMU */
		fd_close(&p->tap.fd);
		p->joined = false;
		return 0;
	}
	if (!p->kept && p->uplink[0] == '\0')
		result = os_tap_leave(d, p->tap.index, p->tap.name, p->alias);
	/* A system whose taps outlive their descriptors destroys one only when all of them are
	 * closed. */
	fd_close(&p->tap.fd);
	if (p->guarded && os_guard_remove(d, p->tap.index, p->tap.name) == -1)
		result = -1;
	else
		p->guarded = false;
	if (p->uplink[0] != '\0' ? os_macvtap_destroy(d, p->tap.name, p->alias) == -1
				 : !p->given && os_tap_destroy(d, p->tap.name, p->alias) == -1)
		result = -1;
	if (port_rates_clear(d, p) == -1)
		result = -1;
	p->joined = false;
	return result;
}

bool
port_outlives(const struct port *p)
{
	return os_here()->taps_outlive || p->given || p->uplink[0] != '\0' ||
	       p->shaper[0] != '\0' || p->guarded;
}
