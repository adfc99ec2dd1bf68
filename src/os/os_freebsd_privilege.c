/* Privileges on FreeBSD: who may become another user, and giving all up; fills os.h. */
#include <errno.h>
#include <sys/types.h>

#include <grp.h>
#include <sys/procctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/os.h"

#ifndef PROC_NO_NEW_PRIVS_CTL /* <sys/procctl.h> of FreeBSD 14 */
#define PROC_NO_NEW_PRIVS_CTL    19
#define PROC_NO_NEW_PRIVS_ENABLE 1
#endif

#define GROUPS (1 + sizeof(((struct os_identity *)0)->groups) / sizeof(gid_t))

/* No user namespaces: root, of a jail as well, may become anybody. */
bool
os_uid_available(uid_t uid)
{
	return geteuid() == 0;
}

/* Before FreeBSD 15 the first of the groups is the effective gid, and an empty list leaves root's
 * there: the gid goes first. */
static int
identity_take(const struct os_identity *who)
{
	gid_t groups[GROUPS] = { who->gid };
	int n = 1;

	for (int i = 0; i < who->ngroups && n < (int)GROUPS; i++)
		groups[n++] = who->groups[i];
	if (setgroups(n, groups) == -1 || setresgid(who->gid, who->gid, who->gid) == -1)
		return -1;
	return setresuid(who->uid, who->uid, who->uid);
}

/* EINVAL: this kernel does not know the setting. EBUSY: somebody is tracing vmrun, and goes on with
 * QEMU. EPERM: security.bsd.unprivileged_proc_debug=0 takes these from who is not root as well, who
 * then has no more to lose than the caller had. */
static int
process_set(int what, int value)
{
	if (procctl(P_PID, getpid(), what, &value) == 0 || errno == EINVAL || errno == EBUSY)
		return 0;
	return errno == EPERM && geteuid() != 0 ? 0 : -1;
}

int
os_privileges_keep(void)
{
	return process_set(PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_ENABLE);
}

/*
 * No set-uid program gives anything back, no debugger of the same uid gets in (nor a core file
 * out), and no process is made: what QEMU's own sandbox does by seccomp on Linux. Capability mode
 * is no choice (os_freebsd_tap.c says why). The first two are said while root may say them; they
 * stay over execve(2). The limit of processes is per uid and counts when one is made: whatever runs
 * already, the next would be one too many. 1 and not 0, which the kernel takes as no limit
 * (chglimit() in sys/kern/kern_resource.c). root is not limited.
 */
int
os_privileges_drop(const struct os_identity *who)
{
	const struct rlimit one = { .rlim_cur = 1, .rlim_max = 1 };

	if (os_privileges_keep() == -1 ||
	    process_set(PROC_TRACE_CTL, PROC_TRACE_CTL_DISABLE_EXEC) == -1)
		return -1;
	if (who != NULL && identity_take(who) == -1)
		return -1;
	return setrlimit(RLIMIT_NPROC, &one);
}
