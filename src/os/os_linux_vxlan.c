/* VXLAN tunnels on Linux, the uplink of a bridge that spans several hosts; fills os.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "util/diag.h"
#include "util/ip.h"

/* Ethernet, VXLAN and UDP, and the outer header of IP. */
#define OVERHEAD4 (14 + 8 + 8 + 20)
#define OVERHEAD6 (14 + 8 + 8 + 40)

/* How the host reaches a peer. */
struct way {
	unsigned link; /* index; 0: not at all */
	bool own;      /* it is the host itself */
};

static void
way_each(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct way *way = arg;

	way->own = route->rtm_type == RTN_LOCAL;
	mnl_attr_for_each(attr, message, sizeof(*route))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF)
			way->link = mnl_attr_get_u32(attr);
	}
}

static int
way_find(struct diag *d, const struct os_tunnel *t, const struct ip *peer, struct way *ret)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS], text[IP_TEXT];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct way way = { 0 };
	struct rtmsg *route;

	request->nlmsg_type = RTM_GETROUTE;
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = peer->len == IP6 ? AF_INET6 : AF_INET;
	route->rtm_dst_len = (uint8_t)(peer->len * 8);
	mnl_attr_put(request, RTA_DST, peer->len, peer->b);
	if (netlink_ask(request, way_each, &way, words) == -1)
		return netlink_fail(d, words,
		    "tunnel %s: there is no way to its peer %s (ip route)", t->name,
		    ip_format(peer, text));
	*ret = way;
	return 0;
}

/* Through which link, and without the peers that are this very host: the same list can be on all of
 * them. */
struct ends {
	struct ip peers[OS_TUNNEL_PEERS];
	size_t n;
	struct os_link link;
};

static int
ends_find(struct diag *d, const struct os_tunnel *t, struct ends *ret)
{
	char words[NETLINK_WORDS];
	unsigned through = 0;

	ret->n = 0;
	for (size_t i = 0; i < t->npeers && ret->n < OS_TUNNEL_PEERS; i++) {
		struct way way = { 0 };

		if (!ip_is_multicast(&t->peers[i]) && way_find(d, t, &t->peers[i], &way) == -1)
			return -1;
		if (way.own)
			continue;
		if (through == 0)
			through = way.link;
		ret->peers[ret->n++] = t->peers[i];
	}
	if (ret->n == 0)
		return fail(d,
		    "tunnel %s: every peer is an address of this host (peers are the others)",
		    t->name);
	if (t->device != NULL)
		return os_link_find(d, t->device, &ret->link);
	if (link_get(NULL, through, &ret->link, words) == -1)
		return netlink_fail(d, words, "tunnel %s", t->name);
	return 0;
}

static int
mtu_choose(struct diag *d, const struct os_tunnel *t, const struct ends *e, unsigned *ret)
{
	unsigned overhead = e->peers[0].len == IP6 ? OVERHEAD6 : OVERHEAD4;
	unsigned room = e->link.mtu > overhead ? e->link.mtu - overhead : 0;

	if (t->mtu > room)
		return fail(d,
		    "tunnel %s: the bridge's MTU is to be %u, and what goes through %s, whose own "
		    "is %u, can be %u at most (lower the one or raise the other)",
		    t->name, t->mtu, e->link.name, e->link.mtu, room);
	*ret = t->mtu != 0 ? t->mtu : room;
	return 0;
}

static void
put_ip(struct nlmsghdr *request, uint16_t attr4, uint16_t attr6, const struct ip *ip)
{
	mnl_attr_put(request, ip->len == IP6 ? attr6 : attr4, ip->len, ip->b);
}

/* The first peer, or the group, is where frames for everybody go by default; without any the kernel
 * would not know whether the tunnel is of IPv4 or IPv6. */
static int
tunnel_new(const struct os_tunnel *t, const struct ends *e, unsigned mtu, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct nlattr *info, *data;

	link_request(buf, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(request, IFLA_IFNAME, t->name);
	mnl_attr_put_u32(request, IFLA_MTU, mtu);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "vxlan");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_VXLAN_ID, t->vni);
	mnl_attr_put_u16(request, IFLA_VXLAN_PORT, htons((uint16_t)t->port));
	mnl_attr_put_u8(request, IFLA_VXLAN_LEARNING, 1);
	put_ip(request, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, &e->peers[0]);
	if (t->local.len != 0)
		put_ip(request, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6, &t->local);
	if (t->device != NULL)
		mnl_attr_put_u32(request, IFLA_VXLAN_LINK, e->link.index);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return netlink_ask(request, NULL, NULL, words);
}

