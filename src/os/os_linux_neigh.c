/* Who is where on Linux, from the neighbour table and the forwarding tables of bridges; fills os.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "os/os_linux_netlink.h"
#include "util/diag.h"

#define TICK_MS 10 /* the kernel tells ages in hundredths of a second, USER_HZ */

static struct ndmsg *
neighbour_request(void *buf, struct nlmsghdr **ret, unsigned type, unsigned flags)
{
	*ret = mnl_nlmsg_put_header(buf);
	(*ret)->nlmsg_type = (uint16_t)type;
	(*ret)->nlmsg_flags = (uint16_t)flags;
	return mnl_nlmsg_put_extra_header(*ret, sizeof(struct ndmsg));
}

static bool
take_mac(const struct nlattr *attr, struct mac *ret)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(ret->b))
		return false;
	memcpy(ret->b, mnl_attr_get_payload(attr), sizeof(ret->b));
	return true;
}

static void
neighbours_each(const struct nlmsghdr *message, void *list)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);
	struct os_neighbour n = { .index = (unsigned)info->ndm_ifindex,
		.reachable = (info->ndm_state & NUD_REACHABLE) != 0 };
	size_t want = info->ndm_family == AF_INET ? 4 : 16;
	const struct nlattr *attr;
	bool has_mac = false;

	if (message->nlmsg_type != RTM_NEWNEIGH ||
	    (info->ndm_state & (NUD_FAILED | NUD_INCOMPLETE | NUD_NOARP)) != 0 ||
	    (info->ndm_family != AF_INET && info->ndm_family != AF_INET6))
		return;
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) == NDA_LLADDR)
			has_mac = take_mac(attr, &n.mac);
		else if (mnl_attr_get_type(attr) == NDA_DST &&
			 mnl_attr_get_payload_len(attr) == want)
			inet_ntop(info->ndm_family, mnl_attr_get_payload(attr), n.address,
			    sizeof(n.address));
	}
	if (has_mac && n.address[0] != '\0')
		*(struct os_neighbour *)netlink_list_add(list) = n;
}

int
os_neighbours(struct diag *d, struct os_neighbour **ret, size_t *ret_n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(**ret) };
	struct nlmsghdr *request;

	neighbour_request(buf, &request, RTM_GETNEIGH, NLM_F_DUMP);
	if (netlink_dump(d, request, neighbours_each, &list, "neighbours") == -1)
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

int
os_neighbour_probe(struct diag *d, const struct os_neighbour *n)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	unsigned char address[16];
	struct nlmsghdr *request;
	struct ndmsg *info = neighbour_request(buf, &request, RTM_NEWNEIGH, NLM_F_REPLACE);

	info->ndm_family = strchr(n->address, ':') != NULL ? AF_INET6 : AF_INET;
	info->ndm_ifindex = (int)n->index;
	info->ndm_state = NUD_PROBE;
	if (inet_pton(info->ndm_family, n->address, address) != 1)
		return fail(d, "%s is not an address", n->address);
	mnl_attr_put(request, NDA_DST, info->ndm_family == AF_INET ? 4 : 16, address);
	mnl_attr_put(request, NDA_LLADDR, sizeof(n->mac.b), n->mac.b);
	if (netlink_ask(request, NULL, NULL, words) == -1)
		return netlink_fail(d, words, "neighbour %s", n->address);
	return 0;
}

/* --- forwarding tables --- */

struct search {
	struct mac mac;
	unsigned bridge, except;
	struct os_heard found;
};

static void
heard_each(const struct nlmsghdr *message, void *arg)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);
	struct os_heard heard = { .port = (unsigned)info->ndm_ifindex, .age = -1 };
	struct search *s = arg;
	const struct nlattr *attr;
	struct mac mac = { { 0 } };

	if (message->nlmsg_type != RTM_NEWNEIGH || info->ndm_family != AF_BRIDGE ||
	    heard.port == s->except || heard.port == s->bridge)
		return;
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		const struct nda_cacheinfo *age = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == NDA_LLADDR)
			(void)take_mac(attr, &mac);
		else if (mnl_attr_get_type(attr) == NDA_CACHEINFO &&
			 mnl_attr_get_payload_len(attr) >= sizeof(*age) &&
			 (info->ndm_state & (NUD_PERMANENT | NUD_NOARP)) == 0)
			heard.age = (int64_t)age->ndm_updated * TICK_MS;
	}
	if (!mac_equal(mac, s->mac))
		return;
	if (s->found.port == 0 ||
	    (heard.age >= 0 && (s->found.age < 0 || heard.age < s->found.age)))
		s->found = heard;
}

/* Without VLANs there is one entry at most, found at once whatever the size of the table. */
static int
ask_one(struct search *s, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ndmsg *info = neighbour_request(buf, &request, RTM_GETNEIGH, 0);

	info->ndm_family = AF_BRIDGE;
	info->ndm_flags = NTF_MASTER;
	mnl_attr_put_u32(request, NDA_MASTER, s->bridge);
	mnl_attr_put(request, NDA_LLADDR, sizeof(s->mac.b), s->mac.b);
	if (netlink_ask(request, heard_each, s, words) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

/* With VLANs each has one of its own. The old form of the question, with a struct ifinfomsg, is the
 * one that every kernel lets choose the bridge. */
static int
ask_all(struct search *s, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_GETNEIGH, NLM_F_DUMP)->ifi_family = AF_BRIDGE;
	mnl_attr_put_u32(request, IFLA_MASTER, s->bridge);
	if (netlink_ask(request, heard_each, s, words) == 0 || errno == EINTR)
		return 0;
	return -1;
}

int
os_bridge_heard(struct diag *d, const struct os_link *bridge, struct mac mac, unsigned except,
    struct os_heard *ret)
{
	struct search s = { .mac = mac, .bridge = bridge->index, .except = except };
	char words[NETLINK_WORDS];
	int result = -1;

	errno = EOPNOTSUPP;
	if (!bridge->vlan_filtering)
		result = ask_one(&s, words);
	/* Before Linux 5.0 one could not be asked for. */
	if (result == -1 && (errno == EOPNOTSUPP || errno == EINVAL))
		result = ask_all(&s, words);
	if (result == -1)
		return netlink_fail(d, words, "bridge %s: cannot tell who was heard", bridge->name);
	*ret = s.found;
	return 0;
}
