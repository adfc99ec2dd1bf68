/*
 * Taps on FreeBSD: made, opened, limited, destroyed; fills os.h.
 *
 * tap(4) is an interface and, of the same name, a device that one process at a time can open. It is
 * made by SIOCIFCREATE2 and stays, down, when its last descriptor is closed. SIOCIFDESTROY waits
 * until that happens, in a sleep that no signal ends: so nothing here destroys a tap that somebody
 * has open. Newer kernels can let a tap go with its last descriptor (TAPSTRANSIENT); then there is
 * nothing left to destroy.
 */
#include <sys/types.h>

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_tap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capsicum.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <unistd.h>

#include "os/os_freebsd.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/ifname.h"

#ifndef TAPSTRANSIENT /* <net/if_tap.h> of FreeBSD 15 */
#define TAPSTRANSIENT _IOW('t', 98, int)
#endif
_Static_assert(TAPSTRANSIENT == 0x80047462, "of <net/if_tun.h>");

/* tap0 and its neighbours are made by hand and by other programs. The driver's last unit is
 * IF_MAXUNIT of <net/if.h>. */
#define FIRST_UNIT 10000u
#define LAST_UNIT  IF_MAXUNIT
#define UNITS      (LAST_UNIT - FIRST_UNIT + 1)
_Static_assert(LAST_UNIT == 32767, "a name of eight bytes, which fits");

/* Of "tap10000": its unit in our range, or -1. */
static int
our_unit(const char *name)
{
	unsigned long unit;
	char *end;

	if (strncmp(name, "tap", 3) != 0 || name[3] < '1' || name[3] > '9')
		return -1;
	unit = strtoul(name + 3, &end, 10);
	if (*end != '\0' || unit < FIRST_UNIT || unit > LAST_UNIT)
		return -1;
	return (int)(unit - FIRST_UNIT);
}

/* A tap that was renamed has its unit still. No path is looked at: with net.link.tap.devfs_cloning
 * a look at /dev/tapN makes it. */
static void
units_taken(const struct os_link *links, size_t n, bool taken[UNITS])
{
	char driver[OS_IFNAME];
	int unit;

	for (size_t i = 0; i < n; i++) {
		unit = our_unit(links[i].name);
		if (unit != -1)
			taken[unit] = true;
		if (!links[i].is_tap || !freebsd_driver_name(links[i].index, driver))
			continue;
		unit = our_unit(driver);
		if (unit != -1)
			taken[unit] = true;
	}
}

/* The driver numbers its taps. The search begins where the wish falls, so that of many that start
 * at once few want the same. */
int
os_tap_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	bool taken[UNITS] = { false };
	struct os_link *links;
	unsigned unit;
	size_t n;

	if (os_links(d, &links, &n) == -1)
		return -1;
	units_taken(links, n, taken);
	free(links);
	unit = ifname_hash(wish) % UNITS;
	for (unsigned i = 0; i < UNITS; i++, unit = (unit + 1) % UNITS) {
		if (!taken[unit]) {
			snprintf(ret, OS_IFNAME, "tap%u", FIRST_UNIT + unit);
			return 0;
		}
	}
	errno = EEXIST;
	return fail_sys(d, "no tap is left: tap%u to tap%u", FIRST_UNIT, (unsigned)LAST_UNIT);
}

/* tap(4) answers "Opened by PID 123". */
pid_t
freebsd_tap_holder(int control, const char *name)
{
	static const char words[] = "Opened by PID ";
	struct ifstat status = { .ascii = "" };
	const char *p;

	strlcpy(status.ifs_name, name, sizeof(status.ifs_name));
	if (ioctl(control, SIOCGIFSTATUS, &status) == -1)
		return -1;
	status.ascii[sizeof(status.ascii) - 1] = '\0';
	p = strstr(status.ascii, words);
	return p != NULL ? (pid_t)strtoul(p + sizeof(words) - 1, NULL, 10) : 0;
}

/*
 * QEMU reads frames, writes them, waits for more and says once that it does not want to be blocked
 * (net/tap.c, net/tap-bsd.c): no ioctl, so that a guest that has taken QEMU over cannot use the
 * descriptor to raise, rename or readdress the interface. The limit stays with the descriptor over
 * fork(2) and execve(2), which is why it is of use although QEMU is not in capability mode: that
 * (cap_enter(2)) cannot be entered for a program that is still to be executed, whose loader,
 * firmware and keymaps are opened by path.
 */
int
freebsd_tap_limit(int fd)
{
	cap_rights_t rights;

	cap_rights_init(&rights, CAP_READ, CAP_WRITE, CAP_EVENT, CAP_FCNTL, CAP_FSTAT);
	if (cap_rights_limit(fd, &rights) == -1 ||
	    cap_fcntls_limit(fd, CAP_FCNTL_GETFL | CAP_FCNTL_SETFL) == -1)
		return errno == ENOSYS ? 0 : -1; /* a kernel without Capsicum */
	return 0;
}

static int
fail_open(struct diag *d, int control, const char *name)
{
	pid_t holder;
	int err = errno;

	switch (err) {
	case EBUSY:
		holder = freebsd_tap_holder(control, name);
		if (holder > 0)
			fail(d, "tap %s is in use: process %d opened it", name, (int)holder);
		else
			fail(d, "tap %s is in use", name);
		break;
	case ENOENT:
	case ENXIO:
		fail(d, "tap %s: there is no /dev/%s (in a jail, its devfs rules must show it)",
		    name, name);
		break;
	default:
		fail_sys(d, "tap %s: cannot open /dev/%s", name, name);
		break;
	}
	errno = err;
	return -1;
}

