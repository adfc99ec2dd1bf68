/* Whether an interface can become the uplink of a bridge, or leave it; see uplink.h. Changes
 * nothing. */
#include <stdlib.h>
#include <string.h>

#include "net/uplink_internal.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "vm/vm.h"

static const struct os_link *
link_of(const struct move *m, const char *name, unsigned index)
{
	for (size_t i = 0; i < m->nlinks; i++) {
		if (name != NULL ? strcmp(m->links[i].name, name) == 0 : m->links[i].index == index)
			return &m->links[i];
	}
	return NULL;
}

/* How many addresses has it, those not counted that each interface makes for itself? */
int
uplink_addresses(struct diag *d, const struct os_link *link, unsigned *ret, char example[64])
{
	struct os_addr *addrs;
	size_t n;

	*ret = 0;
	if (link == NULL)
		return 0;
	if (os_addrs(d, &addrs, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (addrs[i].index != link->index || strncmp(addrs[i].text, "fe80:", 5) == 0)
			continue;
		if ((*ret)++ == 0 && example != NULL)
			strlcpy(example, addrs[i].text, 64);
	}
	free(addrs);
	return 0;
}

int
uplink_look(struct diag *d, struct move *m)
{
	free(m->links);
	m->links = NULL;
	if (os_links(d, &m->links, &m->nlinks) == -1)
		return -1;
	m->port = link_of(m, m->uplink, 0);
	m->br = link_of(m, m->bridge->name, 0);
	return 0;
}

/* What could be meant instead. */
static int
fail_missing(struct diag *d, const struct move *m)
{
	struct buf names = { 0 };
	char why[200];

	for (size_t i = 0; i < m->nlinks; i++) {
		if (!os_uplink_unfit(&m->links[i], m->place->host, why, sizeof(why)))
			buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", m->links[i].name);
	}
	fail(d, "%s: there is no such interface%s%s%s", m->uplink,
	    names.len > 0 ? " (this host has " : "", names.len > 0 ? names.s : "",
	    names.len > 0 ? ")" : "");
	buf_free(&names);
	return -1;
}

/* What is made on an interface and takes its frames before a bridge could. */
static int
check_children(struct diag *d, const struct move *m)
{
	static const char *const kinds[] = { "macvlan", "macvtap", "ipvlan", "ipvtap" };

	for (size_t i = 0; i < m->nlinks; i++) {
		const struct os_link *l = &m->links[i];

		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (l->parent != m->port->index || strcmp(l->kind, kinds[k]) != 0)
				continue;
			return fail(d,
			    "%s cannot be its uplink: the %s %s is made on it, and the one "
			    "excludes "
			    "the other (%s)",
			    m->uplink, l->kind, l->name,
			    strncmp(l->alias, "vmrun ", 6) == 0 ? "stop the VM that has it"
								: "ip link del takes it away");
		}
	}
	return 0;
}

static int
check_port(struct diag *d, const struct move *m)
{
	const struct os_link *port = m->port, *master;
	char why[200];

	if (port == NULL)
		return fail_missing(d, m);
	if (os_uplink_unfit(port, m->place->host, why, sizeof(why)))
		return fail(d, "%s cannot be its uplink: %s", port->name, why);
	master = port->master != 0 ? link_of(m, NULL, port->master) : NULL;
	if (port->master != 0 && (master == NULL || !master->is_bridge))
		return fail(d, "%s cannot be its uplink: it is a part of %s (name that as uplink)",
		    port->name, master != NULL ? master->name : "another interface");
	if (port->master != 0 && master != m->br)
		return fail(d,
		    "%s cannot be its uplink: it is a port of %s already (vmrun net down %s, or "
		    "ip link set %s nomaster)",
		    port->name, master->name, master->name, port->name);
	if (port->master == 0 && check_children(d, m) == -1)
		return -1;
	if (port->up && !port->carrier)
		return fail(d,
		    "%s has no carrier, so nothing could answer behind it (is the cable in, and "
		    "the other end on?)",
		    port->name);
	return 0;
}

/* A firewall that lets ssh in by that interface would keep it out by the other, and no gateway's
 * answer tells. */
