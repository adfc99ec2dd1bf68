/* Privileges and descriptors on Linux, most of it in the child between fork and exec; fills os.h.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
capable(unsigned capability)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) == -1)
		return false;
	return (data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

bool
os_privileged(void)
{
	return capable(CAP_NET_ADMIN) && capable(CAP_SETUID);
}

bool
os_makes_taps(void)
{
	return capable(CAP_NET_ADMIN);
}

/* Is id one that the user namespace knows, by /proc/self/uid_map or gid_map? */
static bool
id_mapped(const char *map, unsigned id)
{
	FILE *f = fopen(map, "re");
	unsigned first, count;
	bool found = false;

	if (f == NULL)
		return false;
	while (!found && fscanf(f, "%u %*u %u", &first, &count) == 2)
		found = id >= first && id - first < count;
	fclose(f);
	return found;
}

static bool
groups_may_be_set(void)
{
	FILE *f = fopen("/proc/self/setgroups", "re");
	char word[8] = "";

	if (f == NULL) /* a kernel without the switch */
		return true;
	if (fscanf(f, "%7s", word) != 1)
		word[0] = '\0';
	fclose(f);
	return strcmp(word, "deny") != 0;
}

bool
os_foreign_root(uid_t *ret)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned inside, outside, count, overflow = 65534;

	if (f == NULL)
		return false;
	while (fscanf(f, "%u %u %u", &inside, &outside, &count) == 3) {
		if (outside != 0)
			continue;
		fclose(f);
		if (inside != 0)
			*ret = inside;
		return inside != 0;
	}
	fclose(f);
	f = fopen("/proc/sys/kernel/overflowuid", "re");
	if (f != NULL) {
		if (fscanf(f, "%u", &overflow) != 1)
			overflow = 65534;
		fclose(f);
	}
	*ret = overflow;
	return true;
}

/* With the uid goes the group of the same number, and no other. */
bool
os_uid_available(uid_t uid)
{
	return capable(CAP_SETUID) && capable(CAP_SETGID) && groups_may_be_set() &&
	       id_mapped("/proc/self/uid_map", uid) && id_mapped("/proc/self/gid_map", uid);
}

/* root's exec takes its capabilities from the bounding set: one that stays there is one that QEMU
 * holds. Who is not root after this gets none from it, and may not be allowed to empty it. */
static int
bounding_set_empty(bool root_after)
{
	for (unsigned capability = 0;; capability++) {
		int set = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (set == -1) /* EINVAL: the kernel knows no more */
			return 0;
		if (set == 1 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == -1 && root_after)
			return -1;
	}
}

static int
capabilities_empty(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return (int)syscall(SYS_capset, &header, none);
}

int
os_privileges_drop(const struct os_identity *who)
{
	uid_t uid = who != NULL ? who->uid : geteuid();

	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1 || bounding_set_empty(uid == 0) == -1)
		return -1;
	/* Kernels before 4.3 have no ambient set. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (who != NULL && (setgroups((size_t)who->ngroups, who->groups) == -1 ||
			       setresgid(who->gid, who->gid, who->gid) == -1 ||
			       setresuid(who->uid, who->uid, who->uid) == -1))
		return -1;
	if (capabilities_empty() == -1)
		return -1;
	return os_privileges_keep();
}

int
os_privileges_keep(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* C libraries before glibc 2.36 have no mount_setattr(). */
int
os_folder_readonly(const char *path)
{
	struct mount_attr only = { .attr_set = MOUNT_ATTR_RDONLY };

	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount(path, path, NULL, MS_BIND | MS_REC, NULL) == -1)
		return -1;
	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &only, sizeof(only));
}

void
os_cloexec_from(int lowest)
{
	struct rlimit limit = { .rlim_cur = 0 };

	if (syscall(SYS_close_range, (unsigned)lowest, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	/* Before Linux 5.11 one by one; EBADF is the common case. */
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = lowest; (rlim_t)fd < limit.rlim_cur; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int
os_peer_uid(int fd, uid_t *ret)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return -1;
	*ret = peer.uid;
	return 0;
}

const char *
os_fd_path(int fd, char text[32])
{
	snprintf(text, 32, "/dev/fd/%d", fd);
	return text;
}
