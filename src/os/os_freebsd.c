/* Interfaces and ports on bridges on FreeBSD: what os_bsd*.c leaves to it; fills os.h. */
#include <sys/types.h>

#include <sys/socket.h>

#include <errno.h>
#include <net/if.h>
#include <net/if_bridgevar.h>
#include <net/if_mib.h>
#include <net/if_tap.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>

#include "os/os_freebsd.h"
#include "util/diag.h"
#include "util/fd.h"

#define DESCRIPTION_MAX 1024 /* ifdescr_maxlen of sys/net/if.c, unless somebody raised it */

/*
 * if_bridge(4) has VLANs since FreeBSD 15; the headers of 13 and 14 know neither these commands nor
 * the field, which took the first two bytes of what was padding. sys/net/if_bridgevar.h of 15 calls
 * them BRDGSIFPVID (struct ifbreq), BRDGGFLAGS (struct ifbrparam, 4 bytes), IFBRF_VLANFILTER and
 * ifbr_pvid.
 */
#define PORT_SET_PVID     31
#define BRIDGE_GET_FLAGS  34
#define BRIDGE_VLANFILTER 0x1
#define PVID_OFFSET       48

/* The numbers of LP64, read off FreeBSD's own headers. */
#define PIN(condition) _Static_assert(sizeof(long) != 8 || (condition), #condition)
PIN(SIOCSDRVSPEC == 0x8028697b);
PIN(SIOCGDRVSPEC == 0xc028697b);
PIN(SIOCIFCREATE2 == 0xc020697c);
PIN(SIOCIFDESTROY == 0x80206979);
PIN(SIOCSIFMTU == 0x80206934);
PIN(SIOCSIFLLADDR == 0x8020693c);
PIN(SIOCGIFFLAGS == 0xc0206911);
PIN(SIOCSIFFLAGS == 0x80206910);
PIN(SIOCSIFDESCR == 0x80206929);
PIN(SIOCGIFDESCR == 0xc020692a);
PIN(SIOCGIFSTATUS == 0xc331693b);
PIN(SIOCGIFMEDIA == 0xc0306938);
PIN(TAPGIFNAME == 0x4020745d);
PIN(sizeof(struct ifreq) == 32);
PIN(sizeof(struct ifdrv) == 40);
PIN(sizeof(struct ifbreq) == 80);
PIN(sizeof(struct ifbifconf) == 16);
PIN(offsetof(struct ifbreq, ifbr_addrexceeded) == 44);
PIN(BRDGADD == 0 && BRDGDEL == 1 && BRDGGIFFLGS == 2 && BRDGSIFFLGS == 3 && BRDGGIFS == 6);
PIN(IFBIF_PRIVATE == 0x0800);
PIN(IFNAMSIZ == OS_IFNAME);

bool
freebsd_driver_name(unsigned index, char ret[OS_IFNAME])
{
	int name[] = { CTL_NET, AF_LINK, NETLINK_GENERIC, IFMIB_IFDATA, (int)index,
		IFDATA_DRIVERNAME };
	char text[OS_IFNAME] = "";
	size_t len = sizeof(text) - 1;

	if (sysctl(name, sizeof(name) / sizeof(name[0]), text, &len, NULL, 0) == -1)
		return false;
	strlcpy(ret, text, OS_IFNAME);
	return true;
}

/* Drivers of interfaces that are made, and are no hardware. */
static bool
is_cloner(const char *driver)
{
	static const char *const names[] = { "bridge", "carp", "disc", "edsc", "enc", "epair",
		"gif", "gre", "ipsec", "lagg", "lo", "me", "ng", "ngeth", "ovpn", "pflog", "pfsync",
		"stf", "tap", "tun", "vlan", "vmnet", "vxlan", "wg" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(driver, names[i]) == 0)
			return true;
	}
	return false;
}

#define UNREADABLE "?" /* in place of a description */

/* ENOMSG: none. What cannot be read, or is longer than anybody may write, is not ours. */
static void
read_description(int control, struct os_link *link)
{
	char text[DESCRIPTION_MAX + 1] = "";
	struct ifreq request = { .ifr_flags = 0 };
	int result;

	strlcpy(request.ifr_name, link->name, sizeof(request.ifr_name));
	request.ifr_buffer.length = sizeof(text) - 1;
	request.ifr_buffer.buffer = text;
	result = ioctl(control, SIOCGIFDESCR, &request);
	if (result == -1 && errno == ENOMSG)
		return;
	strlcpy(link->alias, result == 0 && request.ifr_buffer.buffer != NULL ? text : UNREADABLE,
	    sizeof(link->alias));
}

/* A kernel that does not say whose it is leaves the name to go by. "vmnet" is tap(4) in VMware's
 * manner: it stays up when it is closed. */
