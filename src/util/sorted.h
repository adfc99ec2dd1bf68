/* Looking into sorted arrays; see also bsearch(3). Pure. */
#ifndef VMRUN_UTIL_SORTED_H
#define VMRUN_UTIL_SORTED_H

#include <stdbool.h>
#include <stddef.h>

/* The place of the first element that is not before the key; n: there is none. compare is called with
 * the key and an element, and the array is in its order. */
size_t sorted_first(const void *key, const void *base, size_t n, size_t size,
    int (*compare)(const void *key, const void *element));
/* Is the string among those, which are sorted? */
bool sorted_has(char *const *strings, size_t n, const char *s);

#endif
