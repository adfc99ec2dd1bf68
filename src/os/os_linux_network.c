/* Networks of the host on Linux: a bridge of vmrun's own, its addresses, and forwarding; fills
 * os.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/ip.h"

#define SETTINGS   "/proc/sys/net/"
#define CONF6      "ipv6/conf/"
#define FORWARD4   "ipv4/ip_forward"
#define FORWARD6   CONF6 "all/forwarding"
#define LINE_MAX_S 256 /* bytes of "name=value" */

/* --- settings of the kernel, below /proc/sys/net --- */

/* -1 with errno: ENOENT where the kernel has no such thing. */
static int
setting_read(const char *name, int *ret)
{
	char path[LINE_MAX_S + sizeof(SETTINGS)], text[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), SETTINGS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	*ret = atoi(text);
	return 0;
}

static int
setting_write(const char *name, int value)
{
	char path[LINE_MAX_S + sizeof(SETTINGS)], text[32];
	int fd, result;

	snprintf(path, sizeof(path), SETTINGS "%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	snprintf(text, sizeof(text), "%d\n", value);
	result = fd_write_all(fd, text, strlen(text));
	fd_close(&fd);
	return result;
}

static int
setting_fail(struct diag *d, const char *name)
{
	int status =
	    errno == EACCES || errno == EPERM || errno == EROFS ? DIAG_DENIED : DIAG_FAILED;

	return fail_as(d, status, SETTINGS "%s: %s", name, strerror(errno));
}

/* --- the bridge --- */

static int
bridge_new(const struct os_bridge *wish, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct nlattr *info, *data;

	link_request(buf, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(request, IFLA_IFNAME, wish->name);
	if (!mac_is_zero(wish->mac))
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(wish->mac.b), wish->mac.b);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_BR_STP_STATE, wish->stp);
	if (wish->vlan_filtering)
		mnl_attr_put_u8(request, IFLA_BR_VLAN_FILTERING, 1);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return netlink_ask(request, NULL, NULL, words);
}

/* An MTU that was set stays when ports come and go. */
static int
bridge_dress(unsigned index, const struct os_bridge *wish, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	if (wish->mtu != 0)
		mnl_attr_put_u32(request, IFLA_MTU, wish->mtu);
	mnl_attr_put_strz(request, IFLA_IFALIAS, wish->alias);
	return netlink_ask(request, NULL, NULL, words);
}

/* Guests are no routers of the host: what they advertise is not believed. */
static void
distrust(const char *name)
{
	static const char *const settings[] = { "accept_ra", "accept_redirects", "autoconf" };

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char setting[LINE_MAX_S];

		snprintf(setting, sizeof(setting), CONF6 "%s/%s", name, settings[i]);
		(void)setting_write(setting, 0); /* a host without IPv6 has none */
	}
}

int
os_bridge_make(struct diag *d, const struct os_bridge *wish, struct os_link *ret)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };
	bool known = link_get(wish->name, 0, &link, words) == 0;

	if (known && !link.is_bridge) {
		errno = EEXIST;
		return fail(
		    d, "%s: there is an interface of that name, which is not a bridge", wish->name);
	}
	if (!known && bridge_new(wish, words) == -1)
		return netlink_fail(d, words, "bridge %s: cannot be made%s", wish->name,
		    errno == EOPNOTSUPP ? " (does the kernel lack bridges, or VLAN filtering?)"
					: "");
	distrust(wish->name);
	if ((!known && link_get(wish->name, 0, &link, words) == -1) ||
	    bridge_dress(link.index, wish, words) == -1 ||
	    link_get(wish->name, 0, &link, words) == -1)
		return netlink_fail(d, words, "bridge %s: cannot be brought up", wish->name);
	*ret = link;
	return 0;
}

/* No search for a duplicate: on a bridge without a port it does not end, and a server cannot bind
 * before it has. */
