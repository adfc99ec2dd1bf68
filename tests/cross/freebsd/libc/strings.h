/* FreeBSD's <strings.h>; strcasecmp(3), bzero(3); only what src/ names. */
#ifndef _STRINGS_H_
#define _STRINGS_H_

#include <sys/_types.h>

typedef __size_t size_t;

int bcmp(const void *, const void *, size_t); /* clang calls it where memcmp() would do */
void explicit_bzero(void *, size_t);
int strcasecmp(const char *, const char *);

#endif
