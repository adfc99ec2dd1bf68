/* Memory that is there or ends the program: no caller can do better than end. The message goes to
 * stderr, the exit status is 1, and what the kernel holds for us (locks, taps) goes with us. */
#ifndef VMRUN_UTIL_MEM_H
#define VMRUN_UTIL_MEM_H

#include <stddef.h>

void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
/* Room for one more element behind the n of an array whose room has come from nothing but this: it doubles. */
void *xgrow(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* An array of n strings, and each of them. */
void strings_free(char **v, size_t n);

#endif
