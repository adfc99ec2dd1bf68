/* Reads what an uplink and its bridge have: links, addresses, routes of every table, neighbours. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/os_linux_link.h"
#include "os/os_linux_uplink.h"
#include "util/diag.h"
#include "util/mem.h"

#define DUMP_TRIES 100
#define ATTRS_MAX  64 /* of one message */

/* What an address can be given; the rest of its flags follow from where it is. */
#define ADDR_FLAGS                                                                                 \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |            \
	    IFA_F_MCAUTOJOIN)

int64_t
uplink_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

struct uplink_item *
uplink_add(struct uplink_items *items)
{
	items->v = xgrow(items->v, items->n, sizeof(*items->v));
	items->v[items->n] = (struct uplink_item){ .valid = UPLINK_EVER, .preferred = UPLINK_EVER };
	return &items->v[items->n++];
}

size_t
uplink_header(const struct nlmsghdr *m)
{
	switch (m->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return sizeof(struct ifaddrmsg);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return sizeof(struct rtmsg);
	default:
		return sizeof(struct ndmsg);
	}
}

/* --- one form for each message --- */

static bool
changes_by_itself(const struct nlmsghdr *m, unsigned type)
{
	switch (m->nlmsg_type) {
	case RTM_NEWADDR:
		return type == IFA_CACHEINFO || type == IFA_FLAGS; /* the latter is put anew */
	case RTM_NEWROUTE:
		return type == RTA_CACHEINFO || type == RTA_EXPIRES;
	default:
		return type != NDA_DST && type != NDA_LLADDR;
	}
}

static uint32_t
addr_flags(const struct nlmsghdr *m)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(m);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, m, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == IFA_FLAGS)
			return mnl_attr_get_u32(attr);
	}
	return info->ifa_flags;
}

static void
nexthops_settle(struct nlattr *multipath)
{
	struct rtnexthop *hop = NULL;

	while ((hop = uplink_nexthop(multipath, hop)) != NULL)
		hop->rtnh_flags &= RTNH_F_ONLINK;
}

/* What the kernel says of the state of things is taken out, what it was told stays. */
static void
settle(struct nlmsghdr *c, uint32_t flags)
{
	struct nlattr *attr;

	if (c->nlmsg_type == RTM_NEWADDR) {
		struct ifaddrmsg *info = mnl_nlmsg_get_payload(c);

		info->ifa_flags = 0;
		mnl_attr_put_u32(c, IFA_FLAGS, flags & ADDR_FLAGS);
	} else if (c->nlmsg_type == RTM_NEWROUTE) {
		struct rtmsg *info = mnl_nlmsg_get_payload(c);

		info->rtm_flags &= RTNH_F_ONLINK;
		mnl_attr_for_each(attr, c, sizeof(*info))
		{
			if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
				nexthops_settle(attr);
		}
	} else {
		struct ndmsg *info = mnl_nlmsg_get_payload(c);

		info->ndm_flags &= NTF_PROXY | NTF_ROUTER;
		info->ndm_state &= NUD_PERMANENT;
	}
}

static struct nlmsghdr *
one_form(const struct nlmsghdr *m)
{
	struct nlmsghdr *c = xcalloc(1, m->nlmsg_len + 2 * MNL_ALIGN(sizeof(struct nlattr) + 4));
	const struct nlattr *attrs[ATTRS_MAX], *attr;
	size_t header = uplink_header(m), n = 0, at;

	mnl_attr_for_each(attr, m, header)
	{
		if (n == ATTRS_MAX || changes_by_itself(m, mnl_attr_get_type(attr)))
			continue;
		for (at = n++; at > 0 && mnl_attr_get_type(attrs[at - 1]) > mnl_attr_get_type(attr);
		     at--)
			attrs[at] = attrs[at - 1];
		attrs[at] = attr;
	}
	mnl_nlmsg_put_header(c);
	c->nlmsg_type = m->nlmsg_type;
	memcpy(mnl_nlmsg_put_extra_header(c, header), mnl_nlmsg_get_payload(m), header);
	for (at = 0; at < n; at++)
		mnl_attr_put(c, attrs[at]->nla_type, mnl_attr_get_payload_len(attrs[at]),
		    mnl_attr_get_payload(attrs[at]));
	settle(c, m->nlmsg_type == RTM_NEWADDR ? addr_flags(m) : 0);
	return c;
}

