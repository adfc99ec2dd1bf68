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

int accept(int, struct sockaddr *restrict, socklen_t *restrict);
int bind(int, const struct sockaddr *, socklen_t);
int connect(int, const struct sockaddr *, socklen_t);
int getsockopt(int, int, int, void *restrict, socklen_t *restrict);
int listen(int, int);
ssize_t send(int, const void *, size_t, int);
int setsockopt(int, int, int, const void *, socklen_t);
int shutdown(int, int);
int socket(int, int, int);
int socketpair(int, int, int, int *);

#endif
