/* A program with more rights than its caller, on Linux: setuid root, or with a file capability;
 * fills os.h. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"
#include "util/fd.h"

#define FDS_MAX 64 /* of one message; the kernel's own limit is 253 */

/* Of those capabilities the ones that the process has; they are effective, and none is inherited.
 */
static int
capabilities_keep(uint32_t wanted)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) == -1)
		return -1;
	data[0].permitted &= wanted;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	return (int)syscall(SYS_capset, &header, data);
}

/* Everything of root's but its uid goes: the files that it can read then are those that root could
 * read without being root, its own. Nothing is executed any more, so that the bounding set, which
 * not every caller may change, is of no use to anybody. */
int
os_privileges_to_taps(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return -1;
	/* Kernels before 4.3 have no ambient set. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return capabilities_keep(
	    CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_SETUID) | CAP_TO_MASK(CAP_SETGID));
}

/* What was effective is not after the change from root to another uid; what was permitted stays if
 * that is asked for. A change of uid makes a process one that others may look into. */
int
os_privileges_to_caller(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return -1;
	return capabilities_keep(CAP_TO_MASK(CAP_NET_ADMIN));
}

/* Room for as many descriptors as a message may have; those that the kernel finds no room for it
 * closes, and says so. */
union control {
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

static size_t
take_fds(struct msghdr *m, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(m); head != NULL; head = CMSG_NXTHDR(m, head)) {
		size_t here = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds + n, CMSG_DATA(head), here * sizeof(int));
		n += here;
	}
	return n;
}

ssize_t
os_receive_fds(int sock, void *p, size_t size, int *fds, size_t max, size_t *ret_n)
{
	union control control;
	struct iovec part = { p, size };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	int came[FDS_MAX];
	ssize_t length;
	size_t n;

	do
		length = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (length == -1 && errno == EINTR);
	if (length == -1 && errno != ECONNRESET)
		return -1;
	n = length > 0 ? take_fds(&m, came) : 0;
	if (n > max || (length > 0 && (m.msg_flags & MSG_CTRUNC) != 0)) {
		for (size_t i = 0; i < n; i++)
			fd_close(&came[i]);
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(fds, came, n * sizeof(int));
	*ret_n = n;
	return length > 0 ? length : 0;
}

int
os_send_fds(int sock, const void *p, size_t size, const int *fds, size_t n)
{
	union control control = { .bytes = "" };
	struct iovec part = { (void *)p, size };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (n > FDS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (n > 0) {
		struct cmsghdr *head;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		head = CMSG_FIRSTHDR(&m);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(head), fds, n * sizeof(int));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -1;
}