void
bsd_link_describe(int control, struct os_link *link)
{
	char driver[OS_IFNAME];

	if (!freebsd_driver_name(link->index, driver))
		strlcpy(driver, link->name, sizeof(driver));
	driver[strcspn(driver, "0123456789")] = '\0';
	if (is_cloner(driver))
		strlcpy(link->kind, driver, sizeof(link->kind));
	link->is_tap = strcmp(link->kind, "tap") == 0 || strcmp(link->kind, "vmnet") == 0;
	read_description(control, link);
}

int
freebsd_describe(int control, const char *name, const char *alias)
{
	struct ifreq request = { .ifr_flags = 0 };

	strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
	if (alias != NULL && alias[0] != '\0') {
		request.ifr_buffer.length = strlen(alias) + 1;
		request.ifr_buffer.buffer = (char *)(uintptr_t)alias;
	}
	return ioctl(control, SIOCSIFDESCR, &request);
}

static int
fail_mtu(struct diag *d, const char *tap, unsigned mtu, const struct os_link *bridge)
{
	fail(d, "bridge %s: its MTU is %u, and that of tap %s %u: all its ports have one MTU",
	    bridge->name, bridge->mtu, tap, mtu);
	errno = EINVAL;
	return -1;
}

/* errno of BRDGADD as sys/net/if_bridge.c means it. */
static int
fail_add(struct diag *d, const char *tap, const struct os_link *bridge)
{
	switch (errno) {
	case EEXIST:
		return fail(d, "bridge %s: tap %s is one of its ports already", bridge->name, tap);
	case EBUSY:
		return fail(d, "bridge %s: tap %s is a port of another bridge", bridge->name, tap);
	case EINVAL:
		return fail(d,
		    "bridge %s: the kernel does not take tap %s as a port (another MTU, or an "
		    "address that a port may not have)",
		    bridge->name, tap);
	case ENXIO:
		return fail(d, "bridge %s: there is no such interface", bridge->name);
	case ENOENT:
		return fail(d, "tap %s: there is no such interface", tap);
	case EPERM:
		return fail_as(d, DIAG_DENIED,
		    "bridge %s: adding a port needs root, and in a jail a network of its own "
		    "(vnet)",
		    bridge->name);
	case ENOTTY:
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
		return fail(
		    d, "bridge %s: this kernel has no if_bridge (kldload if_bridge)", bridge->name);
	default:
		return fail_sys(d, "bridge %s: tap %s cannot join", bridge->name, tap);
	}
}

/* Untagged frames of the port belong to that VLAN. A bridge that does not filter would let them
 * reach every port all the same. */
static int
set_vlan(struct diag *d, int control, const char *tap, unsigned vlan, const struct os_link *bridge)
{
	struct ifbreq request = { .ifbr_ifsflags = 0 };
	uint16_t pvid = (uint16_t)vlan;
	uint32_t flags = 0;

	if (bsd_bridge_command(
		control, false, bridge->name, BRIDGE_GET_FLAGS, &flags, sizeof(flags)) == -1) {
		if (errno == EINVAL)
			return fail(d,
			    "bridge %s: this kernel's bridges know no VLANs (FreeBSD 15 and later "
			    "do)",
			    bridge->name);
		return fail_sys(d, "bridge %s: cannot ask for its flags", bridge->name);
	}
	if ((flags & BRIDGE_VLANFILTER) == 0) {
		fail(d,
		    "bridge %s: it does not keep VLANs apart, and the NIC wants VLAN %u "
		    "(ifconfig %s vlanfilter)",
		    bridge->name, vlan, bridge->name);
		errno = EINVAL;
		return -1;
	}
	strlcpy(request.ifbr_ifsname, tap, sizeof(request.ifbr_ifsname));
	memcpy((char *)&request + PVID_OFFSET, &pvid, sizeof(pvid));
	if (bsd_bridge_command(
		control, true, bridge->name, PORT_SET_PVID, &request, sizeof(request)) == -1)
		return fail_sys(
		    d, "bridge %s: tap %s cannot be in VLAN %u", bridge->name, tap, vlan);
	return 0;
}

/* What a join has changed so far. */
struct joining {
	struct os_link before;
	bool mac, mtu, alias, member;
};

static void
join_undo(int control, const struct os_link *bridge, const struct joining *j)
{
	const struct os_link *tap = &j->before;
	int err = errno;

	if (j->member)
		(void)bsd_bridge_delete(control, bridge->name, tap->name);
	if (j->alias)
		(void)freebsd_describe(control, tap->name, tap->alias);
	if (j->mtu)
		(void)bsd_set_mtu(control, tap->name, tap->mtu);
	if (j->mac)
		(void)bsd_set_mac(control, tap->name, tap->mac);
	errno = err;
}

