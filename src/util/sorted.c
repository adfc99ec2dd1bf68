/* Looking into sorted arrays; see sorted.h. */
#include "util/sorted.h"

#include <string.h>

size_t
sorted_first(const void *key, const void *base, size_t n, size_t size,
    int (*compare)(const void *key, const void *element))
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(key, (const char *)base + middle * size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
by_text(const void *s, const void *element)
{
	return strcmp(s, *(char *const *)element);
}

bool
sorted_has(char *const *strings, size_t n, const char *s)
{
	size_t i = sorted_first(s, strings, n, sizeof(*strings), by_text);

	return i < n && strcmp(strings[i], s) == 0;
}
