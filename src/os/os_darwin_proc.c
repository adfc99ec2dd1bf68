/* Processes on macOS: who a pid is, its memory and its title; fills os.h. */
#include <errno.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <malloc/malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "os/os_darwin.h"
#include "util/diag.h"
#include "util/mem.h"

static int
no_process(struct diag *d, pid_t pid)
{
	fail(d, "process %d: it has ended", (int)pid);
	errno = ESRCH;
	return -1;
}

int
darwin_sysctl_text(const char *name, char *ret, size_t size)
{
	size_t len = size - 1;

	if (sysctlbyname(name, ret, &len, NULL, 0) == -1)
		return -1;
	ret[len < size ? len : size - 1] = '\0';
	return 0;
}

/* sysctl(3) and not proc_pidinfo(), which tells an ordinary user of his own processes only. A pid
 * that nobody has is no error: nothing is returned. */
static int
process_read(pid_t pid, struct kinfo_proc *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid };
	size_t len = sizeof(*ret);

	errno = ESRCH;
	if (pid <= 0 || sysctl(name, 4, ret, &len, NULL, 0) == -1)
		return -1;
	errno = ESRCH;
	if (len < sizeof(*ret) || ret->kp_proc.p_pid != pid || ret->kp_proc.p_stat == SZOMB)
		return -1;
	return 0;
}

/* Microseconds of the clock as it was at the fork, which nobody changes after, whoever sets the
 * clock. */
static uint64_t
start_of(const struct kinfo_proc *p)
{
	return (uint64_t)p->kp_proc.p_starttime.tv_sec * 1000000 +
	       (uint64_t)p->kp_proc.p_starttime.tv_usec;
}

int
os_proc_find(struct diag *d, pid_t pid, struct os_proc *ret)
{
	struct os_proc now = { .pid = pid };
	struct kinfo_proc p;

	if (process_read(pid, &p) == -1) {
		if (errno == ESRCH)
			return no_process(d, pid);
		return fail_sys(d, "process %d", (int)pid);
	}
	now.start = start_of(&p);
	if (darwin_sysctl_text("kern.bootsessionuuid", now.boot, sizeof(now.boot)) == -1)
		return fail_sys(d, "sysctl kern.bootsessionuuid");
	*ret = now;
	return 0;
}

bool
os_proc_stopped(const struct os_proc *proc)
{
	struct kinfo_proc p;

	return process_read(proc->pid, &p) == 0 && start_of(&p) == proc->start &&
	       p.kp_proc.p_stat == SSTOP;
}

/* Shared pages are not divided among those who share them here: there is no proportional share. */
int
os_proc_memory(pid_t pid, uint64_t *ret_rss, uint64_t *ret_pss)
{
	struct proc_taskinfo task;

	/* It returns the bytes filled; 0 is a failure, and so is less than the whole. */
	errno = ESRCH;
	if (proc_pidinfo(pid, PROC_PIDTASKINFO, 0, &task, sizeof(task)) != (int)sizeof(task))
		return -1;
	*ret_rss = task.pti_resident_size;
	*ret_pss = 0;
	return 0;
}

/* The kernel counts CPU in units of its clock. */
int
os_proc_use(pid_t pid, struct os_use *ret)
{
	mach_timebase_info_data_t unit;
	struct proc_taskinfo task;
	struct kinfo_proc p;

	if (process_read(pid, &p) == -1)
		return -1;
	errno = ESRCH;
	if (proc_pidinfo(pid, PROC_PIDTASKINFO, 0, &task, sizeof(task)) != (int)sizeof(task) ||
	    mach_timebase_info(&unit) != KERN_SUCCESS || unit.denom == 0)
		return -1;
	*ret = (struct os_use){ .start = start_of(&p),
		.cpu = (task.pti_total_user + task.pti_total_system) * unit.numer / unit.denom,
		.resident = task.pti_resident_size };
	return 0;
}

/* QEMU calls every thread by its process's pid here. */
int
os_thread_cpu(pid_t pid, int64_t thread, uint64_t *ret)
{
	errno = ENOTSUP;
	return -1;
}

/*
 * macOS has no setproctitle(3). ps(1) reads a process's words out of its memory, where the kernel
 * put them at exec, one after another: a title is written over them, and can be as long as they
 * were. main's own words are copies from then on. The environment, which follows them, is left
 * alone: who holds a pointer into it is not known.
 */
static struct {
	char *start;
	size_t size; /* with the last word's NUL */
} words;

void
os_title_init(int argc, char **argv, char **envp)
{
	char *start = argc > 0 ? argv[0] : NULL, *end = start;

	/* As far as they lie as the kernel puts them. */
	for (int i = 0; i < argc && argv[i] != NULL && argv[i] == end; i++) {
		end += strlen(argv[i]) + 1;
		argv[i] = xstrdup(argv[i]);
	}
	words.start = start;
	words.size = (size_t)(end - start);
}

void
os_title(const char *fmt, ...)
{
	char title[128];
	size_t len;
	va_list ap;

	if (words.size == 0)
		return;
	va_start(ap, fmt);
	vsnprintf(title, sizeof(title), fmt, ap);
	va_end(ap);
	memset(words.start, '\0', words.size);
	len = strlcpy(words.start, "vmrun: ", words.size);
	if (len < words.size)
		strlcpy(words.start + len, title, words.size - len);
}

void
os_memory_trim(void)
{
	malloc_zone_pressure_relief(NULL, 0); /* all zones, as much as there is */
}
