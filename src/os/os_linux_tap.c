/* Taps on Linux: /dev/net/tun makes them, rtnetlink dresses them and joins them to bridges; fills
 * os.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_linux_bridge.h"
#include "os/os_linux_link.h"
#include "util/diag.h"
#include "util/fd.h"

static int
tun_open(struct diag *d)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		fail_sys(d, "cannot open a tap: /dev/net/tun%s",
		    errno == ENOENT || errno == ENODEV
			? " (modprobe tun; a container is given it by its host)"
		    : errno == EACCES ? " (chmod 0666 it, as udev does: to open it gives no right)"
				      : "");
	return fd;
}

/* IFF_TUN_EXCL: without it a persistent tap of that name would be taken over from its owner. */
static int
tap_create(int fd, const char *name, bool multi_queue, struct ifreq *ret)
{
	*ret =
	    (struct ifreq){ .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL |
						 (multi_queue ? IFF_MULTI_QUEUE : 0)) };
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
os_tap_open(struct diag *d, const char *name, bool multi_queue, struct os_tap *ret)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };
	struct ifreq request;
	int fd;

	fd = tun_open(d);
	if (fd == -1)
		return -1;
	if (tap_create(fd, name, multi_queue, &request) == -1 &&
	    ((errno != EBUSY && errno != EEXIST && errno != EINVAL) ||
		tap_create(fd, "vmtap%d", multi_queue, &request) == -1)) {
		fail_sys(d, "cannot make tap %s", name);
		goto fail;
	}
	/* Without an owner anybody may open another queue of it. */
	if (ioctl(fd, TUNSETOWNER, (unsigned long)geteuid()) == -1) {
		fail_sys(d, "tap %s: cannot give it an owner", request.ifr_name);
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

/* How its creator chose it to be. */
struct tun {
	struct os_link link;
	bool persistent, vnet_hdr, multi_queue;
	unsigned queues; /* open ones; 0 as well where it can have only one */
	bool has_owner, has_group;
	uid_t owner;
	gid_t group;
};

static void
tun_attribute(const struct nlattr *attr, struct tun *tun)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_TUN_PERSIST:
		tun->persistent = mnl_attr_get_u8(attr) != 0;
		break;
	case IFLA_TUN_VNET_HDR:
		tun->vnet_hdr = mnl_attr_get_u8(attr) != 0;
		break;
	case IFLA_TUN_MULTI_QUEUE:
		tun->multi_queue = mnl_attr_get_u8(attr) != 0;
		break;
	case IFLA_TUN_NUM_QUEUES:
	case IFLA_TUN_NUM_DISABLED_QUEUES:
		tun->queues += mnl_attr_get_u32(attr);
		break;
	case IFLA_TUN_OWNER:
		tun->has_owner = true;
		tun->owner = mnl_attr_get_u32(attr);
		break;
	case IFLA_TUN_GROUP:
		tun->has_group = true;
		tun->group = mnl_attr_get_u32(attr);
		break;
	default:
		break;
	}
}

static void
tun_each(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *data = link_info(message, IFLA_INFO_DATA), *attr;
	struct tun *tun = arg;

	if (data == NULL || !tun->link.is_tap)
		return;
	mnl_attr_for_each_nested(attr, data) tun_attribute(attr, tun);
}

static int
tun_find(struct diag *d, const char *name, struct tun *ret)
{
	char words[NETLINK_WORDS];
	struct tun tun = { 0 };

	if (os_link_find(d, name, &tun.link) == -1)
		return -1;
	if (!tun.link.is_tap)
		return fail(d, "%s is not a tap", name);
	if (link_ask(NULL, tun.link.index, tun_each, &tun, words) == -1)
		return netlink_fail(d, words, "tap %s", name);
	*ret = tun;
	return 0;
}

static int
tun_busy(struct diag *d, const char *name)
{
	fail(d, "tap %s: another program has it open (end that, or name another tap)", name);
	errno = EBUSY;
	return -1;
}

/* Who is it? "alice (uid 1000)" */
static void
owner_words(uid_t uid, char *ret, size_t size)
{
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		snprintf(ret, size, "%s (uid %u)", user->pw_name, (unsigned)uid);
	else
		snprintf(ret, size, "uid %u", (unsigned)uid);
}

