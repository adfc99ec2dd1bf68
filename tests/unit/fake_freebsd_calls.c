/* FreeBSD's interface ioctls in memory, as sys/net/if.c, if_clone.c, if_tuntap.c and if_bridge.c
 * answer them; see fake_freebsd.h. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_freebsd_kernel.h"

#define MEMBER_SIZE 80 /* struct ifbreq */
#define MEMBER_SPAN 0x8

static int
refuse(int error)
{
	errno = error;
	return -1;
}

static bool
is_driver(const struct freebsd_link *link, const char *driver)
{
	return strncmp(link->driver, driver, strlen(driver)) == 0;
}

/* --- made and destroyed --- */

static bool
driver_has(const char *name)
{
	for (unsigned i = 0; i < freebsd_nlinks; i++) {
		if (strcmp(freebsd_links[i].driver, name) == 0)
			return true;
	}
	return false;
}

/* "tap" and "bridge" take the lowest number that is free, "tap5" that one. */
static int
clone_create(char *name)
{
	bool tap = strncmp(name, "tap", 3) == 0 && !freebsd.no_tap;
	bool bridge = strncmp(name, "bridge", 6) == 0 && !freebsd.no_bridge;
	const char *number = name + (tap ? 3 : 6);
	struct freebsd_link *link;

	if (!tap && !bridge)
		return refuse(EINVAL);
	if (freebsd.no_root)
		return refuse(EPERM);
	if (*number != '\0' && atoi(number) > 32767)
		return refuse(EINVAL);
	if (*number == '\0') {
		for (unsigned i = 0; i == 0 || driver_has(name); i++)
			snprintf(name, 16, "%s%u", tap ? "tap" : "bridge", i);
	}
	if (driver_has(name))
		return refuse(EEXIST);
	freebsd_link_add(name, tap ? FREEBSD_ETHER : FREEBSD_BRIDGE, 1500);
	link = freebsd_link_get(name);
	link->flags = tap ? 0 : 0x40;
	link->destroyable = true;
	link->opener = tap ? freebsd.thief : 0;
	fake_did("create %s", name);
	return 0;
}

static int
clone_destroy(struct freebsd_link *link)
{
	if (freebsd.no_root)
		return refuse(EPERM);
	if (!link->destroyable)
		return refuse(EINVAL);
	if (link->opener != 0)
		fail_msg(
		    "%s is destroyed while process %d has it open: the kernel would wait for ever",
		    link->name, (int)link->opener);
	fake_did("destroy %s", link->name);
	freebsd_link_drop(link);
	return 0;
}

/* --- what an interface is told --- */

static int
set_description(struct freebsd_link *link, const unsigned char *p)
{
	size_t length = fake_u64(p + 16);

	if (freebsd.no_root)
		return refuse(EPERM);
	if (length > 1024)
		return refuse(ENAMETOOLONG);
	memset(link->description, 0, sizeof(link->description));
	if (length > 0)
		memcpy(link->description, fake_pointer(p + 24), length - 1);
	fake_did("describe %s \"%s\"", link->name, link->description);
	return 0;
}

static int
get_description(const struct freebsd_link *link, unsigned char *p)
{
	size_t length = strlen(link->description) + 1;

	if (length == 1)
		return refuse(ENOMSG);
	if (fake_u64(p + 16) < length)
		memset(p + 24, 0, 8);
	else
		memcpy(fake_pointer(p + 24), link->description, length);
	fake_put64(p + 16, length);
	return 0;
}

static int
set_mac(struct freebsd_link *link, const unsigned char *p)
{
	if (freebsd.no_root)
		return refuse(EPERM);
	if (p[16] != 6) /* sa_len */
		return refuse(EINVAL);
	memcpy(link->mac, p + 18, 6);
	fake_did("mac %s %02x:…:%02x", link->name, link->mac[0], link->mac[5]);
	return 0;
}

