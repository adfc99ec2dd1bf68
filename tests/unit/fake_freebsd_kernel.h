/* Between fake_freebsd*.c. */
#ifndef VMRUN_TESTS_UNIT_FAKE_FREEBSD_KERNEL_H
#define VMRUN_TESTS_UNIT_FAKE_FREEBSD_KERNEL_H

#include "fake_freebsd.h"

#define FREEBSD_LINKS 256
#define ENOTCAPABLE   93 /* FreeBSD's */

enum fd_kind { FD_SOCKET = 1, FD_TAP, FD_KQUEUE };

struct fake_fd {
	int fd;
	enum fd_kind kind;
	unsigned tap; /* index of the interface */
	bool limited;
	uint64_t rights[2];
	uint32_t fcntls;
};

extern struct freebsd_link freebsd_links[FREEBSD_LINKS];
extern unsigned freebsd_nlinks;

struct freebsd_link *freebsd_by_index(unsigned index);
void freebsd_link_drop(struct freebsd_link *link);
/* Every call that can fail begins with it: -1 with errno if it is to fail now. */
int fake_enter(void);
void fake_did(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A descriptor of ours; NULL: somebody else's. */
struct fake_fd *fake_fd_get(int fd);
int fake_fd_new(enum fd_kind kind, bool cloexec);
/* An ioctl(2) that is no tap's, by number. */
int fake_interface_ioctl(unsigned long number, unsigned char *p);
int fake_bridge_command(bool set, unsigned char *drv);

static inline void *
fake_pointer(const unsigned char *p)
{
	void *value;

	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint32_t
fake_u32(const unsigned char *p)
{
	uint32_t value;

	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint64_t
fake_u64(const unsigned char *p)
{
	uint64_t value;

	__builtin_memcpy(&value, p, sizeof(value));
	return value;
}

static inline void
fake_put32(unsigned char *p, uint32_t value)
{
	__builtin_memcpy(p, &value, sizeof(value));
}

static inline void
fake_put64(unsigned char *p, uint64_t value)
{
	__builtin_memcpy(p, &value, sizeof(value));
}

#endif
