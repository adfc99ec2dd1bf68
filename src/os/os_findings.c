/* What every system's findings have in common; see os_findings.h. */
#include "os/os_findings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/diag.h"

void
finding_add(struct findings *f, int level, const char *what, const char *fmt, ...)
{
	va_list ap;

	if (f->n == f->max)
		return;
	f->list[f->n].level = level;
	f->list[f->n].what = what;
	va_start(ap, fmt);
	vsnprintf(f->list[f->n].text, sizeof(f->list[f->n].text), fmt, ap);
	va_end(ap);
	f->n++;
}

/* What is looked at together. */
struct network {
	struct os_link *links;
	struct os_addr *addrs;
	size_t nlinks, naddrs;
};

static bool
is_of_network(const char *address)
{
	return strncmp(address, "fe80:", 5) != 0; /* every interface has one of those */
}

/* The first that is more than link-local; NULL: none. */
static const char *
address_of(const struct network *n, unsigned index)
{
	for (size_t i = 0; i < n->naddrs; i++) {
		if (n->addrs[i].index == index && is_of_network(n->addrs[i].text))
			return n->addrs[i].text;
	}
	return NULL;
}

/* A port that leads somewhere else than to a guest. */
static const struct os_link *
uplink_of(const struct network *n, const struct os_link *bridge)
{
	for (size_t i = 0; i < n->nlinks; i++) {
		if (n->links[i].master == bridge->index && !n->links[i].is_tap)
			return &n->links[i];
	}
	return NULL;
}

static void
look_at_uplink(struct findings *f, const struct network *n, const struct os_link *bridge,
    const struct os_link *uplink)
{
	const char *address = address_of(n, uplink->index), *set = os_here()->link_set;

	if (address != NULL)
		finding_add(f, FINDING_NOTE, "bridge",
		    "%s: its uplink %s keeps the address %s, which is heard on the bridge only: "
		    "this "
		    "host and the guests do not reach each other (uplink = \"%s\" of %s in "
		    "vmrun.conf, and vmrun net up %s moves it)",
		    bridge->name, uplink->name, address, uplink->name, bridge->name, bridge->name);
	if (!uplink->up)
		finding_add(f, FINDING_NOTE, "bridge",
		    "%s: its uplink %s is down, so that guests reach nobody else (%s %s up)",
		    bridge->name, uplink->name, set, uplink->name);
	else if (!uplink->carrier)
		finding_add(f, FINDING_NOTE, "bridge",
		    "%s: its uplink %s has no carrier, so that guests reach nobody else (is the "
		    "cable "
		    "in, and the other side up?)",
		    bridge->name, uplink->name);
}

static void
look_at_bridge(struct findings *f, const struct network *n, const struct os_link *bridge)
{
	const struct os_link *uplink = uplink_of(n, bridge);
	const char *address = address_of(n, bridge->index);

	if (!bridge->up)
		finding_add(f, FINDING_NOTE, "bridge",
		    "%s, mtu %u, down: its guests reach nobody (%s %s up)", bridge->name,
		    bridge->mtu, os_here()->link_set, bridge->name);
	else if (uplink != NULL)
		finding_add(f, FINDING_OK, "bridge", "%s, mtu %u, up, its uplink is %s",
		    bridge->name, bridge->mtu, uplink->name);
	else if (address != NULL)
		finding_add(f, FINDING_OK, "bridge",
		    "%s, mtu %u, up, without an uplink: its guests reach this host, and others "
		    "only "
		    "by nat",
		    bridge->name, bridge->mtu);
	else
		finding_add(f, FINDING_NOTE, "bridge",
		    "%s, mtu %u, up, with neither an uplink nor an address: its guests reach one "
		    "another and nobody else (uplink = \"eth0\" of %s in vmrun.conf, then vmrun "
		    "net "
		    "up %s)",
		    bridge->name, bridge->mtu, bridge->name, bridge->name);
	if (uplink != NULL)
		look_at_uplink(f, n, bridge, uplink);
}

void
findings_bridges(struct findings *f)
{
	struct diag d = { 0 };
	struct network n = { 0 };
	size_t bridges = 0;

	if (os_links(&d, &n.links, &n.nlinks) == -1 || os_addrs(&d, &n.addrs, &n.naddrs) == -1)
		finding_add(f, FINDING_BAD, "bridges", "%.*s", (int)strcspn(d.text, "\n"), d.text);
	for (size_t i = 0; i < n.nlinks; i++) {
		if (!n.links[i].is_bridge)
			continue;
		bridges++;
		look_at_bridge(f, &n, &n.links[i]);
	}
	if (bridges == 0 && d.count == 0)
		finding_add(f, FINDING_NOTE, "bridges",
		    "there is none, and a NIC needs one to join (bridges in vmrun.conf has vmrun "
		    "make "
		    "one; user = true of a NIC needs none)");
	free(n.links);
	free(n.addrs);
	diag_free(&d);
}
