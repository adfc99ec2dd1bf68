/* Interfaces, addresses and taps on Linux: rtnetlink and /dev/net/tun; fills os.h. */
#include "os/os.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os_linux_netlink.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define DUMP_TRIES 100 /* a host that starts a fleet changes all the time */

static struct ifinfomsg *
link_request(void *buf, struct nlmsghdr **ret, unsigned type, unsigned flags)
{
	struct ifinfomsg *info;

	*ret = mnl_nlmsg_put_header(buf);
	(*ret)->nlmsg_type = (uint16_t)type;
	(*ret)->nlmsg_flags = (uint16_t)flags;
	info = mnl_nlmsg_put_extra_header(*ret, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	return info;
}

static void
copy_string(const struct nlattr *attr, char *ret, size_t size)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) != -1)
		strlcpy(ret, mnl_attr_get_str(attr), size);
}

static void
link_kind(const struct nlattr *info, struct os_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_string(attr, link->kind, sizeof(link->kind));
	}
}

static void
link_attribute(const struct nlattr *attr, struct os_link *link)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		copy_string(attr, link->name, sizeof(link->name));
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(link->mac.b))
			memcpy(link->mac.b, mnl_attr_get_payload(attr), sizeof(link->mac.b));
		break;
	case IFLA_MTU:
		link->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_CARRIER:
		link->carrier = mnl_attr_get_u8(attr) != 0;
		break;
	case IFLA_MASTER:
		link->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_IFALIAS:
		copy_string(attr, link->alias, sizeof(link->alias));
		break;
	case IFLA_LINKINFO:
		link_kind(attr, link);
		break;
	default:
		break;
	}
}

static void
link_parse(const struct nlmsghdr *message, struct os_link *ret)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	*ret = (struct os_link){ .index = (unsigned)info->ifi_index };
	mnl_attr_for_each(attr, message, sizeof(*info)) link_attribute(attr, ret);
	ret->up = (info->ifi_flags & IFF_UP) != 0;
	ret->is_bridge = strcmp(ret->kind, "bridge") == 0;
	ret->is_tap = strcmp(ret->kind, "tun") == 0 && info->ifi_type == ARPHRD_ETHER;
}

struct list {
	void *items;
	size_t n, cap, size;
};

static void *
list_add(struct list *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		l->items = xreallocarray(l->items, l->cap, l->size);
	}
	return (char *)l->items + l->n++ * l->size;
}

static void
links_each(const struct nlmsghdr *message, void *list)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		link_parse(message, list_add(list));
}

static void
addrs_each(const struct nlmsghdr *message, void *list)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const void *address = NULL;
	const struct nlattr *attr;
	char text[INET6_ADDRSTRLEN];
	struct os_addr *addr;

	if (message->nlmsg_type != RTM_NEWADDR)
		return;
	/* On a point-to-point link IFA_ADDRESS is the peer's; IFA_LOCAL is ours wherever it is
	 * there. */
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == IFA_LOCAL ||
		    (mnl_attr_get_type(attr) == IFA_ADDRESS && address == NULL))
			address = mnl_attr_get_payload(attr);
	}
	if (address == NULL || inet_ntop(info->ifa_family, address, text, sizeof(text)) == NULL)
		return;
	addr = list_add(list);
	addr->index = info->ifa_index;
	snprintf(addr->text, sizeof(addr->text), "%s/%u", text, info->ifa_prefixlen);
}

/* A dump in which something changed may have left out an interface: it is made again. */
static int
dump(struct diag *d, struct nlmsghdr *request, void (*each)(const struct nlmsghdr *, void *),
    struct list *list, const char *what)
{
	char words[NETLINK_WORDS];

	for (unsigned tries = 0; tries < DUMP_TRIES; tries++) {
		list->n = 0;
		if (netlink_ask(request, each, list, words) == 0)
			return 0;
		if (errno != EINTR)
			break;
	}
	free(list->items);
	return netlink_fail(d, words, "cannot list the host's %s", what);
}

int
os_links(struct diag *d, struct os_link **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_GETLINK, NLM_F_DUMP);
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (dump(d, request, links_each, &list, "interfaces") == -1)
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

int
os_addrs(struct diag *d, struct os_addr **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifaddrmsg));
	if (dump(d, request, addrs_each, &list, "addresses") == -1)
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

static void
link_each(const struct nlmsghdr *message, void *link)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		link_parse(message, link);
}

/* By name, or by index where name is NULL. -1 with errno; words says why. */
static int
link_get(const char *name, unsigned index, struct os_link *ret, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_GETLINK, 0)->ifi_index = (int)index;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name != NULL)
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return netlink_ask(request, link_each, ret, words);
}

