/* Processes on FreeBSD: who a pid is, its memory and its title; fills os.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sys/sysctl.h>
#include <sys/user.h>
#include <unistd.h>

#include "os/os_freebsd.h"
#include "util/diag.h"
#include "util/mem.h"

#define CLOCK_TRIES 100 /* a clock that is set each time we look is not ours to wait for */

_Static_assert(sizeof(long) != 8 || sizeof(struct kinfo_proc) == 1088, "KINFO_PROC_SIZE of LP64");

/* Of the kernel's answer only what every version has at the same place is used. A pid that nobody
 * has is ESRCH, or on some kernels an answer of no length. */
static int
process_read(pid_t pid, struct kinfo_proc *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid };
	size_t len = sizeof(*ret);

	errno = ESRCH;
	if (pid <= 0 || sysctl(name, 4, ret, &len, NULL, 0) == -1)
		return -1;
	errno = ESRCH;
	if (len < sizeof(*ret) || ret->ki_pid != pid || ret->ki_stat == SZOMB)
		return -1;
	return 0;
}

static int
boot_time(struct timeval *ret)
{
	size_t len = sizeof(*ret);

	if (sysctlbyname("kern.boottime", ret, &len, NULL, 0) == -1)
		return -1;
	errno = EINVAL;
	return len == sizeof(*ret) ? 0 : -1;
}

/*
 * The kernel keeps when a process began as microseconds since boot, and adds kern.boottime when it
 * is asked (fill_kinfo_proc_only() in sys/kern/kern_proc.c). Who sets the clock moves
 * kern.boottime, and so the answer; the difference of the two stays, provided that both are of the
 * same moment.
 */
static int
process_start(pid_t pid, struct kinfo_proc *ret, uint64_t *ret_start)
{
	struct timeval before, after;
	int64_t start;

	for (unsigned tries = 0; tries < CLOCK_TRIES; tries++) {
		if (boot_time(&before) == -1)
			return -1;
		if (process_read(pid, ret) == -1)
			return -1;
		if (boot_time(&after) == -1)
			return -1;
		if (before.tv_sec != after.tv_sec || before.tv_usec != after.tv_usec)
			continue;
		start = ((int64_t)ret->ki_start.tv_sec - before.tv_sec) * 1000000 +
			(ret->ki_start.tv_usec - before.tv_usec);
		*ret_start = (uint64_t)start;
		return 0;
	}
	errno = EAGAIN;
	return -1;
}

/* 16 random bytes since FreeBSD 13; "" before. */
static void
boot_name(char ret[40])
{
	uint8_t id[16];
	size_t len = sizeof(id);

	ret[0] = '\0';
	if (sysctlbyname("kern.boot_id", id, &len, NULL, 0) == -1 || len != sizeof(id))
		return;
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(ret + 2 * i, 3, "%02x", id[i]);
}

int
os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret)
{
	struct os_proc now = { .pid = pid };
	struct kinfo_proc p;

	if (process_start(pid, &p, &now.start) == -1) {
		if (errno != ESRCH)
			return fail_sys(d, "process %d", (int)pid);
		fail(d, "process %d: it has ended", (int)pid);
		errno = ESRCH;
		return -1;
	}
	boot_name(now.boot);
	*ret = now;
	return 0;
}

bool
os_proc_stopped(const struct os_proc *proc)
{
	struct kinfo_proc p;
	uint64_t start;

	return process_start(proc->pid, &p, &start) == 0 && start == proc->start &&
	       p.ki_stat == SSTOP;
}

/* What of it others share the kernel does not say. */
int
os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss)
{
	struct kinfo_proc p;

	if (process_read(pid, &p) == -1)
		return -1;
	*ret_rss = (uint64_t)p.ki_rssize * (uint64_t)getpagesize();
	*ret_pss = 0;
	return 0;
}

int
os_proc_use(pid_t pid, struct os_use *ret)
{
	struct kinfo_proc p;
	uint64_t start;

	if (process_start(pid, &p, &start) == -1)
		return -1;
	*ret = (struct os_use){ .start = start,
		.cpu = p.ki_runtime * 1000,
		.resident = (uint64_t)p.ki_rssize * (uint64_t)getpagesize() };
	return 0;
}

/* The kernel tells of all threads at once; between two questions there can be more of them. */
int
os_thread_cpu(pid_t pid, int64_t thread, uint64_t *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID | KERN_PROC_INC_THREAD, (int)pid };
	struct kinfo_proc *all;
	size_t len = 0;
	int result = -1;

	errno = ESRCH;
	if (pid <= 0 || sysctl(name, 4, NULL, &len, NULL, 0) == -1)
		return -1;
	len += 8 * sizeof(*all);
	all = xcalloc(1, len);
	if (sysctl(name, 4, all, &len, NULL, 0) == 0) {
		errno = ESRCH;
		for (size_t i = 0; result == -1 && i < len / sizeof(*all); i++) {
			if (all[i].ki_tid != thread)
				continue;
			*ret = all[i].ki_runtime * 1000;
			result = 0;
		}
	}
	free(all);
	return result;
}

/* setproctitle(3) needs no room prepared here: the kernel keeps the text. */
void
os_title_init(int argc, char **argv, char **envp)
{
}

void
os_title(const char *fmt, ...)
{
	char title[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(title, sizeof(title), fmt, ap);
	va_end(ap);
	setproctitle("%s", title);
}

/* Nothing to do: malloc(3) gives freed pages back by itself after some seconds, and clean pages of
 * files are not counted as the program's own. */
void
os_memory_trim(void)
{
}

unsigned
os_first_port(void)
{
	int high;
	size_t len = sizeof(high);

	if (sysctlbyname("net.inet.ip.portrange.reservedhigh", &high, &len, NULL, 0) == -1)
		return 1024;
	return (unsigned)high + 1;
}
