/* Interfaces, bridges and given taps on macOS; fills os.h. What it shares with FreeBSD is
 * os_bsd*.c. */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os_bsd.h"
#include "util/diag.h"
#include "util/fd.h"

#define WHAT_INSTEAD                                                                               \
	"write bridge = \"en0\" for QEMU's vmnet, socket = \"PATH\" of a socket_vmnet daemon, or " \
	"tap = \"tap0\" for the tap of a kernel extension"

static bool
has_kind(const char *name, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(name, kind, len) == 0 && name[len] != '\0' &&
	       strspn(name + len, "0123456789") == strlen(name + len);
}

/* XNU names an interface by its driver and a number, and there is nothing else to tell what it is;
 * en is what drives hardware. It has no descriptions. */
void
bsd_link_describe(int control, struct os_link *link)
{
	size_t len = strcspn(link->name, "0123456789");

	link->alias[0] = '\0';
	link->is_tap = has_kind(link->name, "tap");
	link->kind[0] = '\0';
	if (!has_kind(link->name, "en"))
		snprintf(link->kind, sizeof(link->kind), "%.*s", (int)len, link->name);
}

int
os_tap_choose(struct diag *d, const char *wish, char ret[OS_IFNAME])
{
	fail(d, "macOS makes no taps: " WHAT_INSTEAD);
	errno = ENOTSUP;
	return -1;
}

int
os_tap_open(struct diag *d, const char *name, bool multi_queue, struct os_tap *ret)
{
	return os_tap_choose(d, name, ret->name);
}

static int
device_fail(struct diag *d, const char *name)
{
	int err = errno;

	if (err == EBUSY)
		fail(d, "tap %s: it is in use: another process holds /dev/%s open", name, name);
	else if (err == ENOENT || err == ENXIO || err == ENODEV)
		fail(d,
		    "tap %s: there is no /dev/%s: it is made by a kernel extension that macOS "
		    "lacks; "
		    "without one " WHAT_INSTEAD,
		    name, name);
	else
		fail_sys(d, "tap %s: /dev/%s", name, name);
	errno = err;
	return -1;
}

/* tuntaposx makes the interface when its device is opened, and takes it away with the last close:
 * before this call there may be none of that name. */
int
os_tap_open_given(struct diag *d, const char *name, uid_t also, struct os_tap *ret)
{
	struct os_tap tap = { .fd = -1 };
	char path[5 + OS_IFNAME];

	if (!has_kind(name, "tap") || strlen(name) >= OS_IFNAME) {
		errno = ENODEV;
		return device_fail(d, name);
	}
	snprintf(path, sizeof(path), "/dev/%s", name);
	tap.fd = open(path, O_RDWR | O_CLOEXEC);
	if (tap.fd == -1)
		return device_fail(d, name);
	tap.index = if_nametoindex(name);
	if (tap.index == 0) {
		fail_sys(d, "tap %s: its device opens, but there is no such interface", name);
		fd_close(&tap.fd);
		return -1;
	}
	strlcpy(tap.name, name, sizeof(tap.name));
	*ret = tap;
	return 0;
}

/* vmnet has a bridge of its own, and what it makes is not ours to move. */
static int
join_allowed(struct diag *d, const struct os_tap *tap, const struct os_port *port)
{
	errno = ENOTSUP;
	if (has_kind(tap->name, "vmenet"))
		fail(d, "%s belongs to vmnet, which has put it on a bridge of its own", tap->name);
	else if (port->isolated || port->vlan != 0)
		fail(d, "tap %s: macOS has no %s for the ports of a bridge", tap->name,
		    port->vlan != 0 ? "VLANs" : "isolation");
	else
		return 0;
	return -1;
}

static int
add_fail(struct diag *d, const struct os_tap *tap, const struct os_link *bridge)
{
	int err = errno;

	switch (err) {
	case ENOENT:
		fail(d, "bridge %s: tap %s cannot join: there is no such interface", bridge->name,
		    tap->name);
		break;
	case ENXIO:
		fail(d, "bridge %s: there is no such interface", bridge->name);
		break;
	case EEXIST:
		fail(d, "bridge %s: tap %s is one of its ports already", bridge->name, tap->name);
		break;
	case EBUSY:
		fail(d, "bridge %s: tap %s cannot join: it is a port of another bridge",
		    bridge->name, tap->name);
		break;
	case EINVAL:
		fail(d,
		    "bridge %s: tap %s cannot join: it is no Ethernet interface, or its MTU is not "
		    "the bridge's, which is %u",
		    bridge->name, tap->name, bridge->mtu);
		break;
	default:
		fail_sys(d, "bridge %s: tap %s cannot join", bridge->name, tap->name);
	}
	errno = err;
	return -1;
}

/* An empty bridge takes the MTU of the first port that joins, and one with ports takes no other:
 * the tap has to have the bridge's before. before is what the tap was: what a failure leaves. */
