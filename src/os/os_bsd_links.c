/* Interfaces and addresses by getifaddrs(3), on FreeBSD and macOS; fills os.h. */
#include <sys/types.h>

#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>

#include "os/os_bsd.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define LIST_TRIES 100 /* a host that starts a fleet changes all the time */

/* IFT_BRIDGE of <net/if_types.h>, IFM_AVALID and IFM_ACTIVE of <net/if_media.h>: the same on both,
 * and a compiler for macOS that is not Apple's may come without these headers. */
#define TYPE_BRIDGE  0xd1
#define MEDIA_TOLD   0x1
#define MEDIA_ACTIVE 0x2

/* ENOMEM: between the two questions of getifaddrs(3), how long and what, an interface came. */
static int
list_interfaces(struct diag *d, struct ifaddrs **ret, const char *what)
{
	for (unsigned tries = 0; tries < LIST_TRIES; tries++) {
		if (getifaddrs(ret) == 0)
			return 0;
		if (errno != ENOMEM && errno != EINTR)
			break;
	}
	return fail_sys(d, "cannot list the host's %s", what);
}

/* Whoever has no media to ask (a bridge) has carrier while he runs. */
static bool
has_carrier(int control, const char *name, unsigned flags)
{
	struct ifmediareq media = { .ifm_count = 0 };

	strlcpy(media.ifm_name, name, sizeof(media.ifm_name));
	if (ioctl(control, SIOCGIFMEDIA, &media) == -1 || (media.ifm_status & MEDIA_TOLD) == 0)
		return (flags & IFF_RUNNING) != 0;
	return (media.ifm_status & MEDIA_ACTIVE) != 0;
}

static void
link_parse(const struct ifaddrs *a, struct os_link *ret)
{
	const struct sockaddr_dl *address = (const struct sockaddr_dl *)(const void *)a->ifa_addr;
	const struct if_data *data = a->ifa_data;

	*ret = (struct os_link){ .index = address->sdl_index };
	strlcpy(ret->name, a->ifa_name, sizeof(ret->name));
	if (address->sdl_alen == sizeof(ret->mac.b))
		memcpy(ret->mac.b, LLADDR(address), sizeof(ret->mac.b));
	if (data != NULL)
		ret->mtu = (unsigned)data->ifi_mtu;
	ret->up = (a->ifa_flags & IFF_UP) != 0;
	ret->is_bridge = address->sdl_type == TYPE_BRIDGE;
}

static bool
is_link(const struct ifaddrs *a)
{
	return a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_LINK;
}

static int
by_name(const void *a, const void *b)
{
	const struct os_link *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Of a list of links in the order of their names. */
static struct os_link *
find_sorted(struct os_link **sorted, size_t n, const char *name)
{
	struct os_link key, *wanted = &key, **found;

	strlcpy(key.name, name, sizeof(key.name));
	found = bsearch(&wanted, sorted, n, sizeof(*sorted), by_name);
	return found != NULL ? *found : NULL;
}

/* Only a bridge knows who its members are. One that went meanwhile has none. */
static int
bridge_members(
    struct diag *d, int control, const char *bridge, char (**ret)[OS_IFNAME], size_t *ret_n)
{
	if (bsd_bridge_members(control, bridge, ret, ret_n) == 0)
		return 0;
	if (errno != ENXIO && errno != ENOENT)
		return fail_sys(d, "bridge %s: cannot list its ports", bridge);
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

static int
set_masters(struct diag *d, int control, struct os_link *links, size_t n)
{
	struct os_link **sorted = xcalloc(n + 1, sizeof(*sorted)), *member;
	char(*names)[OS_IFNAME];
	int result = 0;
	size_t count;

	for (size_t i = 0; i < n; i++)
		sorted[i] = &links[i];
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n && result == 0; i++) {
		if (!links[i].is_bridge)
			continue;
		result = bridge_members(d, control, links[i].name, &names, &count);
		for (size_t k = 0; k < count && result == 0; k++) {
			member = find_sorted(sorted, n, names[k]);
			if (member != NULL)
				member->master = links[i].index;
		}
		if (result == 0)
			free(names);
	}
	free(sorted);
	return result;
}

/* Those that are called name, or all where that is NULL, described; their masters are not set. */
static struct os_link *
parse_links(int control, const struct ifaddrs *list, const char *name, size_t *ret_n)
{
	struct os_link *links = NULL;
	size_t n = 0, cap = 0;

	for (const struct ifaddrs *a = list; a != NULL; a = a->ifa_next) {
		if (!is_link(a) || (name != NULL && strcmp(a->ifa_name, name) != 0))
			continue;
		if (n == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			links = xreallocarray(links, cap, sizeof(*links));
		}
		link_parse(a, &links[n]);
		links[n].carrier = has_carrier(control, links[n].name, a->ifa_flags);
		bsd_link_describe(control, &links[n]);
		n++;
	}
	*ret_n = n;
	return links;
}

int
os_links(struct diag *d, struct os_link **ret, size_t *ret_n)
{
	int control = bsd_control(d), result;
	struct os_link *links;
	struct ifaddrs *list;
	size_t n;

	if (control == -1)
		return -1;
	if (list_interfaces(d, &list, "interfaces") == -1) {
		fd_close(&control);
		return -1;
	}
	links = parse_links(control, list, NULL, &n);
	freeifaddrs(list);
	result = set_masters(d, control, links, n);
	fd_close(&control);
	if (result == -1) {
		free(links);
		return -1;
	}
	*ret = links;
	*ret_n = n;
	return 0;
}

/* Looks for the one bridge that has it as a member. */
static int
set_master(struct diag *d, int control, const struct ifaddrs *list, struct os_link *link)
{
	char(*names)[OS_IFNAME];
	struct os_link other;
	size_t n;

	for (const struct ifaddrs *a = list; a != NULL && link->master == 0; a = a->ifa_next) {
		if (!is_link(a))
			continue;
		link_parse(a, &other);
		if (!other.is_bridge)
			continue;
		if (bridge_members(d, control, other.name, &names, &n) == -1)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(names[i], link->name) == 0)
				link->master = other.index;
		}
		free(names);
	}
	return 0;
}

