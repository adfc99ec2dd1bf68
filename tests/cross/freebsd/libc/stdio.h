/* FreeBSD's <stdio.h>, stdio(3); only what src/ and the headers of libconfig and jansson name. */
#ifndef _STDIO_H_
#define _STDIO_H_

#include <sys/_null.h>
#include <sys/_types.h>

typedef __size_t size_t;
typedef __ssize_t ssize_t;
typedef __off_t off_t;
typedef __builtin_va_list va_list;
typedef struct __sFILE FILE;

extern FILE *__stdinp;
extern FILE *__stdoutp;
extern FILE *__stderrp;
#define stdin  __stdinp
#define stdout __stdoutp
#define stderr __stderrp
#define EOF    (-1)

int fclose(FILE *);
int ferror(FILE *);
int fflush(FILE *);
int fprintf(FILE *restrict, const char *restrict, ...);
char *fgets(char *restrict, int, FILE *restrict);
FILE *fopen(const char *restrict, const char *restrict);
int fputc(int, FILE *);
int fputs(const char *restrict, FILE *restrict);
size_t fread(void *restrict, size_t, size_t, FILE *restrict);
size_t fwrite(const void *restrict, size_t, size_t, FILE *restrict);
int printf(const char *restrict, ...);
int putchar(int);
int puts(const char *);
int rename(const char *, const char *);
int snprintf(char *restrict, size_t, const char *restrict, ...);
int sscanf(const char *restrict, const char *restrict, ...);
int vasprintf(char **, const char *, va_list) __attribute__((__format__(__printf__, 2, 0)));
int vfprintf(FILE *restrict, const char *restrict, va_list);
int vprintf(const char *restrict, va_list);
int vsnprintf(char *restrict, size_t, const char *restrict, va_list);

#endif
