/* FreeBSD's <sys/socket.h>, socket(2), send(2), recv(2); only what src/ names. */
#ifndef _SYS_SOCKET_H_
#define _SYS_SOCKET_H_

#include <stdint.h>
#include <sys/_types.h>

typedef __sa_family_t sa_family_t;
typedef __size_t size_t;
typedef __socklen_t socklen_t;
typedef __ssize_t ssize_t;

#define SOCK_STREAM  1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define AF_UNIX      1
#define AF_LOCAL     AF_UNIX
#define AF_INET      2
#define AF_LINK      18
#define AF_INET6     28
#define SOL_SOCKET   0xffff
#define SO_REUSEADDR 0x4
#define SO_ERROR     0x1007
#define SOMAXCONN    128
#define MSG_PEEK     0x2
#define MSG_DONTWAIT 0x80
#define MSG_NOSIGNAL 0x20000

struct sockaddr {
	unsigned char sa_len;
	sa_family_t sa_family;
	char sa_data[14];
};

struct sockaddr_storage {
	unsigned char ss_len;
	sa_family_t ss_family;
	char __ss_pad1[6];
	int64_t __ss_align;
	char __ss_pad2[112];
};

/* <sys/_iovec.h>, which the real one includes */
struct iovec {
	void *iov_base;
	size_t iov_len;
};

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};

struct cmsghdr {
	socklen_t cmsg_len;
	int cmsg_level;
	int cmsg_type;
};

/* _ALIGN() of <machine/_align.h> */
#define CMSG_ALIGN_(n)   (((n) + sizeof(long) - 1) & ~(sizeof(long) - 1))
#define CMSG_DATA(c)     ((unsigned char *)(c) + CMSG_ALIGN_(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(m) ((struct cmsghdr *)(m)->msg_control)
#define CMSG_SPACE(n)    (CMSG_ALIGN_(sizeof(struct cmsghdr)) + CMSG_ALIGN_(n))
#define CMSG_LEN(n)      (CMSG_ALIGN_(sizeof(struct cmsghdr)) + (n))
#define SCM_RIGHTS       0x01

int accept(int, struct sockaddr *restrict, socklen_t *restrict);
int bind(int, const struct sockaddr *, socklen_t);
int connect(int, const struct sockaddr *, socklen_t);
int getsockopt(int, int, int, void *restrict, socklen_t *restrict);
int listen(int, int);
ssize_t recv(int, void *, size_t, int);
ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t recv(int, void *, size_t, int);
ssize_t send(int, const void *, size_t, int);
ssize_t sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
int setsockopt(int, int, int, const void *, socklen_t);
int shutdown(int, int);
int socket(int, int, int);
int socketpair(int, int, int, int *);

#endif
