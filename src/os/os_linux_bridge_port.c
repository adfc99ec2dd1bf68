/* What a bridge on Linux is told of one of its ports: flags, VLANs, and the MAC behind it; see
 * os_linux_bridge.h. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_bridge.h"
#include "os/os_linux_link.h"
#include "util/diag.h"

#define BRPORT_LOCKED 39 /* IFLA_BRPORT_LOCKED, of headers since Linux 5.18 */
#define SETTINGS      12

/* One attribute of a port that is to differ from what every port has. */
struct setting {
	unsigned attr;  /* IFLA_BRPORT_ */
	unsigned bytes; /* of its value */
	unsigned value;
	const char *words; /* what cannot be done, */
	const char *since; /* and what a kernel needs for it */
	bool set;          /* as the kernel says afterwards */
};

struct settings {
	struct setting of[SETTINGS];
	size_t n;
};

static void
add(struct settings *s, bool wanted, struct setting setting)
{
	if (wanted)
		s->of[s->n++] = setting;
}

static void
collect(struct settings *s, const struct os_port *port)
{
	static const char snooping[] = "multicast snooping (CONFIG_BRIDGE_IGMP_SNOOPING)";
	static const unsigned routers[] = {
		[OS_ROUTER_AUTO] = MDB_RTR_TYPE_TEMP_QUERY,
		[OS_ROUTER_NEVER] = MDB_RTR_TYPE_DISABLED,
		[OS_ROUTER_ALWAYS] = MDB_RTR_TYPE_PERM,
	};
	const struct os_port_flags *f = &port->flags;

	add(s, port->isolated,
	    (struct setting){ IFLA_BRPORT_ISOLATED, 1, 1, "be isolated",
		"isolated ports (Linux 4.18 and later have them)" });
	add(s, f->no_learning || port->guard,
	    (struct setting){ IFLA_BRPORT_LEARNING, 1, 0, "be kept from learning",
		"ports that do not learn (Linux 3.11 and later have them)" });
	add(s, port->guard,
	    (struct setting){ BRPORT_LOCKED, 1, 1, "be locked, which guard needs",
		"locked ports (Linux 5.18 and later have them)" });
	add(s, f->stp_cost != 0,
	    (struct setting){
		IFLA_BRPORT_COST, 4, f->stp_cost, "have that STP cost", "the cost of a port" });
	add(s, f->stp_priority != 0,
	    (struct setting){ IFLA_BRPORT_PRIORITY, 2, f->stp_priority, "have that STP priority",
		"the priority of a port" });
	add(s, f->bpdu_guard,
	    (struct setting){ IFLA_BRPORT_GUARD, 1, 1, "be guarded from BPDUs", "BPDU guard" });
	add(s, f->root_block,
	    (struct setting){ IFLA_BRPORT_PROTECT, 1, 1, "be kept from the root", "root block" });
	add(s, f->no_multicast_flood,
	    (struct setting){ IFLA_BRPORT_MCAST_FLOOD, 1, 0, "be kept from unknown multicast",
		"ports that unknown multicast is kept from (Linux 4.9 and later have them)" });
	add(s, f->multicast_fast_leave,
	    (struct setting){
		IFLA_BRPORT_FAST_LEAVE, 1, 1, "leave multicast groups at once", snooping });
	add(s, f->multicast_to_unicast,
	    (struct setting){
		IFLA_BRPORT_MCAST_TO_UCAST, 1, 1, "have multicast sent as unicast", snooping });
	add(s, f->multicast_router != OS_ROUTER_AUTO,
	    (struct setting){ IFLA_BRPORT_MULTICAST_ROUTER, 1, routers[f->multicast_router],
		"be told of multicast routers", snooping });
}

static void
put(struct nlmsghdr *request, const struct setting *setting)
{
	if (setting->bytes == 1)
		mnl_attr_put_u8(request, (uint16_t)setting->attr, (uint8_t)setting->value);
	else if (setting->bytes == 2)
		mnl_attr_put_u16(request, (uint16_t)setting->attr, (uint16_t)setting->value);
	else
		mnl_attr_put_u32(request, (uint16_t)setting->attr, setting->value);
}

static unsigned
value_of(const struct nlattr *attr)
{
	uint16_t bytes = mnl_attr_get_payload_len(attr);

	return bytes == 1   ? mnl_attr_get_u8(attr)
	       : bytes == 2 ? mnl_attr_get_u16(attr)
	       : bytes == 4 ? mnl_attr_get_u32(attr)
			    : UINT32_MAX;
}

static void
compare_each(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *data = link_info(message, IFLA_INFO_SLAVE_DATA), *attr;
	struct settings *s = arg;

	if (data == NULL)
		return;
	mnl_attr_for_each_nested(attr, data)
	{
		for (size_t i = 0; i < s->n; i++) {
			if (mnl_attr_get_type(attr) == s->of[i].attr)
				s->of[i].set = value_of(attr) == s->of[i].value;
		}
	}
}

static int
port_set(const struct os_tap *tap, const struct setting *setting, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);
	struct nlattr *port;

	info->ifi_family = AF_BRIDGE;
	info->ifi_index = (int)tap->index;
	port = mnl_attr_nest_start(request, IFLA_PROTINFO);
	put(request, setting);
	mnl_attr_nest_end(request, port);
	return netlink_ask(request, NULL, NULL, words);
}

