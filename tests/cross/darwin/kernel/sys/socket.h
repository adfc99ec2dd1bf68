/* macOS's <sys/socket.h>, where it differs from that of Linux in what src/os names: an address begins
 * with its length, there are link-level addresses, and a socket is not born close-on-exec. AF_INET6
 * stays that of the C library that reads and writes these addresses. */
#ifndef DARWIN_KERNEL_SYS_SOCKET_H
#define DARWIN_KERNEL_SYS_SOCKET_H

#define sockaddr linux_sockaddr
#include_next <sys/socket.h>
#undef sockaddr

#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK

#define AF_LINK 18

struct sockaddr {
	unsigned char sa_len;
	unsigned char sa_family;
	char sa_data[14];
};

#endif