static int
check_rules(struct diag *d, const struct move *m)
{
	const char *from = m->up ? m->uplink : m->bridge->name,
		   *to = m->up ? m->bridge->name : m->uplink;
	struct buf rules = { 0 };
	int result = m->force ? 0 : os_uplink_rules(d, from, to, &rules);

	if (result == 0 && rules.len > 0)
		result = fail(d,
		    "what passes %s now would pass %s, of which these rules say nothing: %s (have "
		    "them say of %s what they say of %s; or --force)",
		    from, to, rules.s, to, from);
	buf_free(&rules);
	return result;
}

int
uplink_check_up(struct diag *d, struct move *m)
{
	unsigned of_port, of_bridge;
	char example[64];
	bool joined;

	if (check_port(d, m) == -1)
		return -1;
	if (m->br != NULL && !m->br->is_bridge)
		return fail(d, "there is an interface of that name already, and it is no bridge");
	if (uplink_addresses(d, m->port, &of_port, NULL) == -1 ||
	    uplink_addresses(d, m->br, &of_bridge, example) == -1)
		return -1;
	joined = m->br != NULL && m->port->master == m->br->index;
	m->done.already = joined && of_port == 0 && m->br->up && m->port->up;
	m->done.addresses = of_bridge;
	if (of_bridge > 0 && !joined && of_port == 0)
		return fail(d,
		    "it has the address %s, and %s, which has none, is not on it: put it back (ip "
		    "link "
		    "set %s master %s)",
		    example, m->uplink, m->uplink, m->bridge->name);
	if (!m->done.already && of_bridge > 0)
		return fail(d,
		    "it has an address of its own already, %s: it would become one of %s (ip addr "
		    "del %s dev %s, or another bridge)",
		    example, m->uplink, example, m->bridge->name);
	return m->done.already ? 0 : check_rules(d, m);
}

/* Whose ports there are beside the uplink: "web1, tap7". */
static void
add_others(const struct move *m, struct buf *b)
{
	for (size_t i = 0; i < m->nlinks; i++) {
		const struct os_link *l = &m->links[i];
		const char *vm = strncmp(l->alias, "vmrun ", 6) == 0 ? l->alias + 6 : l->name;

		if (l->master != m->br->index || l == m->port)
			continue;
		buf_addf(b, "%s%.*s", b->len > 0 ? ", " : "", (int)strcspn(vm, " "), vm);
	}
}

/* Not on the bridge any more, which has kept the addresses; they are the uplink's if vmrun gave it
 * them. */
static int
check_left_behind(struct diag *d, struct move *m)
{
	const char *of = m->br->alias, *made = OS_UPLINK_ALIAS;
	unsigned of_port;
	char example[64];

	if (uplink_addresses(d, m->port, &of_port, NULL) == -1 ||
	    uplink_addresses(d, m->br, &m->done.addresses, example) == -1)
		return -1;
	if (of_port > 0 || m->done.addresses == 0) {
		m->done.addresses = 0;
		m->done.already = true;
		return 0;
	}
	if (m->port->master == 0 && strncmp(of, made, strlen(made)) == 0 &&
	    strcmp(of + strlen(made), m->uplink) == 0)
		return 0;
	return fail(d,
	    "it has the address %s, and %s, which has none, is not on it: put it back (ip link set "
	    "%s master %s)",
	    example, m->uplink, m->uplink, m->bridge->name);
}

int
uplink_check_down(struct diag *d, struct move *m)
{
	struct buf others = { 0 };
	int result = 0;

	if (m->br == NULL || m->port == NULL || !m->br->is_bridge) {
		m->done.already = true;
		return 0;
	}
	if (m->port->master == m->br->index)
		result = uplink_addresses(d, m->br, &m->done.addresses, NULL);
	else
		result = check_left_behind(d, m);
	if (result == -1 || m->done.already)
		return result;
	add_others(m, &others);
	if (others.len > 0 && !m->force)
		result = fail_as(d, DIAG_BUSY,
		    "there are guests on it: %s (stop them, or --force leaves them on a bridge "
		    "that leads nowhere)",
		    others.s);
	buf_free(&others);
	return result == 0 ? check_rules(d, m) : result;
}