/* A kernel that knows nothing of one says yes and does nothing: so it is asked afterwards. */
static int
settings_apply(struct diag *d, const struct os_link *bridge, const struct os_tap *tap,
    const struct os_port *port)
{
	struct settings s = { .n = 0 };
	char words[NETLINK_WORDS];

	collect(&s, port);
	for (size_t i = 0; i < s.n; i++) {
		if (port_set(tap, &s.of[i], words) == -1)
			return netlink_fail(d, words, "bridge %s: tap %s cannot %s", bridge->name,
			    tap->name, s.of[i].words);
	}
	if (s.n > 0 && link_ask(NULL, tap->index, compare_each, &s, words) == -1)
		return netlink_fail(d, words, "bridge %s: tap %s", bridge->name, tap->name);
	for (size_t i = 0; i < s.n; i++) {
		if (s.of[i].set)
			continue;
		fail(d, "bridge %s: tap %s cannot %s: this kernel lacks %s", bridge->name,
		    tap->name, s.of[i].words, s.of[i].since);
		errno = EOPNOTSUPP;
		return -1;
	}
	return 0;
}

/* RTM_SETLINK adds the VLAN to the port, or changes what it is there; RTM_DELLINK takes it away. */
static int
port_vlan(const struct os_tap *tap, unsigned what, unsigned vlan, unsigned flags,
    char words[NETLINK_WORDS])
{
	struct bridge_vlan_info vlan_info = { .vid = (uint16_t)vlan, .flags = (uint16_t)flags };
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, what, 0);
	struct nlattr *spec;

	info->ifi_family = AF_BRIDGE;
	info->ifi_index = (int)tap->index;
	spec = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	mnl_attr_put(request, IFLA_BRIDGE_VLAN_INFO, sizeof(vlan_info), &vlan_info);
	mnl_attr_nest_end(request, spec);
	return netlink_ask(request, NULL, NULL, words);
}

static bool
wants_vlan(const struct os_port *port, unsigned vlan)
{
	bool wanted = port->vlan == vlan;

	for (size_t i = 0; i < port->ntrunk; i++)
		wanted = wanted || port->trunk[i] == vlan;
	return wanted;
}

/* The one that every new port gets goes last, and only from a port that has others. */
static int
vlans_apply(struct diag *d, const struct os_link *bridge, const struct os_tap *tap,
    const struct os_port *port, unsigned default_vlan)
{
	const unsigned untagged = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
	char words[NETLINK_WORDS];
	unsigned vlan = port->vlan;

	if (vlan != 0 && port_vlan(tap, RTM_SETLINK, vlan, untagged, words) == -1)
		goto fail;
	for (size_t i = 0; i < port->ntrunk; i++) {
		vlan = (unsigned)port->trunk[i];
		if (port_vlan(tap, RTM_SETLINK, vlan, 0, words) == -1)
			goto fail;
	}
	if (vlan != 0 && default_vlan != 0 && !wants_vlan(port, default_vlan) &&
	    port_vlan(tap, RTM_DELLINK, default_vlan, 0, words) == -1)
		return netlink_fail(d, words, "bridge %s: tap %s cannot be taken out of vlan %u",
		    bridge->name, tap->name, default_vlan);
	return 0;
fail:
	return netlink_fail(
	    d, words, "bridge %s: tap %s cannot have vlan %u", bridge->name, tap->name, vlan);
}

/* In every VLAN that the port has by now. */
static int
mac_apply(struct diag *d, const struct os_link *bridge, const struct os_tap *tap,
    const struct os_port *port)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ndmsg *entry;

	request->nlmsg_type = RTM_NEWNEIGH;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	entry = mnl_nlmsg_put_extra_header(request, sizeof(*entry));
	*entry = (struct ndmsg){ .ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)tap->index,
		.ndm_state = NUD_NOARP, /* "static": it does not age, and is not the host's own */
		.ndm_flags = NTF_MASTER };
	mnl_attr_put(request, NDA_LLADDR, sizeof(port->guest.b), port->guest.b);
	if (netlink_ask(request, NULL, NULL, words) == -1)
		return netlink_fail(d, words, "bridge %s: tap %s cannot be told the NIC's MAC",
		    bridge->name, tap->name);
	return 0;
}

bool
bridge_port_has_rules(const struct os_port *port)
{
	struct settings s = { .n = 0 };

	collect(&s, port);
	return s.n > 0 || port->vlan != 0 || port->ntrunk > 0;
}

int
bridge_port_set(struct diag *d, const struct os_link *bridge, const struct os_tap *tap,
    const struct os_port *port, int default_vlan)
{
	if (settings_apply(d, bridge, tap, port) == -1 ||
	    vlans_apply(d, bridge, tap, port, (unsigned)default_vlan) == -1)
		return -1;
	if ((port->guard || port->flags.no_learning) && mac_apply(d, bridge, tap, port) == -1)
		return -1;
	return port->guard ? os_guard_set(d, tap, port, bridge) : 0;
}