static int
join(struct diag *d, int control, const struct os_link *before, const struct os_tap *tap,
    const struct os_port *port, const struct os_link *bridge)
{
	bool new_mac = !mac_is_zero(port->mac) && !mac_equal(port->mac, before->mac);
	int err;

	if (new_mac && bsd_set_mac(control, tap->name, port->mac) == -1)
		return fail_sys(d, "tap %s: cannot set its MAC", tap->name);
	if (port->mtu != before->mtu && bsd_set_mtu(control, tap->name, port->mtu) == -1) {
		fail_sys(d, "tap %s: cannot set its MTU to %u", tap->name, port->mtu);
		goto undo_mac;
	}
	if (bsd_bridge_add(control, bridge->name, tap->name) == -1) {
		add_fail(d, tap, bridge);
		goto undo_mtu;
	}
	if (!before->up && bsd_set_up(control, tap->name, true) == -1) {
		fail_sys(d, "tap %s: cannot bring it up", tap->name);
		goto undo_add;
	}
	return 0;
undo_add:
	err = errno;
	(void)bsd_bridge_delete(control, bridge->name, tap->name);
	errno = err;
undo_mtu:
	err = errno;
	if (port->mtu != before->mtu)
		(void)bsd_set_mtu(control, tap->name, before->mtu);
	errno = err;
undo_mac:
	err = errno;
	if (new_mac)
		(void)bsd_set_mac(control, tap->name, before->mac);
	errno = err;
	return -1;
}

int
os_tap_join(struct diag *d, const struct os_tap *tap, const struct os_port *port,
    const struct os_link *bridge)
{
	struct os_link before;
	int control, result;

	if (join_allowed(d, tap, port) == -1 || os_link_find(d, tap->name, &before) == -1)
		return -1;
	if (before.index != tap->index) {
		fail(d, "tap %s: the interface of that name is another one by now", tap->name);
		errno = ENODEV;
		return -1;
	}
	control = bsd_control(d);
	if (control == -1)
		return -1;
	result = join(d, control, &before, tap, port, bridge);
	fd_close(&control);
	return result;
}

/* Nothing here is known by an alias: index 0 is a tap that was never opened. */
int
os_tap_leave(struct diag *d, unsigned index, const char *name, const char *alias)
{
	struct diag why = { 0 };
	struct os_link link;

	if (index == 0)
		return 0;
	if (os_link_find(&why, name, &link) == -1) {
		if (errno != ENODEV) {
			diag_move(d, &why);
			return -1;
		}
		diag_free(&why);
		return 0;
	}
	return link.index == index ? bsd_leave(d, &link) : 0;
}

/* None was made. */
int
os_tap_destroy(struct diag *d, const char *name, const char *alias)
{
	return 0;
}

int
os_network_alone(void)
{
	return 0;
}

static int
clone(struct diag *d, const char *driver, bool up, char ret[OS_IFNAME])
{
	int control = bsd_control(d), result;

	if (control == -1)
		return -1;
	result = bsd_clone_create(control, driver, ret);
	if (result == -1)
		fail_sys(d, "cannot make a %s interface", driver);
	if (result == 0 && up && bsd_set_up(control, ret, true) == -1) {
		int err;

		result = fail_sys(d, "%s: cannot bring it up", ret);
		err = errno;
		(void)bsd_clone_destroy(control, ret);
		errno = err;
	}
	fd_close(&control);
	return result;
}

/* A bridge here is called bridge and a number, and has no description. */
int
os_bridge_create(struct diag *d, const char *name, const char *alias, char ret[OS_IFNAME])
{
	char made[OS_IFNAME];

	if (clone(d, "bridge", true, made) == -1)
		return -1;
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
	if (result == -1 && errno == ENXIO) /* gone already */
		result = 0;
	if (result == -1)
		fail_sys(d, "%s: cannot destroy it", name);
	fd_close(&control);
	return result;
}

/* feth(4), a pair of Ethernet ends without hardware: one alone is enough for a bridge. */
int
os_trial_open(struct diag *d, struct os_tap *ret)
{
	struct os_tap trial = { .fd = -1 };
	struct diag ignored = { 0 };

	if (clone(d, "feth", false, trial.name) == -1)
		return -1;
	trial.index = if_nametoindex(trial.name);
	if (trial.index == 0) {
		int err;

		fail_sys(d, "%s: it has no number", trial.name);
		err = errno;
		(void)os_bridge_destroy(&ignored, trial.name);
		diag_free(&ignored);
		errno = err;
		return -1;
	}
	*ret = trial;
	return 0;
}

int
os_trial_close(struct diag *d, struct os_tap *tap, const char *alias)
{
	if (if_nametoindex(tap->name) != tap->index)
		return 0;
	return os_bridge_destroy(d, tap->name);
}
