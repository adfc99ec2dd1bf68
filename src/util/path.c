/* Who could change a file that root is about to believe; see path_trusted() in fd.h. */
#include "util/fd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/diag.h"

static int
check(struct diag *d, const char *whole, const char *part, const struct stat *st, bool sticky_ok)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fail_as(d, DIAG_DENIED,
		    "%s: refused, because user %u owns %s and could change it (chown it to root)",
		    whole, (unsigned)st->st_uid, part);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	if (sticky_ok && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0)
		return 0;
	return fail_as(d, DIAG_DENIED, "%s: refused, because others can write %s (chmod go-w it)",
	    whole, part);
}

int
path_trusted(struct diag *d, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (realpath(path, real) == NULL)
		return fail_sys(d, "%s", path);
	if (stat(real, &st) == -1)
		return fail_sys(d, "%s", path);
	if (check(d, path, strcmp(path, real) == 0 ? "it" : real, &st, false) == -1)
		return -1;
	/* Upwards: the file's folder, its folder, …, the root. */
	while (strcmp(real, "/") != 0) {
		char *slash = strrchr(real, '/');

		slash[slash == real ? 1 : 0] = '\0';
		if (stat(real, &st) == -1)
			return fail_sys(d, "%s", real);
		if (check(d, path, real, &st, true) == -1)
			return -1;
	}
	return 0;
}