static bool
in_group(gid_t group)
{
	gid_t groups[NGROUPS_MAX];
	int n = getgroups(NGROUPS_MAX, groups);

	for (int i = 0; i < n; i++) {
		if (groups[i] == group)
			return true;
	}
	return getegid() == group;
}

/* Root may open any; but one that a user keeps for himself is not for a VM of somebody else. */
static int
tun_owned(struct diag *d, const char *name, const struct tun *tun, uid_t also)
{
	const struct group *group;
	char words[80];

	if (tun->has_owner && tun->owner != 0 && tun->owner != geteuid() && tun->owner != also) {
		owner_words(tun->owner, words, sizeof(words));
		fail_as(d, DIAG_DENIED,
		    "tap %s belongs to %s, and not to this VM or its caller (ip tuntap add %s mode "
		    "tap user NAME gives it to another)",
		    name, words, name);
	} else if (tun->has_group && geteuid() != 0 && !in_group(tun->group)) {
		group = getgrgid(tun->group);
		fail_as(d, DIAG_DENIED,
		    "tap %s is for group %s (gid %u), which the caller is not in", name,
		    group != NULL ? group->gr_name : "?", (unsigned)tun->group);
	} else if (tun->has_owner && tun->owner == 0 && geteuid() != 0) {
		fail_as(d, DIAG_DENIED,
		    "tap %s belongs to root (ip tuntap add … user NAME makes one for a user)",
		    name);
	} else {
		return 0;
	}
	errno = EPERM;
	return -1;
}

/* TUNSETIFF sets anew what it is not told to keep, and makes a tap of that name if it went away
 * meanwhile: that one is not persistent, and goes when it is closed. */
static int
tun_attach(struct diag *d, int fd, const char *name, const struct tun *wanted)
{
	struct ifreq request = {
		.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (wanted->vnet_hdr ? IFF_VNET_HDR : 0) |
				     (wanted->multi_queue ? IFF_MULTI_QUEUE : 0))
	};
	struct tun tun;

	strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
	if (ioctl(fd, TUNSETIFF, &request) == -1)
		return errno == EBUSY ? tun_busy(d, name) : fail_sys(d, "tap %s", name);
	if (tun_find(d, name, &tun) == -1)
		return -1;
	if (tun.link.index != wanted->link.index || !tun.persistent) {
		fail(d, "tap %s: it went away while it was opened", name);
		errno = ENODEV;
		return -1;
	}
	return tun.queues > 1 ? tun_busy(d, name) : 0;
}

int
os_tap_open_given(struct diag *d, const char *name, uid_t also, struct os_tap *ret)
{
	struct tun tun;
	int fd;

	if (tun_find(d, name, &tun) == -1 || tun_owned(d, name, &tun, also) == -1)
		return -1;
	if (!tun.persistent) /* it lives by somebody's descriptor */
		return tun_busy(d, name);
	fd = tun_open(d);
	if (fd == -1)
		return -1;
	if (tun_attach(d, fd, name, &tun) == -1) {
		fd_close(&fd);
		return -1;
	}
	ret->fd = fd;
	ret->index = tun.link.index;
	strlcpy(ret->name, tun.link.name, sizeof(ret->name));
	return 0;
}

int
os_tap_received(struct diag *d, int fd, struct mac mac, struct os_tap *ret)
{
	struct ifreq request = { .ifr_flags = 0 };
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };

	if (ioctl(fd, TUNGETIFF, &request) == -1)
		return fail_sys(d, "what was handed over is not a tap");
	if (link_get(request.ifr_name, 0, &link, words) == -1)
		return netlink_fail(d, words, "tap %s", request.ifr_name);
	if (!mac_equal(link.mac, mac)) {
		request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		memcpy(request.ifr_hwaddr.sa_data, mac.b, sizeof(mac.b));
		if (ioctl(fd, SIOCSIFHWADDR, &request) == -1)
			return fail_sys(d, "tap %s: cannot set its MAC", link.name);
	}
	*ret = (struct os_tap){ .fd = fd, .index = link.index };
	strlcpy(ret->name, link.name, sizeof(ret->name));
	return 0;
}