static void
read_times(const struct nlmsghdr *m, struct uplink_item *item)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, m, uplink_header(m))
	{
		unsigned type = mnl_attr_get_type(attr);

		if (m->nlmsg_type == RTM_NEWADDR && type == IFA_CACHEINFO) {
			const struct ifa_cacheinfo *info = mnl_attr_get_payload(attr);

			item->valid = info->ifa_valid;
			item->preferred = info->ifa_prefered;
		} else if (m->nlmsg_type == RTM_NEWROUTE && type == RTA_CACHEINFO) {
			const struct rta_cacheinfo *info = mnl_attr_get_payload(attr);
			long second = sysconf(_SC_CLK_TCK);

			/* To the nearest: many moves are to cost a route nothing. */
			if (info->rta_expires != 0)
				item->valid = (uint32_t)((info->rta_expires + second / 2) / second);
		}
	}
}

/* --- which messages are ours --- */

static bool
is_ours(const struct os_uplink *u, unsigned index)
{
	return index == u->port.index || (u->bridge.exists && index == u->bridge.index);
}

static bool
nexthops_ours(const struct os_uplink *u, const struct nlattr *multipath)
{
	struct rtnexthop *hop = NULL;

	while ((hop = uplink_nexthop(multipath, hop)) != NULL) {
		if (is_ours(u, (unsigned)hop->rtnh_ifindex))
			return true;
	}
	return false;
}

/* Routes that come and go with an address or an interface are the kernel's own. */
static bool
route_ours(struct os_uplink *u, const struct nlmsghdr *m)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(m);
	const struct nlattr *attr;
	bool ours = false, object = false;

	if ((info->rtm_flags & RTM_F_CLONED) != 0 ||
	    (info->rtm_family != AF_INET && info->rtm_family != AF_INET6) ||
	    (info->rtm_protocol == RTPROT_KERNEL && info->rtm_type != RTN_UNICAST))
		return false;
	mnl_attr_for_each(attr, m, sizeof(*info))
	{
		unsigned type = mnl_attr_get_type(attr);

		ours |= (type == RTA_OIF && is_ours(u, mnl_attr_get_u32(attr))) ||
			(type == RTA_MULTIPATH && nexthops_ours(u, attr));
		object |= type == RTA_NH_ID;
	}
	if (ours && object)
		snprintf(u->obstacle, sizeof(u->obstacle),
		    "a route through %s uses a nexthop object (ip nexthop), which cannot be moved",
		    u->port.name);
	return ours;
}

static bool
addr_ours(struct os_uplink *u, const struct nlmsghdr *m)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(m);
	const struct uplink_item item = { .m = (struct nlmsghdr *)m };
	uint32_t flags = addr_flags(m);
	char text[80];

	if (!is_ours(u, info->ifa_index) ||
	    (info->ifa_family != AF_INET && info->ifa_family != AF_INET6))
		return false;
	if ((flags & IFA_F_DADFAILED) != 0)
		snprintf(u->obstacle, sizeof(u->obstacle),
		    "%s: another host has that address (duplicate address detection failed)",
		    uplink_item_text(&item, text, sizeof(text)));
	else if ((flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) == IFA_F_TENTATIVE) {
		snprintf(u->obstacle, sizeof(u->obstacle),
		    "%s: the kernel still looks whether another host has it",
		    uplink_item_text(&item, text, sizeof(text)));
		u->passes = true;
	}
	return true;
}

static bool
neigh_ours(const struct os_uplink *u, const struct nlmsghdr *m)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(m);

	return is_ours(u, (unsigned)info->ndm_ifindex) &&
	       ((info->ndm_state & NUD_PERMANENT) != 0 || (info->ndm_flags & NTF_PROXY) != 0);
}

struct reading {
	struct os_uplink *u;
	enum uplink_what what;
};

static void
read_each(const struct nlmsghdr *m, void *arg)
{
	static const unsigned types[] = { RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH };
	struct reading *r = arg;
	struct uplink_item *item;
	bool ours;

	if (m->nlmsg_type != types[r->what])
		return;
	ours = r->what == UPLINK_ADDRS    ? addr_ours(r->u, m)
	       : r->what == UPLINK_ROUTES ? route_ours(r->u, m)
					  : neigh_ours(r->u, m);
	if (!ours)
		return;
	item = uplink_add(&r->u->items[r->what]);
	item->m = one_form(m);
	read_times(m, item);
}

static void
items_free(struct uplink_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		free(items->v[i].m);
	free(items->v);
	*items = (struct uplink_items){ 0 };
}

