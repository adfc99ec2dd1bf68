/* A kernel in memory for tests: its processes and its host; see os_fake.h. It is built on every
 * system. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"

#define FAKE_WATCHES 64
#define FAKE_FDS     1024

static struct {
	struct {
		pid_t pid;
		int end; /* closed when the process ends */
	} watches[FAKE_WATCHES];
	size_t nwatches;
	bool privileged;
} fake;

void
fake_host_reset(void)
{
	for (size_t i = 0; i < fake.nwatches; i++)
		fd_close(&fake.watches[i].end);
	memset(&fake, 0, sizeof(fake));
}

void
fake_proc_end(pid_t pid)
{
	for (size_t i = 0; i < fake.nwatches; i++) {
		if (fake.watches[i].pid == pid)
			fd_close(&fake.watches[i].end);
	}
}

void
fake_privileged(bool yes)
{
	fake.privileged = yes;
}

int
os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret)
{
	if (fake_enter(d, "process") == -1)
		return -1;
	if (pid <= 0 || (kill(pid, 0) == -1 && errno == ESRCH)) {
		errno = ESRCH;
		return fail_sys(d, "process %d", (int)pid);
	}
	*ret = (struct os_proc){ .pid = pid };
	return 0;
}

int
os_proc_open(struct diag *d, const struct os_proc *proc)
{
	struct os_proc now;
	int ends[2];

	if (os_proc_find(d, proc->pid, &now) == -1)
		return -1;
	if (fake.nwatches == FAKE_WATCHES)
		abort();
	if (pipe(ends) == -1)
		return fail_sys(d, "process %d", (int)proc->pid);
	(void)fd_set_cloexec(ends[0], true);
	(void)fd_set_cloexec(ends[1], true);
	fake.watches[fake.nwatches].pid = proc->pid;
	fake.watches[fake.nwatches].end = ends[1];
	fake.nwatches++;
	return ends[0];
}

int
os_proc_signal(int procfd, const struct os_proc *proc, int sig)
{
	return kill(proc->pid, sig) == 0 || errno == ESRCH ? 0 : -1;
}

int
os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss)
{
	*ret_rss = 0;
	*ret_pss = 0;
	return 0;
}

void
os_title_init(int argc, char **argv, char **envp)
{
}

void
os_title(const char *fmt, ...)
{
}

void
os_memory_trim(void)
{
}

bool
os_uid_available(uid_t uid)
{
	return fake.privileged;
}

int
os_privileges_drop(const struct os_identity *who)
{
	return 0;
}

void
os_cloexec_from(int lowest)
{
	for (int fd = lowest; fd < FAKE_FDS; fd++)
		(void)fd_set_cloexec(fd, true);
}

int
os_peer_uid(int fd, uid_t *ret)
{
	*ret = geteuid();
	return 0;
}

const char *
os_fd_path(int fd, char text[32])
{
	snprintf(text, 32, "/dev/fd/%d", fd);
	return text;
}

static int
unnamed_file(void)
{
	char path[] = "/tmp/vmrun-fake-XXXXXX";
	int fd = mkstemp(path);

	if (fd != -1) {
		(void)unlink(path);
		(void)fchmod(fd, 0444);
		(void)fd_set_cloexec(fd, true);
	}
	return fd;
}

int
os_memory_file(struct diag *d, const char *name, const void *p, size_t n)
{
	int fd;

	if (fake_enter(d, name) == -1)
		return -1;
	fd = unnamed_file();
	if (fd == -1 || fd_write_all(fd, p, n) == -1 || lseek(fd, 0, SEEK_SET) == -1) {
		fail_sys(d, "%s", name);
		fd_close(&fd);
	}
	return fd;
}

int
os_memory_file_copy(struct diag *d, const char *name, int from)
{
	char buf[4096];
	ssize_t n;
	int fd;

	if (fake_enter(d, name) == -1)
		return -1;
	fd = unnamed_file();
	while ((n = read(from, buf, sizeof(buf))) > 0 && fd_write_all(fd, buf, (size_t)n) == 0)
		continue;
	if (fd == -1 || n != 0 || lseek(fd, 0, SEEK_SET) == -1) {
		fail_sys(d, "%s", name);
		fd_close(&fd);
	}
	return fd;
}

void
os_accel(const char *arch, bool privileged, struct os_accel *ret)
{
	*ret = (struct os_accel){ .name = "tcg", .why = "the fake host has no accelerator" };
}

const char *
os_arch(void)
{
	return "x86_64";
}

bool
os_privileged(void)
{
	return fake.privileged;
}

size_t
os_check(struct os_finding *ret, size_t max)
{
	return 0;
}
