/* FreeBSD's <limits.h> (sys/sys/syslimits.h); the compiler's own header has ISO C's part. */
#ifndef _LIMITS_H_
#define _LIMITS_H_

#define PATH_MAX 1024

#endif
