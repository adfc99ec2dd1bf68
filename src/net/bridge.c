/* The bridge that a NIC names, and what to do where there is none; see bridge.h. */
#include "net/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/nearest.h"

#define SUGGESTED_BRIDGES 8 /* in a message; a host may have thousands */

static struct os_link *
all_links(size_t *ret_n)
{
	struct diag ignored = { 0 };
	struct os_link *links = NULL;

	*ret_n = 0;
	(void)os_links(&ignored, &links, ret_n);
	diag_free(&ignored);
	return links;
}

/* "br0, lan"; returns how many bridges there are. */
static unsigned
list_bridges(const struct os_link *links, size_t n, struct buf *ret)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++) {
		if (links[i].is_bridge && ++found <= SUGGESTED_BRIDGES)
			buf_addf(ret, "%s%s", found == 1 ? "" : ", ", links[i].name);
	}
	if (found > SUGGESTED_BRIDGES)
		buf_add(ret, ", …");
	return found;
}

static int
no_such_bridge(struct diag *d, const char *name)
{
	size_t n;
	struct os_link *links = all_links(&n);
	struct nearest near = { .name = name };
	struct buf names = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (links[i].is_bridge)
			nearest_try(&near, links[i].name);
	}
	if (list_bridges(links, n, &names) == 0)
		fail(d,
		    "bridge %s: there is no such interface, and this host has no bridge (make it, "
		    "or "
		    "have it made: bridges = ( { name = \"%s\"; create = true; } ) in vmrun.conf)",
		    name, name);
	else if (near.best != NULL)
		fail(
		    d, "bridge %s: there is no such interface (did you mean %s?)", name, near.best);
	else
		fail(d,
		    "bridge %s: there is no such interface (make it, or name another of this host: "
		    "%s)",
		    name, names.s);
	buf_free(&names);
	free(links);
	errno = ENODEV;
	return -1;
}

static const struct os_link *
link_by_index(const struct os_link *links, size_t n, unsigned index)
{
	for (size_t i = 0; i < n; i++) {
		if (links[i].index == index)
			return &links[i];
	}
	return NULL;
}

/* Mostly it is the NIC that the bridge is to lead to. */
static int
not_a_bridge(struct diag *d, const struct os_link *link)
{
	size_t n;
	struct os_link *links = all_links(&n);
	const struct os_link *master = link_by_index(links, n, link->master);
	struct buf names = { 0 };

	if (link->master != 0 && master != NULL)
		fail(d, "%s is not a bridge: it is a port of one (bridge = \"%s\")", link->name,
		    master->name);
	else if (list_bridges(links, n, &names) > 0)
		fail(d, "%s is not a bridge (the bridges of this host: %s)", link->name, names.s);
	else
		fail(d,
		    "%s is not a bridge: it can be the uplink of one (bridges = ( { name = "
		    "\"br0\"; "
		    "uplink = \"%s\"; } ) in vmrun.conf, then vmrun net up br0, and bridge = "
		    "\"br0\" "
		    "here)",
		    link->name, link->name);
	buf_free(&names);
	free(links);
	return -1;
}

int
bridge_find(struct diag *d, const char *name, struct os_link *ret)
{
	struct diag why = { 0 };
	struct os_link link;

	if (os_link_find(&why, name, &link) == -1) {
		if (errno != ENODEV) {
			diag_wrap(&why, 0, "bridge");
			diag_move(d, &why);
			return -1;
		}
		diag_free(&why);
		return no_such_bridge(d, name);
	}
	if (!link.is_bridge)
		return not_a_bridge(d, &link);
	*ret = link;
	return 0;
}

int
bridge_fit(struct diag *d, const struct os_link *bridge, int64_t mtu)
{
	const char *set = os_here()->link_set;

	if (!bridge->up)
		return fail(d, "bridge %s: it is down, so its guests would reach nobody (%s %s up)",
		    bridge->name, set, bridge->name);
	if (mtu > (int64_t)bridge->mtu)
		return fail(d,
		    "bridge %s: its MTU is %u, and the NIC wants %lld (%s %s mtu %lld, after the "
		    "same "
		    "for each of its ports; or a smaller mtu for the NIC)",
		    bridge->name, bridge->mtu, (long long)mtu, set, bridge->name, (long long)mtu);
	return 0;
}