/* MAC, MTU and description, as far as they are others. */
static int
tap_dress(struct diag *d, int control, const struct os_port *port, struct joining *j)
{
	const struct os_link *tap = &j->before;
	char text[MAC_TEXT];

	if (!mac_is_zero(port->mac) && !mac_equal(port->mac, tap->mac)) {
		if (bsd_set_mac(control, tap->name, port->mac) == -1)
			return fail_sys(d, "tap %s: cannot set its MAC to %s", tap->name,
			    mac_format(port->mac, text));
		j->mac = true;
	}
	if (port->mtu != tap->mtu) {
		if (bsd_set_mtu(control, tap->name, port->mtu) == -1)
			return fail_sys(
			    d, "tap %s: cannot set its MTU to %u", tap->name, port->mtu);
		j->mtu = true;
	}
	if (port->alias != NULL && strcmp(port->alias, tap->alias) != 0) {
		if (freebsd_describe(control, tap->name, port->alias) == -1)
			return fail_sys(
			    d, "tap %s: cannot describe it as \"%s\"", tap->name, port->alias);
		j->alias = strcmp(tap->alias, UNREADABLE) != 0; /* else there is none to put back */
	}
	return 0;
}

static int
port_add(struct diag *d, int control, const struct os_port *port, const struct os_link *bridge,
    struct joining *j)
{
	const char *tap = j->before.name;

	if (bsd_bridge_add(control, bridge->name, tap) == -1)
		return fail_add(d, tap, bridge);
	j->member = true;
	if (port->isolated &&
	    bsd_bridge_flags(control, bridge->name, tap, IFBIF_PRIVATE, IFBIF_PRIVATE) == -1)
		return fail_sys(d, "bridge %s: tap %s cannot be isolated", bridge->name, tap);
	if (port->vlan != 0 && set_vlan(d, control, tap, port->vlan, bridge) == -1)
		return -1;
	/* A bridge gives a port that joins its own MTU since FreeBSD 14, and takes on that of its
	 * first: neither happens where they are the same. */
	if (bsd_set_up(control, tap, true) == -1)
		return fail_sys(d, "tap %s: cannot raise it", tap);
	return 0;
}

int
os_tap_join(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	struct joining j = { .mac = false };
	int control, result;

	/* An empty bridge would take on whatever its first port has. */
	if (port->mtu != bridge->mtu)
		return fail_mtu(d, tap->name, port->mtu, bridge);
	if (os_link_find(d, tap->name, &j.before) == -1)
		return -1;
	if (j.before.index != tap->index) {
		fail(d, "tap %s: another interface has its name now", tap->name);
		errno = ENODEV;
		return -1;
	}
	control = bsd_control(d);
	if (control == -1)
		return -1;
	result = tap_dress(d, control, port, &j);
	if (result == 0)
		result = port_add(d, control, port, bridge, &j);
	if (result == -1)
		join_undo(control, bridge, &j);
	fd_close(&control);
	return result;
}

/* Is it the tap that was meant, or one that got its name? */
static bool
is_meant(const struct os_link *link, unsigned index, const char *alias)
{
	if (!link->is_tap)
		return false;
	if (index != 0)
		return link->index == index;
	return alias != NULL && strcmp(link->alias, alias) == 0;
}

int
os_tap_leave(struct diag *d, unsigned index, const char *name, const char *alias)
{
	struct diag why = { 0 };
	struct os_link link;

	if (os_link_find(&why, name, &link) == -1) {
		if (errno != ENODEV) {
			diag_move(d, &why);
			return -1;
		}
		diag_free(&why);
		return 0;
	}
	return is_meant(&link, index, alias) ? bsd_leave(d, &link) : 0;
}

/* bhyve(8) and QEMU on FreeBSD have taps; vmnet.framework is macOS's. */
int
os_vmnet_check(struct diag *d, const char *name)
{
	return fail(d, "%s: FreeBSD has no vmnet: give the NIC a bridge", name);
}

/* A jail with vnet would be one; it outlives who made it and needs a name. */
int
os_network_alone(void)
{
	return 0;
}

/* if_bridge(4) numbers its interfaces. */
int
os_bridge_create(struct diag *d, const char *name, const char *alias, char ret[OS_IFNAME])
{
	int control = bsd_control(d), err;
	char made[OS_IFNAME];

	if (control == -1)
		return -1;
	if (bsd_clone_create(control, "bridge", made) == -1) {
		fd_close(&control);
		if (errno == EINVAL)
			return fail(d,
			    "cannot make a bridge: this kernel has no if_bridge (kldload "
			    "if_bridge)");
		return fail_sys(d, "cannot make a bridge");
	}
	if (freebsd_describe(control, made, alias) == -1 || bsd_set_up(control, made, true) == -1) {
		fail_sys(d, "bridge %s: cannot describe and raise it", made);
		err = errno;
		(void)bsd_clone_destroy(control, made);
		fd_close(&control);
		errno = err;
		return -1;
	}
	fd_close(&control);
	strlcpy(ret, made, OS_IFNAME);
	return 0;
}

int
os_bridge_destroy(struct diag *d, const char *name)
{
	int control = bsd_control(d), result;

	if (control == -1)
		return -1;
	result = bsd_clone_destroy(control, name);
	fd_close(&control);
	return result == -1 && errno != ENXIO ? fail_sys(d, "bridge %s: cannot destroy it", name)
					      : 0;
}
