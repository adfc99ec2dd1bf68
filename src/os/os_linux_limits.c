/* What holds the limits of a VM's processes on this Linux host, and those of one process; fills
 * os.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os_linux_group.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"

/* Can children of this cgroup have the controller? It is there, and either it is passed on already
 * or nothing forbids that: a cgroup with processes in it, other than the kernel's root, may not. */
static bool
passes_on(const char *folder, const char *controller)
{
	char path[512], text[16];
	int fd;
	ssize_t n = 1;

	if (!group_has_word(folder, "cgroup.controllers", controller))
		return false;
	if (group_has_word(folder, "cgroup.subtree_control", controller))
		return true;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", folder);
	if (access(path, W_OK) == -1)
		return false;
	snprintf(path, sizeof(path), "%s/cgroup.type", folder);
	if (access(path, F_OK) == -1)
		return true;
	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		n = read(fd, text, sizeof(text));
	fd_close(&fd);
	return n == 0;
}

static bool
offers(struct os_limits_here *here, const char *folder)
{
	bool any = false;

	for (int i = 0; i < OS_NLIMITS; i++) {
		if (passes_on(folder, group_controllers[i])) {
			here->means[i] = OS_MEANS_GROUP;
			any = true;
		}
	}
	return any;
}

/* Without systemd: below the root where that is ours, else below our own cgroup or the one around
 * it, which is how a part of the tree is delegated. */
static bool
find_folder(struct os_limits_here *here, const char *mount)
{
	char own[200], around[200];
	const char *candidates[] = { mount, own, around };
	char *slash;

	if (!group_of(getpid(), own, sizeof(own)))
		own[0] = '\0';
	snprintf(around, sizeof(around), "%s", own);
	slash = strrchr(around, '/');
	if (slash != NULL)
		*slash = '\0';
	/* Above the mount there is nothing of cgroups. */
	if (strncmp(around, mount, strlen(mount)) != 0)
		around[0] = '\0';
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		const char *folder = candidates[i];

		if (folder[0] == '\0' || access(folder, W_OK) == -1 || !offers(here, folder))
			continue;
		here->kind = OS_GROUPS_FOLDER;
		snprintf(here->base, sizeof(here->base), "%s/vmrun", folder);
		snprintf(here->why, sizeof(here->why), "cgroups in %s", here->base);
		return true;
	}
	return false;
}

static bool
find_scope(struct os_limits_here *here, const char *mount, const char **ret_why)
{
	char manager[200];
	bool any = false;

	if (!scope_possible(ret_why))
		return false;
	scope_manager(mount, manager, sizeof(manager));
	for (int i = 0; i < OS_NLIMITS; i++) {
		if (group_has_word(manager, "cgroup.controllers", group_controllers[i])) {
			here->means[i] = OS_MEANS_GROUP;
			any = true;
		}
	}
	if (!any) {
		*ret_why = "the cgroup of systemd's that would hold them has no controllers";
		return false;
	}
	here->kind = OS_GROUPS_SCOPE;
	scope_slice(mount, here->base, sizeof(here->base));
	snprintf(here->why, sizeof(here->why), "scopes of systemd in %s", here->base);
	return true;
}

void
os_limits_here(struct os_limits_here *ret)
{
	const char *mount = group_mount(), *why = "no cgroup v2 is mounted on /sys/fs/cgroup";
	bool systemd = access("/run/systemd/system", F_OK) == 0;

	*ret = (struct os_limits_here){ .kind = OS_GROUPS_NONE };
	for (int i = 0; i < OS_NLIMITS; i++)
		ret->means[i] = OS_MEANS_PROCESS;
	if (mount != NULL) {
		why = "no cgroup is here that vmrun may divide";
		/* Where systemd has the tree, it is the one to ask; what it has delegated to us is
		 * ours all the same. */
		if (systemd ? find_scope(ret, mount, &why) : find_folder(ret, mount))
			return;
		if (systemd && geteuid() != 0 && find_folder(ret, mount))
			return;
	}
	snprintf(ret->why, sizeof(ret->why), "%s", why);
}

static int
limit_thread(pid_t thread, const struct os_process_limits *limits)
{
	if (limits->renice && setpriority(PRIO_PROCESS, (id_t)thread, limits->nice) == -1)
		return -1;
	if (limits->io_priority >= 0 &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread,
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, limits->io_priority)) == -1)
		return -1;
	return limits->cpus != NULL ? os_thread_bind(thread, limits->cpus) : 0;
}

/* Its threads; those that it makes meanwhile have what the one that makes them has. */
static int
limit_threads(pid_t pid, const struct os_process_limits *limits)
{
	char path[32];
	struct dirent *entry;
	int result = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		result = limit_thread((pid_t)atoi(entry->d_name), limits);
		if (result == -1 && errno == ESRCH)
			result = 0; /* a thread that has just ended */
	}
	closedir(dir);
	return result;
}

/* Async-signal-safe, as snprintf(3) need not be. */
static void
renice_group(const char *path, int nice)
{
	unsigned n = (unsigned)(nice < 0 ? -nice : nice);
	const char text[] = { nice < 0 ? '-' : '0', (char)('0' + n / 10), (char)('0' + n % 10) };
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd != -1)
		(void)!write(fd, text, sizeof(text));
	fd_close(&fd);
}

void
os_session_nice(int nice)
{
	renice_group("/proc/self/autogroup", nice);
}

static void
renice_session(pid_t pid, int nice)
{
	char autogroup[40];

	if (pid == 0) {
		os_session_nice(nice);
		return;
	}
	snprintf(autogroup, sizeof(autogroup), "/proc/%d/autogroup", (int)pid);
	renice_group(autogroup, nice);
}

int
os_process_limit(pid_t pid, const struct os_process_limits *limits)
{
	const struct rlimit data = { limits->data_max, limits->data_max };

	if ((pid == 0 ? limit_thread(0, limits) : limit_threads(pid, limits)) == -1)
		return -1;
	if (limits->renice)
		renice_session(pid, limits->nice);
	/* Last, for it can take from the caller what it has no right to give back. */
	return limits->data_max != 0 ? prlimit(pid, RLIMIT_DATA, &data, NULL) : 0;
}
