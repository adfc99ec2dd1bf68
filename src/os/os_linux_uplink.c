/* What an uplink and its bridge will have once everything has moved; pure but for the gateways'
 * answers. Fills os.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os_linux_link.h"
#include "os/os_linux_uplink.h"
#include "util/diag.h"
#include "util/mem.h"

/* --- messages --- */

/* RTNH_OK() reads a length before it looks whether there is one. */
struct rtnexthop *
uplink_nexthop(const struct nlattr *multipath, const struct rtnexthop *last)
{
	char *first = mnl_attr_get_payload(multipath),
	     *end = first + mnl_attr_get_payload_len(multipath);
	char *next = last == NULL ? first : (char *)last + RTNH_ALIGN(last->rtnh_len);
	struct rtnexthop *hop = (struct rtnexthop *)next;

	if (next > end || (size_t)(end - next) < sizeof(*hop) || hop->rtnh_len < sizeof(*hop) ||
	    hop->rtnh_len > end - next)
		return NULL;
	return hop;
}

static void
nexthops_reindex(struct nlattr *multipath, unsigned from, unsigned to)
{
	struct rtnexthop *hop = NULL;

	while ((hop = uplink_nexthop(multipath, hop)) != NULL) {
		if ((unsigned)hop->rtnh_ifindex == from)
			hop->rtnh_ifindex = (int)to;
	}
}

static void
route_reindex(struct nlmsghdr *m, unsigned from, unsigned to)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, m, sizeof(struct rtmsg))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_get_u32(attr) == from)
			memcpy(mnl_attr_get_payload(attr), &to, sizeof(to));
		else if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
			nexthops_reindex(attr, from, to);
	}
}

void
uplink_reindex(struct nlmsghdr *m, unsigned from, unsigned to)
{
	struct ifaddrmsg *addr = mnl_nlmsg_get_payload(m);
	struct ndmsg *neigh = mnl_nlmsg_get_payload(m);

	if (m->nlmsg_type == RTM_NEWROUTE)
		route_reindex(m, from, to);
	else if (m->nlmsg_type == RTM_NEWADDR && addr->ifa_index == from)
		addr->ifa_index = to;
	else if (m->nlmsg_type == RTM_NEWNEIGH && (unsigned)neigh->ndm_ifindex == from)
		neigh->ndm_ifindex = (int)to;
}

const struct nlattr *
uplink_attr(const struct nlmsghdr *m, unsigned type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, m, uplink_header(m))
	{
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

const char *
uplink_item_text(const struct uplink_item *item, char *ret, size_t size)
{
	static const char *const words[] = { "address", "route", "neighbour" };
	const struct nlmsghdr *m = item->m;
	const struct rtmsg *route = mnl_nlmsg_get_payload(m);
	const struct ifaddrmsg *addr = mnl_nlmsg_get_payload(m);
	const struct ndmsg *neigh = mnl_nlmsg_get_payload(m);
	unsigned what = m->nlmsg_type == RTM_NEWADDR ? 0 : m->nlmsg_type == RTM_NEWROUTE ? 1 : 2;
	int family = what == 0   ? addr->ifa_family
		     : what == 1 ? route->rtm_family
				 : neigh->ndm_family;
	unsigned bits = what == 0 ? addr->ifa_prefixlen : what == 1 ? route->rtm_dst_len : 0;
	const struct nlattr *attr = uplink_attr(m, what == 0   ? IFA_LOCAL
						   : what == 1 ? (unsigned)RTA_DST
							       : NDA_DST);
	char text[INET6_ADDRSTRLEN] = "default";

	if (attr == NULL && what == 0)
		attr = uplink_attr(m, IFA_ADDRESS);
	if (attr != NULL)
		(void)inet_ntop(family, mnl_attr_get_payload(attr), text, sizeof(text));
	if (what == 2 || attr == NULL)
		snprintf(ret, size, "%s %s", words[what], text);
	else
		snprintf(ret, size, "%s %s/%u", words[what], text, bits);
	return ret;
}

/* --- what is to be --- */

static void
item_copy(struct uplink_items *to, const struct uplink_item *from)
{
	struct uplink_item *item = uplink_add(to);

	*item = *from;
	item->m = xcalloc(1, from->m->nlmsg_len);
	memcpy(item->m, from->m, from->m->nlmsg_len);
}

struct os_uplink *
uplink_clone(const struct os_uplink *u)
{
	struct os_uplink *c = xcalloc(1, sizeof(*c));

	*c = *u;
	memset(c->items, 0, sizeof(c->items));
	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		for (size_t i = 0; i < u->items[what].n; i++)
			item_copy(&c->items[what], &u->items[what].v[i]);
	}
	return c;
}

