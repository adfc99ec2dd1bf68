/* Groups of processes with limits, in the file system of cgroup v2; fills os.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "os/os_linux_group.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"
#include "util/loop.h"
#include "util/mem.h"

#define TEXT_MAX  4096 /* bytes of a file of a cgroup's that we read */
#define TRIES     5    /* of making a group in a folder that another command removes as empty */
#define REMOVE_MS 2000 /* the kernel's time to be done with processes that have ended */

const char *const group_controllers[OS_NLIMITS] = {
	[OS_LIMIT_MEMORY] = "memory", [OS_LIMIT_CPU] = "cpu", [OS_LIMIT_IO] = "io",
	[OS_LIMIT_CPUS] = "cpuset"
};

const char *
group_mount(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (statfs(places[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	}
	return NULL;
}

/* "" where it cannot be read. Files of the kernel's have no length before. */
static void
read_text(const char *folder, const char *file, char *ret, size_t size)
{
	char path[512];
	int fd;
	ssize_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		n = read(fd, ret, size - 1);
	fd_close(&fd);
	ret[n > 0 ? n : 0] = '\0';
}

bool
group_of(pid_t pid, char *ret, size_t size)
{
	char folder[32], text[TEXT_MAX], *line;
	const char *mount = group_mount();

	snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
	read_text(folder, "cgroup", text, sizeof(text));
	line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (mount == NULL || line == NULL)
		return false;
	line += *line == '\n';
	line += 3;
	line[strcspn(line, "\n")] = '\0';
	/* One outside of what this namespace shows of the tree. */
	if (strstr(line, "/..") != NULL)
		return false;
	if (strcmp(line, "/") == 0)
		line[0] = '\0';
	return (size_t)snprintf(ret, size, "%s%s", mount, line) < size;
}

bool
group_has_word(const char *folder, const char *file, const char *word)
{
	char text[TEXT_MAX], *rest = text, *found;

	read_text(folder, file, text, sizeof(text));
	while ((found = strsep(&rest, " \n")) != NULL) {
		if (strcmp(found, word) == 0)
			return true;
	}
	return false;
}

/* -1 with errno. */
static int
write_text(const char *folder, const char *file, const char *text)
{
	char path[512];
	int fd, result;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	result = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	fd_close(&fd);
	return result;
}

/* What the kernel does not have of it is no error here: group_write() needs it, or does not. */
static void
pass_on(const char *folder, const struct os_limits_here *here)
{
	for (int i = 0; i < OS_NLIMITS; i++) {
		char text[32];

		if (here->means[i] != OS_MEANS_GROUP ||
		    group_has_word(folder, "cgroup.subtree_control", group_controllers[i]))
			continue;
		snprintf(text, sizeof(text), "+%s", group_controllers[i]);
		(void)write_text(folder, "cgroup.subtree_control", text);
	}
}

static int
write_limit(struct diag *d, const char *folder, const char *file, const char *text)
{
	if (write_text(folder, file, text) == 0)
		return 0;
	return fail_sys(d, "%s/%s: \"%s\"", folder, file, text);
}

static int
write_weight(struct diag *d, const char *folder, const char *file, unsigned weight)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", weight);
	return write_limit(d, folder, file, text);
}

/* The scheduler of disks called bfq has a file of its own, with a range that ends sooner; a kernel
 * may have the one, the other, or both. */
static int
write_io(struct diag *d, const char *folder, unsigned weight)
{
	struct diag one = { 0 };
	int result = write_weight(&one, folder, "io.weight", weight);
	char text[32];

	/* As systemd maps them: 100 is 100 in both. */
	snprintf(text, sizeof(text), "%u", weight <= 100 ? weight : 100 + (weight - 100) * 900 / 9900);
	if (write_text(folder, "io.bfq.weight", text) == 0)
		result = 0;
	if (result == -1)
		diag_move(d, &one);
	diag_free(&one);
	return result;
}

int
group_write(struct diag *d, const struct os_limits_here *here, const char *folder,
    const struct os_limits *limits, bool reset)
{
	const enum os_means *means = here->means;
	struct buf text = { 0 };
	int result = 0;

	if (means[OS_LIMIT_MEMORY] == OS_MEANS_GROUP && (limits->memory_max != 0 || reset)) {
		if (limits->memory_max != 0)
			buf_addf(&text, "%" PRIu64, limits->memory_max);
		else
			buf_add(&text, "max");
		result = write_limit(d, folder, "memory.max", text.s);
		buf_free(&text);
	}
	if (result == 0 && means[OS_LIMIT_CPU] == OS_MEANS_GROUP &&
	    (limits->cpu_weight != 0 || reset))
		result = write_weight(
		    d, folder, "cpu.weight", limits->cpu_weight != 0 ? limits->cpu_weight : 100);
	if (result == 0 && means[OS_LIMIT_IO] == OS_MEANS_GROUP &&
	    (limits->io_weight != 0 || reset))
		result = write_io(d, folder, limits->io_weight != 0 ? limits->io_weight : 100);
	if (result == 0 && means[OS_LIMIT_CPUS] == OS_MEANS_GROUP &&
	    (limits->cpus != NULL || reset)) {
		if (limits->cpus != NULL)
			buf_add_intset(&text, limits->cpus);
		buf_addc(&text, '\n');
		result = write_limit(d, folder, "cpuset.cpus", text.s);
	}
	buf_free(&text);
	return result;
}

static bool
is_empty(const char *folder)
{
	char text[16];

	read_text(folder, "cgroup.procs", text, sizeof(text));
	return text[0] == '\0';
}

/* 1 made; 0 try again: it, or the folder around it, has just been removed; -1. */
static int
make_folder(struct diag *d, const struct os_limits_here *here, const char *folder)
{
	char *around = folder_of(here->base);

	pass_on(around, here);
	free(around);
	if (mkdir(here->base, 0755) == -1 && errno != EEXIST)
		return fail_sys(d, "%s", here->base);
	pass_on(here->base, here);
	if (mkdir(folder, 0755) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	if (errno != EEXIST)
		return fail_sys(d, "%s", folder);
	/* One that a crash left; made anew it counts anew. */
	if (is_empty(folder) && rmdir(folder) == 0)
		return 0;
	errno = EBUSY;
	return fail(d, "%s: there are processes in it", folder);
}

static int
make_group(struct diag *d, const struct os_limits_here *here, const char *folder,
    const struct os_limits *limits, const pid_t *pids, size_t n)
{
	int got = 0;

	for (int i = 0; got == 0 && i < TRIES; i++)
		got = make_folder(d, here, folder);
	if (got == 0)
		return fail(d, "%s keeps being removed, try again", here->base);
	if (got == -1 || group_write(d, here, folder, limits, true) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (os_group_add(d, folder, pids[i]) == -1)
			return -1;
	}
	return 0;
}

/* A unit's name has no '@' but before an instance; no VM's name has a backslash. */
char *
group_unit(const char *name)
{
	struct buf b = { 0 };

	buf_add(&b, "vmrun-");
	for (; *name != '\0'; name++) {
		if (*name == '@')
			buf_add(&b, "\\x40");
		else
			buf_addc(&b, *name);
	}
	buf_add(&b, ".scope");
	return buf_steal(&b);
}

static const char *
last_of(const char *folder)
{
	return strrchr(folder, '/') + 1;
}

static bool
is_scope(const char *folder)
{
	size_t n = strlen(folder), suffix = strlen(".scope");

	return n > suffix && strcmp(folder + n - suffix, ".scope") == 0 &&
	       strncmp(last_of(folder), "vmrun-", 6) == 0;
}

char *
os_group_folder(const struct os_limits_here *here, const char *name)
{
	char *unit, *folder;

	if (here->kind == OS_GROUPS_NONE)
		return NULL;
	unit = here->kind == OS_GROUPS_SCOPE ? group_unit(name) : xstrdup(name);
	folder = xasprintf("%s/%s", here->base, unit);
	free(unit);
	return folder;
}

int
os_group_make(struct diag *d, const struct os_limits_here *here, const char *name,
    const struct os_limits *limits, const pid_t *pids, size_t n, char **ret)
{
	char *folder = os_group_folder(here, name);
	int result;

	if (folder == NULL)
		return fail(d, "there are no groups here: %s", here->why);
	if (here->kind == OS_GROUPS_SCOPE)
		result = scope_make(d, here, last_of(folder), limits, pids, n, folder);
	else
		result = make_group(d, here, folder, limits, pids, n);
	if (result == 0) {
		*ret = folder;
		return 0;
	}
	/* With the processes in it, which its maker is about to end, it goes by the next look. */
	if (here->kind == OS_GROUPS_FOLDER && rmdir(folder) == 0)
		(void)rmdir(here->base);
	free(folder);
	return -1;
}

int
os_group_change(struct diag *d, const struct os_limits_here *here, const char *group,
    const struct os_limits *limits)
{
	return is_scope(group) ? scope_change(d, here, last_of(group), limits)
			       : group_write(d, here, group, limits, true);
}

int
os_group_add(struct diag *d, const char *group, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	if (write_text(group, "cgroup.procs", text) == 0 || errno == ESRCH)
		return 0;
	return fail_sys(d, "%s: process %d", group, (int)pid);
}

int
os_group_remove(struct diag *d, const char *group)
{
	char *base;

	/* systemd removes its own, once they are empty. */
	if (is_scope(group))
		return 0;
	for (int waited = 0; rmdir(group) == -1; waited += 5) {
		if (errno == ENOENT)
			break;
		if (errno != EBUSY || waited >= REMOVE_MS)
			return fail_sys(d, "%s", group);
		sleep_ms(5);
	}
	/* The last one; it stays while there are others. */
	base = folder_of(group);
	(void)rmdir(base);
	free(base);
	return 0;
}

int
os_group_watched(int fd, uint64_t *ret)
{
	static const char key[] = "oom_kill ";
	char text[512], *line = text;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -1;
	text[n] = '\0';
	*ret = 0;
	while (line != NULL && strncmp(line, key, strlen(key)) != 0) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	if (line != NULL)
		*ret = strtoull(line + strlen(key), NULL, 10);
	return 0;
}

int
os_group_watch(const char *group)
{
	char *path = xasprintf("%s/memory.events", group);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	return fd;
}
