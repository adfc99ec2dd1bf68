/* FreeBSD's <inttypes.h> (sys/x86/include/_inttypes.h, the same on arm64); only what src/ names. */
#ifndef _INTTYPES_H_
#define _INTTYPES_H_

#include <stdint.h>

#define PRId64 "ld"
#define PRIu64 "lu"
#define PRIx64 "lx"
#define PRIu32 "u"
#define PRIx32 "x"
#define SCNu64 "lu"
#define SCNx64 "lx"

intmax_t strtoimax(const char *restrict, char **restrict, int);
uintmax_t strtoumax(const char *restrict, char **restrict, int);

#endif
