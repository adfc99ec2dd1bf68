/* Contents for a QEMU of another uid, on FreeBSD and macOS, which have no files in memory that a
 * path could open: a file in a folder that only that QEMU's group can enter; fills os.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_bsd.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static bool
has_group(const struct os_copy_place *where)
{
	return where->gid != (gid_t)-1;
}

/* Ours alone until it has its group: what is made in between nobody sees. */
static int
give(int fd, const struct os_copy_place *where, mode_t alone, mode_t shared)
{
	if (!has_group(where))
		return fchmod(fd, alone);
	return fchown(fd, (uid_t)-1, where->gid) == -1 ? -1 : fchmod(fd, shared);
}

static void
folder_remove(const struct os_copy_place *where)
{
	int err = errno;

	(void)rmdir(where->dir);
	errno = err;
}

/* The folder, opened. One that is there already must be ours, or its owner could replace what is in
 * it. */
static int
folder_open(struct diag *d, const struct os_copy_place *where, bool *ret_made)
{
	struct stat st;
	int fd;

	*ret_made = mkdir(where->dir, 0700) == 0;
	if (!*ret_made && errno != EEXIST)
		return fail_sys(d, "%s: cannot make it", where->dir);
	fd = open(where->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		fail_sys(d, "%s", where->dir);
	} else if (st.st_uid != geteuid()) {
		errno = EPERM;
		fail_sys(d, "%s: it is another user's", where->dir);
	} else if (give(fd, where, 0700, 0750) == -1) {
		fail_sys(d, "%s: cannot give it to group %u", where->dir, (unsigned)where->gid);
	} else {
		return fd;
	}
	fd_close(&fd);
	if (*ret_made)
		folder_remove(where);
	return -1;
}

/* What to write: size bytes of p, or all of a descriptor where that is not -1. */
struct source {
	const void *p;
	size_t size;
	int fd;
};

static int
write_source(int to, const struct source *s)
{
	char buf[32 * 1024];
	ssize_t n;

	if (s->fd == -1)
		return fd_write_all(to, s->p, s->size);
	while ((n = read(s->fd, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || fd_write_all(to, buf, (size_t)n) == -1)
			return -1;
	}
	return 0;
}

/* A file of that name is one that a crash left. */
static int
file_make(int folder, const struct os_copy_place *where, const struct source *s)
{
	int fd, result, err;

	if (unlinkat(folder, where->name, 0) == -1 && errno != ENOENT)
		return -1;
	fd =
	    openat(folder, where->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	result = write_source(fd, s) == -1 || give(fd, where, 0600, 0640) == -1 ? -1 : 0;
	if (result == -1) {
		err = errno;
		(void)unlinkat(folder, where->name, 0);
		errno = err;
	}
	fd_close(&fd);
	return result;
}

static int
copy(struct diag *d, const struct os_copy_place *where, const struct source *s, struct os_copy *ret)
{
	bool made;
	int folder = folder_open(d, where, &made);

	if (folder == -1)
		return -1;
	if (file_make(folder, where, s) == -1) {
		fail_sys(d, "%s/%s: cannot make a copy for QEMU", where->dir, where->name);
		fd_close(&folder);
		if (made)
			folder_remove(where);
		return -1;
	}
	fd_close(&folder);
	*ret = (struct os_copy){ .fd = -1, .path = xasprintf("%s/%s", where->dir, where->name) };
	return 0;
}

int
os_copy(
    struct diag *d, const struct os_copy_place *where, const void *p, size_t n, struct os_copy *ret)
{
	return copy(d, where, &(struct source){ .p = p, .size = n, .fd = -1 }, ret);
}

int
os_copy_file(struct diag *d, const struct os_copy_place *where, int from, struct os_copy *ret)
{
	return copy(d, where, &(struct source){ .fd = from }, ret);
}

int
os_scratch_open(struct diag *d, const char *dir, struct os_scratch *ret)
{
	char *path = xasprintf("%s/.vmrun-XXXXXX", dir);
	struct os_scratch s = { mkostemp(path, O_CLOEXEC), -1 };

	if (s.read != -1) {
		s.write = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		(void)unlink(path);
	}
	if (s.write == -1) {
		fail_sys(d, "%s", path);
		os_scratch_close(&s);
	} else {
		*ret = s;
	}
	free(path);
	return s.write == -1 ? -1 : 0;
}

void
os_scratch_close(struct os_scratch *s)
{
	fd_close(&s->read);
	fd_close(&s->write);
}
