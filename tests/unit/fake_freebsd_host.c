/* FreeBSD's processes, sysctls, modules and rights in memory, as far as real processes of this
 * system can stand for its own; see fake_freebsd.h. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fake_freebsd_kernel.h"

#define PROC_SIZE 1088 /* struct kinfo_proc */

struct cap_rights {
	uint64_t rights[2];
};

int kqueue(void);
int kevent(
    int kq, const unsigned char *changes, int n, void *events, int room, const void *timeout);
int sysctl(const int *name, unsigned n, void *p, size_t *len, const void *new, size_t new_len);
int sysctlbyname(const char *name, void *p, size_t *len, const void *new, size_t new_len);
int cpuset_setaffinity(int level, int which, id_t id, size_t size, const void *set);
int modfind(const char *name);
int procctl(int kind, long id, int what, void *p);
struct cap_rights *__cap_rights_init(int version, struct cap_rights *rights, ...);
int cap_rights_limit(int fd, const struct cap_rights *rights);
int cap_fcntls_limit(int fd, uint32_t commands);
int __wrap_setgroups(size_t n, const gid_t *groups);
int __wrap_setresgid(gid_t real, gid_t effective, gid_t saved);
int __wrap_setresuid(uid_t real, uid_t effective, uid_t saved);
int __real_setrlimit(int what, const struct rlimit *to);
int __wrap_setrlimit(int what, const struct rlimit *to);
int __real_setrlimit64(int what, const struct rlimit *to);
int __wrap_setrlimit64(int what, const struct rlimit *to);
int __wrap_uname(struct utsname *ret);
uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
const char *__real_inet_ntop(int family, const void *address, char *ret, socklen_t size);
const char *__wrap_inet_ntop(int family, const void *address, char *ret, socklen_t size);

static int
refuse(int error)
{
	errno = error;
	return -1;
}

/* --- processes --- */

int
kqueue(void)
{
	return fake_enter() == -1 ? -1 : fake_fd_new(FD_KQUEUE, false);
}

/* Linux's own descriptor of a process takes the place of the kqueue: it becomes readable when the
 * process has ended, too. struct kevent: ident, filter at 8, flags at 10, fflags at 12. */
int
kevent(int kq, const unsigned char *changes, int n, void *events, int room, const void *timeout)
{
	int flags = fcntl(kq, F_GETFD), fd;
	pid_t pid = (pid_t)fake_u64(changes);

	if (fake_fd_get(kq)->kind != FD_KQUEUE || n != 1 || room != 0)
		fail_msg("kevent() for something else than one change");
	if (fake_u32(changes + 8) != (0x0001u << 16 | 0xfffb) ||
	    fake_u32(changes + 12) != 0x80000000)
		fail_msg("not EVFILT_PROC, EV_ADD and NOTE_EXIT");
	if (fake_enter() == -1)
		return -1;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd == -1)
		return -1;
	dup3(fd, kq, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
	syscall(SYS_close, fd);
	return 0;
}

/* State and start, in hundredths of a second since boot. */
static int
read_stat(pid_t pid, char *ret_state, unsigned long long *ret_start)
{
	char path[64], line[1024];
	const char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	p = fgets(line, sizeof(line), f) != NULL ? strrchr(line, ')') : NULL;
	fclose(f);
	return p != NULL && sscanf(p + 1,
				" %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
				"%*d %*d %*d %llu",
				ret_state, ret_start) == 2
		   ? 0
		   : -1;
}

static int
read_process(pid_t pid, unsigned char *p, size_t *len)
{
	unsigned long long start;
	char state;

	if (*len < PROC_SIZE)
		return refuse(ENOMEM);
	if (read_stat(pid, &state, &start) == -1) {
		*len = 0;
		return freebsd.empty_for_nobody ? 0 : refuse(ESRCH);
	}
	memset(p, 0xa5, PROC_SIZE);
	fake_put32(p, PROC_SIZE);
	fake_put32(p + 72, (uint32_t)pid);
	fake_put64(p + 264, 25); /* pages */
	fake_put64(p + 328, 2500000); /* microseconds of CPU */
	fake_put32(p + 600, 100001);  /* thread */
	fake_put64(p + 336, (uint64_t)freebsd.boot + start / 100);
	fake_put64(p + 344, start % 100 * 10000 + 123);
	p[388] = state == 'Z' ? 5 : state == 'T' ? 4 : 3;
	*len = PROC_SIZE;
	return 0;
}