/* Frames for everybody, and those for a MAC that is not known yet, go there as well. */
static int
peer_add(unsigned tunnel, const struct ip *peer, char words[NETLINK_WORDS])
{
	static const uint8_t everybody[6] = { 0 };
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ndmsg *entry;

	request->nlmsg_type = RTM_NEWNEIGH;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_APPEND;
	entry = mnl_nlmsg_put_extra_header(request, sizeof(*entry));
	*entry = (struct ndmsg){ .ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)tunnel,
		.ndm_state = NUD_NOARP | NUD_PERMANENT,
		.ndm_flags = NTF_SELF };
	mnl_attr_put(request, NDA_LLADDR, sizeof(everybody), everybody);
	mnl_attr_put(request, NDA_DST, peer->len, peer->b);
	return netlink_ask(request, NULL, NULL, words);
}

/* The host is no station on it, as on a tap; its alias says whose it is before it does anything. */
static int
tunnel_dress(unsigned tunnel, const struct os_tunnel *t, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)tunnel;
	mnl_attr_put_strz(request, IFLA_IFALIAS, t->alias);
	return netlink_ask(request, NULL, NULL, words);
}

static int
tunnel_join(unsigned tunnel, unsigned bridge, bool inet6, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)tunnel;
	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_u32(request, IFLA_MASTER, bridge);
	if (inet6)
		link_put_no_address(request);
	return netlink_ask(request, NULL, NULL, words);
}

/* Of one that is not up yet. */
static int
tunnel_fill(const struct os_tunnel *t, const struct ends *e, const struct os_link *bridge,
    char words[NETLINK_WORDS])
{
	struct os_link link = { 0 };
	int joined;

	if (link_get(t->name, 0, &link, words) == -1 || tunnel_dress(link.index, t, words) == -1)
		return -1;
	for (size_t i = 1; i < e->n; i++) {
		if (peer_add(link.index, &e->peers[i], words) == -1 && errno != EEXIST)
			return -1;
	}
	joined = tunnel_join(link.index, bridge->index, true, words);
	if (joined == -1 && errno == EAFNOSUPPORT) /* a kernel without IPv6 */
		joined = tunnel_join(link.index, bridge->index, false, words);
	return joined;
}

/* From an address that it does not have, the host would send nothing, without a word. */
static int
check_local(struct diag *d, const struct os_tunnel *t)
{
	char text[IP_TEXT];
	struct os_addr *addrs;
	bool own = false;
	size_t n, len;

	if (t->local.len == 0)
		return 0;
	if (os_addrs(d, &addrs, &n) == -1)
		return -1;
	len = strlen(ip_format(&t->local, text));
	for (size_t i = 0; i < n; i++)
		own |= strncmp(addrs[i].text, text, len) == 0 && addrs[i].text[len] == '/';
	free(addrs);
	return own ? 0
		   : fail(d, "tunnel %s: local: %s is no address of this host (ip addr)", t->name,
			 text);
}

/* Anew where there is one: whatever of it was changed, it is as it is wished then. */
int
os_tunnel_make(struct diag *d, const struct os_tunnel *t, const struct os_link *bridge)
{
	char words[NETLINK_WORDS];
	struct diag ignored = { 0 };
	struct ends ends;
	unsigned mtu = 0;

	if (check_local(d, t) == -1 || ends_find(d, t, &ends) == -1 ||
	    mtu_choose(d, t, &ends, &mtu) == -1 || os_tunnel_destroy(d, t->name, t->alias) == -1)
		return -1;
	if (tunnel_new(t, &ends, mtu, words) == -1)
		return netlink_fail(d, words, "tunnel %s: it cannot be made%s", t->name,
		    errno == EOPNOTSUPP ? " (is the kernel module vxlan there?)" : "");
	if (tunnel_fill(t, &ends, bridge, words) == 0)
		return 0;
	netlink_fail(d, words, "tunnel %s: it cannot join bridge %s", t->name, bridge->name);
	(void)os_tunnel_destroy(&ignored, t->name, t->alias);
	diag_free(&ignored);
	return -1;
}

int
os_tunnel_destroy(struct diag *d, const char *name, const char *alias)
{
	return link_destroy(d, name, "vxlan", alias);
}
