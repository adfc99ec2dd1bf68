/* For tests of Linux's os floor: a network namespace of the test's own, and another way into the
 * kernel than the one under test. */
#ifndef VMRUN_TESTS_UNIT_LINUX_FIXTURE_H
#define VMRUN_TESTS_UNIT_LINUX_FIXTURE_H

#include "os_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"

#define SKIPPED 77 /* meson's exit status for a test that could not run */

static const struct mac tap_mac = { { 0xfe, 0x54, 0x00, 0x9b, 0x01, 0x77 } };
static int control = -1; /* a socket for interface ioctls, another way into the kernel than ours */

/* A failed setup step ends the test with its name. */
static inline void
must(int result, const char *what)
{
	if (result == -1)
		fail_msg("%s: %s", what, strerror(errno));
}

static inline void
interface_ioctl(unsigned long what, const char *name, void (*set)(struct ifreq *, int), int value)
{
	struct ifreq r = { 0 };

	strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	set(&r, value);
	must(ioctl(control, what, &r), name);
}

static inline void
set_flags(struct ifreq *r, int value)
{
	r->ifr_flags = (short)value;
}

static inline void
set_mtu(struct ifreq *r, int value)
{
	r->ifr_mtu = value;
}

static inline void
set_index(struct ifreq *r, int value)
{
	r->ifr_ifindex = value;
}

static inline void
set_address(struct ifreq *r, int last)
{
	const unsigned char mac[6] = { 0x02, 0, 0, 0, 0, (unsigned char)last };

	r->ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r->ifr_hwaddr.sa_data, mac, sizeof(mac));
}

static inline bool
link_exists(const char *name)
{
	struct diag d = { 0 };
	struct os_link link;
	bool found = os_link_find(&d, name, &link) == 0;

	if (!found)
		assert_int_equal(errno, ENODEV);
	diag_free(&d);
	return found;
}

static inline struct os_link
bridge_make(const char *name, int mtu)
{
	must(ioctl(control, SIOCBRADDBR, name), name);
	interface_ioctl(SIOCSIFMTU, name, set_mtu, mtu);
	interface_ioctl(SIOCSIFFLAGS, name, set_flags, IFF_UP);
	return link_of(name);
}

static inline void
bridge_remove(const char *name)
{
	interface_ioctl(SIOCSIFFLAGS, name, set_flags, 0);
	must(ioctl(control, SIOCBRDELBR, name), name);
}

static inline struct os_tap
tap_make(const char *name)
{
	struct diag d = { 0 };
	struct os_tap tap;

	if (os_tap_open(&d, name, false, &tap) == -1)
		fail_msg("%s", d.text);
	return tap;
}

static inline void
tap_join(const struct os_tap *tap, struct mac mac, const struct os_link *bridge)
{
	const struct os_port port = { .mac = mac, .mtu = bridge->mtu, .alias = "vmrun web1 nic 0" };
	struct diag d = { 0 };

	if (os_tap_join(&d, tap, &port, bridge) == -1)
		fail_msg("%s", d.text);
}

/* A tap as another program would make it, that outlives its descriptor if persistent. */
static inline int
foreign_tap(const char *name, int persistent)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	must(fd, "/dev/net/tun");
	must(ioctl(fd, TUNSETIFF, &r), name);
	must(ioctl(fd, TUNSETPERSIST, persistent), name);
	return fd;
}

static inline int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), result;

	result = fd == -1 ? -1 : fd_write_all(fd, text, strlen(text));
	fd_close(&fd);
	return result;
}

/* A fresh network namespace; without root, with a user namespace around it. */
static inline int
namespace_enter(void)
{
	char uids[32], gids[32];

	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	snprintf(uids, sizeof(uids), "0 %u 1", (unsigned)geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1 ||
	    write_file("/proc/self/setgroups", "deny") == -1 ||
	    write_file("/proc/self/uid_map", uids) == -1)
		return -1;
	return write_file("/proc/self/gid_map", gids);
}

/* Says why not. */
static inline bool
namespace_ready(void)
{
	int tun;

	if (namespace_enter() == -1) {
		printf("skipped: no network namespace: %s\n", strerror(errno));
		return false;
	}
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun == -1) {
		printf("skipped: /dev/net/tun: %s\n", strerror(errno));
		return false;
	}
	fd_close(&tun);
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return true;
}

#endif
