/* FreeBSD's <sys/socket.h> for a compile on another system, whose own has no sa_len; for FreeBSD
 * there is ../libc's. */
#ifndef _SYS_SOCKET_H_
#define _SYS_SOCKET_H_

#include <stdint.h>

typedef unsigned int socklen_t;
typedef uint8_t sa_family_t;

#define SOCK_DGRAM 2
#define AF_LOCAL   1
#define AF_INET    2
#define AF_LINK    18
#define AF_INET6   28

struct sockaddr {
	uint8_t sa_len;
	sa_family_t sa_family;
	char sa_data[14];
};

int socket(int, int, int);

#endif
