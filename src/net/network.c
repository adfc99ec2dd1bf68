/* A network of the host's own in the words of nftables and dnsmasq; see network.h. */
#include "net/network.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/ledger.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/vm.h"

#define LABEL_MAX  63   /* bytes of a part of a domain name: RFC 1035, 2.3.4 */
#define CACHE_SIZE 1000 /* names that dnsmasq keeps */

static char *
state_file(const char *state_dir, const char *bridge, const char *suffix)
{
	return xasprintf("%s/networks/%s.%s", state_dir, bridge, suffix);
}

char *
network_leases(const char *state_dir, const char *bridge)
{
	return state_file(state_dir, bridge, "leases");
}

char *
network_hosts(const char *state_dir, const char *bridge)
{
	return state_file(state_dir, bridge, "hosts");
}

/* Locally administered: of no maker, and outside of what the ledger gives out. */
struct mac
network_mac(const uint8_t *salt, const char *bridge)
{
	static const struct mac first = { { 0x02, 0x76, 0x00, 0x00, 0x00, 0x00 } };
	static const struct mac last = { { 0x02, 0x76, 0xff, 0xff, 0xff, 0xff } };
	char *name = xasprintf("bridge %s", bridge); /* no VM's name: it has a space */
	struct mac mac = mac_candidate(salt, name, 0, 0, first, last);

	free(name);
	return mac;
}

/* The longest name of a bridge leaves room for both. */
void
network_tunnel(const char *bridge, char ret[IFNAME_SIZE])
{
	char why[IFNAME_WHY];

	(void)ifname_make("%n.vxlan", bridge, 0, ret, why);
}

#define HASH_FIRST 14695981039346656037U

static uint64_t
mix(uint64_t hash, const void *bytes, size_t n) /* FNV-1a */
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211U;
	return hash;
}

static int64_t
mark_of(uint64_t hash)
{
	return (int64_t)(hash >> 1 | 1); /* as JSON has it, and never 0 */
}

int64_t
network_tunnel_mark(const struct host_bridge *b)
{
	const struct bridge_uplink *u = &b->uplink;
	const char *device = u->device != NULL ? u->device : "";
	const int64_t numbers[] = { u->vxlan, u->port, b->mtu, (int64_t)u->npeers };
	uint64_t hash = HASH_FIRST;

	if (u->vxlan == 0)
		return 0;
	hash = mix(hash, numbers, sizeof(numbers));
	for (size_t i = 0; i < u->npeers; i++)
		hash = mix(hash, u->peers[i].b, u->peers[i].len);
	hash = mix(hash, u->local.b, u->local.len);
	hash = mix(hash, device, strlen(device));
	return mark_of(hash);
}

static uint64_t
mix_addresses(uint64_t hash, const struct ip_net *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int64_t bits = v[i].bits;

		hash = mix(hash, v[i].ip.b, v[i].ip.len);
		hash = mix(hash, &bits, sizeof(bits));
	}
	return hash;
}

int64_t
network_addresses_mark(const struct host_bridge *b)
{
	return mark_of(mix_addresses(
	    mix_addresses(HASH_FIRST, b->address, b->naddress), b->address6, b->naddress6));
}

bool
network_is_managed(const struct host_bridge *b)
{
	return !bridge_is_bridged(b) &&
	       (b->naddress > 0 || b->naddress6 > 0 || b->uplink.vxlan != 0);
}

/* --- nftables --- */

static const char *
family_word(const struct ip_net *net)
{
	return net->ip.len == IP6 ? "ip6" : "ip";
}

/* What the guests' own network is called in a rule: "10.88.0.0/24". */
static const char *
network_text(const struct ip_net *net, char text[NET_TEXT])
{
	struct ip_net whole = { ip_first(net), net->bits };

	return ip_net_format(&whole, text);
}

static void
each_net(struct buf *b, const struct host_bridge *bridge,
    void (*add)(struct buf *, const struct host_bridge *, const struct ip_net *))
{
	for (size_t i = 0; i < bridge->naddress; i++)
		add(b, bridge, &bridge->address[i]);
	for (size_t i = 0; i < bridge->naddress6; i++)
		add(b, bridge, &bridge->address6[i]);
}

static void
add_masquerade(struct buf *b, const struct host_bridge *bridge, const struct ip_net *net)
{
	char text[NET_TEXT];

	buf_addf(b, "\t\t%s saddr %s oifname != \"%s\" masquerade\n", family_word(net),
	    network_text(net, text), bridge->name);
}