int
os_addr_add(struct diag *d, const struct os_link *link, const struct ip_net *net)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct ip last = ip_last(net);
	struct ifaddrmsg *address;
	char text[NET_TEXT];

	request->nlmsg_type = RTM_NEWADDR;
	request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	address = mnl_nlmsg_put_extra_header(request, sizeof(*address));
	address->ifa_family = net->ip.len == IP6 ? AF_INET6 : AF_INET;
	address->ifa_prefixlen = (uint8_t)net->bits;
	address->ifa_index = link->index;
	address->ifa_flags = net->ip.len == IP6 ? IFA_F_NODAD : 0;
	mnl_attr_put(request, IFA_LOCAL, net->ip.len, net->ip.b);
	mnl_attr_put(request, IFA_ADDRESS, net->ip.len, net->ip.b);
	if (net->ip.len == IP4 && net->bits < 31)
		mnl_attr_put(request, IFA_BROADCAST, last.len, last.b);
	if (netlink_ask(request, NULL, NULL, words) == 0 || errno == EEXIST)
		return 0;
	return netlink_fail(d, words, "bridge %s: it cannot have the address %s", link->name,
	    ip_net_format(net, text));
}

/* --- forwarding --- */

/* A line for whatever os_forwarding_on() would change. */
static void
note(struct buf *b, const char *name, int value)
{
	buf_addf(b, "%s=%d\n", name, value);
}

/* A router believes no other one, and the kernel forgets the routes that it has learned, unless it
 * is told to go on (accept_ra 2). */
static void
note_listeners(struct buf *b)
{
	DIR *dir = opendir(SETTINGS CONF6);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char name[LINE_MAX_S];
		int value;

		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "all") == 0)
			continue;
		snprintf(name, sizeof(name), CONF6 "%.64s/accept_ra", entry->d_name);
		if (setting_read(name, &value) == 0 && value == 1)
			note(b, name, value);
	}
	if (dir != NULL)
		closedir(dir);
}

int
os_forwarding_before(struct diag *d, bool ip6, char **ret)
{
	const char *name = ip6 ? FORWARD6 : FORWARD4;
	struct buf b = { 0 };
	int value;

	if (setting_read(name, &value) == -1)
		return setting_fail(d, name);
	if (value == 0) {
		note(&b, name, value);
		if (ip6)
			note_listeners(&b);
	}
	*ret = buf_steal(&b);
	return 0;
}

struct setting {
	char name[LINE_MAX_S];
	int value; /* before */
};

/* One of those that os_forwarding_before() noted; false: the end. */
static bool
next_setting(const char **text, struct setting *ret)
{
	const char *equals = strchr(*text, '='), *end = strchr(*text, '\n');

	if (equals == NULL || end == NULL || equals > end ||
	    (size_t)(equals - *text) >= sizeof(ret->name) || strncmp(*text, "ipv", 3) != 0 ||
	    strstr(*text, "..") != NULL)
		return false;
	memcpy(ret->name, *text, (size_t)(equals - *text));
	ret->name[equals - *text] = '\0';
	ret->value = atoi(equals + 1);
	*text = end + 1;
	return true;
}

static bool
is_forwarding(const struct setting *s)
{
	return strcmp(s->name, FORWARD4) == 0 || strcmp(s->name, FORWARD6) == 0;
}

/* The switch comes last: the routes are gone before one could say that they are to stay. */
int
os_forwarding_on(struct diag *d, const char *before)
{
	struct setting s;

	for (const char *p = before; next_setting(&p, &s);) {
		if (!is_forwarding(&s))
			(void)setting_write(s.name, 2); /* its interface may have gone */
	}
	for (const char *p = before; next_setting(&p, &s);) {
		if (is_forwarding(&s) && setting_write(s.name, 1) == -1)
			return setting_fail(d, s.name);
	}
	return 0;
}

/* Only what is still as it was made. */
int
os_forwarding_restore(struct diag *d, const char *before)
{
	struct setting s;
	int now;

	for (const char *p = before; next_setting(&p, &s);) {
		if (is_forwarding(&s) && setting_read(s.name, &now) == 0 && now == 1 &&
		    setting_write(s.name, s.value) == -1)
			return setting_fail(d, s.name);
	}
	for (const char *p = before; next_setting(&p, &s);) {
		if (!is_forwarding(&s) && setting_read(s.name, &now) == 0 && now == 2)
			(void)setting_write(s.name, s.value);
	}
	return 0;
}
