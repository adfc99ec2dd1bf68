/* FreeBSD's <sys/_timeval.h>. */
#ifndef _SYS__TIMEVAL_H_
#define _SYS__TIMEVAL_H_

#include <sys/_types.h>

typedef __suseconds_t suseconds_t;
typedef __time_t time_t;

struct timeval {
	time_t tv_sec;
	suseconds_t tv_usec;
};

#endif
