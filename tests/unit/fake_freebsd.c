/* FreeBSD's interfaces in memory for tests: what is there, and its descriptors; see
 * fake_freebsd.h. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_freebsd_kernel.h"
#include "util/buf.h"

#define FDS   64
#define ADDRS 8

struct freebsd_link freebsd_links[FREEBSD_LINKS];
unsigned freebsd_nlinks;
struct freebsd_kernel freebsd;

static struct {
	unsigned last_index;
	struct fake_fd fds[FDS];
	unsigned nfds;
	struct {
		unsigned link;
		unsigned char address[28], netmask[28];
	} addrs[ADDRS];
	unsigned naddrs;
	unsigned fail_in;
	int error;
	bool failed;
	struct buf log;
} k;

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_ioctl(int fd, unsigned long number, ...);
int __wrap_getifaddrs(struct ifaddrs **ret);
void __wrap_freeifaddrs(struct ifaddrs *list);
unsigned __wrap_if_nametoindex(const char *name);
char *__wrap_if_indextoname(unsigned index, char *ret);

void
freebsd_reset(void)
{
	buf_free(&k.log);
	memset(&k, 0, sizeof(k));
	memset(freebsd_links, 0, sizeof(freebsd_links));
	freebsd_nlinks = 0;
	freebsd = (struct freebsd_kernel){
		.boot = 1700000000, .pfil_member = 1, .pfil_bridge = 1, .deaf = { .command = -1 }
	};
}

struct freebsd_link *
freebsd_by_index(unsigned index)
{
	for (unsigned i = 0; i < freebsd_nlinks; i++) {
		if (freebsd_links[i].index == index)
			return &freebsd_links[i];
	}
	return NULL;
}

struct freebsd_link *
freebsd_link_get(const char *name)
{
	for (unsigned i = 0; i < freebsd_nlinks; i++) {
		if (strcmp(freebsd_links[i].name, name) == 0)
			return &freebsd_links[i];
	}
	return NULL;
}

unsigned
freebsd_link_add(const char *name, uint8_t type, unsigned mtu)
{
	struct freebsd_link *link = &freebsd_links[freebsd_nlinks];

	if (freebsd_nlinks == FREEBSD_LINKS)
		fail_msg("more than %d interfaces", FREEBSD_LINKS);
	freebsd_nlinks++;
	k.last_index++;
	*link = (struct freebsd_link){ .index = k.last_index,
		.type = type,
		.flags = FREEBSD_UP | 0x40,
		.mtu = mtu,
		.mac = {
		    0x58, 0x9c, 0xfc, 0, (uint8_t)(k.last_index >> 8), (uint8_t)k.last_index } };
	snprintf(link->name, sizeof(link->name), "%s", name);
	snprintf(link->driver, sizeof(link->driver), "%s", name);
	return link->index;
}

struct freebsd_link *
freebsd_tap_add(const char *name, const char *description)
{
	struct freebsd_link *link;

	freebsd_link_add(name, FREEBSD_ETHER, 1500);
	link = freebsd_link_get(name);
	link->flags = 0;
	link->destroyable = true;
	snprintf(link->description, sizeof(link->description), "%s", description);
	return link;
}

void
freebsd_member_add(const char *bridge, const char *name)
{
	struct freebsd_link *link = freebsd_link_get(name);

	link->bridge = freebsd_link_get(bridge)->index;
	link->member_flags = 0x3;
}

void
freebsd_addr_add(const char *name, const void *address, const void *netmask)
{
	const unsigned char *a = address, *m = netmask;

	k.addrs[k.naddrs].link = freebsd_link_get(name)->index;
	memcpy(k.addrs[k.naddrs].address, a, a[0]);
	memcpy(k.addrs[k.naddrs].netmask, m, m[0]);
	k.naddrs++;
}

/* Its members have no bridge then. */
void
freebsd_link_drop(struct freebsd_link *link)
{
	unsigned index = link->index;

	memmove(link, link + 1, (size_t)(&freebsd_links[--freebsd_nlinks] - link) * sizeof(*link));
	for (unsigned i = 0; i < freebsd_nlinks; i++) {
		if (freebsd_links[i].bridge == index)
			freebsd_links[i].bridge = 0;
	}
}

void
freebsd_fail_at(unsigned n, int error)
{
	k.fail_in = n;
	k.error = error;
	k.failed = false;
}

bool
freebsd_failed(void)
{
	return k.failed;
}