/* A dump during which something changed may lack a part: the whole kind is read again. */
static int
read_family(struct os_uplink *u, enum uplink_what what, int family, uint8_t flags,
    char words[NETLINK_WORDS])
{
	static const uint16_t types[] = { RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH };
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct reading reading = { u, what };
	size_t before = u->items[what].n;

	for (unsigned tries = 0; tries < DUMP_TRIES; tries++) {
		struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

		request->nlmsg_type = types[what];
		request->nlmsg_flags = NLM_F_DUMP;
		if (what == UPLINK_ADDRS) {
			struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

			info->ifa_family = (uint8_t)family;
		} else if (what == UPLINK_ROUTES) {
			struct rtmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

			info->rtm_family = (uint8_t)family;
		} else {
			struct ndmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

			info->ndm_family = (uint8_t)family;
			info->ndm_flags = flags;
		}
		if (netlink_ask(request, read_each, &reading, words) == 0)
			return 0;
		while (u->items[what].n > before)
			free(u->items[what].v[--u->items[what].n].m);
		if (errno != EINTR)
			break;
	}
	return errno == EAFNOSUPPORT || errno == EOPNOTSUPP ? 0 : -1;
}

static int
read_items(struct os_uplink *u, char words[NETLINK_WORDS])
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		if (read_family(u, UPLINK_ADDRS, families[i], 0, words) == -1 ||
		    read_family(u, UPLINK_ROUTES, families[i], 0, words) == -1 ||
		    read_family(u, UPLINK_NEIGHS, families[i], 0, words) == -1 ||
		    read_family(u, UPLINK_NEIGHS, families[i], NTF_PROXY, words) == -1)
			return -1;
	}
	return 0;
}

/* --- the two interfaces --- */

static void
side_gen_mode(const struct nlattr *af_spec, struct uplink_side *side)
{
	const struct nlattr *family, *attr;

	mnl_attr_for_each_nested(family, af_spec)
	{
		if (mnl_attr_get_type(family) != AF_INET6)
			continue;
		mnl_attr_for_each_nested(attr, family)
		{
			if (mnl_attr_get_type(attr) == IFLA_INET6_ADDR_GEN_MODE)
				side->gen_mode = mnl_attr_get_u8(attr);
		}
	}
}

static void
side_each(const struct nlmsghdr *m, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(m);
	struct uplink_side *side = arg;
	const struct nlattr *attr;

	if (m->nlmsg_type != RTM_NEWLINK)
		return;
	side->exists = true;
	side->index = (unsigned)info->ifi_index;
	side->up = (info->ifi_flags & IFF_UP) != 0;
	side->running = (info->ifi_flags & IFF_RUNNING) != 0;
	mnl_attr_for_each(attr, m, sizeof(*info))
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attr) == sizeof(side->mac.b))
				memcpy(
				    side->mac.b, mnl_attr_get_payload(attr), sizeof(side->mac.b));
			break;
		case IFLA_MTU:
			side->mtu = mnl_attr_get_u32(attr);
			break;
		case IFLA_MASTER:
			side->master = mnl_attr_get_u32(attr);
			break;
		case IFLA_AF_SPEC:
			side_gen_mode(attr, side);
			break;
		default:
			break;
		}
	}
}

/* With statistics: the kernel tells the mode of IPv6 addresses only then. */
int
uplink_side_read(const char *name, struct uplink_side *ret, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct uplink_side side = { .gen_mode = -1, .index = UPLINK_NO_INDEX };
	struct nlmsghdr *request;

	strlcpy(side.name, name, sizeof(side.name));
	link_request(buf, &request, RTM_GETLINK, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, side.name);
	if (netlink_ask(request, side_each, &side, words) == -1 && errno != ENODEV)
		return -1;
	*ret = side;
	return 0;
}

int
os_uplink_read(struct diag *d, const char *bridge, const char *uplink, struct os_uplink **ret)
{
	struct os_uplink *u = xcalloc(1, sizeof(*u));
	char words[NETLINK_WORDS];
	struct os_proc self;

	u->read_at = uplink_now();
	if (os_proc_find(d, getpid(), &self) == -1)
		goto fail;
	strlcpy(u->boot, self.boot, sizeof(u->boot));
	if (uplink_side_read(uplink, &u->port, words) == -1 ||
	    uplink_side_read(bridge, &u->bridge, words) == -1) {
		netlink_fail(d, words, "%s", uplink);
		goto fail;
	}
	if (!u->port.exists) {
		fail(d, "%s: there is no such interface", uplink);
		errno = ENODEV;
		goto fail;
	}
	u->joined = u->bridge.exists && u->port.master == u->bridge.index;
	if (read_items(u, words) == -1) {
		netlink_fail(d, words, "%s: cannot read its addresses and routes", uplink);
		goto fail;
	}
	*ret = u;
	return 0;
fail:
	os_uplink_free(u);
	return -1;
}

void
os_uplink_free(struct os_uplink *u)
{
	if (u == NULL)
		return;
	for (unsigned what = 0; what < UPLINK_WHATS; what++)
		items_free(&u->items[what]);
	free(u);
}