static int
set_mtu(struct freebsd_link *link, const unsigned char *p)
{
	unsigned mtu = fake_u32(p + 16);

	if (freebsd.no_root)
		return refuse(EPERM);
	if (mtu < 72 || mtu > 65535)
		return refuse(EINVAL);
	link->mtu = mtu;
	fake_did("mtu %s %u", link->name, mtu);
	return 0;
}

static int
set_flags(struct freebsd_link *link, const unsigned char *p)
{
	unsigned flags = fake_u32(p + 16);

	if (freebsd.no_root)
		return refuse(EPERM);
	link->flags = (int)flags;
	fake_did("%s %s", (flags & FREEBSD_UP) != 0 ? "up" : "down", link->name);
	return 0;
}

static int
get_status(const struct freebsd_link *link, unsigned char *p)
{
	if (!is_driver(link, "tap"))
		return refuse(EINVAL);
	p[16] = '\0';
	if (link->opener != 0)
		snprintf((char *)p + 16, 801, "\tOpened by PID %d\n", (int)link->opener);
	return 0;
}

static int
get_media(const struct freebsd_link *link, unsigned char *p)
{
	if (link->type != FREEBSD_ETHER)
		return refuse(EINVAL);
	if (fake_u32(p + 32) != 0)
		return refuse(EFAULT); /* room for a list that is not there */
	fake_put32(p + 24, !is_driver(link, "tap") || link->opener != 0 ? 0x3 : 0x1);
	return 0;
}

int
fake_interface_ioctl(unsigned long number, unsigned char *p)
{
	struct freebsd_link *link = freebsd_link_get((const char *)p);

	if (number == 0xc020697c) /* SIOCIFCREATE2 */
		return clone_create((char *)p);
	if (link == NULL)
		return refuse(ENXIO);
	if (number == freebsd.deaf.ioctl && is_driver(link, freebsd.deaf.driver))
		return 0;
	switch (number) {
	case 0x80206979: /* SIOCIFDESTROY */
		return clone_destroy(link);
	case 0x80206934: /* SIOCSIFMTU */
		return set_mtu(link, p);
	case 0x8020693c: /* SIOCSIFLLADDR */
		return set_mac(link, p);
	case 0xc0206911: /* SIOCGIFFLAGS */
		fake_put32(p + 16, (uint32_t)link->flags);
		return 0;
	case 0x80206910: /* SIOCSIFFLAGS */
		return set_flags(link, p);
	case 0x80206929: /* SIOCSIFDESCR */
		return set_description(link, p);
	case 0xc020692a: /* SIOCGIFDESCR */
		return get_description(link, p);
	case 0xc331693b: /* SIOCGIFSTATUS */
		return get_status(link, p);
	case 0xc0306938: /* SIOCGIFMEDIA */
		return get_media(link, p);
	case 0x8028697b: /* SIOCSDRVSPEC */
		return fake_bridge_command(true, p);
	case 0xc028697b: /* SIOCGDRVSPEC */
		return fake_bridge_command(false, p);
	default:
		fail_msg("ioctl %#lx is none that FreeBSD's interfaces know", number);
		return -1;
	}
}

/* --- bridges --- */

static int
member_add(struct freebsd_link *bridge, const char *name)
{
	struct freebsd_link *link = freebsd_link_get(name);
	bool empty = true;

	if (freebsd.add_error != 0)
		return refuse(freebsd.add_error);
	if (link == NULL)
		return refuse(ENOENT);
	if (link->bridge != 0)
		return refuse(link->bridge == bridge->index ? EEXIST : EBUSY);
	if (link->type != FREEBSD_ETHER)
		return refuse(EINVAL);
	for (unsigned i = 0; i < freebsd_nlinks; i++)
		empty &= freebsd_links[i].bridge != bridge->index;
	if (empty)
		bridge->mtu = link->mtu;
	else if (link->mtu != bridge->mtu && freebsd.same_mtu)
		return refuse(EINVAL);
	link->mtu = bridge->mtu;
	link->bridge = bridge->index;
	link->member_flags = 0x3;
	link->pvid = 0;
	fake_did("add %s %s", bridge->name, name);
	return 0;
}

