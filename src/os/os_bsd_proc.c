/* Watching and signalling a process by kqueue(2), on FreeBSD and macOS; fills os.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/types.h>

#include <sys/sysctl.h>
#include <unistd.h>

#include "os/os_bsd.h"
#include "util/diag.h"
#include "util/fd.h"

int
bsd_sysctl_int(const char *name)
{
	int value = 0;
	size_t len = sizeof(value);

	if (sysctlbyname(name, &value, &len, NULL, 0) == -1 || len != sizeof(value))
		return 0;
	return value;
}

static int
has_ended(struct diag *d, pid_t pid)
{
	fail(d, "process %d: it has ended", (int)pid);
	errno = ESRCH;
	return -1;
}

/* 1 if pid is still that process; 0 if it is another or none; -1 with errno. */
static int
is_same(struct diag *d, const struct os_proc *proc)
{
	struct os_proc now;

	if (os_proc_find(d, proc->pid, &now) == -1)
		return errno == ESRCH ? 0 : -1;
	return now.start == proc->start && strcmp(now.boot, proc->boot) == 0;
}

/* The kernel watches the process, not the number: if it is still ours once it is watched, the event
 * will be of ours. An event that nobody fetches keeps the descriptor readable. A child of fork(2)
 * does not get a kqueue. */
int
os_proc_open(struct diag *d, const struct os_proc *proc)
{
	struct kevent watch = { .ident = (uintptr_t)proc->pid,
		.filter = EVFILT_PROC,
		.flags = EV_ADD,
		.fflags = NOTE_EXIT };
	struct diag why = { 0 };
	int fd, same;

	if (proc->pid <= 0)
		return has_ended(d, proc->pid);
	fd = kqueue();
	if (fd == -1)
		return fail_sys(d, "process %d: cannot watch it", (int)proc->pid);
	(void)fd_set_cloexec(fd, true);
	if (kevent(fd, &watch, 1, NULL, 0, NULL) == -1) {
		fd_close(&fd);
		if (errno == ESRCH)
			return has_ended(d, proc->pid);
		return fail_sys(d, "process %d: cannot watch it", (int)proc->pid);
	}
	same = is_same(&why, proc);
	if (same == 1)
		return fd;
	fd_close(&fd);
	if (same == -1) {
		diag_move(d, &why);
		return -1;
	}
	diag_free(&why);
	return has_ended(d, proc->pid);
}

/* There is no signal to a descriptor here: the number is asked once more whose it is. Between the
 * question and the signal the process would have to end, its parent to see that, and the numbers to
 * come round. */
int
os_proc_signal(int procfd, const struct os_proc *proc, int sig)
{
	struct pollfd ended = { .fd = procfd, .events = POLLIN };
	struct diag ignored = { 0 };
	int same;

	if (poll(&ended, 1, 0) == 1)
		return 0;
	same = is_same(&ignored, proc);
	diag_free(&ignored);
	if (same != 1)
		return same;
	return kill(proc->pid, sig) == -1 && errno != ESRCH ? -1 : 0;
}