static int
no_such_interface(struct diag *d, const char *name)
{
	fail(d, "%s: there is no such interface", name);
	errno = ENODEV;
	return -1;
}

int
os_link_find(struct diag *d, const char *name, struct os_link *ret)
{
	struct os_link *link;
	struct ifaddrs *list;
	int control, result;
	size_t n;

	if (name[0] == '\0' || strlen(name) >= OS_IFNAME)
		return no_such_interface(d, name);
	control = bsd_control(d);
	if (control == -1)
		return -1;
	if (list_interfaces(d, &list, "interfaces") == -1) {
		fd_close(&control);
		return -1;
	}
	link = parse_links(control, list, name, &n);
	result = n == 0 ? 0 : set_master(d, control, list, link);
	if (n > 0 && result == 0)
		*ret = link[0];
	freeifaddrs(list);
	fd_close(&control);
	free(link);
	return n == 0 ? no_such_interface(d, name) : result;
}

/* A netmask may be shorter than an address: what is left out is zero. */
static unsigned
prefix_length(const struct sockaddr *mask, size_t offset, size_t size)
{
	const uint8_t *b = (const uint8_t *)mask;
	unsigned length = 0;

	for (size_t i = offset; i < offset + size && i < mask->sa_len; i++) {
		for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
			if ((b[i] & bit) == 0)
				return length;
			length++;
		}
	}
	return length;
}

/* macOS keeps the interface's index inside a link-local address (KAME's way). */
static const void *
inet6_bytes(const struct sockaddr *address, struct in6_addr *ret)
{
	*ret = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (ret->s6_addr[0] == 0xfe && (ret->s6_addr[1] & 0xc0) == 0x80)
		ret->s6_addr[2] = ret->s6_addr[3] = 0;
	return ret;
}

static bool
addr_parse(const struct ifaddrs *a, struct os_addr *ret)
{
	bool inet6 = a->ifa_addr->sa_family == AF_INET6;
	size_t offset = inet6 ? offsetof(struct sockaddr_in6, sin6_addr)
			      : offsetof(struct sockaddr_in, sin_addr);
	size_t size = inet6 ? 16 : 4;
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];
	const void *bytes;

	bytes = inet6 ? inet6_bytes(a->ifa_addr, &address) : (const char *)a->ifa_addr + offset;
	if (inet_ntop(a->ifa_addr->sa_family, bytes, text, sizeof(text)) == NULL)
		return false;
	ret->index = if_nametoindex(a->ifa_name);
	snprintf(ret->text, sizeof(ret->text), "%s/%u", text,
	    a->ifa_netmask != NULL ? prefix_length(a->ifa_netmask, offset, size)
				   : (unsigned)size * 8);
	return ret->index != 0;
}

int
os_addrs(struct diag *d, struct os_addr **ret, size_t *ret_n)
{
	struct os_addr *addrs = NULL;
	struct ifaddrs *list;
	size_t n = 0, cap = 0;

	if (list_interfaces(d, &list, "addresses") == -1)
		return -1;
	for (const struct ifaddrs *a = list; a != NULL; a = a->ifa_next) {
		if (a->ifa_addr == NULL ||
		    (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
			continue;
		if (n == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			addrs = xreallocarray(addrs, cap, sizeof(*addrs));
		}
		if (addr_parse(a, &addrs[n]))
			n++;
	}
	freeifaddrs(list);
	*ret = addrs;
	*ret_n = n;
	return 0;
}
