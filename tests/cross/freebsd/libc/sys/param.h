/* FreeBSD's <sys/param.h>, which <sys/cpuset.h> wants before it; only what src/ names. */
#ifndef _SYS_PARAM_H_
#define _SYS_PARAM_H_

#include <sys/types.h>

#endif
