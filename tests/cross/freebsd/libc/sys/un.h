/* FreeBSD's <sys/un.h>, unix(4). */
#ifndef _SYS_UN_H_
#define _SYS_UN_H_

#include <sys/_types.h>

typedef __sa_family_t sa_family_t;

struct sockaddr_un {
	unsigned char sun_len;
	sa_family_t sun_family;
	char sun_path[104];
};

#endif
