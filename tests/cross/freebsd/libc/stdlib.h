/* FreeBSD's <stdlib.h>; malloc(3), strtol(3), mktemp(3), arc4random(3); only what src/ names. */
#ifndef _STDLIB_H_
#define _STDLIB_H_

#include <sys/_null.h>
#include <sys/_types.h>

typedef __size_t size_t;

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

void arc4random_buf(void *, size_t);
void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
void *calloc(size_t, size_t);
_Noreturn void exit(int);
void free(void *);
char *getenv(const char *);
int unsetenv(const char *);
long labs(long);
int mkostemp(char *, int);
int mkostemps(char *, int, int);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void *realloc(void *, size_t);
void *reallocarray(void *, size_t, size_t);
char *realpath(const char *restrict, char *restrict);
long strtol(const char *restrict, char **restrict, int);
unsigned long strtoul(const char *restrict, char **restrict, int);

#endif
