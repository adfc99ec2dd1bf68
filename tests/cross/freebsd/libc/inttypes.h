/* FreeBSD's <inttypes.h> (sys/x86/include/_inttypes.h, the same on arm64); only what src/ names. */
#ifndef _INTTYPES_H_
#define _INTTYPES_H_

#include <stdint.h>

#define PRId64 "ld"
#define PRIu64 "lu"
#define PRIx64 "lx"

#endif
