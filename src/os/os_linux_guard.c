/*
 * The guard of a guest's port: an nftables table of its own at the tap's ingress, which drops what
 * claims to be from somebody else; fills os.h.
 *
 * A table of the family netdev sees the frames of its one tap alone, so guarded ports cost the
 * others nothing. The frame's own MAC is also seen to by the locked port; what is inside a frame is
 * looked at here alone. An interface's index is never given again, so a table that a crash has left
 * cannot be taken for another's.
 */
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_bridge.h"
#include "os/os_linux_netlink.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/ip.h"
#include "util/mem.h"
#include "util/num.h"

#define DROP "counter drop comment "

/* A default route, or an address of the bridge. */
struct gateway {
	struct ip ip;
	unsigned link;
};

static void
route_each(const struct nlmsghdr *message, void *list)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	size_t length = route->rtm_family == AF_INET ? IP4 : IP6;
	struct gateway found = { .link = 0 };
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0)
		return;
	mnl_attr_for_each(attr, message, sizeof(*route))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF)
			found.link = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == RTA_GATEWAY &&
		    mnl_attr_get_payload_len(attr) == length) {
			found.ip.len = length;
			memcpy(found.ip.b, mnl_attr_get_payload(attr), length);
		}
	}
	if (found.ip.len != 0)
		*(struct gateway *)netlink_list_add(list) = found;
}

static int
add_routes(struct diag *d, struct netlink_list *gateways)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct rtmsg *route;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_DUMP;
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = AF_UNSPEC;
	return netlink_dump(d, request, route_each, gateways, "routes");
}

