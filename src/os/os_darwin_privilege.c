/* Privileges on macOS: who may become another user, and giving all up; fills os.h. */
#include "os/os.h"

#include <errno.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#define GROUPS (1 + sizeof(((struct os_identity *)0)->groups) / sizeof(gid_t))

bool
os_uid_available(uid_t uid)
{
	return geteuid() == 0;
}

/* XNU keeps the effective gid as the first of the groups: setgroups(0, …) makes that a 0, the group
 * wheel, and not an empty list. A list that was set also ends the kernel's asking of opendirectoryd
 * for more groups of that user. */
static int
groups_set(const struct os_identity *who)
{
	gid_t groups[GROUPS] = { who->gid };
	int n = 1;

	for (int i = 0; i < who->ngroups && n < (int)GROUPS; i++)
		groups[n++] = who->groups[i];
	return setgroups(n, groups);
}

/* For root setgid(2) and setuid(2) set the real, the effective and the saved one. What cannot be
 * true after that is asked all the same: a kernel that says yes to root again is not one to run a
 * guest on. */
static int
identity_take(const struct os_identity *who)
{
	if (groups_set(who) == -1 || setgid(who->gid) == -1 || setuid(who->uid) == -1)
		return -1;
	if (who->uid == 0)
		return 0;
	if (getuid() != who->uid || geteuid() != who->uid || setuid(0) == 0 || seteuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
os_privileges_keep(void)
{
	return 0; /* there is no such promise */
}

/*
 * A limit of one process of this uid is one that has been reached: no fork, for this process and
 * what it executes. There is no documented filter of system calls to do more: sandbox_init(3) is
 * deprecated, and none of its profiles is of this shape. XNU counts only when it forks, never at
 * exec or for a thread, and does not limit root: a QEMU that stays root for vmnet is not held by
 * it.
 */
int
os_privileges_drop(const struct os_identity *who)
{
	const struct rlimit one = { .rlim_cur = 1, .rlim_max = 1 };

	if (who != NULL && identity_take(who) == -1)
		return -1;
	return setrlimit(RLIMIT_NPROC, &one);
}