static bool
names(const struct nlmsghdr *m, unsigned index)
{
	struct nlmsghdr *c = xcalloc(1, m->nlmsg_len);
	bool is;

	memcpy(c, m, m->nlmsg_len);
	uplink_reindex(c, index, 0);
	is = memcmp(c, m, m->nlmsg_len) != 0;
	free(c);
	return is;
}

/* "eth0" and "eth0:1" are called after the interface. */
static void
label_move(struct uplink_item *item, const char *from, const char *to)
{
	const struct nlattr *attr, *label = uplink_attr(item->m, IFA_LABEL);
	size_t n = strlen(from), header = uplink_header(item->m);
	char moved[OS_IFNAME];
	struct nlmsghdr *c;
	const char *old;

	if (label == NULL)
		return;
	old = mnl_attr_get_str(label);
	if (strncmp(old, from, n) != 0 || (old[n] != '\0' && old[n] != ':'))
		return;
	strlcpy(moved, to, sizeof(moved));
	if (strlcat(moved, old + n, sizeof(moved)) >= sizeof(moved))
		strlcpy(moved, to, sizeof(moved));
	c = xcalloc(1, item->m->nlmsg_len + OS_IFNAME);
	mnl_nlmsg_put_header(c);
	c->nlmsg_type = item->m->nlmsg_type;
	memcpy(mnl_nlmsg_put_extra_header(c, header), mnl_nlmsg_get_payload(item->m), header);
	mnl_attr_for_each(attr, item->m, header)
	{
		if (attr == label)
			mnl_attr_put_strz(c, IFA_LABEL, moved);
		else
			mnl_attr_put(c, attr->nla_type, mnl_attr_get_payload_len(attr),
			    mnl_attr_get_payload(attr));
	}
	free(item->m);
	item->m = c;
}

/* All of from becomes to's. What to has already is made by the kernel alone (its link-local
 * address, the routes to it), and goes. */
static void
items_move(struct os_uplink *u, const struct uplink_side *from, const struct uplink_side *to)
{
	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		struct uplink_items *items = &u->items[what];
		size_t kept = 0;

		for (size_t i = 0; i < items->n; i++) {
			struct uplink_item item = items->v[i];

			if (names(item.m, from->index)) {
				uplink_reindex(item.m, from->index, to->index);
				if (what == UPLINK_ADDRS)
					label_move(&item, from->name, to->name);
				items->v[kept++] = item;
			} else {
				free(item.m);
			}
		}
		items->n = kept;
	}
}

static int
bridge_wish(struct diag *d, struct os_uplink *u, const struct os_bridge_wish *wish)
{
	struct uplink_side *bridge = &u->bridge;

	if (wish->mtu > u->port.mtu)
		return fail(d, "an MTU of %u bytes is more than that of %s, which is %u", wish->mtu,
		    u->port.name, u->port.mtu);
	if (wish->mtu != 0)
		bridge->mtu = wish->mtu;
	else if (!bridge->exists || bridge->mtu > u->port.mtu)
		bridge->mtu = u->port.mtu;
	bridge->mac = mac_is_zero(wish->mac) ? u->port.mac : wish->mac;
	bridge->exists = bridge->up = true;
	u->stp = wish->stp;
	u->vlan_filtering = wish->vlan_filtering;
	return 0;
}

int
os_uplink_moved(struct diag *d, struct os_uplink *now, const struct os_bridge_wish *wish,
    struct os_uplink **ret)
{
	struct os_uplink *u;

