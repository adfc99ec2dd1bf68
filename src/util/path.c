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

static uid_t also_trusted; /* root, until somebody says another */

void
path_trust_uid(uid_t uid)
{
	also_trusted = uid;
}

static int
check(struct diag *d, const char *whole, const char *part, const struct stat *st, bool sticky_ok)
{
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != also_trusted)
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

/* Every folder that the name leads through, from its own upwards. A name is absolute. */
static int
check_folders(struct diag *d, const char *whole, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (strlcpy(path, name, sizeof(path)) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return fail_sys(d, "%s", whole);
	}
	while (strcmp(path, "/") != 0) {
		char *slash = strrchr(path, '/');

		slash[slash == path ? 1 : 0] = '\0';
		if (stat(path, &st) == -1)
			return fail_sys(d, "%s", path);
		if (check(d, whole, path, &st, true) == -1)
			return -1;
	}
	return 0;
}

/*
 * Two ways lead to a file's content: the folders of its name, in one of which may lie a symbolic
 * link, and the folders where it really lies. Whoever can write one of them can put another file
 * there.
 */
int
path_trusted(struct diag *d, const char *path)
{
	char name[PATH_MAX], real[PATH_MAX];
	struct stat st;

	if (realpath(path, real) == NULL || stat(real, &st) == -1)
		return fail_sys(d, "%s", path);
	if (check(d, path, strcmp(path, real) == 0 ? "it" : real, &st, false) == -1 ||
	    check_folders(d, path, real) == -1)
		return -1;
	if (path[0] == '/')
		return strcmp(path, real) == 0 ? 0 : check_folders(d, path, path);
	if (getcwd(name, sizeof(name)) == NULL ||
	    strlcat(name, "/", sizeof(name)) >= sizeof(name) ||
	    strlcat(name, path, sizeof(name)) >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return fail_sys(d, "%s", path);
	}
	return strcmp(name, real) == 0 ? 0 : check_folders(d, path, name);
}
