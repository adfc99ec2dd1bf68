/* FreeBSD's <sys/_timespec.h>. */
#ifndef _SYS__TIMESPEC_H_
#define _SYS__TIMESPEC_H_

#include <sys/_types.h>

typedef __time_t time_t;

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

#endif
