/* Braces as shells expand them: "worker@{1..3}" is worker@1, worker@2 and worker@3. Pure. */
#ifndef VMRUN_UTIL_BRACES_H
#define VMRUN_UTIL_BRACES_H

#include <stddef.h>

/*
 * {a,b} is each of the words between commas, which may have braces of their own; {1..40} each
 * number from one to the other, up or down, with as many digits as the wider of the two if one
 * begins with a 0; {1..40..5} each fifth. Braces that are neither, or not closed, stay as they are.
 * Always at least one word; one of more than 4096 bytes stays as it is. -1: more than max words.
 * *ret is freed with strings_free().
 */
int braces_expand(const char *word, size_t max, char ***ret, size_t *ret_n);

#endif