/* The first descriptor holds the tap, so its name cannot mean another. */
int
os_tap_queue(struct diag *d, const struct os_tap *tap)
{
	struct ifreq request = { .ifr_flags = 0 };
	int fd;

	if (ioctl(tap->fd, TUNGETIFF, &request) == -1)
		return fail_sys(d, "tap %s", tap->name);
	if ((request.ifr_flags & IFF_MULTI_QUEUE) == 0)
		return fail(d,
		    "tap %s: it was made with one queue (ip tuntap add … multi_queue makes one "
		    "with several)",
		    tap->name);
	request.ifr_flags &= IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	fd = tun_open(d);
	if (fd == -1)
		return -1;
	if (ioctl(fd, TUNSETIFF, &request) == -1) {
		fail_sys(d, "tap %s: cannot have another queue", tap->name);
		fd_close(&fd);
	}
	return fd;
}

bool
os_vhost_net(void)
{
	return access("/dev/vhost-net", R_OK | W_OK) == 0;
}

int
os_vhost_net_open(struct diag *d)
{
	int fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		fail_sys(d, "the kernel cannot move the NIC's frames (modprobe vhost_net; or leave "
			    "vhost out, "
			    "and QEMU moves them): /dev/vhost-net");
	return fd;
}

static int
tap_dress(
    const struct os_tap *tap, const struct os_port *port, bool inet6, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)tap->index;
	if (bridge_port_has_rules(
		port)) /* a given tap may be up, and no frame is to pass before they hold */
		info->ifi_change = IFF_UP;
	if (!mac_is_zero(port->mac))
		mnl_attr_put(request, IFLA_ADDRESS, sizeof(port->mac.b), port->mac.b);
	mnl_attr_put_u32(request, IFLA_MTU, port->mtu);
	if (port->alias != NULL)
		mnl_attr_put_strz(request, IFLA_IFALIAS, port->alias);
	if (inet6)
		link_put_no_address(request);
	return netlink_ask(request, NULL, NULL, words);
}

/* master 0: none. It is not brought down. */
static int
tap_master(unsigned tap, unsigned master, bool up, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)tap;
	info->ifi_flags = info->ifi_change = up ? IFF_UP : 0;
	mnl_attr_put_u32(request, IFLA_MASTER, master);
	return netlink_ask(request, NULL, NULL, words);
}

static int
tap_put_on(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge, int default_vlan)
{
	char words[NETLINK_WORDS];
	int err;

	if (tap_master(tap->index, bridge->index, !bridge_port_has_rules(port), words) == -1)
		goto fail;
	if (!bridge_port_has_rules(port))
		return 0;
	if (bridge_port_set(d, bridge, tap, port, default_vlan) == -1)
		return -1;
	if (tap_master(tap->index, bridge->index, true, words) == 0)
		return 0;
	err = errno;
	if (port->guard)
		(void)os_guard_remove(d, tap->index, tap->name);
	errno = err;
fail:
	if (errno == EXFULL)
		strlcpy(words, "it has no port left of 1023 (name another bridge)", sizeof(words));
	return netlink_fail(d, words, "bridge %s: tap %s cannot join", bridge->name, tap->name);
}

/* Several messages, not one: the kernel takes AF_SPEC last of all, the order of IFLA_MASTER and the
 * flags changed in Linux 6.1, and a port has rules only once it is one. */
int
os_tap_join(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	char words[NETLINK_WORDS];
	int dressed, default_vlan, err;

	default_vlan = bridge_default_vlan(d, bridge, port);
	if (default_vlan == -1)
		return -1;
	dressed = tap_dress(tap, port, true, words);
	if (dressed == -1 && errno == EAFNOSUPPORT) /* a kernel or an MTU without IPv6 */
		dressed = tap_dress(tap, port, false, words);
	if (dressed == -1)
		return netlink_fail(
		    d, words, "tap %s: cannot set its MAC, MTU %u and alias", tap->name, port->mtu);
	if (tap_put_on(d, tap, port, bridge, default_vlan) == 0)
		return 0;
	err = errno;
	(void)tap_master(tap->index, 0, false, words);
	errno = err;
	return -1;
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