	if (now->obstacle[0] != '\0')
		return fail_as(d, now->passes ? DIAG_BUSY : DIAG_FAILED, "%s", now->obstacle);
	u = uplink_clone(now);
	u->joined = wish != NULL;
	if (wish != NULL && bridge_wish(d, u, wish) == -1) {
		os_uplink_free(u);
		return -1;
	}
	if (wish != NULL) {
		now->bridge.mac = now->bridge.exists ? now->bridge.mac : u->bridge.mac;
		items_move(u, &now->port, &now->bridge);
		u->port.up = true;
		u->bridge.gen_mode = now->port.gen_mode;
		if (u->port.gen_mode != -1)
			u->port.gen_mode = IN6_ADDR_GEN_MODE_NONE;
	} else {
		items_move(u, &now->bridge, &now->port);
		if (u->port.gen_mode != -1)
			u->port.gen_mode = now->bridge.gen_mode;
	}
	*ret = u;
	return 0;
}

/* --- gateways --- */

static void
gateway_add(struct os_gateways *all, int family, const struct nlattr *attr)
{
	struct os_gateway *g = &all->v[all->n];

	if (all->n == OS_GATEWAYS || attr == NULL)
		return;
	*g = (struct os_gateway){ .family = family };
	memcpy(g->address, mnl_attr_get_payload(attr), family == AF_INET ? 4 : sizeof(g->address));
	if (inet_ntop(family, g->address, g->text, sizeof(g->text)) == NULL)
		return;
	for (size_t i = 0; i < all->n; i++) {
		if (strcmp(all->v[i].text, g->text) == 0)
			return;
	}
	all->n++;
}

static void
gateways_of_nexthops(
    struct os_gateways *all, int family, unsigned index, const struct nlattr *multipath)
{
	struct rtnexthop *hop = NULL;

	while ((hop = uplink_nexthop(multipath, hop)) != NULL) {
		const struct rtattr *attr = RTNH_DATA(hop);
		int rest = hop->rtnh_len - RTNH_LENGTH(0);

		for (; (unsigned)hop->rtnh_ifindex == index && RTA_OK(attr, rest);
		     attr = RTA_NEXT(attr, rest)) {
			if (attr->rta_type == RTA_GATEWAY)
				gateway_add(all, family, (const struct nlattr *)attr);
		}
	}
}

void
os_uplink_gateways(const struct os_uplink *u, struct os_gateways *ret)
{
	unsigned index = u->joined ? u->bridge.index : u->port.index;
	const struct uplink_items *routes = &u->items[UPLINK_ROUTES];

	*ret = (struct os_gateways){ 0 };
	for (size_t i = 0; i < routes->n; i++) {
		const struct nlmsghdr *m = routes->v[i].m;
		const struct rtmsg *info = mnl_nlmsg_get_payload(m);
		const struct nlattr *oif = uplink_attr(m, RTA_OIF),
				    *hops = uplink_attr(m, RTA_MULTIPATH);

		if (info->rtm_dst_len != 0 || info->rtm_type != RTN_UNICAST)
			continue;
		if (oif != NULL && mnl_attr_get_u32(oif) == index)
			gateway_add(ret, info->rtm_family, uplink_attr(m, RTA_GATEWAY));
		if (hops != NULL)
			gateways_of_nexthops(ret, info->rtm_family, index, hops);
	}
}

struct looking {
	const struct os_gateway *gateway;
	int index;
	unsigned state;
};

static void
look_each(const struct nlmsghdr *m, void *arg)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(m);
	struct looking *l = arg;
	const struct nlattr *dst;

	if (m->nlmsg_type != RTM_NEWNEIGH || info->ndm_ifindex != l->index)
		return;
	dst = uplink_attr(m, NDA_DST);
	if (dst != NULL && info->ndm_family == l->gateway->family &&
	    memcmp(mnl_attr_get_payload(dst), l->gateway->address,
		l->gateway->family == AF_INET ? 4 : sizeof(l->gateway->address)) == 0)
		l->state = info->ndm_state;
}

