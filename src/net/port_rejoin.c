/* A port that was dropped from its bridge, put back; see port_rejoin() in port.h. */
#include <errno.h>
#include <string.h>

#include "net/bridge.h"
#include "net/port_internal.h"
#include "util/diag.h"

/* The name may be another's by now. */
static int
find_tap(struct diag *d, const struct port *p, struct os_link *ret)
{
	struct diag why = { 0 };

	if (os_link_find(&why, p->tap.name, ret) == -1) {
		if (errno != ENODEV) {
			diag_move(d, &why);
			return -1;
		}
		diag_free(&why);
		return fail(
		    d, "tap %s is gone, and cannot be on bridge %s again", p->tap.name, p->bridge);
	}
	if (ret->index != p->tap.index)
		return fail(d, "%s is not its tap any more, which is gone", p->tap.name);
	return 0;
}

int
port_rejoin(struct diag *d, struct port *p, const struct port_wish *w)
{
	struct os_link tap, bridge;

	if (p->bridge[0] == '\0' || p->kept)
		return 0;
	if (find_tap(d, p, &tap) == -1 || bridge_find(d, p->bridge, &bridge) == -1)
		return -1;
	if (tap.master == bridge.index)
		return 0;
	if (tap.master != 0)
		return fail(d,
		    "tap %s is on another bridge than %s, and is left there (ip link set %s "
		    "nomaster takes it off)",
		    p->tap.name, p->bridge, p->tap.name);
	if (p->maker != NULL && !os_makes_taps())
		return fail_as(d, DIAG_DENIED,
		    "tap %s is on no bridge any more, and only root can put it back: ip link set "
		    "%s master %s, or start the VM anew",
		    p->tap.name, p->tap.name, p->bridge);
	/* As large as its guest was told, but a bridge sinks to its smallest port's MTU. */
	if (port_put_on(d, p, w, &bridge, p->mtu > bridge.mtu ? p->mtu : bridge.mtu) == -1)
		return -1;
	return 1;
}
