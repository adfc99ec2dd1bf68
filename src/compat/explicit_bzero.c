/* explicit_bzero(3), which macOS lacks: C11's Annex K has the same under another name. */
#define __STDC_WANT_LIB_EXT1__ 1
#include <string.h>

void
explicit_bzero(void *p, size_t n)
{
	(void)memset_s(p, n, 0, n);
}
