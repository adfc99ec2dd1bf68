/* Where vmrun moves no uplink: FreeBSD, macOS and the kernel for tests; fills os.h. */
#include <errno.h>

#include "os/os.h"
#include "util/diag.h"

static int
none(struct diag *d)
{
	fail(d, "vmrun moves an interface to a bridge on Linux only");
	errno = EOPNOTSUPP;
	return -1;
}

int
os_uplink_read(struct diag *d, const char *bridge, const char *uplink, struct os_uplink **ret)
{
	return none(d);
}

int
os_uplink_moved(struct diag *d, struct os_uplink *now, const struct os_bridge_wish *wish,
    struct os_uplink **ret)
{
	return none(d);
}

int
os_uplink_apply(struct diag *d, const struct os_uplink *goal)
{
	return none(d);
}

int
os_uplink_check(struct diag *d, const struct os_uplink *goal)
{
	return none(d);
}

bool
os_uplink_is_current(const struct os_uplink *u)
{
	return false;
}

void
os_uplink_write(const struct os_uplink *u, struct buf *b)
{
}

int
os_uplink_parse(struct diag *d, const char *text, struct os_uplink **ret)
{
	return none(d);
}

void
os_uplink_free(struct os_uplink *u)
{
}

void
os_uplink_gateways(const struct os_uplink *u, struct os_gateways *ret)
{
	*ret = (struct os_gateways){ 0 };
}

int
os_gateway_ask(struct diag *d, const struct os_uplink *goal, struct os_gateway *g)
{
	return none(d);
}

void
os_link_managed(const struct os_link *link, const char *host, struct os_managed *ret)
{
	*ret = (struct os_managed){ .by = MANAGER_NONE };
}

bool
os_uplink_unfit(const struct os_link *link, const char *host, char *ret, size_t size)
{
	return false;
}

int
os_uplink_rules(struct diag *d, const char *from, const char *to, struct buf *ret)
{
	return 0;
}
