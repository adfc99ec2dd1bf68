/* A file that is there whole or not at all, as its owner has it; see fd.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define MARK "new-"

/* Beside path, hidden, so that nobody who lists the folder takes it for a file. */
static char *
temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;

	return xasprintf("%.*s.%s." MARK "XXXXXX", (int)(base - path), path, base);
}

/* An ordinary user who may replace the file of another cannot give it away again. */
static int
own(int fd, const struct file_as *as)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if ((as->uid == (uid_t)-1 || as->uid == st.st_uid) &&
	    (as->gid == (gid_t)-1 || as->gid == st.st_gid))
		return 0;
	return fchown(fd, as->uid, as->gid) == -1 && geteuid() == 0 ? -1 : 0;
}

static int
give_name(const char *temporary, const char *path, bool fresh)
{
	if (!fresh)
		return rename(temporary, path);
	if (link(temporary, path) == -1)
		return -1;
	unlink(temporary);
	return 0;
}

int
file_put(struct diag *d, const char *path, const struct file_as *as, const void *p, size_t n)
{
	char *temporary = temporary_name(path);
	int fd = mkostemp(temporary, O_CLOEXEC), result = -1;

	if (fd == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	if (own(fd, as) == -1 || fchmod(fd, as->mode) == -1 || fd_write_all(fd, p, n) == -1 ||
	    fsync_disk(fd) == -1 || give_name(temporary, path, as->fresh) == -1) {
		fail_sys(d, "%s", path);
		unlink(temporary);
		goto cleanup;
	}
	if (folder_sync(path) == -1) {
		fail_sys(d, "%s: its folder", path);
		goto cleanup;
	}
	result = 0;
cleanup:
	fd_close(&fd);
	free(temporary);
	return result;
}

void
file_put_sweep(const char *dir)
{
	DIR *entries = opendir(dir);
	const size_t tail = strlen("." MARK "XXXXXX");
	struct dirent *e;

	while (entries != NULL && (e = readdir(entries)) != NULL) {
		size_t n = strlen(e->d_name);

		if (e->d_name[0] == '.' && n > tail + 1 &&
		    strncmp(e->d_name + n - tail, "." MARK, strlen("." MARK)) == 0)
			unlinkat(dirfd(entries), e->d_name, 0);
	}
	if (entries != NULL)
		closedir(entries);
}