int
fake_enter(void)
{
	if (k.fail_in == 0 || --k.fail_in > 0)
		return 0;
	k.failed = true;
	errno = k.error;
	return -1;
}

void
fake_did(const char *fmt, ...)
{
	va_list ap;

	if (k.log.len > 0)
		buf_add(&k.log, ", ");
	va_start(ap, fmt);
	buf_addv(&k.log, fmt, ap);
	va_end(ap);
}

const char *
freebsd_log(void)
{
	return k.log.s != NULL ? k.log.s : "";
}

unsigned
freebsd_descriptors(void)
{
	return k.nfds;
}

unsigned
freebsd_taps(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < freebsd_nlinks; i++)
		n += strncmp(freebsd_links[i].driver, "tap", 3) == 0;
	return n;
}

unsigned
freebsd_members(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < freebsd_nlinks; i++)
		n += freebsd_links[i].bridge != 0;
	return n;
}

/* --- descriptors --- */

struct fake_fd *
fake_fd_get(int fd)
{
	for (unsigned i = 0; i < k.nfds; i++) {
		if (k.fds[i].fd == fd)
			return &k.fds[i];
	}
	return NULL;
}

int
fake_fd_new(enum fd_kind kind, bool cloexec)
{
	int fd = __real_open("/dev/null", O_RDWR | (cloexec ? O_CLOEXEC : 0));

	if (fd == -1 || k.nfds == FDS)
		fail_msg("no descriptor for the fake");
	k.fds[k.nfds++] = (struct fake_fd){ .fd = fd, .kind = kind };
	return fd;
}

bool
freebsd_limits(int fd, uint64_t ret_rights[2], uint32_t *ret_fcntls)
{
	const struct fake_fd *f = fake_fd_get(fd);

	if (!f->limited)
		return false;
	memcpy(ret_rights, f->rights, sizeof(f->rights));
	*ret_fcntls = f->fcntls;
	return true;
}

/* A device is there as long as its interface, under its first name and, where none has that as its
 * first, under a later one; only one process at a time can open it. */
static int
tap_open(const char *name, int flags)
{
	struct freebsd_link *link = NULL;
	int fd;

	for (unsigned i = 0; link == NULL && i < freebsd_nlinks; i++) {
		if (strcmp(freebsd_links[i].driver, name) == 0)
			link = &freebsd_links[i];
	}
	if (link == NULL)
		link = freebsd_link_get(name);
	errno = ENOENT;
	if (link == NULL || strncmp(link->driver, "tap", 3) != 0)
		return -1;
	errno = EBUSY;
	if (link->opener != 0)
		return -1;
	fd = fake_fd_new(FD_TAP, (flags & O_CLOEXEC) != 0);
	fake_fd_get(fd)->tap = link->index;
	link->opener = getpid();
	link->flags |= 0x40;
	fake_did("open %s", link->name);
	return fd;
}

static int
fake_open(const char *path, int flags, mode_t mode)
{
	if (strncmp(path, "/dev/tap", 8) != 0 && strncmp(path, "/dev/guest", 10) != 0)
		return __real_open(path, flags, mode);
	return fake_enter() == -1 ? -1 : tap_open(path + 5, flags);
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fake_open(path, flags, mode);
}

int
__wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return fake_open(path, flags, mode);
}

/* A tap goes down with its descriptor, and where it is transient it goes. */
static void
tap_close(unsigned index)
{
	struct freebsd_link *link = freebsd_by_index(index);

	if (link == NULL)
		fail_msg("a tap went before its descriptor");
	fake_did("close %s", link->name);
	link->opener = 0;
	link->flags &= ~(FREEBSD_UP | 0x40);
	if (link->transient)
		freebsd_link_drop(link);
}

int
__wrap_close(int fd)
{
	struct fake_fd *f = fake_fd_get(fd), gone;

	if (f != NULL) {
		if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
			fail_msg("a descriptor that an executed program would have got");
		gone = *f;
		*f = k.fds[--k.nfds];
		if (gone.kind == FD_TAP)
			tap_close(gone.tap);
	}
	return __real_close(fd);
}

int
__wrap_socket(int domain, int type, int protocol)
{
	if ((domain != 2 && domain != 1) || type != 2)
		fail_msg("socket(%d, %d) is none for interfaces", domain, type);
	if (domain == 2 && freebsd.no_inet) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return fake_enter() == -1 ? -1 : fake_fd_new(FD_SOCKET, false);
}