/* CTL_NET, PF_LINK, NETLINK_GENERIC, IFMIB_IFDATA, index, IFDATA_DRIVERNAME. */
static int
read_driver(const int *name, char *p, size_t *len)
{
	const struct freebsd_link *link = freebsd_by_index((unsigned)name[4]);

	if (name[1] != 18 || name[2] != 0 || name[3] != 2 || name[5] != 3)
		fail_msg("a sysctl that is none of ifmib(4)");
	if (link == NULL || freebsd.no_driver_names)
		return refuse(ENOENT);
	if (*len < strlen(link->driver))
		return refuse(ENOMEM);
	*len = strlen(link->driver);
	memcpy(p, link->driver, *len);
	return 0;
}

/* Two, of which the second has a name of its own. */
static int
read_threads(pid_t pid, unsigned char *p, size_t *len)
{
	size_t one = PROC_SIZE;

	if (p == NULL) {
		*len = 2 * PROC_SIZE;
		return 0;
	}
	if (*len < 2 * PROC_SIZE)
		return refuse(ENOMEM);
	if (read_process(pid, p, &one) == -1 || one != PROC_SIZE)
		return -1;
	memcpy(p + PROC_SIZE, p, PROC_SIZE);
	fake_put64(p + PROC_SIZE + 328, 700000);
	fake_put32(p + PROC_SIZE + 600, 100002);
	*len = 2 * PROC_SIZE;
	return 0;
}

int
sysctl(const int *name, unsigned n, void *p, size_t *len, const void *new, size_t new_len)
{
	if (fake_enter() == -1)
		return -1;
	if (n == 6 && name[0] == 4)
		return read_driver(name, p, len);
	if (n == 4 && name[0] == 1 && name[1] == 14 && name[2] == 1)
		return read_process(name[3], p, len);
	if (n == 4 && name[0] == 1 && name[1] == 14 && name[2] == (1 | 0x10))
		return read_threads(name[3], p, len);
	fail_msg("a sysctl that the fake does not know");
	return -1;
}

static int
give(const void *value, size_t size, void *p, size_t *len)
{
	if (*len < size)
		return refuse(ENOMEM);
	memcpy(p, value, size);
	*len = size;
	return 0;
}

/* Sets of 256 CPUs, as FreeBSD 13 has them. */
int
cpuset_setaffinity(int level, int which, id_t id, size_t size, const void *set)
{
	const unsigned char *bytes = set;

	if (fake_enter() == -1)
		return -1;
	assert_int_equal(size, 32);
	fake_did("cpus %d %d %d %02x%02x", level, which, (int)id, bytes[0], bytes[31]);
	return 0;
}

int
sysctlbyname(const char *name, void *p, size_t *len, const void *new, size_t new_len)
{
	const struct {
		const char *name;
		int value;
	} numbers[] = {
		{ "net.link.tap.up_on_open", freebsd.up_on_open },
		{ "net.link.bridge.pfil_member", freebsd.pfil_member },
		{ "net.link.bridge.pfil_bridge", freebsd.pfil_bridge },
		{ "net.link.bridge.pfil_onlyip", 1 },
		{ "security.jail.jailed", freebsd.jailed },
		{ "security.jail.vnet", freebsd.vnet },
		{ "hw.ncpu", 6 },
	};
	const struct timeval boot = { .tv_sec = freebsd.boot, .tv_usec = 0 };

	if (fake_enter() == -1)
		return -1;
	if (strcmp(name, "kern.boottime") == 0) {
		if (freebsd.steps > 0) {
			freebsd.steps--;
			freebsd.boot += 3600;
		}
		return give(&boot, sizeof(boot), p, len);
	}
	if (strcmp(name, "kern.boot_id") == 0)
		return freebsd.no_boot_id ? refuse(ENOENT)
					  : give("\x0f"
						 "23456789abcdef",
						16, p, len);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(numbers[i].name, name) == 0)
			return give(&numbers[i].value, sizeof(int), p, len);
	}
	fail_msg("sysctl %s", name);
	return -1;
}

