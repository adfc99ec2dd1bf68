/* FreeBSD's <sys/resource.h>, getrlimit(2); only what src/ names. */
#ifndef _SYS_RESOURCE_H_
#define _SYS_RESOURCE_H_

#include <stdint.h>
#include <sys/_types.h>

typedef __rlim_t rlim_t; /* signed here */

#define RLIMIT_CORE  4
#define RLIMIT_NPROC 7

struct rlimit {
	rlim_t rlim_cur;
	rlim_t rlim_max;
};

int setrlimit(int, const struct rlimit *);

#endif