static int
add_addresses(struct diag *d, struct netlink_list *gateways)
{
	struct os_addr *addrs;
	size_t n;

	if (os_addrs(d, &addrs, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct ip_net net;

		if (ip_net_parse(addrs[i].text, &net) == 0)
			*(struct gateway *)netlink_list_add(gateways) =
			    (struct gateway){ net.ip, addrs[i].index };
	}
	free(addrs);
	return 0;
}

static bool
is_guests(const struct os_port *port, const struct ip *ip)
{
	for (size_t i = 0; i < port->naddresses; i++) {
		const struct ip_net *own = &port->addresses[i];

		if (own->bits == own->ip.len * 8 && ip_equal(&own->ip, ip))
			return true;
	}
	return false;
}

/* The first bits of an address as a number, as nft(8) compares them with a part of a packet. */
static void
add_bits(struct buf *b, const struct ip *ip, unsigned bits)
{
	unsigned shift = (8 - bits % 8) % 8, carry = 0;

	buf_add(b, "0x");
	for (unsigned i = 0; i < (bits + 7) / 8; i++) {
		unsigned byte = carry << 8 | ip->b[i];

		buf_addf(b, "%02x", byte >> shift & 0xff);
		carry = byte & ((1U << shift) - 1);
	}
}

static void
add_target(struct buf *b, const struct ip *ip, unsigned bits)
{
	if (bits == 0)
		return;
	buf_addf(b, "@th,64,%u ", bits);
	add_bits(b, ip, bits);
}

/* What nobody but the gateways says, in each of the three chains. */
static void
add_gateways(struct buf *arp, struct buf *ip4, struct buf *ip6, const struct netlink_list *gateways,
    const struct os_link *bridge, const struct os_port *port)
{
	static const char drop[] = DROP "\"a gateway's address\"\n";

	for (size_t i = 0; i < gateways->n; i++) {
		const struct gateway *g = (const struct gateway *)gateways->items + i;
		char text[IP_TEXT];

		if (g->link != bridge->index || is_guests(port, &g->ip))
			continue;
		ip_format(&g->ip, text);
		if (g->ip.len == IP4) {
			buf_addf(arp, "arp saddr ip %s %s", text, drop);
			buf_addf(ip4, "ip saddr %s %s", text, drop);
			continue;
		}
		buf_addf(ip6, "ip6 saddr %s %s", text, drop);
		buf_add(ip6, "icmpv6 type nd-neighbor-advert ");
		add_target(ip6, &g->ip, IP6 * 8);
		buf_addf(ip6, " %s", drop);
		buf_add(ip6, "ip6 saddr :: icmpv6 type nd-neighbor-solicit ");
		add_target(ip6, &g->ip, IP6 * 8);
		buf_addf(ip6, " %s", drop);
	}
}

/* What it may be; a guest that has no address yet asks by DHCP, or whether somebody has its own. */
static void
add_own(
    struct buf *arp, struct buf *ip4, struct buf *ip6, struct buf *target, const struct ip_net *own)
{
	const struct ip_net first = { ip_first(own), own->bits };
	char text[NET_TEXT];

	ip_net_format(&first, text);
	if (own->ip.len == IP4) {
		buf_addf(arp, "arp saddr ip %s return\n", text);
		buf_addf(arp, "arp saddr ip 0.0.0.0 arp daddr ip %s return\n", text);
		buf_addf(ip4, "ip saddr %s return\n", text);
		return;
	}
	buf_addf(ip6, "ip6 saddr %s return\n", text);
	add_target(target, &own->ip, own->bits);
	buf_add(target, " return\n");
}

/* RFC 4291, appendix A: the one that every guest can make from its MAC alone. */
static struct ip_net
link_local(struct mac mac)
{
	const uint8_t *m = mac.b;

	return (struct ip_net){ { IP6, { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2U, m[1], m[2], 0xff,
					   0xfe, m[3], m[4], m[5] } },
		IP6 * 8 };
}

static void
add_addresses_of(struct buf *arp, struct buf *ip4, struct buf *ip6, struct buf *target,
    const struct os_port *port)
{
	static const char drop[] = DROP "\"not an address of the guest\"\n";
	const struct ip_net local = link_local(port->guest);

	buf_add(ip4, "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 "
		     "return\n");
	buf_add(ip6, "icmpv6 type nd-neighbor-advert jump target_of_guest\n"
		     "ip6 saddr :: icmpv6 type nd-neighbor-solicit goto target_of_guest\n"
		     "ip6 saddr :: icmpv6 type { nd-router-solicit, mld-listener-report, "
		     "mld-listener-done, mld2-listener-report } return\n");
	add_own(arp, ip4, ip6, target, &local);
	for (size_t i = 0; i < port->naddresses; i++)
		add_own(arp, ip4, ip6, target, &port->addresses[i]);
	buf_add(arp, drop);
	buf_add(ip4, drop);
	buf_add(ip6, drop);
	buf_add(target, drop);
}

static void
add_chain(struct buf *b, const char *name, struct buf *rules)
{
	if (rules->len > 0)
		buf_addf(b, "chain %s {\n%s}\n", name, rules->s);
	buf_free(rules);
}

/* '/' is in no interface's name, and nft(8) takes few other characters. */
void
guard_add_table(struct buf *b, unsigned index, const char *tap)
{
	buf_add(b, "netdev vmrun-");
	for (const char *p = tap; *p != '\0'; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9') || *p == '.' || *p == '-' || *p == '_';

		buf_addn(b, plain ? p : "/", 1);
	}
	buf_addf(b, "-%u", index);
}

/* Also if it is there already, or not: nft(8) has no other way to say so. */
static void
add_delete(struct buf *b, unsigned index, const char *tap)
{
	buf_add(b, "add table ");
	guard_add_table(b, index, tap);
	buf_add(b, "\ndelete table ");
	guard_add_table(b, index, tap);
	buf_add(b, "\n");
}

static void
add_rules(struct buf *b, const struct os_tap *tap, const struct os_port *port)
{
	char mac[MAC_TEXT];

	mac_format(port->guest, mac);
	buf_addf(b, "type filter hook ingress device \"%s\" priority -300\n", tap->name);
	buf_addf(b, "ether saddr != %s " DROP "\"another's MAC\"\n", mac);
	/* The kernel has taken one tag off: what is inside of another nobody would look at. */
	if (port->ntrunk == 0)
		buf_add(b, "@ll,96,16 { 0x8100, 0x88a8 } " DROP "\"a VLAN tag\"\n");
	buf_add(b, "meta protocol { 0x8100, 0x88a8 } " DROP "\"two VLAN tags\"\n");
	buf_add(b, "udp sport { 67, 547 } " DROP "\"a DHCP server\"\n");
	buf_add(b, "udp dport { 68, 546 } " DROP "\"a DHCP server\"\n");
	buf_add(b, "meta protocol arp jump arp_of_guest\n"
		   "meta protocol ip jump ip_of_guest\n"
		   "meta protocol ip6 jump ip6_of_guest\n");
	if (port->naddresses >
	    0) /* RARP is what QEMU says of a guest that has come from elsewhere */
		buf_add(b, "meta protocol != { arp, ip, ip6, 0x8035 } " DROP "\"neither IP nor "
			   "ARP\"\n");
}

static void
add_guard(struct buf *b, const struct os_tap *tap, const struct os_link *bridge,
    const struct os_port *port, const struct netlink_list *gateways)
{
	struct buf arp = { 0 }, ip4 = { 0 }, ip6 = { 0 }, target = { 0 }, rules = { 0 };
	char mac[MAC_TEXT];

	buf_addf(&arp,
	    "arp htype != 1 " DROP "\"not of Ethernet\"\n"
	    "arp hlen != 6 " DROP "\"not of Ethernet\"\n"
	    "arp ptype != 0x0800 " DROP "\"not of IPv4\"\n"
	    "arp plen != 4 " DROP "\"not of IPv4\"\n"
	    "arp saddr ether != %s " DROP "\"another's MAC\"\n",
	    mac_format(port->guest, mac));
	buf_add(&ip6, "icmpv6 type { nd-router-advert, nd-redirect } " DROP "\"a router\"\n");
	add_gateways(&arp, &ip4, &ip6, gateways, bridge, port);
	if (port->naddresses > 0)
		add_addresses_of(&arp, &ip4, &ip6, &target, port);
	add_rules(&rules, tap, port);
	add_delete(b, tap->index, tap->name);
	buf_add(b, "table ");
	guard_add_table(b, tap->index, tap->name);
	buf_add(b, " {\n");
	add_chain(b, "arp_of_guest", &arp);
	if (ip4.len == 0)
		buf_add(&ip4, "return\n");
	add_chain(b, "ip_of_guest", &ip4);
	add_chain(b, "target_of_guest", &target);
	add_chain(b, "ip6_of_guest", &ip6);
	add_chain(b, "from_guest", &rules);
	buf_add(b, "}\n");
}

int
os_guard_set(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	struct netlink_list gateways = { .size = sizeof(struct gateway) };
	struct buf commands = { 0 };
	int result = -1;

	if (strpbrk(tap->name, "\"\\*") != NULL)
		return fail(
		    d, "tap %s: nftables cannot be told that name, so it has no guard", tap->name);
	if (add_routes(d, &gateways) == -1)
		return -1;
	if (add_addresses(d, &gateways) == 0) {
		add_guard(&commands, tap, bridge, port, &gateways);
		result = nft_run(d, commands.s);
		if (result == -1)
			diag_wrap(d, d->count - 1, "tap %s cannot have a guard", tap->name);
	}
	buf_free(&commands);
	free(gateways.items);
	return result;
}

int
os_guard_remove(struct diag *d, unsigned index, const char *tap)
{
	struct buf commands = { 0 };
	int result;

	add_delete(&commands, index, tap);
	result = nft_run(d, commands.s);
	if (result == -1)
		diag_wrap(d, d->count - 1, "the guard of tap %s stays", tap);
	buf_free(&commands);
	return result;
}

/* "vmrun-web1.0-12": of a tap's guard, whose index is at the end. */
static bool
is_left(const char *table, size_t n, const struct os_link *links, size_t nlinks)
{
	static const char ours[] = "vmrun-", characters[] = "abcdefghijklmnopqrstuvwxyz"
							    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							    "0123456789.-_/";
	char name[64];
	const char *index;
	int64_t number;

	if (n >= sizeof(name) || strncmp(table, ours, strlen(ours)) != 0 ||
	    strspn(table, characters) < n)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)n, table);
	index = strrchr(name, '-') + 1;
	if (int_parse(index, 1, INT32_MAX, &number) == -1)
		return false;
	for (size_t i = 0; i < nlinks; i++) {
		if (links[i].index == number)
			return false;
	}
	return true;
}

/* The tables are listed first: whatever interface has one then is among the links. */
int
os_guard_sweep(struct diag *d)
{
	static const char before[] = "table netdev ";
	struct buf commands = { 0 };
	char *tables = NULL, *line, *rest;
	struct os_link *links;
	int result = 0;
	size_t n;

	if (nft_ask(d, "list tables netdev", &tables) == -1)
		return -1;
	if (os_links(d, &links, &n) == -1) {
		free(tables);
		return -1;
	}
	for (line = strtok_r(tables, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		const char *name = line + strlen(before);

		if (strncmp(line, before, strlen(before)) == 0 && is_left(name, strlen(name), links, n))
			buf_addf(&commands, "add table netdev %s\ndelete table netdev %s\n", name, name);
	}
	if (commands.len > 0)
		result = nft_run(d, commands.s);
	buf_free(&commands);
	free(tables);
	free(links);
	return result;
}
