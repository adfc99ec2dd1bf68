/* FreeBSD's <sys/cpuset.h> with <sys/_cpuset.h> and <sys/bitset.h>, cpuset_setaffinity(2); of
 * FreeBSD 13, whose sets are of 256 CPUs. */
#ifndef _SYS_CPUSET_H_
#define _SYS_CPUSET_H_

#include <stddef.h>
#include <sys/types.h>

#define CPU_SETSIZE 256

typedef struct _cpuset {
	long __bits[CPU_SETSIZE / (8 * sizeof(long))];
} cpuset_t;

#define CPU_ZERO(p)   __builtin_memset((p), 0, sizeof(cpuset_t))
#define CPU_SET(n, p) ((p)->__bits[(n) / 64] |= 1UL << ((n) % 64))

typedef int cpulevel_t;
typedef int cpuwhich_t;
#define CPU_LEVEL_WHICH 3
#define CPU_WHICH_TID   1
#define CPU_WHICH_PID   2

int cpuset_setaffinity(cpulevel_t, cpuwhich_t, id_t, size_t, const cpuset_t *);

#endif
