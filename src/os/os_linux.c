/* Interfaces and addresses on Linux, from rtnetlink; fills os.h. */
#include "os/os.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os_linux_link.h"
#include "os/os_linux_netlink.h"
#include "util/diag.h"
#include "util/mem.h"

#define NAME_TRIES 10000 /* as many links of ours as a host may have */

struct ifinfomsg *
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
	const struct nlattr *attr, *data = NULL;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_string(attr, link->kind, sizeof(link->kind));
		else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA)
			data = attr;
	}
	if (data == NULL || strcmp(link->kind, "bridge") != 0)
		return;
	mnl_attr_for_each_nested(attr, data)
	{
		if (mnl_attr_get_type(attr) == IFLA_BR_VLAN_FILTERING)
			link->vlan_filtering = mnl_attr_get_u8(attr) != 0;
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
	case IFLA_LINK:
		link->parent = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID: /* it is of another network, where the number means another */
		link->parent = 0;
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

static void
links_each(const struct nlmsghdr *message, void *list)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		link_parse(message, netlink_list_add(list));
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
	addr = netlink_list_add(list);
	addr->index = info->ifa_index;
	snprintf(addr->text, sizeof(addr->text), "%s/%u", text, info->ifa_prefixlen);
}

int
os_links(struct diag *d, struct os_link **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_GETLINK, NLM_F_DUMP);
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (netlink_dump(d, request, links_each, &list, "interfaces") == -1)
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

int
os_addrs(struct diag *d, struct os_addr **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifaddrmsg));
	if (netlink_dump(d, request, addrs_each, &list, "addresses") == -1)
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

int
link_ask(const char *name, unsigned index, void (*each)(const struct nlmsghdr *, void *), void *arg,
    char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_GETLINK, 0)->ifi_index = (int)index;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name != NULL)
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
	return netlink_ask(request, each, arg, words);
}

int
link_get(const char *name, unsigned index, struct os_link *ret, char words[NETLINK_WORDS])
{
	return link_ask(name, index, link_each, ret, words);
}

const struct nlattr *
link_info(const struct nlmsghdr *message, unsigned type)
{
	const struct nlattr *attr, *inner;

	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) != IFLA_LINKINFO)
			continue;
		mnl_attr_for_each_nested(inner, attr)
		{
			if (mnl_attr_get_type(inner) == type)
				return inner;
		}
	}
	return NULL;
}

static const char no_such_link[] = "there is no such interface (ip link lists those of this host)";

int
os_link_find(struct diag *d, const char *name, struct os_link *ret)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };

	if (name[0] == '\0' || strlen(name) >= OS_IFNAME) {
		fail(d, "%s: %s", name, no_such_link);
		errno = ENODEV;
		return -1;
	}
	if (link_get(name, 0, &link, words) == -1) {
		if (errno == ENODEV)
			strlcpy(words, no_such_link, sizeof(words));
		return netlink_fail(d, words, "%s", name);
	}
	*ret = link;
	return 0;
}

/* The host is to be no station on a guest's link: without a generated address the kernel has none
 * to announce or to ask routers from. It must be said before the link is up. */
void
link_put_no_address(struct nlmsghdr *request)
{
	struct nlattr *spec = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(request, AF_INET6);

	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, inet6);
	mnl_attr_nest_end(request, spec);
}

int
link_destroy(struct diag *d, const char *name, const char *kind, const char *alias)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	struct nlmsghdr *request;
	struct os_link link = { 0 };

	if (link_get(name, 0, &link, words) == -1)
		goto fail;
	if (strcmp(link.kind, kind) != 0 ||
	    (strcmp(link.alias, alias) != 0 && (link.alias[0] != '\0' || link.up)))
		return 0;
	link_request(buf, &request, RTM_DELLINK, 0)->ifi_index = (int)link.index;
	if (netlink_ask(request, NULL, NULL, words) == 0)
		return 0;
fail:
	if (errno == ENODEV)
		return 0;
	return netlink_fail(d, words, "%s %s: cannot be destroyed", kind, name);
}

int
os_link_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	char name[OS_IFNAME], words[NETLINK_WORDS];
	struct os_link link = { 0 };

	strlcpy(name, wish, sizeof(name));
	for (unsigned i = 0; i < NAME_TRIES; i++) {
		if (link_get(name, 0, &link, words) == -1) {
			if (errno != ENODEV)
				return netlink_fail(d, words, "%s", name);
			strlcpy(ret, name, OS_IFNAME);
			return 0;
		}
		snprintf(name, sizeof(name), "vmlink%u", i);
	}
	return fail(d, "%s: no name like it is free", wish);
}
