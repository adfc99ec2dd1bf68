/*
 * How a process that is not our child has ended, and whether the kernel killed it for want of memory.
 *
 * The latter is told at three places: a group of cgroup v2 counts those of its own; the kernel's log names
 * the process, for those who may read it and who see the host's process numbers; /proc/vmstat counts all,
 * which says that one was killed, but not which.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "util/fd.h"

#define KMSG_MAX     8192                 /* bytes of a record, as the kernel has it */
#define KMSG_RECORDS 200000               /* more than any ring has: so that reading ends */
#define INIT_PID_NS  UINT64_C(0xEFFFFFFC) /* PROC_PID_INIT_INO */
#define SLACK_US     1000000              /* between the clock of the log and ours */

/* PIDFD_GET_INFO of linux/pidfd.h, which is newer than the headers that we are built with: the first 64
 * bytes, and from Linux 6.15 on the bit for what is there once the process has been waited for. */
struct exit_info {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define EXIT_INFO (UINT64_C(1) << 3)
#define GET_INFO  _IOWR(0xFF, 11, struct exit_info)

/* What its parent has not waited for yet says it itself: the 52nd field, which comes after the name, the
 * second one, that can hold anything. Times of start as in struct os_proc are the 22nd. */
static bool
zombie_status(const struct os_proc *proc, int *ret)
{
	char path[64], text[2048];
	uint64_t start = 0;
	const char *at;
	int fd, field = 3;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)proc->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;
	fd_close(&fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')');
	if (at == NULL || strncmp(at, ") Z ", 4) != 0)
		return false;
	for (at += 2; at != NULL && field < 52; field++) {
		at = strchr(at, ' ');
		at = at != NULL ? at + 1 : NULL;
		if (at != NULL && field + 1 == 22)
			start = strtoull(at, NULL, 10);
	}
	if (at == NULL || start != proc->start)
		return false;
	*ret = (int)strtol(at, NULL, 10);
	return true;
}

/* And once it has been waited for, the kernel keeps it with the descriptor. */
static bool
kept_status(int procfd, int *ret)
{
	struct exit_info info = { .mask = EXIT_INFO };

	if (ioctl(procfd, GET_INFO, &info) == -1 || (info.mask & EXIT_INFO) == 0)
		return false;
	*ret = info.exit_code;
	return true;
}

int
os_proc_status(int procfd, const struct os_proc *proc, int *ret)
{
	return zombie_status(proc, ret) || kept_status(procfd, ret) ? 0 : -1;
}

/* The number after a word at the beginning of a line. */
static bool
counter(const char *path, const char *word, uint64_t *ret)
{
	FILE *f = fopen(path, "re");
	size_t n = strlen(word);
	bool found = false;
	char line[256];

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, word, n) == 0 && line[n] == ' ')
			found = sscanf(line + n, "%" SCNu64, ret) == 1;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

/* memory.events of the group that the process is in; not of the topmost, which has none. */
static void
group_path(pid_t pid, char *ret, size_t size)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char line[4096], path[64];
	FILE *f;

	ret[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		for (size_t i = 0; i < 2 && ret[0] == '\0'; i++) {
			int n = snprintf(ret, size, "%s%s/memory.events", roots[i], line + 3);

			if (n < 0 || (size_t)n >= size || access(ret, R_OK) == -1)
				ret[0] = '\0';
		}
	}
	if (f != NULL)
		fclose(f);
}

static int64_t
since_boot(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
os_oom_look(pid_t pid, struct os_oom *ret)
{
	*ret = (struct os_oom){ .since = since_boot() };
	if (!counter("/proc/vmstat", "oom_kill", &ret->all))
		ret->all = UINT64_MAX;
	group_path(pid, ret->path, sizeof(ret->path));
	if (ret->path[0] != '\0' && !counter(ret->path, "oom_kill", &ret->group))
		ret->path[0] = '\0';
}

/* Do we see the process numbers that the kernel's log has? */
static bool
numbers_are_the_hosts(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == INIT_PID_NS;
}

/* "3,1234,5678901,-;Out of memory: Killed process 4711 (qemu-system-x86) …" */
static bool
names(const char *record, const struct os_oom *before, pid_t pid)
{
	const char *at = strstr(record, "Killed process ");
	int64_t when;
	int killed;

	return at != NULL && sscanf(record, "%*u,%*u,%" SCNd64, &when) == 1 &&
	       when >= before->since - SLACK_US &&
	       sscanf(at, "Killed process %d (", &killed) == 1 && killed == (int)pid;
}

/* 1 it does, 0 it does not, -1 it is not for us to read. */
static int
log_names(const struct os_oom *before, pid_t pid)
{
	int fd = numbers_are_the_hosts() ? open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	char record[KMSG_MAX + 1];
	int result = 0;

	if (fd == -1)
		return -1;
	for (int i = 0; i < KMSG_RECORDS && result == 0; i++) {
		ssize_t n = read(fd, record, KMSG_MAX);

		if (n == -1 && (errno == EPIPE || errno == EINTR || errno == EINVAL))
			continue; /* overwritten meanwhile, or too long for us: the next one */
		if (n == -1 && errno != EAGAIN)
			result = -1;
		if (n <= 0)
			break;
		record[n] = '\0';
		if (names(record, before, pid))
			result = 1;
	}
	fd_close(&fd);
	return result;
}

enum os_oom_answer
os_oom_killed(const struct os_oom *before, pid_t pid)
{
	uint64_t now;

	if (before->since == 0)
		return OS_OOM_NO;
	if (before->path[0] != '\0' && counter(before->path, "oom_kill", &now))
		return now > before->group ? OS_OOM_YES : OS_OOM_NO;
	if (before->all == UINT64_MAX || !counter("/proc/vmstat", "oom_kill", &now) ||
	    now <= before->all)
		return OS_OOM_NO;
	switch (log_names(before, pid)) {
	case 1:
		return OS_OOM_YES;
	case 0:
		return OS_OOM_NO;
	default:
		return OS_OOM_PERHAPS;
	}
}
