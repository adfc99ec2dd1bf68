/* The ioctls of if_bridge(4) and of interface cloning, on FreeBSD and macOS; see os_bsd.h. */
#include "os/os_bsd.h"

#include <sys/types.h>

#include <sys/socket.h>

#include <errno.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#if __has_include(<net/if_bridgevar.h>)
#include <net/if_bridgevar.h>
#else
#include "os/os_darwin_bridge.h"
#endif

#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define MEMBERS_MAX (1u << 16)
#define MEMBER_SPAN 0x0008 /* IFBIF_SPAN: sees copies of frames, and is no port */

/* Any socket will do, but which families there are depends: a jail may have no IPv4. */
int
bsd_control(struct diag *d)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd == -1 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		fd = socket(AF_LOCAL, SOCK_DGRAM, 0);
	if (fd == -1)
		return fail_sys(d, "cannot open a socket to ask about interfaces");
	(void)fd_set_cloexec(fd, true);
	return fd;
}

/* As the kernel answers where there is no such interface. */
static int
name_copy(char ret[IFNAMSIZ], const char *name)
{
	if (strlcpy(ret, name, IFNAMSIZ) < IFNAMSIZ)
		return 0;
	errno = ENXIO;
	return -1;
}

/* The driver takes a request only with the exact length. */
int
bsd_bridge_command(
    int control, bool set, const char *bridge, unsigned long command, void *p, size_t n)
{
	struct ifdrv drv = { .ifd_cmd = command, .ifd_len = n, .ifd_data = p };

	if (name_copy(drv.ifd_name, bridge) == -1)
		return -1;
	return ioctl(control, set ? SIOCSDRVSPEC : SIOCGDRVSPEC, &drv);
}

static int
member_command(int control, const char *bridge, unsigned long command, const char *member)
{
	struct ifbreq request = { .ifbr_ifsflags = 0 };

	if (name_copy(request.ifbr_ifsname, member) == -1)
		return -1;
	return bsd_bridge_command(control, true, bridge, command, &request, sizeof(request));
}

int
bsd_bridge_add(int control, const char *bridge, const char *member)
{
	return member_command(control, bridge, BRDGADD, member);
}

int
bsd_bridge_delete(int control, const char *bridge, const char *member)
{
	return member_command(control, bridge, BRDGDEL, member);
}

int
bsd_bridge_flags(int control, const char *bridge, const char *member, uint32_t mask, uint32_t flags)
{
	struct ifbreq request = { .ifbr_ifsflags = 0 };

	if (name_copy(request.ifbr_ifsname, member) == -1 ||
	    bsd_bridge_command(control, false, bridge, BRDGGIFFLGS, &request, sizeof(request)) ==
		-1)
		return -1;
	request.ifbr_ifsflags = (request.ifbr_ifsflags & ~mask) | (flags & mask);
	return bsd_bridge_command(control, true, bridge, BRDGSIFFLGS, &request, sizeof(request));
}

/* Into a buffer that is too small the kernel writes as much of the list as fits, without a word:
 * only one that has room to spare holds it all. */
static int
members_read(int control, const char *bridge, struct ifbreq **ret, size_t *ret_n)
{
	for (size_t room = 16; room <= MEMBERS_MAX; room *= 2) {
		struct ifbreq *list = xcalloc(room, sizeof(*list));
		struct ifbifconf conf = { .ifbic_len = (uint32_t)(room * sizeof(*list)) };
		size_t n;
		int err;

		conf.ifbic_buf = (caddr_t)list;
		if (bsd_bridge_command(control, false, bridge, BRDGGIFS, &conf, sizeof(conf)) ==
		    -1) {
			err = errno;
			free(list);
			errno = err;
			return -1;
		}
		n = conf.ifbic_len / sizeof(*list);
		if (n < room) {
			*ret = list;
			*ret_n = n;
			return 0;
		}
		free(list);
	}
	errno = E2BIG;
	return -1;
}

int
bsd_bridge_members(int control, const char *bridge, char (**ret)[OS_IFNAME], size_t *ret_n)
{
	char(*names)[OS_IFNAME];
	struct ifbreq *list;
	size_t n, count = 0;

	if (members_read(control, bridge, &list, &n) == -1)
		return -1;
	names = xcalloc(n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++) {
		if ((list[i].ifbr_ifsflags & MEMBER_SPAN) == 0)
			memcpy(names[count++], list[i].ifbr_ifsname, OS_IFNAME - 1);
	}
	free(list);
	*ret = names;
	*ret_n = count;
	return 0;
}

/* ENOENT and ENXIO: it or the bridge has gone since it was looked at. */
int
bsd_leave(struct diag *d, const struct os_link *tap)
{
	char bridge[OS_IFNAME];
	int control, result;

	if (tap->master == 0)
		return 0;
	if (if_indextoname(tap->master, bridge) == NULL)
		return errno == ENXIO ? 0
				      : fail_sys(d, "tap %s: cannot ask for its bridge", tap->name);
	control = bsd_control(d);
	if (control == -1)
		return -1;
	result = bsd_bridge_delete(control, bridge, tap->name);
	fd_close(&control);
	if (result == -1 && errno != ENOENT && errno != ENXIO)
		return fail_sys(d, "bridge %s: tap %s cannot leave", bridge, tap->name);
	return 0;
}

int
bsd_clone_create(int control, const char *name, char ret[OS_IFNAME])
{
	struct ifreq request = { .ifr_flags = 0 };

	if (name_copy(request.ifr_name, name) == -1 ||
	    ioctl(control, SIOCIFCREATE2, &request) == -1)
		return -1;
	strlcpy(ret, request.ifr_name, OS_IFNAME);
	return 0;
}

int
bsd_clone_destroy(int control, const char *name)
{
	struct ifreq request = { .ifr_flags = 0 };

	if (name_copy(request.ifr_name, name) == -1)
		return -1;
	return ioctl(control, SIOCIFDESTROY, &request);
}

int
bsd_set_mtu(int control, const char *name, unsigned mtu)
{
	struct ifreq request = { .ifr_mtu = (int)mtu };

	if (name_copy(request.ifr_name, name) == -1)
		return -1;
	return ioctl(control, SIOCSIFMTU, &request);
}

int
bsd_set_up(int control, const char *name, bool up)
{
	struct ifreq request = { .ifr_flags = 0 };

	if (name_copy(request.ifr_name, name) == -1 || ioctl(control, SIOCGIFFLAGS, &request) == -1)
		return -1;
	if (up)
		request.ifr_flags |= IFF_UP;
	else
		request.ifr_flags &= (short)~IFF_UP;
	return ioctl(control, SIOCSIFFLAGS, &request);
}

/* sa_len is that of the address alone here. */
int
bsd_set_mac(int control, const char *name, struct mac mac)
{
	struct ifreq request = { .ifr_flags = 0 };

	if (name_copy(request.ifr_name, name) == -1)
		return -1;
	request.ifr_addr.sa_len = sizeof(mac.b);
	request.ifr_addr.sa_family = AF_LINK;
	memcpy(request.ifr_addr.sa_data, mac.b, sizeof(mac.b));
	return ioctl(control, SIOCSIFLLADDR, &request);
}
