/* XNU in memory for tests: what sysctl says, processes (real ones), vmnet.framework, files; see
 * fake_darwin.h. */
#include "fake_darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <malloc/malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysctl.h>
#include <unistd.h>
#include <xpc/xpc.h>

#include "fake_darwin_kernel.h"

#define WATCHES_MAX 8

static struct {
	struct {
		char name[40], text[64];
		int number;
	} names[16];
	unsigned nnames;
	struct {
		int kqueue, process;
	} watches[WATCHES_MAX];
	unsigned nwatches;
	enum darwin_vmnet vmnet;
	const char *const *list;
	struct {
		char path[64];
		unsigned mode, uid;
	} files[8];
	unsigned nfiles;
	gid_t groups[16];
	int ngroups;
} host;

void
fake_host_reset(void)
{
	memset(&host, 0, sizeof(host));
	host.vmnet = DARWIN_VMNET_ABSENT;
	darwin_sysctl("kern.bootsessionuuid", "01234567-89AB-CDEF-0123-456789ABCDEF");
	darwin_sysctl("kern.osproductversion", "14.5");
	darwin_sysctl("kern.osrelease", "23.5.0");
	darwin_sysctl_number("kern.hv_support", 1);
}

static unsigned
name_place(const char *name)
{
	unsigned i = 0;

	while (i < host.nnames && strcmp(host.names[i].name, name) != 0)
		i++;
	return i;
}

void
darwin_sysctl(const char *name, const char *text)
{
	unsigned i = name_place(name);

	if (text == NULL) {
		if (i < host.nnames)
			host.names[i] = host.names[--host.nnames];
		return;
	}
	if (i == sizeof(host.names) / sizeof(host.names[0]))
		abort();
	host.nnames += i == host.nnames;
	snprintf(host.names[i].name, sizeof(host.names[i].name), "%s", name);
	snprintf(host.names[i].text, sizeof(host.names[i].text), "%s", text);
}

void
darwin_sysctl_number(const char *name, int value)
{
	darwin_sysctl(name, "");
	host.names[name_place(name)].number = value;
}

/* A text comes with its NUL, and not at all where it does not fit. */
int
sysctlbyname(const char *name, void *p, size_t *len, void *new, size_t new_len)
{
	unsigned i = name_place(name);
	size_t size;

	if (fake_refuses())
		return -1;
	if (new != NULL || new_len != 0 || i == host.nnames) {
		errno = new != NULL ? EPERM : ENOENT;
		return -1;
	}
	size = host.names[i].text[0] != '\0' ? strlen(host.names[i].text) + 1 : sizeof(int);
	if (*len < size) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(p,
	    host.names[i].text[0] != '\0' ? host.names[i].text : (char *)&host.names[i].number,
	    size);
	*len = size;
	return 0;
}

/* State and start time, in hundredths of a second, of /proc/PID/stat. */
static bool
linux_process(int pid, char *ret_state, unsigned long long *ret_start)
{
	char path[32], line[1024] = "", *p;
	FILE *f;
	bool read;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	read = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	p = strrchr(line, ')');
	return read && p != NULL &&
	       sscanf(p,
		   ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu",
		   ret_state, ret_start) == 2;
}

/* A pid of nobody's is no error: nothing is written. */
int
sysctl(int *name, unsigned n, void *p, size_t *len, void *new, size_t new_len)
{
	struct kinfo_proc *process = p;
	unsigned long long start;
	char state;

	if (fake_refuses())
		return -1;
	if (n != 4 || name[0] != 1 || name[1] != 14 || name[2] != 1 || new != NULL ||
	    *len < sizeof(*process)) {
		errno = EINVAL;
		return -1;
	}
	/* What is left in the buffer is nobody's, and must not be read. */
	*len = 0;
	memset(process, 0, sizeof(*process));
	process->kp_proc.p_pid = name[3];
	if (!linux_process(name[3], &state, &start))
		return 0;
	process->kp_proc.p_stat = state == 'Z' ? SZOMB : state == 'T' ? SSTOP : SRUN;
	process->kp_proc.p_starttime.tv_sec = (time_t)(1700000000 + start / 100);
	process->kp_proc.p_starttime.tv_usec = (suseconds_t)(start % 100 * 10000);
	*len = sizeof(*process);
	return 0;
}

int
proc_pidinfo(int pid, int flavor, uint64_t argument, void *p, int size)
{
	struct proc_taskinfo *task = p;
	unsigned long pages;
	char path[32];
	FILE *f;
	int got;

	if (fake_refuses())
		return 0;
	errno = EINVAL;
	if (flavor != 4 || argument != 0 || size < (int)sizeof(*task))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	f = fopen(path, "re");
	errno = ESRCH;
	if (f == NULL)
		return 0;
	got = fscanf(f, "%*u %lu", &pages);
	fclose(f);
	errno = ESRCH;
	if (got != 1)
		return 0;
	memset(task, 0, sizeof(*task));
	task->pti_resident_size = pages * 4096;
	task->pti_total_user = 24000000; /* a second of a clock of 24 MHz, as Apple's own CPUs have */
	task->pti_total_system = 12000000;
	return (int)sizeof(*task);
}

int
mach_timebase_info(mach_timebase_info_data_t *ret)
{
	*ret = (mach_timebase_info_data_t){ 125, 3 };
	return 0;
}

size_t
malloc_zone_pressure_relief(malloc_zone_t *zone, size_t goal)
{
	return 0;
}

/* An epoll that watches pidfds. */
int
kqueue(void)
{
	return fake_refuses() ? -1 : fake_descriptor(epoll_create1(0), "");
}

