/* FreeBSD's <sys/resource.h>, getrlimit(2), getpriority(2); only what src/ names. */
#ifndef _SYS_RESOURCE_H_
#define _SYS_RESOURCE_H_

#include <stdint.h>
#include <sys/_types.h>

typedef __rlim_t rlim_t; /* signed here */

#define PRIO_PROCESS 0

#define RLIMIT_CORE    4
#define RLIMIT_MEMLOCK 6
#define RLIMIT_NPROC   7
#define RLIM_INFINITY  ((rlim_t)(((uint64_t)1 << 63) - 1))

struct rlimit {
	rlim_t rlim_cur;
	rlim_t rlim_max;
};

int setpriority(int, int, int);
int getrlimit(int, struct rlimit *);
int setrlimit(int, const struct rlimit *);

#endif
