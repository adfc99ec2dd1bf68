/* Files that are there whole or not at all; see fd.h. */
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

/* What a new file is to hold. */
struct content {
	const void *p;
	size_t n;
	int from; /* -1: p; else that file's to its end */
};

static bool
is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == '\0' && memcmp(p, p + 1, n - 1) == 0);
}

static int
copy_content(int from, int to)
{
	static const size_t block = 65536;
	char *p = xcalloc(block, 1);
	off_t size = 0;
	ssize_t n;

	while ((n = read(from, p, block)) > 0 || (n == -1 && errno == EINTR)) {
		if (n == -1)
			continue;
		size += n;
		if (is_zero(p, (size_t)n) ? lseek(to, n, SEEK_CUR) == -1
					  : fd_write_all(to, p, (size_t)n) == -1)
			break;
	}
	free(p);
	return n == 0 ? ftruncate(to, size) : -1;
}

static int
fill(int fd, const struct content *c)
{
	return c->from == -1 ? fd_write_all(fd, c->p, c->n) : copy_content(c->from, fd);
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

/* The temporary name is used up and freed. */
static int
make(struct diag *d, char *temporary, const char *path, const struct file_as *as,
    const struct content *c)
{
	int fd = mkostemp(temporary, O_CLOEXEC), result = -1;

	if (fd == -1) {
		fail_sys(d, "%s", path);
		goto cleanup;
	}
	if (own(fd, as) == -1 || fchmod(fd, as->mode) == -1 || fill(fd, c) == -1 ||
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

/* A file of our own: whoever writes it has it. */
static int
make_own(struct diag *d, const char *path, mode_t mode, const struct content *c)
{
	const struct file_as as = { .mode = mode, .uid = (uid_t)-1, .gid = (gid_t)-1 };

	return make(d, xasprintf("%s.XXXXXX", path), path, &as, c);
}

int
file_write(struct diag *d, const char *path, mode_t mode, const void *p, size_t n)
{
	return make_own(d, path, mode, &(struct content){ .p = p, .n = n, .from = -1 });
}

int
file_copy(struct diag *d, const char *from, const char *path, mode_t mode)
{
	struct content c = { .from = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) };
	int result;

	if (c.from == -1)
		return fail_sys(d, "%s", from);
	result = make_own(d, path, mode, &c);
	fd_close(&c.from);
	return result;
}

/* Base is a file's own name in its folder. */
static bool
is_left_of(const char *name, const char *base)
{
	size_t n = strlen(base);

	return strncmp(name, base, n) == 0 && name[n] == '.' &&
	       strlen(name) == n + strlen(".XXXXXX");
}

/* Remove what a name in the folder says is temporary. */
static void
sweep(const char *folder, bool (*is_left)(const char *name, const char *base), const char *base)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (is_left(e->d_name, base))
			unlinkat(dirfd(dir), e->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
}

void
file_sweep(const char *path)
{
	char *folder = folder_of(path);

	sweep(folder, is_left_of, basename_of(path));
	free(folder);
}

#define MARK "new-"

/* Beside path, hidden, so that nobody who lists the folder takes it for a file. */
static char *
hidden_name(const char *path)
{
	const char *base = basename_of(path);

	return xasprintf("%.*s.%s." MARK "XXXXXX", (int)(base - path), path, base);
}

int
file_put(struct diag *d, const char *path, const struct file_as *as, const void *p, size_t n)
{
	return make(
	    d, hidden_name(path), path, as, &(struct content){ .p = p, .n = n, .from = -1 });
}

static bool
is_left_hidden(const char *name, const char *base)
{
	const size_t n = strlen(name), tail = strlen("." MARK "XXXXXX");

	(void)base;
	return name[0] == '.' && n > tail + 1 &&
	       strncmp(name + n - tail, "." MARK, strlen("." MARK)) == 0;
}

void
file_put_sweep(const char *dir)
{
	sweep(dir, is_left_hidden, NULL);
}