void
fake_closed(int fd)
{
	for (unsigned i = 0; i < host.nwatches;) {
		if (host.watches[i].kqueue == fd) {
			(void)syscall(SYS_close, host.watches[i].process);
			host.watches[i] = host.watches[--host.nwatches];
		} else {
			i++;
		}
	}
}

/* XNU attaches to no zombie. */
int
kevent(int fd, const struct kevent *changes, int nchanges, struct kevent *events, int nevents,
    const struct timespec *timeout)
{
	struct epoll_event event = { .events = EPOLLIN };
	unsigned long long start;
	char state = 'Z';
	int process;

	if (fake_refuses())
		return -1;
	errno = EINVAL;
	if (nchanges != 1 || nevents != 0 || changes->filter != -5 || changes->flags != 1 ||
	    changes->fflags != 0x80000000)
		return -1;
	(void)linux_process((int)changes->ident, &state, &start);
	errno = ESRCH;
	if (state == 'Z')
		return -1;
	process = (int)syscall(SYS_pidfd_open, (int)changes->ident, 0);
	if (process == -1 || host.nwatches == WATCHES_MAX)
		return -1;
	host.watches[host.nwatches].kqueue = fd;
	host.watches[host.nwatches++].process = process;
	return epoll_ctl(fd, EPOLL_CTL_ADD, process, &event);
}

/* --- vmnet.framework --- */

void
darwin_vmnet(enum darwin_vmnet how, const char *const *names)
{
	host.vmnet = how;
	host.list = names;
}

void *__real_dlopen(const char *path, int flags);
void *__wrap_dlopen(const char *path, int flags);
void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);

static int framework, list, other;
const struct _xpc_type_s _xpc_type_array = { 1 };
static const struct _xpc_type_s type_other = { 2 };

static xpc_object_t
copy_list(void)
{
	switch (host.vmnet) {
	case DARWIN_VMNET_NULL:
		return NULL;
	case DARWIN_VMNET_OTHER:
		return &other;
	case DARWIN_VMNET_DIES:
		raise(SIGKILL);
		return NULL;
	case DARWIN_VMNET_HANGS:
		for (;;)
			pause();
	default:
		return &list;
	}
}

void *
__wrap_dlopen(const char *path, int flags)
{
	if (strcmp(path, "/System/Library/Frameworks/vmnet.framework/vmnet") != 0)
		return __real_dlopen(path, flags);
	return host.vmnet == DARWIN_VMNET_ABSENT ? NULL : &framework;
}

void *
__wrap_dlsym(void *library, const char *name)
{
	xpc_object_t (*function)(void) = copy_list;
	void *symbol;

	if (library != &framework)
		return __real_dlsym(library, name);
	if (host.vmnet == DARWIN_VMNET_OLD || strcmp(name, "vmnet_copy_shared_interface_list") != 0)
		return NULL;
	memcpy(&symbol, &function, sizeof(symbol));
	return symbol;
}

xpc_type_t
xpc_get_type(xpc_object_t object)
{
	return object == &list ? &_xpc_type_array : &type_other;
}

size_t
xpc_array_get_count(xpc_object_t array)
{
	size_t n = 0;

	if (array != &list)
		abort();
	while (host.list != NULL && host.list[n] != NULL)
		n++;
	return n;
}

/* A value that is no string gives NULL: here an empty one stands for it. */
const char *
xpc_array_get_string(xpc_object_t array, size_t i)
{
	return i < xpc_array_get_count(array) && host.list[i][0] != '\0' ? host.list[i] : NULL;
}

/* --- groups and files --- */

int __real_setgroups(size_t n, const gid_t *groups);
int __wrap_setgroups(size_t n, const gid_t *groups);

/* XNU makes of none the group 0 (setgroups1() of bsd/kern/kern_prot.c). Linux forgets their order.
 */
int
__wrap_setgroups(size_t n, const gid_t *groups)
{
	if (n == 0 || n > sizeof(host.groups) / sizeof(host.groups[0]))
		abort();
	if (__real_setgroups(n, groups) == -1)
		return -1;
	memcpy(host.groups, groups, n * sizeof(*groups));
	host.ngroups = (int)n;
	return 0;
}

const gid_t *
darwin_groups(int *ret_n)
{
	*ret_n = host.ngroups;
	return host.groups;
}

void
darwin_file(const char *path, unsigned mode, unsigned uid)
{
	snprintf(host.files[host.nfiles].path, sizeof(host.files[0].path), "%s", path);
	host.files[host.nfiles].mode = mode;
	host.files[host.nfiles++].uid = uid;
}

int __real_stat(const char *path, struct stat *ret);
int __wrap_stat(const char *path, struct stat *ret);
int __wrap_stat64(const char *path, struct stat *ret);

/* Where Homebrew and daemons put their own there is only what the test put there. */
int
__wrap_stat(const char *path, struct stat *ret)
{
	for (unsigned i = 0; i < host.nfiles; i++) {
		if (strcmp(host.files[i].path, path) == 0) {
			*ret = (struct stat){ .st_mode = host.files[i].mode,
				.st_uid = host.files[i].uid };
			return 0;
		}
	}
	if (strncmp(path, "/opt/", 5) == 0 || strncmp(path, "/usr/local/", 11) == 0 ||
	    strncmp(path, "/var/run/", 9) == 0) {
		errno = ENOENT;
		return -1;
	}
	return __real_stat(path, ret);
}

int
__wrap_stat64(const char *path, struct stat *ret)
{
	return __wrap_stat(path, ret);
}
