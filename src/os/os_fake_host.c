/* A kernel in memory for tests: its processes and its host; see os_fake.h. It is built on every
 * system. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/syscall.h>
#else
#include <sys/event.h>
#endif
#include <unistd.h>

#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"
#include "util/mem.h"

#define FAKE_FDS 1024

static bool fake_is_privileged;
static const char *fake_system_name = "linux";

static char vfio_group[32];

void
fake_host_reset(void)
{
	fake_is_privileged = false;
	fake_vfio(NULL);
	fake_system_name = "linux";
}

void
fake_system(const char *name)
{
	fake_system_name = name;
}

const struct os_facts *
os_here(void)
{
	return os_facts(fake_system_name);
}

void
fake_privileged(bool yes)
{
	fake_is_privileged = yes;
}

/* Processes are real ones even here: a descriptor that becomes readable when this one has ended, as
 * a zombie too. */
static int
watch(pid_t pid)
{
#ifdef __linux__
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	struct kevent end;
	int fd = kqueue();

	EV_SET(&end, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
	if (fd != -1 &&
	    (fd_set_cloexec(fd, true) == -1 || kevent(fd, &end, 1, NULL, 0, NULL) == -1))
		fd_close(&fd);
	return fd;
#endif
}

int
os_proc_open(struct diag *d, const struct os_proc *proc)
{
	struct pollfd end = { .fd = -1, .events = POLLIN };

	if (fake_enter(d, "process") == -1)
		return -1;
	errno = ESRCH;
	if (proc->pid > 0)
		end.fd = watch(proc->pid);
	if (end.fd != -1 && poll(&end, 1, 0) == 1) {
		fd_close(&end.fd);
		errno = ESRCH;
	}
	if (end.fd == -1)
		fail_sys(d, "process %d", (int)proc->pid);
	return end.fd;
}

int
os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret)
{
	struct os_proc proc = { .pid = pid };
	int fd = os_proc_open(d, &proc);

	if (fd == -1)
		return -1;
	fd_close(&fd);
	*ret = proc;
	return 0;
}

bool
os_proc_stopped(const struct os_proc *proc)
{
	return false;
}

int
os_proc_signal(int procfd, const struct os_proc *proc, int sig)
{
	return kill(proc->pid, sig) == 0 || errno == ESRCH ? 0 : -1;
}

int
os_proc_status(int procfd, const struct os_proc *proc, int *ret)
{
	return -1;
}

static enum os_oom_answer oom_answer;

void
fake_oom(enum os_oom_answer answer)
{
	oom_answer = answer;
}

void
os_oom_look(pid_t pid, struct os_oom *ret)
{
	*ret = (struct os_oom){ 0 };
}

enum os_oom_answer
os_oom_killed(const struct os_oom *before, pid_t pid)
{
	return oom_answer;
}

int
os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss)
{
	*ret_rss = 0;
	*ret_pss = 0;
	return 0;
}

int
os_proc_use(pid_t pid, struct os_use *ret)
{
	*ret = (struct os_use){ 0 };
	return 0;
}

int
os_thread_cpu(pid_t pid, int64_t thread, uint64_t *ret)
{
	errno = ENOTSUP;
	return -1;
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
	return fake_is_privileged;
}

