/* A NIC's port that joins no bridge: a macvtap, or a tap that is somebody else's; see port.h. */
#include <errno.h>
#include <string.h>

#include "net/port_internal.h"
#include "util/diag.h"
#include "util/fd.h"

static int
mtu_check(struct diag *d, const struct port_wish *w, const char *what, const struct os_link *link)
{
	if (w->mtu > link->mtu)
		return fail(d,
		    "%s%s: its MTU is %u, and the NIC wants %u (raise the one or lower the other)",
		    what, link->name, link->mtu, w->mtu);
	return 0;
}

/* Where it leads is its owner's business, and so is whether it is up. */
static int
alone_check(struct diag *d, const struct port_wish *w, struct port *p)
{
	struct os_link link;

	if (os_link_find(d, p->tap.name, &link) == -1)
		return -1;
	if (!link.up)
		return fail(d,
		    "tap %s is down, so that no frame could pass; its owner has to bring it up (ip "
		    "link set %s up)",
		    link.name, link.name);
	p->tap.index = link.index;
	p->mtu = link.mtu;
	return mtu_check(d, w, "tap ", &link);
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

	if (os_link_find(d, w->macvtap, &uplink) == -1 || mtu_check(d, w, "", &uplink) == -1)
		return -1;
	how.mtu = p->mtu = w->mtu != 0 ? w->mtu : uplink.mtu;
	strlcpy(p->uplink, uplink.name, sizeof(p->uplink));
	port_name(w->vm, w->nic, name);
	if (os_link_choose(d, name, p->tap.name) == -1 || port_rates_choose(d, w, NULL, p) == -1 ||
	    port_witnessed(d, witness, p, w->nic) == -1)
		return -1;
	if (os_macvtap_open(d, p->tap.name, &how, &p->tap) == 0)
		return 0;
	(void)os_macvtap_destroy(&ignored, p->tap.name, p->alias);
	diag_free(&ignored);
	return -1;
}
