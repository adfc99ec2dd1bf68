/* FreeBSD's <string.h>, string(3); only what src/ names. */
#ifndef _STRING_H_
#define _STRING_H_

#include <strings.h>
#include <sys/_null.h>
#include <sys/_types.h>

typedef __size_t size_t;

void *memchr(const void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memmem(const void *, size_t, const void *, size_t);
void *memcpy(void *restrict, const void *restrict, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
char *strchr(const char *, int);
int strcmp(const char *, const char *);
char *strcpy(char *restrict, const char *restrict);
char *strsep(char **, const char *);
size_t strcspn(const char *, const char *);
char *strdup(const char *);
char *strerror(int);
size_t strlcat(char *restrict, const char *restrict, size_t);
size_t strlcpy(char *restrict, const char *restrict, size_t);
size_t strlen(const char *);
size_t strnlen(const char *, size_t);
int strncmp(const char *, const char *, size_t);
char *strndup(const char *, size_t);
char *strpbrk(const char *, const char *);
char *strrchr(const char *, int);
char *strsignal(int);
size_t strspn(const char *, const char *);
char *strstr(const char *, const char *);

#endif
