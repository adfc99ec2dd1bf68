/* Single steps of a move: what the interfaces themselves are; and a new bridge. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os_linux_link.h"
#include "os/os_linux_uplink.h"
#include "util/fd.h"
#include "util/loop.h"

#define RUNNING_MS 1500 /* the kernel looks at a carrier at most a second later */

static int
link_set(unsigned index, const struct mac *mac, unsigned mtu, int up, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)index;
	if (up != -1) {
		info->ifi_change = IFF_UP;
		info->ifi_flags = up ? IFF_UP : 0;
	}
	if (mac != NULL)
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(mac->b), mac->b);
	if (mtu != 0)
		mnl_attr_put_u32(request, IFLA_MTU, mtu);
	return netlink_ask(request, NULL, NULL, words);
}

static int
gen_mode_set(unsigned index, int mode, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);
	struct nlattr *spec, *inet6;

	info->ifi_index = (int)index;
	spec = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(request, AF_INET6);
	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, (uint8_t)mode);
	mnl_attr_nest_end(request, inet6);
	mnl_attr_nest_end(request, spec);
	return netlink_ask(request, NULL, NULL, words);
}

int
uplink_master_set(unsigned port, unsigned master, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)port;
	mnl_attr_put_u32(request, IFLA_MASTER, master);
	if (netlink_ask(request, NULL, NULL, words) == 0)
		return 0;
	if (errno == EXFULL)
		strlcpy(words, "the bridge has no port left", NETLINK_WORDS);
	return -1;
}

int
uplink_link_up(const struct uplink_side *side, char words[NETLINK_WORDS])
{
	return side->up ? 0 : link_set(side->index, NULL, 0, 1, words);
}

bool
uplink_side_differs(const struct uplink_side *now, const struct uplink_side *goal)
{
	return now->mtu != goal->mtu || now->up != goal->up || !mac_equal(now->mac, goal->mac);
}

int
uplink_side_set(
    const struct uplink_side *now, const struct uplink_side *goal, char words[NETLINK_WORDS])
{
	if (!uplink_side_differs(now, goal))
		return 0;
	return link_set(now->index, mac_equal(now->mac, goal->mac) ? NULL : &goal->mac,
	    now->mtu == goal->mtu ? 0 : goal->mtu, now->up == goal->up ? -1 : goal->up, words);
}

int
uplink_gen_mode_set(
    const struct uplink_side *now, const struct uplink_side *goal, char words[NETLINK_WORDS])
{
	if (goal->gen_mode == -1 || now->gen_mode == -1 || goal->gen_mode == now->gen_mode)
		return 0;
	return gen_mode_set(now->index, goal->gen_mode, words);
}

/* Until then the bridge would drop what it is to send. Not an error: verification tells. */
void
uplink_wait_running(const char *name)
{

	for (unsigned i = 0; i < RUNNING_MS / 2; i++) {
		char words[NETLINK_WORDS];
		struct uplink_side side;

		if (uplink_side_read(name, &side, words) == -1 || !side.exists || side.running)
			return;
		sleep_ms(2);
	}
}

static bool
is_settable(const char *name)
{
	static const char *const own[] = { "addr_gen_mode", "stable_secret", "mc_forwarding", "mtu",
		"use_tempaddr" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(name, own[i]) == 0)
			return false;
	}
	return name[0] != '.';
}

static void
setting_copy(int from, int to, const char *name)
{
	char mine[64] = "", theirs[64] = "";
	int in = openat(from, name, O_RDONLY | O_CLOEXEC),
	    out = openat(to, name, O_RDWR | O_CLOEXEC);

	if (in != -1 && out != -1 && read(in, mine, sizeof(mine) - 1) > 0 &&
	    read(out, theirs, sizeof(theirs) - 1) > 0 && strcmp(mine, theirs) != 0)
		(void)pwrite(out, mine, strlen(mine), 0);
	fd_close(&in);
	fd_close(&out);
}

/* How the uplink treats routers, forwarding and the like holds for the bridge as well, which stands
 * in its place. What cannot be set is not worth a failure. only: of one name; NULL: of all. */
static void
settings_copy(const char *family, const struct os_uplink *u, const char *only)
{
	char path[96];
	struct dirent *entry;
	int in, out;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s", family, u->port.name);
	in = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s", family, u->bridge.name);
	out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = in != -1 ? fdopendir(in) : NULL;
	while (dir != NULL && out != -1 && (entry = readdir(dir)) != NULL) {
		if (only != NULL ? strcmp(entry->d_name, only) == 0 : is_settable(entry->d_name))
			setting_copy(in, out, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	else
		fd_close(&in);
	fd_close(&out);
}

/* With temporary addresses from the beginning the kernel would make some at each step of the way,
 * and then give up. */
void
uplink_settings_last(const struct os_uplink *goal)
{
	settings_copy("ipv6", goal, "use_tempaddr");
}

static int
alias_set(unsigned index, const char *alias, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_SETLINK, 0)->ifi_index = (int)index;
	mnl_attr_put_strz(request, IFLA_IFALIAS, alias);
	return netlink_ask(request, NULL, NULL, words);
}

/* It has its address from its first moment, by which it is known as ours even if we are killed in
 * the next. It forwards at once, unless it is to find loops. */
int
uplink_bridge_make(const struct os_uplink *goal, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), alias[64];
	struct nlmsghdr *request;
	struct nlattr *info, *data;
	struct os_link link = { 0 };

	link_request(buf, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(request, IFLA_IFNAME, goal->bridge.name);
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(goal->bridge.mac.b), goal->bridge.mac.b);
	mnl_attr_put_u32(request, IFLA_MTU, goal->bridge.mtu);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_BR_STP_STATE, goal->stp);
	if (!goal->stp) /* with it the protocol says how short the delay may be */
		mnl_attr_put_u32(request, IFLA_BR_FORWARD_DELAY, 0);
	if (goal->vlan_filtering)
		mnl_attr_put_u8(request, IFLA_BR_VLAN_FILTERING, 1);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	if (netlink_ask(request, NULL, NULL, words) == -1) {
		if (errno == EOPNOTSUPP)
			strlcpy(words, "is the kernel module bridge there?", NETLINK_WORDS);
		return -1;
	}
	if (link_get(goal->bridge.name, 0, &link, words) == -1)
		return -1;
	snprintf(alias, sizeof(alias), OS_UPLINK_ALIAS "%s", goal->port.name);
	settings_copy("ipv4", goal, NULL);
	settings_copy("ipv6", goal, NULL);
	if (goal->bridge.gen_mode != -1 &&
	    gen_mode_set(link.index, IN6_ADDR_GEN_MODE_NONE, words) == -1 && errno != EAFNOSUPPORT)
		return -1;
	return alias_set(link.index, alias, words);
}
