/* Processes on Linux: who a pid is, its descriptor, its memory and its title; fills os.h. */
#include "os/os_linux_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"

ssize_t
linux_proc_read(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd == -1)
		return -1;
	do {
		n = read(fd, ret + len, size - 1 - len);
		if (n > 0)
			len += (size_t)n;
	} while (len < size - 1 && (n > 0 || (n == -1 && errno == EINTR)));
	fd_close(&fd);
	ret[len] = '\0';
	/* A process that ended while its file was open reads as nothing, or as ESRCH. */
	if (len == 0 && n == 0)
		errno = ESRCH;
	return len == 0 ? -1 : (ssize_t)len;
}

static int
boot_name(struct diag *d, char ret[40])
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";

	if (linux_proc_read(path, ret, 40) == -1) {
		int err = errno == ESRCH ? EIO : errno;

		errno = err; /* ESRCH would say that the process has ended */
		return fail_sys(d, "%s", path);
	}
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* Fields 3 (state) and 22 (start time) of a stat line. The name in field 2 may hold anything, ") R
 * 1" included, so that only the last parenthesis ends it. */
static int
stat_parse(const char *line, char *ret_state, uint64_t *ret_start)
{
	const char *p = strrchr(line, ')');
	char state;
	uint64_t start;

	if (p == NULL || sscanf(p + 1, " %c", &state) != 1)
		return -1;
	p += 2;
	for (int field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (p == NULL)
			return -1;
		p++;
	}
	if (sscanf(p, "%" SCNu64, &start) != 1)
		return -1;
	*ret_state = state;
	*ret_start = start;
	return 0;
}

static int
no_process(struct diag *d, pid_t pid)
{
	fail(d, "process %d: it has ended", (int)pid);
	errno = ESRCH;
	return -1;
}

int
os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret)
{
	char path[64], line[1024], state;
	struct os_proc now;
	uint64_t start;

	if (pid <= 0)
		return no_process(d, pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (linux_proc_read(path, line, sizeof(line)) == -1) {
		if (errno == ENOENT || errno == ESRCH)
			return no_process(d, pid);
		return fail_sys(d, "%s", path);
	}
	if (stat_parse(line, &state, &start) == -1) {
		errno = EINVAL;
		return fail_sys(d, "%s", path);
	}
	if (state == 'Z' || state == 'X') /* ended; only its parent has not looked yet */
		return no_process(d, pid);
	now = (struct os_proc){ .pid = pid, .start = start };
	if (boot_name(d, now.boot) == -1)
		return -1;
	*ret = now;
	return 0;
}

bool
os_proc_stopped(const struct os_proc *proc)
{
	char path[64], line[1024], state;
	uint64_t start;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)proc->pid);
	return linux_proc_read(path, line, sizeof(line)) != -1 && stat_parse(line, &state, &start) == 0 &&
	    start == proc->start && (state == 'T' || state == 't');
}

/* -1: the kernel, before 5.9, does not count them. */
static int
filters_of(const char *path)
{
	static const char key[] = "\nSeccomp_filters:";
	char status[4096], *line;

	if (linux_proc_read(path, status, sizeof(status)) == -1)
		return -1;
	line = strstr(status, key);
	return line != NULL ? atoi(line + sizeof(key) - 1) : -1;
}

bool
os_proc_filtered(const struct os_proc *proc)
{
	int own = filters_of("/proc/self/status"), its;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)proc->pid);
	its = filters_of(path);
	return its == -1 || own == -1 || its > own;
}

int
os_proc_open(struct diag *d, const struct os_proc *proc)
{
	struct os_proc now;
	int fd;

	if (proc->pid <= 0)
		return no_process(d, proc->pid);
	fd = (int)syscall(SYS_pidfd_open, proc->pid, 0);
	if (fd == -1 && (errno == ESRCH || errno == EINVAL))
		return no_process(d, proc->pid);
	if (fd == -1)
		return fail_sys(d, "process %d", (int)proc->pid);
	/* Only now: while the descriptor is open it means one process, whatever becomes of the pid.
	 */
	if (os_proc_find(d, proc->pid, &now) == -1) {
		fd_close(&fd);
		return -1;
	}
	if (now.start != proc->start || strcmp(now.boot, proc->boot) != 0) {
		fd_close(&fd);
		return no_process(d, proc->pid);
	}
	return fd;
}

int
os_proc_signal(int procfd, const struct os_proc *proc, int sig)
{
	if (syscall(SYS_pidfd_send_signal, procfd, sig, NULL, 0) == 0 || errno == ESRCH)
		return 0;
	return -1;
}

/* "Rss:   123 kB" of smaps_rollup, in bytes; 0 where it is missing. */
static uint64_t
rollup_field(const char *text, const char *name)
{
	const char *p = strstr(text, name);
	uint64_t kib;

	if (p == NULL || sscanf(p + strlen(name), "%" SCNu64, &kib) != 1)
		return 0;
	return kib * 1024;
}

int
os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss)
{
	char path[64], text[2048];
	uint64_t pages;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (linux_proc_read(path, text, sizeof(text)) != -1) {
		*ret_rss = rollup_field(text, "\nRss:");
		*ret_pss = rollup_field(text, "\nPss:");
		return 0;
	}
	/* Another user's process shows only its resident size. */
	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (linux_proc_read(path, text, sizeof(text)) == -1)
		return -1;
	if (sscanf(text, "%*u %" SCNu64, &pages) != 1) {
		errno = EINVAL;
		return -1;
	}
	*ret_rss = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	*ret_pss = 0;
	return 0;
}

void
os_title_init(int argc, char **argv, char **envp)
{
	setproctitle_init(argc, argv, envp);
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
