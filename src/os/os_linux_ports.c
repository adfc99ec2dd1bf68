/* What Linux tells of bridges' ports beside their links: traffic and VLANs; fills os.h. */
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "os/os_linux_netlink.h"

static void
traffic_each(const struct nlmsghdr *message, void *list)
{
	const struct if_stats_msg *info = mnl_nlmsg_get_payload(message);
	struct rtnl_link_stats64 stats;
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWSTATS)
		return;
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		/* Later kernels have more of it, at its end. */
		size_t length = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) != IFLA_STATS_LINK_64)
			continue;
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, mnl_attr_get_payload(attr),
		    length < sizeof(stats) ? length : sizeof(stats));
		*(struct os_traffic *)netlink_list_add(list) =
		    (struct os_traffic){ .index = info->ifindex,
			    .rx_bytes = stats.rx_bytes,
			    .tx_bytes = stats.tx_bytes,
			    .rx_packets = stats.rx_packets,
			    .tx_packets = stats.tx_packets,
			    .rx_dropped = stats.rx_dropped,
			    .tx_dropped = stats.tx_dropped };
	}
}

int
os_traffic(struct diag *d, struct os_traffic **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct if_stats_msg *info;

	request->nlmsg_type = RTM_GETSTATS;
	request->nlmsg_flags = NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	if (netlink_dump(d, request, traffic_each, &list, "traffic") == -1)
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

/* A range is two entries, one for each end. */
static void
vlan_parse(const struct bridge_vlan_info *info, unsigned index, struct netlink_list *list)
{
	struct os_vlan *vlan;

	if ((info->flags & BRIDGE_VLAN_INFO_RANGE_END) != 0 && list->n > 0) {
		vlan = (struct os_vlan *)list->items + list->n - 1;
		vlan->last = info->vid;
		return;
	}
	vlan = netlink_list_add(list);
	*vlan = (struct os_vlan){ .index = index,
		.first = info->vid,
		.last = info->vid,
		.untagged = (info->flags & BRIDGE_VLAN_INFO_UNTAGGED) != 0,
		.pvid = (info->flags & BRIDGE_VLAN_INFO_PVID) != 0 };
}

static void
vlans_each(const struct nlmsghdr *message, void *list)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr, *inner;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) != IFLA_AF_SPEC)
			continue;
		mnl_attr_for_each_nested(inner, attr)
		{
			if (mnl_attr_get_type(inner) == IFLA_BRIDGE_VLAN_INFO &&
			    mnl_attr_get_payload_len(inner) >= sizeof(struct bridge_vlan_info))
				vlan_parse(
				    mnl_attr_get_payload(inner), (unsigned)info->ifi_index, list);
		}
	}
}

int
os_vlans(struct diag *d, struct os_vlan **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_GETLINK, NLM_F_DUMP)->ifi_family = AF_BRIDGE;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	if (netlink_dump(d, request, vlans_each, &list, "VLANs") == -1)
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}
