/* Privileges and descriptors that FreeBSD and macOS treat alike; fills os.h. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "os/os_bsd.h"

/* In a jail root is root of the jail: what it may not do there is found when it is tried. */
bool
os_privileged(void)
{
	return geteuid() == 0;
}

bool
os_makes_taps(void)
{
	return geteuid() == 0;
}

/* No user namespaces: a jail's root is the host's uid 0. */
bool
os_foreign_root(uid_t *ret)
{
	return false;
}

/* close_range(2) of newer FreeBSDs can mark them; elsewhere one by one, where EBADF is the common
 * case. closefrom(2) would close the way to tell the parent of a failed exec as well. */
void
os_cloexec_from(int lowest)
{
	int end = getdtablesize();

#ifdef CLOSE_RANGE_CLOEXEC
	if (close_range((unsigned)lowest, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
#endif
	for (int fd = lowest; fd < end; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int
os_peer_uid(int fd, uid_t *ret)
{
	uid_t uid;
	gid_t gid;

	if (getpeereid(fd, &uid, &gid) == -1)
		return -1;
	*ret = uid;
	return 0;
}

const char *
os_fd_path(int fd, char text[32])
{
	snprintf(text, 32, "/dev/fd/%d", fd);
	return text;
}
