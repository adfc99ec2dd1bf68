/* Rules of the bridges in vmrun.conf, and what they leave unsaid; see internal.h. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define MTU_MIN_IP6 1280 /* bytes: RFC 8200, section 5 */
#define SLAAC_BITS  64   /* of a network from which guests make their addresses: RFC 4862 */

/* One bridge, and what its messages need. */
struct place {
	struct conf_doc *doc;
	struct host_bridge *b;
	size_t i;
};

static char *
path_of(const struct place *p, const char *key)
{
	return xasprintf("bridges[%zu]%s%s", p->i, *key != '\0' ? "." : "", key);
}

static bool
given(const struct place *p, const char *key)
{
	char *path = path_of(p, key);
	bool result = conf_has(p->doc, path);

	free(path);
	return result;
}

static void broken(const struct place *p, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
broken(const struct place *p, const char *key, const char *fmt, ...)
{
	char *path = path_of(p, key);
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	conf_fail(p->doc, path, "%s", b.s);
	buf_free(&b);
	free(path);
}

/* What is wrong with one bridge by itself; the first row of a key is told. */
struct bridge_rule {
	const char *key; /* within the bridge */
	bool (*broken)(const struct host_bridge *b);
	const char *words;
	/* Keys that it misses: what was wrong with the values of one that was given is said
	 * already. */
	const char *missing[2];
};

static bool
has_address(const struct host_bridge *b)
{
	return b->naddress > 0 || b->naddress6 > 0;
}

static bool
both_uplinks(const struct host_bridge *b)
{
	return b->uplink.interface != NULL && b->uplink.vxlan != 0;
}

static bool
no_peers(const struct host_bridge *b)
{
	return b->uplink.vxlan != 0 && b->uplink.npeers == 0;
}

static bool
group_among_peers(const struct host_bridge *b)
{
	for (size_t i = 0; i < b->uplink.npeers; i++) {
		if (ip_is_multicast(&b->uplink.peers[i]))
			return b->uplink.npeers > 1;
	}
	return false;
}

static bool
group_without_device(const struct host_bridge *b)
{
	return b->uplink.npeers == 1 && ip_is_multicast(&b->uplink.peers[0]) &&
	       b->uplink.device == NULL;
}

static bool
peers_of_two_kinds(const struct host_bridge *b)
{
	for (size_t i = 1; i < b->uplink.npeers; i++) {
		if (b->uplink.peers[i].len != b->uplink.peers[0].len)
			return true;
	}
	return false;
}

/* Its packets would go into the tunnel that they are to make. */
static bool
peer_inside(const struct host_bridge *b)
{
	for (size_t i = 0; i < b->uplink.npeers; i++) {
		const struct ip *peer = &b->uplink.peers[i];

		for (size_t k = 0; k < b->naddress; k++) {
			if (ip_within(peer, &b->address[k]))
				return true;
		}
		for (size_t k = 0; k < b->naddress6; k++) {
			if (ip_within(peer, &b->address6[k]))
				return true;
		}
	}
	return false;
}

static bool
local_of_another_kind(const struct host_bridge *b)
{
	return b->uplink.local.len != 0 && b->uplink.npeers > 0 &&
	       b->uplink.local.len != b->uplink.peers[0].len;
}

static bool
its_own_uplink(const struct host_bridge *b)
{
	return same_text(b->uplink.interface, b->name);
}

static bool
auto_with_interface(const struct host_bridge *b)
{
	return bridge_is_bridged(b) && b->create == CREATE_AUTO;
}

static bool
nat_alone(const struct host_bridge *b)
{
	return b->nat && !bridge_is_bridged(b) && !has_address(b);
}

static bool
dhcp_alone(const struct host_bridge *b)
{
	return b->dhcp.enabled == SWITCH_ON && !bridge_is_bridged(b) && b->naddress == 0;
}

static bool
dhcp_without_room(const struct host_bridge *b)
{
	return b->dhcp.enabled == SWITCH_ON && b->naddress > 0 && b->address[0].bits > 30;
}

static bool
ra_alone(const struct host_bridge *b)
{
	return b->ra == SWITCH_ON && !bridge_is_bridged(b) && b->naddress6 == 0;
}

static bool
ra_of_another_size(const struct host_bridge *b)
{
	for (size_t i = 0; b->ra == SWITCH_ON && i < b->naddress6; i++) {
		if (b->address6[i].bits != SLAAC_BITS)
			return true;
	}
	return false;
}

static bool
dns_alone(const struct host_bridge *b)
{
	return b->dns == SWITCH_ON && !bridge_is_bridged(b) && !has_address(b);
}

static bool
address_of_loopback(const struct host_bridge *b)
{
	for (size_t i = 0; i < b->naddress; i++) {
		if (b->address[i].ip.b[0] == 127)
			return true;
	}
	return false;
}

static bool
address_of_link(const struct host_bridge *b)
{
	for (size_t i = 0; i < b->naddress6; i++) {
		if (ip_is_of_one_link(&b->address6[i].ip))
			return true;
	}
	return false;
}

static bool
mtu_too_small(const struct host_bridge *b)
{
	return b->mtu != 0 && b->mtu < MTU_MIN_IP6 && b->naddress6 > 0;
}

static const struct bridge_rule rules[] = {
	{ "uplink.vxlan", both_uplinks,
	    "the uplink is an interface already: a bridge leads to one or the other" },
	{ "uplink.vxlan", no_peers, "needs peers, the other hosts of the tunnel" },
	{ "uplink.peers", group_among_peers,
	    "a multicast group stands for all the other hosts: name "
	    "it alone, or each of them" },
	{ "uplink.peers", group_without_device,
	    "a multicast group needs device, the interface that leads to it" },
	{ "uplink.peers", peers_of_two_kinds,
	    "a tunnel runs over IPv4 or over IPv6, and these are of both" },
	{ "uplink.peers", peer_inside,
	    "are the addresses by which the hosts reach each other without the tunnel, and one of "
	    "these lies in the bridge's own network" },
	{ "uplink.local", local_of_another_kind,
	    "is not of the peers' kind: a tunnel runs over IPv4 or over IPv6" },
	{ "uplink.interface", its_own_uplink, "is the bridge itself" },
	{ "create", auto_with_interface,
	    "auto would move the uplink's addresses with each first and last VM: write true" },
	{ "nat", nat_alone, "needs address or address6, the guests' gateway",
	    { "address", "address6" } },
	{ "dhcp", dhcp_alone, "needs address, from whose network the guests get theirs",
	    { "address" } },
	{ "dhcp", dhcp_without_room, "needs a network with room for guests: /30 or larger" },
	{ "ra", ra_alone, "needs address6, whose network is told to the guests", { "address6" } },
	{ "address", address_of_loopback, "addresses of 127.0.0.0/8 never leave this host" },
	{ "address6", address_of_link,
	    "an address of fe80::/10 is good on one link alone, and each interface has one by "
	    "itself: take a network of fd00::/8" },
	{ "address6", ra_of_another_size,
	    "guests make their addresses in a network of /64 only: write /64, or ra = false" },
	{ "dns", dns_alone, "needs address or address6, which the guests ask",
	    { "address", "address6" } },
	{ "mtu", mtu_too_small, "IPv6 needs an MTU of at least 1280 bytes" },
};

/* Keys that say something only beside another one. */
static void
rule_uplink(const struct place *p)
{
	static const char *const of_interface[] = { "uplink.gateway", "uplink.timeout" };
	static const char *const of_tunnel[] = { "uplink.peers", "uplink.local", "uplink.port",
		"uplink.device" };
	const struct bridge_uplink *u = &p->b->uplink;

	if (given(p, "uplink") && !given(p, "uplink.interface") && !given(p, "uplink.vxlan") &&
	    u->interface == NULL)
		broken(p, "uplink", "needs an interface, or vxlan");
	for (size_t k = 0; u->vxlan != 0 && k < sizeof(of_interface) / sizeof(of_interface[0]);
	     k++) {
		if (given(p, of_interface[k]))
			broken(p, of_interface[k], "is for an interface, and the uplink is VXLAN");
	}
	for (size_t k = 0; u->interface != NULL && k < sizeof(of_tunnel) / sizeof(of_tunnel[0]);
	     k++) {
		if (given(p, of_tunnel[k]))
			broken(p, of_tunnel[k], "is for VXLAN, and the uplink is an interface");
	}
	if (u->interface != NULL && !is_interface_name(u->interface))
		broken(p, "uplink", "\"%s\" is not the name of a network interface", u->interface);
	if (u->device != NULL && !is_interface_name(u->device))
		broken(
		    p, "uplink.device", "\"%s\" is not the name of a network interface", u->device);
}

/* Of a bridge that is a part of somebody's network, that network has all these. */
static void
rule_bridged(const struct place *p)
{
	static const char *const own[] = { "address", "address6", "nat", "dhcp", "ra", "dns" };

	for (size_t k = 0; bridge_is_bridged(p->b) && k < sizeof(own) / sizeof(own[0]); k++) {
		if (given(p, own[k]))
			broken(p, own[k],
			    "is for a network of the host's own; this bridge is a part of the one "
			    "behind %s, whose addresses, servers and gateway its guests have",
			    p->b->uplink.interface);
	}
}

static void
rule_names(const struct place *p)
{
	const struct host_bridge *b = p->b;
	size_t n = b->domain != NULL ? strlen(b->domain) : 0;

	if (b->name != NULL && (!is_word(b->name) || !isalnum((unsigned char)b->name[0])))
		broken(p, "name",
		    "\"%s\" is not the name of a bridge (letters, digits, '-', '_' and '.'; the "
		    "first one a letter or digit)",
		    b->name);
	if (n > 0 && (!is_word(b->domain) || strstr(b->domain, "..") != NULL ||
			 b->domain[0] == '.' || b->domain[n - 1] == '.' || b->domain[0] == '-'))
		broken(
		    p, "domain", "\"%s\" is not a domain (as in vm or lab.example.org)", b->domain);
}

/* Does address lie among those that can be given out? */
static bool
in_network(const struct place *p, const char *key, const struct ip *address)
{
	const struct ip_net *net = &p->b->address[0];
	char text[IP_TEXT], net_text[NET_TEXT];

	struct ip first = ip_first(net), last = ip_last(net);

	(void)ip_format(address, text);
	if (!ip_within(address, net))
		broken(p, key, "%s does not lie in the network of address, %s", text,
		    ip_net_format(net, net_text));
	else if (ip_equal(address, &first) || ip_equal(address, &last))
		broken(p, key, "%s is the %s address of the network, which no guest can have", text,
		    ip_equal(address, &first) ? "first" : "broadcast");
	else
		return true;
	return false;
}

/* Is each address of the range one of the host's own? */
static bool
is_all_own(const struct host_bridge *b)
{
	struct ip ip = b->dhcp.first;

	for (;;) {
		bool own = false;

		for (size_t i = 0; i < b->naddress; i++)
			own |= ip_equal(&b->address[i].ip, &ip);
		if (!own)
			return false;
		if (ip_equal(&ip, &b->dhcp.last))
			return true;
		ip = ip_plus(&ip, 1);
	}
}

/* A step from one address of the network to its neighbour, past the host's own. */
static struct ip
next_but(const struct ip *from, uint32_t step, const struct ip *own)
{
	struct ip next = ip_plus(from, step);

	return ip_equal(&next, own) ? ip_plus(&next, step) : next;
}

/* The range, as far as it is not given: all of the network but the host itself. */
static void
rule_range(const struct place *p)
{
	struct bridge_dhcp *dhcp = &p->b->dhcp;
	const struct ip_net *net = p->b->address;
	struct ip end;

	if (dhcp->enabled != SWITCH_ON || p->b->naddress == 0 || net->bits > 30 ||
	    (dhcp->first.len != 0 && !in_network(p, "dhcp.first", &dhcp->first)) ||
	    (dhcp->last.len != 0 && !in_network(p, "dhcp.last", &dhcp->last)))
		return;
	end = ip_first(net);
	if (dhcp->first.len == 0)
		dhcp->first = next_but(&end, 1, &net->ip);
	end = ip_last(net);
	if (dhcp->last.len == 0)
		dhcp->last = next_but(&end, UINT32_MAX, &net->ip); /* one back, as it wraps */
	if (ip_compare(&dhcp->first, &dhcp->last) > 0)
		broken(p, "dhcp", "the last address lies before the first");
	else if (is_all_own(p->b))
		broken(p, "dhcp", "its range has no address but the host's own");
}

/* What is not said of servers follows from what is. */
static void
decide(const struct place *p)
{
	struct host_bridge *b = p->b;

	if (b->dhcp.enabled == SWITCH_UNSAID)
		b->dhcp.enabled = given(p, "dhcp") ? SWITCH_ON : SWITCH_OFF;
	if (b->ra == SWITCH_UNSAID)
		b->ra = b->naddress6 > 0 ? SWITCH_ON : SWITCH_OFF;
	if (b->dns == SWITCH_UNSAID)
		b->dns = b->dhcp.enabled;
}

static const struct ip_net *
overlapping(const struct host_bridge *a, const struct host_bridge *b)
{
	for (size_t i = 0; i < a->naddress; i++) {
		for (size_t k = 0; k < b->naddress; k++) {
			if (ip_net_overlap(&a->address[i], &b->address[k]))
				return &a->address[i];
		}
	}
	for (size_t i = 0; i < a->naddress6; i++) {
		for (size_t k = 0; k < b->naddress6; k++) {
			if (ip_net_overlap(&a->address6[i], &b->address6[k]))
				return &a->address6[i];
		}
	}
	return NULL;
}

/* Against one that stands before it. */
static void
rule_other(const struct place *p, const struct host_bridge *other)
{
	const struct host_bridge *b = p->b;
	const struct ip_net *net = overlapping(b, other);
	char text[NET_TEXT];

	if (other->name == NULL || b->name == NULL)
		return;
	if (strcmp(b->name, other->name) == 0) {
		broken(p, "name", "there is a bridge %s already", b->name);
		return;
	}
	if (same_text(b->uplink.interface, other->uplink.interface))
		broken(p, "uplink", "%s is the uplink of %s already", b->uplink.interface,
		    other->name);
	if (b->uplink.vxlan != 0 && b->uplink.vxlan == other->uplink.vxlan &&
	    b->uplink.port == other->uplink.port)
		broken(p, "uplink.vxlan", "%lld is the tunnel of %s already",
		    (long long)b->uplink.vxlan, other->name);
	if (net != NULL)
		broken(p, net->ip.len == IP6 ? "address6" : "address",
		    "%s overlaps with a network of %s", ip_net_format(net, text), other->name);
}

/* Does it miss what was given, and could not be understood? */
static bool
is_misread(const struct place *p, const struct bridge_rule *rule)
{
	for (size_t i = 0; i < sizeof(rule->missing) / sizeof(rule->missing[0]); i++) {
		if (rule->missing[i] != NULL && given(p, rule->missing[i]))
			return true;
	}
	return false;
}

void
rules_bridges(struct conf_doc *doc, struct host *host)
{
	for (size_t i = 0; i < host->nbridges; i++) {
		struct place p = { doc, &host->bridges[i], i };
		const char *last = "";

		decide(&p);
		rule_names(&p);
		rule_uplink(&p);
		rule_bridged(&p);
		for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++) {
			if (strcmp(rules[k].key, last) == 0 || !rules[k].broken(p.b) ||
			    is_misread(&p, &rules[k]))
				continue;
			last = rules[k].key;
			broken(&p, last, "%s", rules[k].words);
		}
		rule_range(&p);
		for (size_t k = 0; k < i; k++)
			rule_other(&p, &host->bridges[k]);
	}
}
