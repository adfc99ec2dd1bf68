/* A NIC's port that joins no bridge: a macvtap, or a tap that is somebody else's; see port.h. */
#include <errno.h>
#include <string.h>

#include "net/port_internal.h"
#include "util/diag.h"
#include "util/fd.h"

static int
mtu_check(struct diag *d, const char *what, const struct os_link *link, unsigned mtu)
{
	if (mtu > link->mtu)
		return fail(d,
		    "%s%s: its MTU is %u, and the NIC wants %u (raise the one or lower the other)",
		    what, link->name, link->mtu, mtu);
	return 0;
}

int
port_tap_fit(struct diag *d, const struct os_link *tap, unsigned mtu)
{
	if (!tap->up)
		return fail(d,
		    "tap %s is down, so that no frame could pass; its owner has to bring it up (ip "
		    "link set %s up)",
		    tap->name, tap->name);
	return mtu_check(d, "tap ", tap, mtu);
}

int
port_uplink(struct diag *d, const char *name, unsigned mtu, struct os_link *ret)
{
	struct os_link link;

	if (os_link_find(d, name, &link) == -1)
		return -1;
	if (link.is_bridge)
		return fail(d, "%s is a bridge: a NIC joins it with bridge = \"%s\"", name, name);
	if (mac_is_zero(link.mac))
		return fail(
		    d, "%s is no Ethernet: it has no MAC, and no macvtap can be on it", name);
	if (!link.up)
		return fail(
		    d, "%s is down, so that no frame could pass (ip link set %s up)", name, name);
	if (os_is_wireless(name, ""))
		return fail(d,
		    "%s is Wi-Fi, whose access point takes frames from the host's own MAC only, so "
		    "that a macvtap would not be heard (give the NIC a bridge with an address and "
		    "nat = true, or user = true)",
		    name);
	if (mtu_check(d, "", &link, mtu) == -1)
		return -1;
	*ret = link;
	return 0;
}

/* Where it leads is its owner's business, and so is whether it is up. */
static int
alone_check(struct diag *d, const struct port_wish *w, struct port *p)
{
	struct os_link link;

	if (os_link_find(d, p->tap.name, &link) == -1)
		return -1;
	p->tap.index = link.index;
	p->mtu = link.mtu;
	return port_tap_fit(d, &link, w->mtu);
}

int
port_alone_make(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *p)
{
	struct os_link link;

	if (port_find_given(d, w->tap, &link) == -1)
		return -1;
	p->given = p->kept = true;
	p->tap.index = link.index;
	strlcpy(p->tap.name, link.name, sizeof(p->tap.name));
	if (port_rates_choose(d, w, &link, p) == -1 ||
	    port_witnessed(d, witness, p, w->nic) == -1 ||
	    os_tap_open_given(d, w->tap, w->qemu, &p->tap) == -1)
		return -1;
	if (alone_check(d, w, p) == 0)
		return 0;
	fd_close(&p->tap.fd);
	return -1;
}

int
port_macvtap_make(
    struct diag *d, const struct port_wish *w, const struct port_witness *witness, struct port *p)
{
	struct os_macvtap how = { .uplink = w->macvtap,
		.mode = w->mode,
		.mac = w->mac,
		.alias = p->alias,
		.multi_queue = w->multi_queue };
	struct diag ignored = { 0 };
	char name[OS_IFNAME];
	struct os_link uplink;

	if (port_uplink(d, w->macvtap, w->mtu, &uplink) == -1)
		return -1;
	how.mtu = p->mtu = w->mtu != 0 ? w->mtu : uplink.mtu;
	strlcpy(p->uplink, uplink.name, sizeof(p->uplink));
	port_name(w->ifname, w->vm, w->nic, name);
	if (os_link_choose(d, name, p->tap.name) == -1)
		return -1;
	if (w->ifname != NULL && strcmp(p->tap.name, name) != 0)
		return port_name_taken(d, name);
	if (port_rates_choose(d, w, NULL, p) == -1 || port_witnessed(d, witness, p, w->nic) == -1)
		return -1;
	if (os_macvtap_open(d, p->tap.name, &how, &p->tap) == 0)
		return 0;
	(void)os_macvtap_destroy(&ignored, p->tap.name, p->alias);
	diag_free(&ignored);
	return -1;
}
