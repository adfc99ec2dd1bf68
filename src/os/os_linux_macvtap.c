/*
 * A NIC on the wire of an interface, without a bridge, on Linux (macvtap); fills os.h.
 *
 * The link's device has a number that the kernel chooses, and a file /dev/tapN only where udev
 * makes it. N is the link's index, which another network namespace gives as well: a file of that
 * name may be somebody else's. So the number is read from a sysfs of this namespace, and the device
 * opened through a file of our own; both file systems are mounted nowhere and go with their
 * descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/mount.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "util/diag.h"
#include "util/fd.h"

static const unsigned modes[] = { [OS_MACVTAP_BRIDGE] = MACVLAN_MODE_BRIDGE,
	[OS_MACVTAP_PRIVATE] = MACVLAN_MODE_PRIVATE,
	[OS_MACVTAP_VEPA] = MACVLAN_MODE_VEPA,
	[OS_MACVTAP_PASSTHRU] = MACVLAN_MODE_PASSTHRU };

/* A file system that is mounted nowhere: its root. The C library has these calls since 2.36. */
static int
mount_detached(const char *type)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), root = -1;

	if (fs == -1)
		return -1;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	fd_close(&fs);
	return root;
}

static int
device_number(const struct os_tap *tap, dev_t *ret)
{
	int sys = mount_detached("sysfs"), file = -1, result = -1;
	char path[128], text[32] = "";
	unsigned major, minor;

	if (sys == -1)
		return -1;
	snprintf(path, sizeof(path), "class/net/%s/tap%u/dev", tap->name, tap->index);
	file = openat(sys, path, O_RDONLY | O_CLOEXEC);
	if (file != -1 && read(file, text, sizeof(text) - 1) > 0) {
		if (sscanf(text, "%u:%u", &major, &minor) == 2) {
			*ret = makedev(major, minor);
			result = 0;
		} else {
			errno = ENXIO;
		}
	}
	fd_close(&file);
	fd_close(&sys);
	return result;
}

static int
device_open(dev_t number)
{
	int dir = mount_detached("tmpfs"), fd = -1;

	if (dir == -1)
		return -1;
	if (mknodat(dir, "tap", S_IFCHR | 0600, number) == 0)
		fd = openat(dir, "tap", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	fd_close(&dir);
	return fd;
}

static int
queue_open(struct diag *d, const struct os_tap *tap, bool multi_queue)
{
	struct ifreq request = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
						      (multi_queue ? IFF_MULTI_QUEUE : 0)) };
	dev_t number;
	int fd;

	if (device_number(tap, &number) == -1)
		return fail_sys(d, "macvtap %s: cannot find its device", tap->name);
	fd = device_open(number);
	if (fd == -1)
		return fail_sys(d, "macvtap %s: cannot open its device%s", tap->name,
		    errno == EPERM ? " (a container may have none: use a bridge there)" : "");
	if (ioctl(fd, TUNSETIFF, &request) == -1) {
		fail_sys(d, "macvtap %s: cannot set up its device", tap->name);
		fd_close(&fd);
	}
	return fd;
}

static int
macvtap_make(
    const char *name, const struct os_macvtap *how, unsigned uplink, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct nlattr *info, *data;

	link_request(buf, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put_u32(request, IFLA_LINK, uplink);
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(how->mac.b), how->mac.b);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "macvtap");
	data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_MACVLAN_MODE, modes[how->mode]);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return netlink_ask(request, NULL, NULL, words);
}

/* The address again: with passthru the link was born with the uplink's, which takes this one. */
static int
macvtap_dress(unsigned index, const struct os_macvtap *how, bool inet6, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;

	link_request(buf, &request, RTM_SETLINK, 0)->ifi_index = (int)index;
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(how->mac.b), how->mac.b);
	mnl_attr_put_u32(request, IFLA_MTU, how->mtu);
	mnl_attr_put_strz(request, IFLA_IFALIAS, how->alias);
	if (inet6)
		link_put_no_address(request);
	return netlink_ask(request, NULL, NULL, words);
}

static int
make_fail(struct diag *d, const char *words, const char *name, const struct os_macvtap *how,
    const struct os_link *uplink)
{
	char ignored[NETLINK_WORDS];
	struct os_link bridge = { 0 };

	if (errno == EBUSY && uplink->master != 0 &&
	    link_get(NULL, uplink->master, &bridge, ignored) == 0)
		return fail(d, "%s is a port of %s: a NIC joins that with bridge = \"%s\"",
		    how->uplink, bridge.name, bridge.name);
	if (errno == EINVAL && how->mode == OS_MACVTAP_PASSTHRU)
		return fail(d,
		    "%s cannot be passed through: another macvtap is on it, or it is no Ethernet "
		    "(mode = \"bridge\" shares it)",
		    how->uplink);
	if (errno == EINVAL)
		return fail(d,
		    "%s cannot be shared: another macvtap has it for itself (passthru), or it is "
		    "no "
		    "Ethernet",
		    how->uplink);
	if (errno == EPERM)
		return netlink_fail(
		    d, words, "macvtap %s: cannot be made on %s without root", name, how->uplink);
	return netlink_fail(d, words, "macvtap %s: cannot be made on %s%s", name, how->uplink,
	    errno == EOPNOTSUPP ? " (is the kernel module macvtap there?)" : "");
}

int
os_macvtap_open(struct diag *d, const char *name, const struct os_macvtap *how, struct os_tap *ret)
{
	struct os_link uplink = { 0 }, link = { 0 };
	struct os_tap tap = { .fd = -1 };
	char words[NETLINK_WORDS];
	int dressed;

	if (os_link_find(d, how->uplink, &uplink) == -1)
		return -1;
	if (macvtap_make(name, how, uplink.index, words) == -1)
		return make_fail(d, words, name, how, &uplink);
	if (link_get(name, 0, &link, words) == -1)
		return netlink_fail(d, words, "macvtap %s", name);
	dressed = macvtap_dress(link.index, how, true, words);
	if (dressed == -1 && errno == EAFNOSUPPORT) /* a kernel or an MTU without IPv6 */
		dressed = macvtap_dress(link.index, how, false, words);
	if (dressed == -1)
		return netlink_fail(
		    d, words, "macvtap %s: cannot set its MAC, MTU %u and alias", name, how->mtu);
	tap.index = link.index;
	strlcpy(tap.name, link.name, sizeof(tap.name));
	tap.fd = queue_open(d, &tap, how->multi_queue);
	if (tap.fd == -1)
		return -1;
	*ret = tap;
	return 0;
}

int
os_macvtap_queue(struct diag *d, const struct os_tap *tap)
{
	return queue_open(d, tap, true);
}

int
os_macvtap_up(struct diag *d, const struct os_tap *tap)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8))), words[NETLINK_WORDS];
	struct nlmsghdr *request;
	struct ifinfomsg *info = link_request(buf, &request, RTM_SETLINK, 0);

	info->ifi_index = (int)tap->index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	if (netlink_ask(request, NULL, NULL, words) == -1)
		return netlink_fail(d, words, "macvtap %s: cannot be brought up%s", tap->name,
		    errno == EADDRINUSE ? " (its MAC is in use on that interface)" : "");
	return 0;
}

int
os_macvtap_destroy(struct diag *d, const char *name, const char *alias)
{
	return link_destroy(d, name, "macvtap", alias);
}
