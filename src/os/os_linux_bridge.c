/* Bridges on Linux: do they divide VLANs, and what `check --host` makes to try; fills os.h. */
#include "os/os_linux_bridge.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "util/diag.h"
#include "util/fd.h"

#define BRIDGE_NAMES 100 /* tried if the wish is taken */

struct filtering {
	bool known; /* the kernel was built with it: only then it tells a protocol */
	bool on;
	uint16_t default_vlan;
};

static void
filtering_each(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *data = link_info(message, IFLA_INFO_DATA), *attr;
	struct filtering *f = arg;

	if (data == NULL)
		return;
	mnl_attr_for_each_nested(attr, data)
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_BR_VLAN_PROTOCOL:
			f->known = true;
			break;
		case IFLA_BR_VLAN_FILTERING:
			f->on = mnl_attr_get_u8(attr) != 0;
			break;
		case IFLA_BR_VLAN_DEFAULT_PVID:
			f->default_vlan = mnl_attr_get_u16(attr);
			break;
		default:
			break;
		}
	}
}

int
bridge_default_vlan(struct diag *d, const struct os_link *bridge, const struct os_port *port)
{
	char words[NETLINK_WORDS], what[32] = "the VLANs of trunk";
	struct filtering f = { 0 };

	if (port->vlan == 0 && port->ntrunk == 0)
		return 0;
	if (port->vlan != 0)
		snprintf(what, sizeof(what), "vlan %u", port->vlan);
	if (link_ask(NULL, bridge->index, filtering_each, &f, words) == -1)
		return netlink_fail(d, words, "bridge %s", bridge->name);
	if (f.known && f.on)
		return f.default_vlan;
	/* Off, it takes a port's VLANs all the same, and divides nothing. */
	if (f.known)
		fail(d,
		    "bridge %s: its VLAN filtering is off, so it cannot keep %s apart (ip "
		    "link set %s type bridge vlan_filtering 1)",
		    bridge->name, what, bridge->name);
	else
		fail(d,
		    "bridge %s: this kernel lacks VLAN filtering, so it cannot keep %s apart "
		    "(CONFIG_BRIDGE_VLAN_FILTERING)",
		    bridge->name, what);
	errno = EOPNOTSUPP;
	return -1;
}

int
os_bridge_divides(struct diag *d, const struct os_link *bridge, const struct os_port *port)
{
	return bridge_default_vlan(d, bridge, port) == -1 ? -1 : 0;
}

int
os_vmnet_check(struct diag *d, const char *name)
{
	fail(d, "%s: vmnet is of macOS", name);
	errno = EOPNOTSUPP;
	return -1;
}

/* --- for `check --host` --- */

/* The socket kept for questions belongs to the network that is left. */
int
os_network_alone(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		return -1;
	netlink_close();
	return 1;
}

static int
bridge_new(const char *name, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct nlattr *info;

	link_request(buf, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(request, info);
	return netlink_ask(request, NULL, NULL, words);
}

static int
bridge_dress(unsigned index, const char *alias, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_strz(request, IFLA_IFALIAS, alias);
	return netlink_ask(request, NULL, NULL, words);
}

int
os_bridge_create(struct diag *d, const char *name, const char *alias, char ret[OS_IFNAME])
{
	char made[OS_IFNAME], words[NETLINK_WORDS];
	struct diag ignored = { 0 };
	struct os_link link = { 0 };

	strlcpy(made, name, sizeof(made));
	for (unsigned i = 0; bridge_new(made, words) == -1; i++) {
		if (errno != EEXIST || i == BRIDGE_NAMES)
			return netlink_fail(d, words, "bridge %s: cannot be made%s", made,
			    errno == EOPNOTSUPP ? " (is the kernel module bridge there?)" : "");
		snprintf(made, sizeof(made), "%.12s%u", name, i);
	}
	if (link_get(made, 0, &link, words) == -1 || bridge_dress(link.index, alias, words) == -1) {
		netlink_fail(d, words, "bridge %s: cannot be brought up", made);
		(void)os_bridge_destroy(&ignored, made);
		diag_free(&ignored);
		return -1;
	}
	strlcpy(ret, made, OS_IFNAME);
	return 0;
}

int
os_bridge_destroy(struct diag *d, const char *name)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	struct nlmsghdr *request;
	struct os_link link = { 0 };

	if (link_get(name, 0, &link, words) == -1) {
		if (errno == ENODEV)
			return 0;
		return netlink_fail(d, words, "bridge %s", name);
	}
	if (!link.is_bridge)
		return fail(d, "%s is not a bridge", name);
	link_request(buf, &request, RTM_DELLINK, 0)->ifi_index = (int)link.index;
	if (netlink_ask(request, NULL, NULL, words) == -1 && errno != ENODEV)
		return netlink_fail(d, words, "bridge %s: cannot be destroyed", name);
	return 0;
}

int
os_trial_open(struct diag *d, struct os_tap *ret)
{
	return os_tap_open(d, "vmtrial0", false, ret);
}

int
os_trial_close(struct diag *d, struct os_tap *tap, const char *alias)
{
	fd_close(&tap->fd);
	return os_tap_destroy(d, tap->name, alias);
}