/* The kernel asks: of a neighbour that it does not know everybody, of one that it knows itself. */
static int
probe(const struct looking *l, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	bool known = (l->state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY)) != 0;
	struct ndmsg *info;

	request->nlmsg_type = RTM_NEWNEIGH;
	request->nlmsg_flags = known ? NLM_F_REPLACE : NLM_F_CREATE | NLM_F_REPLACE;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ndm_family = (uint8_t)l->gateway->family;
	info->ndm_ifindex = l->index;
	info->ndm_state = known ? NUD_PROBE : NUD_NONE;
	info->ndm_flags = known ? 0 : NTF_USE;
	mnl_attr_put(request, NDA_DST, l->gateway->family == AF_INET ? 4 : 16, l->gateway->address);
	return netlink_ask(request, NULL, NULL, words);
}

int
os_gateway_ask(struct diag *d, const struct os_uplink *goal, struct os_gateway *g)
{
	const struct uplink_side *side = goal->joined ? &goal->bridge : &goal->port;
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	struct looking l = { .gateway = g };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct os_link link;
	struct ndmsg *info;

	if (os_link_find(d, side->name, &link) == -1)
		return -1;
	l.index = (int)link.index;
	request->nlmsg_type = RTM_GETNEIGH;
	request->nlmsg_flags = NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ndm_family = (uint8_t)g->family;
	if (netlink_ask(request, look_each, &l, words) == -1 && errno != EINTR)
		return netlink_fail(d, words, "gateway %s", g->text);
	if ((l.state & (NUD_PERMANENT | NUD_NOARP)) != 0) {
		g->fixed = true;
		return 1;
	}
	if (g->asked && (l.state & NUD_REACHABLE) != 0)
		return 1;
	if (g->asked && (l.state & (NUD_PROBE | NUD_INCOMPLETE)) != 0)
		return 0;
	if (probe(&l, words) == -1 && errno != ENOENT)
		return netlink_fail(d, words, "gateway %s", g->text);
	g->asked = true;
	return 0;
}

/* --- what cannot be one --- */

struct nature {
	unsigned type, flags;
};

static void
nature_each(const struct nlmsghdr *m, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(m);
	struct nature *nature = arg;

	if (m->nlmsg_type == RTM_NEWLINK)
		*nature = (struct nature){ info->ifi_type, info->ifi_flags };
}

bool
os_is_wireless(const char *name, const char *host)
{
	static const char *const signs[] = { "phy80211", "wireless" };
	bool is = false;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		char *path = xasprintf("%s/sys/class/net/%s/%s", host, name, signs[i]);

		is |= access(path, F_OK) == 0;
		free(path);
	}
	return is;
}

static const char *
unfit_kind(const char *kind)
{
	static const struct {
		const char *kind, *why;
	} kinds[] = {
		{ "bridge", "it is a bridge itself (give the NICs that bridge)" },
		{ "tun", "it is a tap or a tunnel of a program, not a way out" },
		{ "macvlan", "it takes frames for its own MAC only (use the interface below it)" },
		{ "macvtap", "it takes frames for its own MAC only (use the interface below it)" },
		{ "ipvlan", "it takes frames for its own MAC only (use the interface below it)" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].why;
	}
	return NULL;
}

bool
os_uplink_unfit(const struct os_link *link, const char *host, char *ret, size_t size)
{
	const char *why = unfit_kind(link->kind);
	struct nature nature = { .type = ARPHRD_ETHER };
	char words[NETLINK_WORDS];

	(void)link_ask(NULL, link->index, nature_each, &nature, words);
	if ((nature.flags & IFF_LOOPBACK) != 0)
		why = "it is the loopback interface, which leads to this host alone";
	else if (os_is_wireless(link->name, host))
		why = "it is a wireless station, and an access point takes frames from its own MAC "
		      "only: guests behind a bridge would not be heard (use a bridge with nat = "
		      "true)";
	else if (why == NULL && nature.type != ARPHRD_ETHER)
		why = "it is no Ethernet, and a bridge joins nothing else (use a bridge with nat = "
		      "true)";
	if (why != NULL)
		strlcpy(ret, why, size);
	return why != NULL;
}
