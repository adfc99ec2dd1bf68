/* XNU in memory for tests: what is there, descriptors and taps; see fake_darwin.h. */
#include "fake_darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fake_darwin_kernel.h"

#define FDS_MAX 64

static struct {
	char devices[8][16];
	unsigned ndevices;
	struct {
		int fd;
		char tap[16]; /* "": a socket or a kqueue */
	} fds[FDS_MAX];
	unsigned nfds;
	unsigned fail_in;
	int error;
	bool failed;
	char log[4096], given[4096];
} k;
struct fake_xnu xnu;

void
darwin_reset(void)
{
	memset(&k, 0, sizeof(k));
	memset(&xnu, 0, sizeof(xnu));
	fake_host_reset();
}

struct darwin_link *
fake_by_index(unsigned index)
{
	for (unsigned i = 0; i < xnu.nlinks; i++) {
		if (xnu.links[i].index == index)
			return &xnu.links[i];
	}
	return NULL;
}

struct darwin_link *
darwin_link(const char *name)
{
	for (unsigned i = 0; i < xnu.nlinks; i++) {
		if (strcmp(xnu.links[i].name, name) == 0)
			return &xnu.links[i];
	}
	return NULL;
}

unsigned
darwin_link_add(const char *name, uint8_t type, unsigned mtu)
{
	struct darwin_link *link = &xnu.links[xnu.nlinks];

	if (xnu.nlinks == LINKS_MAX)
		abort();
	xnu.nlinks++;
	*link = (struct darwin_link){ .index = ++xnu.last_index,
		.type = type,
		.mtu = mtu,
		.flags = IFF_UP | IFF_BROADCAST,
		.mac = { 2, 0, 0, 0, (uint8_t)(xnu.last_index >> 8), (uint8_t)xnu.last_index } };
	snprintf(link->name, sizeof(link->name), "%s", name);
	return link->index;
}

void
darwin_link_remove(const char *name)
{
	struct darwin_link *link = darwin_link(name);
	unsigned index = link == NULL ? 0 : link->index;

	if (link == NULL)
		return;
	*link = xnu.links[--xnu.nlinks];
	for (unsigned i = 0; i < xnu.nlinks; i++) {
		if (xnu.links[i].bridge == index)
			xnu.links[i].bridge = 0;
	}
}

void
darwin_tap_device(const char *name)
{
	snprintf(k.devices[k.ndevices++], sizeof(k.devices[0]), "%s", name);
}

void
darwin_root(bool yes)
{
	xnu.no_root = !yes;
}

void
darwin_fail_at(unsigned n, int error)
{
	k.fail_in = n;
	k.error = error;
	k.failed = false;
}

bool
darwin_failed(void)
{
	return k.failed;
}

const char *
darwin_log(void)
{
	snprintf(k.given, sizeof(k.given), "%s", k.log);
	k.log[0] = '\0';
	return k.given;
}

int
fake_record(int result, const char *fmt, ...)
{
	size_t len = strlen(k.log);
	int err = errno;
	va_list ap;

	len += (size_t)snprintf(k.log + len, sizeof(k.log) - len, "%s", len == 0 ? "" : ", ");
	va_start(ap, fmt);
	len += (size_t)vsnprintf(k.log + len, sizeof(k.log) - len, fmt, ap);
	va_end(ap);
	if (len + 2 > sizeof(k.log))
		abort();
	if (result == -1)
		strcpy(k.log + len, "!");
	errno = err;
	return result;
}

bool
fake_refuses(void)
{
	if (k.fail_in == 0 || --k.fail_in > 0)
		return false;
	k.failed = true;
	errno = k.error;
	return true;
}

unsigned
darwin_descriptors(void)
{
	return k.nfds;
}

unsigned
darwin_members(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < xnu.nlinks; i++)
		n += xnu.links[i].bridge != 0;
	return n;
}

unsigned
darwin_links(void)
{
	return xnu.nlinks;
}

int
fake_descriptor(int fd, const char *tap)
{
	if (fd == -1)
		return -1;
	if (k.nfds == FDS_MAX)
		abort();
	k.fds[k.nfds].fd = fd;
	snprintf(k.fds[k.nfds].tap, sizeof(k.fds[0].tap), "%s", tap);
	k.nfds++;
	return fd;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_socket(int family, int type, int protocol);

static bool
is_device(const char *name)
{
	for (unsigned i = 0; i < k.ndevices; i++) {
		if (strcmp(k.devices[i], name) == 0)
			return true;
	}
	return false;
}

static int
tap_open(const char *name, int flags)
{
	struct darwin_link *link;

	if (fake_refuses())
		return fake_record(-1, "open %s", name);
	errno = !is_device(name) ? ENOENT : xnu.no_root ? EACCES : darwin_link(name) ? EBUSY : 0;
	if (errno != 0)
		return fake_record(-1, "open %s", name);
	(void)darwin_link_add(name, DARWIN_ETHER, 1500);
	link = darwin_link(name);
	link->flags = IFF_BROADCAST;
	return fake_record(fake_descriptor(__real_open("/dev/null", flags), name), "open %s", name);
}

int
__wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (strncmp(path, "/dev/tap", 8) == 0)
		return tap_open(path + 5, flags);
	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return __real_open(path, flags, mode);
}

int
__wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return __wrap_open(path, flags, mode);
}

int
__wrap_close(int fd)
{
	for (unsigned i = 0; i < k.nfds; i++) {
		if (k.fds[i].fd != fd)
			continue;
		if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0)
			abort(); /* an executed program would have got it */
		if (k.fds[i].tap[0] != '\0') {
			fake_record(0, "close %s", k.fds[i].tap);
			darwin_link_remove(k.fds[i].tap);
		}
		k.fds[i] = k.fds[--k.nfds];
		break;
	}
	fake_closed(fd);
	return __real_close(fd);
}

/* XNU knows no SOCK_CLOEXEC. */
int
__wrap_socket(int family, int type, int protocol)
{
	if (fake_refuses())
		return -1;
	if (type != SOCK_DGRAM) {
		errno = EPROTOTYPE;
		return -1;
	}
	return fake_descriptor(__real_open("/dev/null", O_RDWR), "");
}

bool
fake_is_socket(int fd)
{
	for (unsigned i = 0; i < k.nfds; i++) {
		if (k.fds[i].fd == fd)
			return k.fds[i].tap[0] == '\0';
	}
	return false;
}