int
os_link_find(struct diag *d, const char *name, struct os_link *ret)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };

	if (name[0] == '\0' || strlen(name) >= OS_IFNAME) {
		fail(d, "%s: there is no such interface", name);
		errno = ENODEV;
		return -1;
	}
	if (link_get(name, 0, &link, words) == -1) {
		if (errno == ENODEV)
			strlcpy(words, "there is no such interface", sizeof(words));
		return netlink_fail(d, words, "%s", name);
	}
	*ret = link;
	return 0;
}

/* IFF_TUN_EXCL: without it a persistent tap of that name would be taken over from its owner. */
static int
tap_create(int fd, const char *name, struct ifreq *ret)
{
	*ret =
	    (struct ifreq){ .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (short)IFF_TUN_EXCL };
	strlcpy(ret->ifr_name, name, sizeof(ret->ifr_name));
	return ioctl(fd, TUNSETIFF, ret);
}

/* Names are free here, and a tap is gone with its descriptor: a name that is taken meanwhile is no
 * harm. */
int
os_tap_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	strlcpy(ret, wish, OS_IFNAME);
	return 0;
}

int
os_tap_open(struct diag *d, const char *name, struct os_tap *ret)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };
	struct ifreq request;
	int fd;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return fail_sys(d, "cannot make a tap: /dev/net/tun%s",
		    errno == ENOENT || errno == ENODEV ? " (is the kernel module tun loaded?)"
						       : "");
	if (tap_create(fd, name, &request) == -1 &&
	    ((errno != EBUSY && errno != EEXIST && errno != EINVAL) ||
		tap_create(fd, "vmtap%d", &request) == -1)) {
		fail_sys(d, "cannot make tap %s", name);
		goto fail;
	}
	if (link_get(request.ifr_name, 0, &link, words) == -1) {
		netlink_fail(d, words, "tap %s", request.ifr_name);
		goto fail;
	}
	ret->fd = fd;
	ret->index = link.index;
	strlcpy(ret->name, request.ifr_name, sizeof(ret->name));
	return 0;
fail:
	fd_close(&fd);
	return -1;
}

/* The host is to be no station on a guest's tap: without a generated address the kernel has none to
 * announce or to ask routers from. It must be said before the tap is up. */
static void
put_no_address(struct nlmsghdr *request)
{
	struct nlattr *spec = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(request, AF_INET6);

	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, inet6);
	mnl_attr_nest_end(request, spec);
}

static int
tap_dress(
    const struct os_tap *tap, const struct os_port *port, bool inet6, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_SETLINK, 0)->ifi_index = (int)tap->index;
	if (!mac_is_zero(port->mac))
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(port->mac.b), port->mac.b);
	mnl_attr_put_u32(request, IFLA_MTU, port->mtu);
	if (port->alias != NULL)
		mnl_attr_put_strz(request, IFLA_IFALIAS, port->alias);
	if (inet6)
		put_no_address(request);
	return netlink_ask(request, NULL, NULL, words);
}

static int
tap_master(unsigned tap, unsigned bridge, bool up, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)tap;
	info->ifi_flags = info->ifi_change = up ? IFF_UP : 0;
	mnl_attr_put_u32(request, IFLA_MASTER, bridge);
	return netlink_ask(request, NULL, NULL, words);
}

/* Two messages, not one: the kernel takes AF_SPEC last of all, and the order of IFLA_MASTER and the
 * flags changed in Linux 6.1. */
int
os_tap_join(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	char words[NETLINK_WORDS], ignored[NETLINK_WORDS];
	int dressed, err;

	dressed = tap_dress(tap, port, true, words);
	if (dressed == -1 && errno == EAFNOSUPPORT) /* a kernel or an MTU without IPv6 */
		dressed = tap_dress(tap, port, false, words);
	if (dressed == -1)
		return netlink_fail(
		    d, words, "tap %s: cannot set its MAC, MTU %u and alias", tap->name, port->mtu);
	if (tap_master(tap->index, bridge->index, true, words) == -1) {
		if (errno == EXFULL)
			strlcpy(words, "it has no port left", sizeof(words));
		netlink_fail(d, words, "bridge %s: tap %s cannot join", bridge->name, tap->name);
		err = errno;
		(void)tap_master(tap->index, 0, false, ignored);
		errno = err;
		return -1;
	}
	return 0;
}

int
os_tap_leave(struct diag *d, unsigned index, const char *name, const char *alias)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };

	if (index == 0)
		return 0;
	if (link_get(NULL, index, &link, words) == -1)
		goto fail;
	if (!link.is_tap || link.master == 0 || strcmp(link.name, name) != 0)
		return 0;
	if (tap_master(index, 0, false, words) == -1)
		goto fail;
	return 0;
fail:
	if (errno == ENODEV || errno == ENOENT)
		return 0;
	return netlink_fail(d, words, "tap %s: cannot leave its bridge", name);
}

int
os_tap_destroy(struct diag *d, const char *name, const char *alias)
{
	return 0;
}