int
os_privileges_keep(void)
{
	return 0;
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

int
os_folder_readonly(const char *path)
{
	return 0;
}

bool
os_is_disk(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
}

const char *
os_fd_path(int fd, char text[32])
{
	snprintf(text, 32, "/dev/fd/%d", fd);
	return text;
}

/* The same file on every system that it plays; what differs is whether its name stays. */
static int
copy_open(const struct os_copy_place *where, char **ret_path)
{
	char path[PATH_MAX] = "/tmp/vmrun-fake-XXXXXX";
	int fd;

	if (!os_here()->fd_reopens) {
		(void)mkdir(where->dir, 0700);
		snprintf(path, sizeof(path), "%s/%s", where->dir, where->name);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} else {
		fd = mkstemp(path);
	}
	if (fd == -1)
		return -1;
	(void)fd_set_cloexec(fd, true);
	if (os_here()->fd_reopens) {
		(void)unlink(path);
		(void)fchmod(fd, 0444);
		*ret_path = NULL;
	} else {
		*ret_path = xstrdup(path);
	}
	return fd;
}

static void
copy_give(int fd, char *path, struct os_copy *ret)
{
	(void)lseek(fd, 0, SEEK_SET);
	if (path != NULL)
		fd_close(&fd);
	*ret = (struct os_copy){ .fd = fd, .path = path };
}

static int
copy_fail(struct diag *d, const struct os_copy_place *where, int fd, char *path)
{
	fail_sys(d, "%s", where->name);
	fd_close(&fd);
	if (path != NULL)
		(void)unlink(path);
	free(path);
	return -1;
}

int
os_copy(
    struct diag *d, const struct os_copy_place *where, const void *p, size_t n, struct os_copy *ret)
{
	char *path = NULL;
	int fd;

	if (fake_enter(d, where->name) == -1)
		return -1;
	fd = copy_open(where, &path);
	if (fd == -1 || fd_write_all(fd, p, n) == -1)
		return copy_fail(d, where, fd, path);
	copy_give(fd, path, ret);
	return 0;
}

int
os_copy_file(struct diag *d, const struct os_copy_place *where, int from, struct os_copy *ret)
{
	char *path = NULL, buf[4096];
	ssize_t n = 0;
	int fd;

	if (fake_enter(d, where->name) == -1)
		return -1;
	fd = copy_open(where, &path);
	while (fd != -1 && (n = read(from, buf, sizeof(buf))) > 0 &&
	       fd_write_all(fd, buf, (size_t)n) == 0)
		continue;
	if (fd == -1 || n != 0)
		return copy_fail(d, where, fd, path);
	copy_give(fd, path, ret);
	return 0;
}

void
fake_vfio(const char *group)
{
	strlcpy(vfio_group, group != NULL ? group : "", sizeof(vfio_group));
}

int
os_vfio_find(struct diag *d, const char *name, struct os_vfio *ret)
{
	if (vfio_group[0] == '\0')
		return fail(d, "%s: there is no such device", name);
	*ret = (struct os_vfio){ .cdev = "" };
	strlcpy(ret->group, vfio_group, sizeof(ret->group));
	return 0;
}

int
os_usb_find(struct diag *d, const struct os_usb_wish *wish, char ret[OS_USB_PATH])
{
	errno = ENODEV;
	return fail_sys(d, "USB");
}

bool
os_vhost_net(void)
{
	return false;
}

int
os_vhost_net_open(struct diag *d)
{
	errno = ENOENT;
	return fail_sys(d, "/dev/vhost-net");
}

void
os_accel(const char *arch, bool privileged, struct os_accel *ret)
{
	*ret = (struct os_accel){ .name = "tcg", .why = "the fake host has no accelerator" };
}

unsigned
os_first_port(void)
{
	return 1024;
}

const char *
os_arch(void)
{
	return "x86_64";
}

bool
os_privileged(void)
{
	return fake_is_privileged;
}

bool
os_makes_taps(void)
{
	return fake_is_privileged;
}

int
os_privileges_to_taps(void)
{
	return 0;
}

int
os_privileges_to_caller(void)
{
	return 0;
}

ssize_t
os_receive_fds(int sock, void *p, size_t size, int *fds, size_t max, size_t *ret_n)
{
	ssize_t length = read(sock, p, size);

	if (length != -1)
		*ret_n = 0;
	return length;
}

int
os_send_fds(int sock, const void *p, size_t size, const int *fds, size_t n)
{
	errno = EOPNOTSUPP;
	return -1;
}

bool
os_foreign_root(uid_t *ret)
{
	return false;
}

size_t
os_check(struct os_finding *ret, size_t max)
{
	return 0;
}

/* What cannot be seen of a process here is not set. */
int
os_process_limit(pid_t pid, const struct os_process_limits *limits)
{
	return 0;
}

int
os_thread_bind(int64_t thread, const struct intset *cpus)
{
	struct diag d = { 0 };
	int result = fake_enter(&d, "os_thread_bind");

	diag_free(&d);
	return result;
}

/* Four CPUs, two nodes, and a hundred pages of 2 MiB. */
int
os_cpus(struct diag *d, struct intset *ret)
{
	if (fake_enter(d, "os_cpus") == -1)
		return -1;
	*ret = (struct intset){ { 15 } };
	return 0;
}

int
os_nodes(struct diag *d, struct intset *ret)
{
	if (fake_enter(d, "os_nodes") == -1)
		return -1;
	*ret = (struct intset){ { 3 } };
	return 0;
}

int
os_hugepages(struct diag *d, uint64_t page, uint64_t *ret_total, uint64_t *ret_free)
{
	if (fake_enter(d, "os_hugepages") == -1)
		return -1;
	if (page != 2 << 20)
		return fail(d, "the kernel has no such huge pages");
	*ret_total = *ret_free = 100;
	return 0;
}

bool
os_proc_filtered(const struct os_proc *proc)
{
	return true;
}

int
os_scratch_open(struct diag *d, const char *dir, struct os_scratch *ret)
{
	return fail(d, "a fake host has no files in memory");
}

void
os_scratch_close(struct os_scratch *s)
{
}