/* Its device, and what must be so before QEMU gets it. */
static int
tap_take(struct diag *d, int control, const char *name, bool ours, struct os_tap *ret)
{
	struct ifreq request = { .ifr_flags = 0 };
	char path[5 + OS_IFNAME];
	unsigned index;
	int fd, one = 1;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return fail_open(d, control, name);
	index = if_nametoindex(name);
	if (index == 0 || ioctl(fd, TAPGIFNAME, &request) == -1) {
		fail_sys(d, "tap %s: cannot ask which interface /dev/%s is", name, name);
		goto fail;
	}
	if (strncmp(request.ifr_name, name, sizeof(request.ifr_name)) != 0) {
		fail(d, "tap %s: /dev/%s is interface %.*s", name, name, OS_IFNAME,
		    request.ifr_name);
		errno = EEXIST;
		goto fail;
	}
	if (ours)
		(void)ioctl(fd, TAPSTRANSIENT, &one); /* FreeBSD 15 */
	if (freebsd_tap_limit(fd) == -1) {
		fail_sys(d, "tap %s: cannot limit what its descriptor may do", name);
		goto fail;
	}
	*ret = (struct os_tap){ .fd = fd, .index = index };
	strlcpy(ret->name, name, sizeof(ret->name));
	return 0;
fail:
	fd_close(&fd);
	return -1;
}

static int
fail_create(struct diag *d, const char *name)
{
	switch (errno) {
	case EEXIST:
		return fail(d, "tap %s: the name is taken", name);
	case EINVAL:
		return fail(d, "tap %s: this kernel has no tap(4) (kldload if_tuntap)", name);
	case EPERM:
		return fail_as(d, DIAG_DENIED,
		    "tap %s: making one needs root, and in a jail a network of its own (vnet)",
		    name);
	default:
		return fail_sys(d, "tap %s: cannot make it", name);
	}
}

/* Whoever opened it in the meantime keeps it; a destroy would wait for him. */
static void
tap_discard(int control, const char *name)
{
	int err = errno;

	if (freebsd_tap_holder(control, name) == 0)
		(void)bsd_clone_destroy(control, name);
	errno = err;
}

int
os_tap_open(struct diag *d, const char *name, bool multi_queue, struct os_tap *ret)
{
	int control = bsd_control(d), result = -1;
	char made[OS_IFNAME];

	if (control == -1)
		return -1;
	if (bsd_clone_create(control, name, made) == -1) {
		fail_create(d, name);
	} else {
		result = tap_take(d, control, made, true, ret);
		if (result == -1)
			tap_discard(control, made);
	}
	fd_close(&control);
	return result;
}

/* Its interface is looked for first: opening the device of one that is not there may make it. */
int
os_tap_open_given(struct diag *d, const char *name, uid_t also, struct os_tap *ret)
{
	struct os_link link;
	int control, result;

	if (os_link_find(d, name, &link) == -1)
		return -1;
	if (!link.is_tap) {
		fail(d, "%s is not a tap", name);
		errno = ENODEV;
		return -1;
	}
	control = bsd_control(d);
	if (control == -1)
		return -1;
	result = tap_take(d, control, name, false, ret);
	fd_close(&control);
	return result;
}

/* 1: it is ours, or nobody's, and closed; 0: leave it; -1: ours, and cannot be destroyed now. */
static int
may_destroy(struct diag *d, int control, const struct os_link *link, const char *alias)
{
	bool nobodys = link->alias[0] == '\0';
	pid_t holder;

	if (!link->is_tap || (!nobodys && (alias == NULL || strcmp(link->alias, alias) != 0)))
		return 0;
	holder = freebsd_tap_holder(control, link->name);
	if (holder == -1)
		return errno == ENXIO
			   ? 0
			   : fail_sys(d, "tap %s: cannot ask who has it open", link->name);
	if (holder == 0)
		return 1;
	if (nobodys)
		return 0;
	fail(d, "tap %s: it is still open (process %d opened it), so it cannot be destroyed",
	    link->name, (int)holder);
	errno = EBUSY;
	return -1;
}

int
os_tap_destroy(struct diag *d, const char *name, const char *alias)
{
	struct diag why = { 0 };
	struct os_link link;
	int control, result;

	if (os_link_find(&why, name, &link) == -1) {
		if (errno != ENODEV) {
			diag_move(d, &why);
			return -1;
		}
		diag_free(&why);
		return 0;
	}
	control = bsd_control(d);
	if (control == -1)
		return -1;
	result = may_destroy(d, control, &link, alias);
	if (result == 1) {
		result = bsd_clone_destroy(control, name);
		if (result == -1)
			result =
			    errno == ENXIO ? 0 : fail_sys(d, "tap %s: cannot destroy it", name);
	}
	fd_close(&control);
	return result;
}

int
os_trial_open(struct diag *d, struct os_tap *ret)
{
	char name[OS_IFNAME];

	if (os_tap_choose(d, "self-test", name) == -1)
		return -1;
	return os_tap_open(d, name, false, ret);
}

int
os_trial_close(struct diag *d, struct os_tap *tap, const char *alias)
{
	fd_close(&tap->fd);
	return os_tap_destroy(d, tap->name, alias);
}