static int
tap_ioctl(const struct fake_fd *f, unsigned long number, unsigned char *p)
{
	struct freebsd_link *link = freebsd_by_index(f->tap);

	if (f->limited) {
		errno = ENOTCAPABLE;
		return -1;
	}
	switch (number) {
	case 0x4020745d: /* TAPGIFNAME */
		memcpy(p, link->name, 16);
		return 0;
	case 0x80047462: /* TAPSTRANSIENT */
		if (freebsd.transient) {
			link->transient = fake_u32(p) != 0;
			return 0;
		}
		break;
	default:
		fail_msg("ioctl %#lx is none of tap(4)", number);
	}
	errno = ENOTTY;
	return -1;
}

int
__wrap_ioctl(int fd, unsigned long number, ...)
{
	const struct fake_fd *f = fake_fd_get(fd);
	unsigned char *p;
	va_list ap;

	va_start(ap, number);
	p = va_arg(ap, unsigned char *);
	va_end(ap);
	if (f == NULL || f->kind == FD_KQUEUE)
		fail_msg("ioctl %#lx to descriptor %d", number, fd);
	if (fake_enter() == -1)
		return -1;
	return f->kind == FD_TAP ? tap_ioctl(f, number, p) : fake_interface_ioctl(number, p);
}

/* --- lists --- */

/* Where it ends, something else begins. */
static struct sockaddr *
netmask_copy(const unsigned char *netmask)
{
	unsigned char *copy = memset(malloc(64), 0xff, 64);

	copy[0] = netmask[0];
	return (struct sockaddr *)memcpy(copy, netmask, netmask[0]);
}

static struct ifaddrs *
entry(
    struct ifaddrs *next, const struct freebsd_link *link, const void *address, const void *netmask)
{
	struct ifaddrs *a = calloc(1, sizeof(*a));

	a->ifa_next = next;
	a->ifa_name = strdup(link->name);
	a->ifa_flags = (unsigned)link->flags;
	a->ifa_addr = memcpy(calloc(1, 64), address, *(const unsigned char *)address);
	if (netmask != NULL)
		a->ifa_netmask = netmask_copy(netmask);
	return a;
}

/* struct sockaddr_dl and struct if_data. */
static struct ifaddrs *
link_entry(struct ifaddrs *next, const struct freebsd_link *link)
{
	unsigned char dl[54] = { 54, 18, (uint8_t)link->index, (uint8_t)(link->index >> 8),
		link->type, (uint8_t)strlen(link->name), link->type == FREEBSD_LOOP ? 0 : 6 };
	unsigned char *data = calloc(1, 152);
	struct ifaddrs *a;

	memcpy(dl + 8, link->name, strlen(link->name));
	memcpy(dl + 8 + strlen(link->name), link->mac, 6);
	a = entry(next, link, dl, NULL);
	fake_put32(data + 8, link->mtu);
	a->ifa_data = data;
	return a;
}

int
__wrap_getifaddrs(struct ifaddrs **ret)
{
	struct ifaddrs *list = NULL;

	if (fake_enter() == -1)
		return -1;
	for (unsigned i = k.naddrs; i > 0; i--)
		list = entry(list, freebsd_by_index(k.addrs[i - 1].link), k.addrs[i - 1].address,
		    k.addrs[i - 1].netmask);
	for (unsigned i = freebsd_nlinks; i > 0; i--)
		list = link_entry(list, &freebsd_links[i - 1]);
	*ret = list;
	return 0;
}

void
__wrap_freeifaddrs(struct ifaddrs *list)
{
	struct ifaddrs *next;

	for (; list != NULL; list = next) {
		next = list->ifa_next;
		free(list->ifa_name);
		free(list->ifa_addr);
		free(list->ifa_netmask);
		free(list->ifa_data);
		free(list);
	}
}

unsigned
__wrap_if_nametoindex(const char *name)
{
	const struct freebsd_link *link = freebsd_link_get(name);

	if (fake_enter() == -1)
		return 0;
	errno = ENXIO;
	return link != NULL ? link->index : 0;
}

char *
__wrap_if_indextoname(unsigned index, char *ret)
{
	const struct freebsd_link *link = freebsd_by_index(index);

	if (fake_enter() == -1)
		return NULL;
	errno = ENXIO;
	return link != NULL ? strcpy(ret, link->name) : NULL;
}
