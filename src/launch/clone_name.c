/* Names of shared bases; see clone_name.h. */
#include "launch/clone_name.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fd.h"
#include "util/mem.h"

#define MARK   ".frozen-"
#define SUFFIX ".qcow2"

char *
clone_base_name(const char *image)
{
	size_t n = strlen(image), cut = strlen(SUFFIX);
	struct stat st;

	if (n > cut && strcmp(image + n - cut, SUFFIX) == 0)
		n -= cut;
	for (unsigned i = 1;; i++) {
		char *path = xasprintf("%.*s" MARK "%u" SUFFIX, (int)n, image, i);

		if (lstat(path, &st) == -1)
			return path;
		free(path);
	}
}

bool
clone_is_base_name(const char *path)
{
	const char *base = basename_of(path), *mark = NULL;

	for (const char *p = base; (p = strstr(p, MARK)) != NULL; p++)
		mark = p;
	if (mark == NULL || mark == base)
		return false;
	mark += strlen(MARK);
	return strspn(mark, "0123456789") > 0 &&
	       strcmp(mark + strspn(mark, "0123456789"), SUFFIX) == 0;
}