int
modfind(const char *name)
{
	if (strcmp(name, "if_tuntap") == 0)
		return freebsd.no_tap ? refuse(ENOENT) : 1;
	if (strcmp(name, "if_bridge") == 0)
		return freebsd.no_bridge ? refuse(ENOENT) : 2;
	return freebsd.firewall != NULL && strcmp(name, freebsd.firewall) == 0 ? 3 : refuse(ENOENT);
}

/* --- rights --- */

struct cap_rights *
__cap_rights_init(int version, struct cap_rights *rights, ...)
{
	va_list ap;
	uint64_t right;

	*rights = (struct cap_rights){ { 1ull << 57, 1ull << 58 } };
	va_start(ap, rights);
	while ((right = va_arg(ap, uint64_t)) != 0)
		rights->rights[(right >> 58 & 1) != 0] |= right;
	va_end(ap);
	return rights;
}

int
cap_rights_limit(int fd, const struct cap_rights *rights)
{
	struct fake_fd *f = fake_fd_get(fd);

	if (fake_enter() == -1)
		return -1;
	if (freebsd.no_capsicum)
		return refuse(ENOSYS);
	f->limited = true;
	memcpy(f->rights, rights->rights, sizeof(f->rights));
	return 0;
}

int
cap_fcntls_limit(int fd, uint32_t commands)
{
	if (fake_enter() == -1)
		return -1;
	fake_fd_get(fd)->fcntls = commands;
	return 0;
}

/* P_PID is 0. */
int
procctl(int kind, long id, int what, void *p)
{
	if (kind != 0 || id != getpid())
		fail_msg("procctl() of another process");
	if (fake_enter() == -1)
		return -1;
	if (freebsd.no_hardening)
		return refuse(EINVAL);
	fake_did("procctl %d %d", what, *(int *)p);
	return 0;
}

int
__wrap_setgroups(size_t n, const gid_t *groups)
{
	char text[64] = "";

	if (fake_enter() == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %u", groups[i]);
	fake_did("groups%s", text);
	return 0;
}

int
__wrap_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	if (fake_enter() == -1)
		return -1;
	fake_did("gid %u %u %u", real, effective, saved);
	return 0;
}

int
__wrap_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	if (fake_enter() == -1)
		return -1;
	fake_did("uid %u %u %u", real, effective, saved);
	return 0;
}

/* Other limits are set before main(), by a sanitizer. */
static int
set_limit(int what, const struct rlimit *to, int (*real)(int, const struct rlimit *))
{
	if (what != RLIMIT_NPROC)
		return real(what, to);
	if (fake_enter() == -1)
		return -1;
	fake_did("processes %lu %lu", (unsigned long)to->rlim_cur, (unsigned long)to->rlim_max);
	return 0;
}

int
__wrap_setrlimit(int what, const struct rlimit *to)
{
	return set_limit(what, to, __real_setrlimit);
}

int
__wrap_setrlimit64(int what, const struct rlimit *to)
{
	return set_limit(what, to, __real_setrlimit64);
}

uid_t
__wrap_geteuid(void)
{
	if (freebsd.own_uid)
		return __real_geteuid();
	return freebsd.no_root ? 1001 : 0;
}

/* --- the C library's --- */

int
__wrap_uname(struct utsname *ret)
{
	*ret = (struct utsname){ .sysname = "FreeBSD", .machine = "amd64" };
	return 0;
}

const char *
__wrap_inet_ntop(int family, const void *address, char *ret, socklen_t size)
{
	return __real_inet_ntop(family == 28 ? AF_INET6 : family, address, ret, size);
}
