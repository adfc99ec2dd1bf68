/* A port that is to be another while its VM runs: other settings, another bridge, another rate; see
 * port.h. */
#include <string.h>

#include "net/bridge.h"
#include "net/port_internal.h"
#include "net/wire.h"
#include "util/diag.h"

/* Off the bridge first: what a port is told is told before its first frame passes. */
static int
leave(struct diag *d, struct port *p, bool guard_stays)
{
	if (os_tap_leave(d, p->tap.index, p->tap.name, p->alias) == -1)
		return -1;
	if (!p->guarded || guard_stays)
		return 0;
	if (os_guard_remove(d, p->tap.index, p->tap.name) == -1)
		return -1;
	p->guarded = false;
	return 0;
}

static int
put_on(struct diag *d, struct port *p, const struct port_wish *w, const struct os_link *bridge)
{
	strlcpy(p->bridge, bridge->name, sizeof(p->bridge));
	/* As large as its guest was told, but a bridge sinks to its smallest port's MTU. */
	return port_put_on(d, p, w, bridge, p->mtu > bridge->mtu ? p->mtu : bridge->mtu);
}

static void
put_back(struct diag *d, struct port *p, const struct port_wish *was, unsigned mtu)
{
	struct diag again = { 0 };
	struct os_link bridge;

	p->mtu = mtu;
	if (leave(&again, p, was->guard) == 0 && bridge_find(&again, was->bridge, &bridge) == 0 &&
	    put_on(&again, p, was, &bridge) == 0) {
		diag_free(&again);
		return;
	}
	diag_free(&again);
	strlcpy(p->bridge, was->bridge, sizeof(p->bridge));
	fail(d, "and it could not be put back on bridge %s: it is on none until vmrun gc",
	    was->bridge);
}

int
port_change(struct diag *d, struct port *p, const struct port_wish *was,
    const struct port_wish *now, unsigned guest_mtu)
{
	bool moves = strcmp(was->bridge, now->bridge) != 0;
	unsigned mtu = p->mtu;
	struct os_link bridge;

	if (p->maker != NULL)
		return fail_as(d, DIAG_DENIED, "its port was made by %s, which changes none",
		    p->maker);
	if (p->given)
		return fail(d, "tap %s is not vmrun's, and stays as it is", p->tap.name);
	if (bridge_find(d, now->bridge, &bridge) == -1 ||
	    bridge_fit(d, &bridge, now->mtu) == -1)
		return -1;
	if (moves && guest_mtu > bridge.mtu)
		return fail(d,
		    "bridge %s: its MTU is %u, and the guest was told %u when it started (start it "
		    "anew)",
		    bridge.name, bridge.mtu, guest_mtu);
	if (moves && wire_check(d, &bridge, p->tap.index, now->mac) == -1)
		return -1;
	if (moves)
		p->mtu = bridge.mtu;
	if (leave(d, p, now->guard) == 0 && put_on(d, p, now, &bridge) == 0)
		return 0;
	put_back(d, p, was, mtu);
	return -1;
}