/* As much as fits, without a word of what does not. */
static int
member_list(const struct freebsd_link *bridge, unsigned char *conf)
{
	size_t room = fake_u32(conf) / MEMBER_SIZE, n = 0, all = 0;
	unsigned char *list = fake_pointer(conf + 8);

	for (unsigned i = freebsd_nlinks; i > 0; i--) {
		const struct freebsd_link *link = &freebsd_links[i - 1];

		if (link->bridge != bridge->index)
			continue;
		all++;
		if (n == room)
			continue;
		memset(list + n * MEMBER_SIZE, 0xa5, MEMBER_SIZE);
		memcpy(list + n * MEMBER_SIZE, link->name, 16);
		fake_put32(list + n * MEMBER_SIZE + 16, link->member_flags);
		n++;
	}
	fake_put32(conf, (uint32_t)((room == 0 ? all : n) * MEMBER_SIZE));
	return 0;
}

static int
member_vlan(const struct freebsd_link *bridge, struct freebsd_link *link, const unsigned char *p)
{
	unsigned pvid = p[48] | (unsigned)p[49] << 8;

	if (!bridge->vlanfilter || pvid > 4094)
		return refuse(EINVAL);
	link->pvid = pvid;
	fake_did("vlan %s %s %u", bridge->name, link->name, pvid);
	return 0;
}

static int
member_command(struct freebsd_link *bridge, unsigned long command, unsigned char *p)
{
	struct freebsd_link *link = freebsd_link_get((const char *)p);

	if (command == 0) /* BRDGADD */
		return member_add(bridge, (const char *)p);
	if (link == NULL || link->bridge != bridge->index)
		return refuse(ENOENT);
	switch (command) {
	case 1: /* BRDGDEL */
		link->bridge = 0;
		fake_did("delete %s %s", bridge->name, link->name);
		return 0;
	case 2: /* BRDGGIFFLGS */
		fake_put32(p + 16, link->member_flags);
		return 0;
	case 3: /* BRDGSIFFLGS */
		if ((fake_u32(p + 16) & MEMBER_SPAN) != 0)
			return refuse(EINVAL);
		link->member_flags = fake_u32(p + 16);
		fake_did("flags %s %s %#x", bridge->name, link->name, link->member_flags);
		return 0;
	default: /* BRDGSIFPVID */
		return member_vlan(bridge, link, p);
	}
}

/* struct ifdrv: the name, the command at 16, the length at 24 and the pointer at 32. */
int
fake_bridge_command(bool set, unsigned char *drv)
{
	static const struct {
		unsigned long command, size;
		bool set, vlans;
	} commands[] = {
		{ 0, MEMBER_SIZE, .set = true },
		{ 1, MEMBER_SIZE, .set = true },
		{ 2, MEMBER_SIZE },
		{ 3, MEMBER_SIZE, .set = true },
		{ 6, 16 },
		{ 31, MEMBER_SIZE, .set = true, .vlans = true },
		{ 34, 4, .vlans = true },
	};
	struct freebsd_link *bridge = freebsd_link_get((const char *)drv);
	unsigned char *p = fake_pointer(drv + 32);
	unsigned long command = fake_u64(drv + 16);

	if (!is_driver(bridge, "bridge"))
		return refuse(EINVAL);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].command != command)
			continue;
		if (commands[i].vlans && !freebsd.vlans)
			return refuse(EINVAL);
		if (set && freebsd.no_root)
			return refuse(EPERM);
		if (commands[i].set != set || fake_u64(drv + 24) != commands[i].size)
			fail_msg("command %lu to a bridge: the wrong way or length %lu", command,
			    (unsigned long)fake_u64(drv + 24));
		if ((int)command == freebsd.deaf.command)
			return 0;
		if (command == 6) /* BRDGGIFS */
			return member_list(bridge, p);
		if (command == 34) { /* BRDGGFLAGS */
			fake_put32(p, bridge->vlanfilter ? 0x1 : 0);
			return 0;
		}
		return member_command(bridge, command, p);
	}
	fail_msg("command %lu is none of a bridge's", command);
	return -1;
}