static void
add_way_out(struct buf *b, const struct host_bridge *bridge, const struct ip_net *net)
{
	char text[NET_TEXT];

	buf_addf(b, "\t\tiifname \"%s\" %s saddr %s accept\n", bridge->name, family_word(net),
	    network_text(net, text));
}

/* The server's addresses could be reached by a route through another interface. */
static void
add_server(struct buf *b, const struct host_bridge *bridge, const struct ip_net *net)
{
	char text[IP_TEXT];

	buf_addf(b,
	    "\t\tiifname != { \"lo\", \"%s\" } %s daddr %s meta l4proto { tcp, udp } th dport 53 "
	    "drop\n",
	    bridge->name, family_word(net), ip_format(&net->ip, text));
}

/* What passes the bridge itself comes here as well where the kernel's br_netfilter is on: that is
 * nobody's way out. */
void
network_filter(struct buf *b, const struct host_bridge *bridge)
{
	const char *name = bridge->name;

	if (bridge->naddress == 0 && bridge->naddress6 == 0)
		return;
	buf_addf(b, "table inet " NETWORK_TABLE "%s\n", name);
	buf_addf(b, "delete table inet " NETWORK_TABLE "%s\n", name);
	buf_addf(b, "table inet " NETWORK_TABLE "%s {\n", name);
	buf_add(b, "\tchain forward {\n"
		   "\t\ttype filter hook forward priority filter; policy accept;\n");
	buf_addf(b, "\t\tiifname \"%s\" oifname \"%s\" accept\n", name, name);
	if (bridge->nat) {
		each_net(b, bridge, add_way_out);
		buf_addf(b, "\t\toifname \"%s\" ct state established,related accept\n", name);
	}
	buf_addf(b, "\t\tiifname \"%s\" reject with icmpx type admin-prohibited\n", name);
	buf_addf(b, "\t\toifname \"%s\" reject with icmpx type admin-prohibited\n", name);
	buf_add(b, "\t}\n");
	if (bridge->dns == SWITCH_ON) {
		buf_add(b, "\tchain input {\n"
			   "\t\ttype filter hook input priority filter; policy accept;\n");
		each_net(b, bridge, add_server);
		buf_add(b, "\t}\n");
	}
	if (bridge->nat) {
		buf_add(b, "\tchain postrouting {\n"
			   "\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
		each_net(b, bridge, add_masquerade);
		buf_add(b, "\t}\n");
	}
	buf_add(b, "}\n");
}

/* Named first, so that one that is gone already is no error. */
void
network_filter_end(struct buf *b, const char *bridge)
{
	buf_addf(b, "table inet " NETWORK_TABLE "%s\ndelete table inet " NETWORK_TABLE "%s\n",
	    bridge, bridge);
}

/* The last word before the brace of "table ip filter {". */
static void
block_name(const char *line, const char *keyword, char *ret, size_t size)
{
	const char *start = strstr(line, keyword), *end = strstr(line, " {");

	if (start == NULL || end == NULL)
		return;
	start += strlen(keyword);
	snprintf(ret, size, "%.*s", (int)(end - start), start);
}

char *
network_blocked(const char *chains, const char *hook)
{
	char table[128] = "", chain[128] = "", at[32];

	snprintf(at, sizeof(at), " hook %s ", hook);
	for (const char *line = chains; *line != '\0';) {
		size_t n = strcspn(line, "\n");
		char *one = xstrndup(line, n), *result = NULL;

		if (strncmp(one, "table ", 6) == 0)
			block_name(one, "table ", table, sizeof(table));
		else if (strncmp(one, "\tchain ", 7) == 0)
			block_name(one, "chain ", chain, sizeof(chain));
		else if (strstr(one, at) != NULL && strstr(one, "policy drop") != NULL)
			result = xasprintf("%s %s", table, chain);
		free(one);
		if (result != NULL)
			return result;
		line += n + (line[n] == '\n');
	}
	return NULL;
}

/* --- dnsmasq --- */

/* A VM's name as a label of a domain name: without what has a meaning there. */
static void
add_label(struct buf *b, const struct network_hosts *hosts, size_t i)
{
	const struct network_host *h = &hosts->v[i];
	bool first = true;
	size_t start = b->len;

	for (const char *s = h->vm; *s != '\0' && b->len - start < LABEL_MAX - 6; s++)
		buf_addc(b, isalnum((unsigned char)*s) ? *s : '-');
	while (b->len > start && b->s[b->len - 1] == '-')
		b->s[--b->len] = '\0';
	for (size_t k = 0; k < hosts->n; k++) {
		if (strcmp(hosts->v[k].vm, h->vm) == 0 && hosts->v[k].nic < h->nic)
			first = false;
	}
	if (!first)
		buf_addf(b, "-%u", h->nic);
}

static void
add_hosts(struct buf *b, const struct host_bridge *bridge, const struct network_hosts *hosts)
{
	char mac[MAC_TEXT], ip[IP_TEXT];

	for (size_t i = 0; i < hosts->n; i++) {
		buf_addf(b, "dhcp-host=%s,%s,", mac_format(hosts->v[i].mac, mac),
		    ip_format(&hosts->v[i].ip, ip));
		add_label(b, hosts, i);
		buf_addc(b, '\n');
		if (bridge->dns != SWITCH_ON)
			continue;
		buf_add(b, "host-record=");
		add_label(b, hosts, i);
		buf_addf(b, ".%s,", bridge->domain);
		add_label(b, hosts, i);
		buf_addf(b, ",%s\n", ip);
	}
}

static void
add_dhcp(struct buf *b, const struct host_bridge *bridge)
{
	const struct bridge_dhcp *dhcp = &bridge->dhcp;
	struct ip_net all = { { .len = IP4, .b = { 255, 255, 255, 255 } },
		bridge->address[0].bits };
	char first[IP_TEXT], last[IP_TEXT], mask[IP_TEXT];
	struct ip netmask = ip_first(&all);

	buf_addf(b, "dhcp-range=%s,%s,%s,%lld\n", ip_format(&dhcp->first, first),
	    ip_format(&dhcp->last, last), ip_format(&netmask, mask),
	    (long long)(dhcp->lease_time / 1000));
	buf_add(b, "dhcp-authoritative\n"
		   "dhcp-ignore-names=tag:!known\n");
	if (!bridge->nat)
		buf_add(b, "dhcp-option=option:router\n");
	if (bridge->dns != SWITCH_ON)
		buf_add(b, "dhcp-option=option:dns-server\n");
	if (bridge->mtu != 0 && bridge->mtu != ETHERNET_MTU)
		buf_addf(b, "dhcp-option=option:mtu,%lld\n", (long long)bridge->mtu);
}

/* Without nat nothing lies behind the host: no default route is told. */
static void
add_ra(struct buf *b, const struct host_bridge *bridge)
{
	char text[IP_TEXT];

	buf_add(b, "enable-ra\n");
	if (!bridge->nat)
		buf_addf(b, "ra-param=%s,0,0\n", bridge->name);
	for (size_t i = 0; i < bridge->naddress6; i++) {
		struct ip first = ip_first(&bridge->address6[i]);

		buf_addf(b, "dhcp-range=%s,ra-names,%u\n", ip_format(&first, text),
		    bridge->address6[i].bits);
	}
	if (bridge->dns != SWITCH_ON)
		buf_add(b, "dhcp-option=option6:dns-server\n");
}

/* Names of the network are answered here or not at all; the rest is asked of the host's servers
 * only by those who can reach them anyway. */
static void
add_dns(struct buf *b, const struct host_bridge *bridge)
{
	if (bridge->dns != SWITCH_ON) {
		buf_add(b, "port=0\n");
		return;
	}
	buf_addf(b, "domain=%s\nlocal=/%s/\n", bridge->domain, bridge->domain);
	buf_addf(b, "domain-needed\nbogus-priv\nno-hosts\ncache-size=%d\n", CACHE_SIZE);
	if (!bridge->nat)
		buf_add(b, "no-resolv\n");
}

void
network_dnsmasq(struct buf *b, const struct host_bridge *bridge, const struct network_hosts *hosts,
    const char *leases, const char *user)
{
	/* Guests are told to ask its link-local address, which is there a second later than the
	 * bridge: only so it keeps the right to listen at that as well. */
	buf_addf(b, "interface=%s\nexcept-interface=lo\nbind-dynamic\n", bridge->name);
	buf_addf(b, "user=%s\npid-file\nlog-facility=-\n", user);
	add_dns(b, bridge);
	if (bridge->dhcp.enabled == SWITCH_ON)
		add_dhcp(b, bridge);
	if (bridge->ra == SWITCH_ON)
		add_ra(b, bridge);
	if (bridge->dhcp.enabled == SWITCH_ON || bridge->ra == SWITCH_ON)
		buf_addf(b, "dhcp-leasefile=%s\n", leases);
	add_hosts(b, bridge, hosts);
}
