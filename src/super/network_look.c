/* What there is on the host of a network, and what stands in its way; see network.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/network.h"
#include "os/os.h"
#include "super/network_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/ip.h"
#include "util/mem.h"
#include "vm/vm.h"

static const char *
name_of(const struct os_link *links, size_t n, unsigned index)
{
	for (size_t i = 0; i < n; i++) {
		if (links[i].index == index)
			return links[i].name;
	}
	return "?";
}

static const struct ip_net *
overlapping(const struct host_bridge *b, const struct ip_net *other)
{
	for (size_t i = 0; i < b->naddress; i++) {
		if (other->ip.len == IP4 && ip_net_overlap(&b->address[i], other))
			return &b->address[i];
	}
	for (size_t i = 0; i < b->naddress6; i++) {
		if (other->ip.len == IP6 && ip_net_overlap(&b->address6[i], other))
			return &b->address6[i];
	}
	return NULL;
}

/* The host would look for that interface's neighbours, the gateway among them, on the bridge. */
int
network_look_addresses(struct diag *d, const struct host_bridge *b)
{
	struct os_link *links = NULL;
	struct os_addr *addrs = NULL;
	size_t nlinks, naddrs = 0;
	int result = 0;

	if (os_links(d, &links, &nlinks) == -1 || os_addrs(d, &addrs, &naddrs) == -1)
		result = -1;
	for (size_t i = 0; i < naddrs && result == 0; i++) {
		const char *interface = name_of(links, nlinks, addrs[i].index);
		const struct ip_net *own;
		struct ip_net other;
		char text[NET_TEXT];

		if (strcmp(interface, b->name) == 0 || ip_net_parse(addrs[i].text, &other) == -1 ||
		    (own = overlapping(b, &other)) == NULL)
			continue;
		result = fail(d,
		    "bridge %s: the network of its address %s overlaps with that of %s, which has "
		    "%s: give the bridge another one",
		    b->name, ip_net_format(own, text), interface, addrs[i].text);
	}
	free(addrs);
	free(links);
	return result;
}

static bool
has_address(const struct host_bridge *b, const struct ip_net *net)
{
	const struct ip_net *own = net->ip.len == IP6 ? b->address6 : b->address;
	size_t n = net->ip.len == IP6 ? b->naddress6 : b->naddress;

	for (size_t i = 0; i < n; i++) {
		if (own[i].bits == net->bits && ip_equal(&own[i].ip, &net->ip))
			return true;
	}
	return false;
}

/* It would have both, and guests that are on it know the old one alone. */
int
network_look_changed(struct diag *d, const struct host_bridge *b)
{
	struct os_link *links = NULL;
	struct os_addr *addrs = NULL;
	size_t nlinks, naddrs = 0;
	int result = 0;

	if (os_links(d, &links, &nlinks) == -1 || os_addrs(d, &addrs, &naddrs) == -1)
		result = -1;
	for (size_t i = 0; i < naddrs && result == 0; i++) {
		struct ip_net net;

		if (strcmp(name_of(links, nlinks, addrs[i].index), b->name) != 0 ||
		    ip_net_parse(addrs[i].text, &net) == -1 ||
		    ip_is_of_one_link(&net.ip) || /* each interface has one of its own */
		    has_address(b, &net))
			continue;
		result = fail(d,
		    "bridge %s: it has the address %s, which is not one of those that vmrun.conf "
		    "gives it now, and is not changed under the VMs on it: stop them and run "
		    "vmrun net down %s, then it is made anew",
		    b->name, addrs[i].text, b->name);
	}
	free(addrs);
	free(links);
	return result;
}

/* An accept of another table does not help: each chain at a hook has its word. */
char *
network_look_filters(const struct host_bridge *b)
{
	struct diag ignored = { 0 };
	struct buf warning = { 0 };
	char *chains, *chain;

	if ((!b->nat && !bridge_is_served(b)) || nft_ask(&ignored, "list chains", &chains) == -1) {
		diag_free(&ignored);
		return NULL;
	}
	chain = b->nat ? network_blocked(chains, "forward") : NULL;
	if (chain != NULL)
		buf_addf(&warning,
		    "bridge %s: the host's own filter (nftables chain %s) drops what is "
		    "forwarded: its guests reach nothing beyond the host until that chain accepts "
		    "what comes from %s and what goes to it",
		    b->name, chain, b->name);
	free(chain);
	chain = bridge_is_served(b) ? network_blocked(chains, "input") : NULL;
	if (chain != NULL)
		buf_addf(&warning,
		    "%sbridge %s: the host's own filter (nftables chain %s) drops what comes to "
		    "the host: its guests get no addresses and names until that chain accepts UDP "
		    "ports 53, 67 and 547 from %s",
		    warning.len > 0 ? "; " : "", b->name, chain, b->name);
	free(chain);
	free(chains);
	return warning.s;
}

/* --- is it there? --- */

/* Is it a port of that bridge, as it is to be? */
static bool
tunnel_is_whole(const struct network_work *w, const struct network_state *state)
{
	struct diag ignored = { 0 };
	char name[IFNAME_SIZE];
	struct os_link link;
	bool whole;

	if (state->tunnel != network_tunnel_mark(w->b))
		return false;
	if (state->tunnel == 0)
		return true;
	network_tunnel(w->b->name, name);
	whole = os_link_find(&ignored, name, &link) == 0 && link.master == state->index && link.up;
	diag_free(&ignored);
	return whole;
}

bool
network_filter_gone(const struct network_work *w, const struct network_state *state)
{
	char *table = xasprintf(NETWORK_TABLE "%s", w->b->name);
	struct diag ignored = { 0 };
	bool gone = state->filtered && os_table_there(&ignored, table) == 0;

	diag_free(&ignored);
	free(table);
	return gone;
}

static bool
is_among(const struct os_addr *addrs, size_t n, unsigned index, const struct ip_net *net)
{
	char text[NET_TEXT];

	(void)ip_net_format(net, text);
	for (size_t i = 0; i < n; i++) {
		if (addrs[i].index == index && strcmp(addrs[i].text, text) == 0)
			return true;
	}
	return false;
}

static bool
has_addresses(const struct host_bridge *b, const struct os_link *link)
{
	struct os_addr *addrs = NULL;
	struct diag ignored = { 0 };
	bool all;
	size_t n;

	all = os_addrs(&ignored, &addrs, &n) == 0;
	for (size_t i = 0; all && i < b->naddress; i++)
		all = is_among(addrs, n, link->index, &b->address[i]);
	for (size_t i = 0; all && i < b->naddress6; i++)
		all = is_among(addrs, n, link->index, &b->address6[i]);
	free(addrs);
	diag_free(&ignored);
	return all;
}

bool
network_look_whole(const struct network_work *w, const struct network_state *state)
{
	struct diag ignored = { 0 };
	struct os_link link;
	bool whole = os_link_find(&ignored, w->b->name, &link) == 0 && link.index == state->index &&
		     link.up && has_addresses(w->b, &link) && tunnel_is_whole(w, state) &&
		     !network_filter_gone(w, state);

	diag_free(&ignored);
	return whole;
}
