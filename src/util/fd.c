/* Descriptors, whole files and folders; see fd.h. */
#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/mem.h"

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int
fd_set_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

int
fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int
fd_pipe(int fds[2])
{
	if (pipe(fds) == -1)
		return -1;
	fd_set_cloexec(fds[0], true);
	fd_set_cloexec(fds[1], true);
	return 0;
}

int
fd_write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		ssize_t done = write(fd, s, n);

		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		s += done;
		n -= (size_t)done;
	}
	return 0;
}

/* One byte more than st_size is asked for, so that a file that grows is noticed. */
static int
read_open_file(struct diag *d, int fd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	struct stat st;
	size_t len = 0, cap;
	char *s;

	if (fstat(fd, &st) == -1)
		return fail_sys(d, "%s", path);
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return fail(d, "%s: not a regular file", path);
	}
	if ((uintmax_t)st.st_size > max) {
		errno = EFBIG;
		return fail(d, "%s: larger than %zu bytes", path, max);
	}
	cap = (size_t)st.st_size + 1;
	s = xcalloc(cap + 1, 1);
	for (;;) {
		ssize_t n = read(fd, s + len, cap - len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			free(s);
			return fail_sys(d, "%s", path);
		}
		len += (size_t)n;
		if (n == 0 || len == cap)
			break;
	}
	if (len == cap) {
		free(s);
		errno = EBUSY;
		return fail(d, "%s: changed while it was read", path);
	}
	s[len] = '\0';
	*ret = s;
	*ret_len = len;
	return 0;
}

int
file_read(struct diag *d, const char *path, size_t max, char **ret, size_t *ret_len)
{
	int fd, result, saved;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return fail_sys(d, "%s", path);
	result = read_open_file(d, fd, path, max, ret, ret_len);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

const char *
basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int
folder_sync(const char *path)
{
	char *dir = folder_of(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = -1;

	free(dir);
	if (fd == -1)
		return -1;
	/* Some file systems cannot sync a folder and say EINVAL. */
	if (fsync_disk(fd) == 0 || errno == EINVAL)
		result = 0;
	fd_close(&fd);
	return result;
}

int
dir_make(struct diag *d, const char *path, mode_t mode)
{
	char *copy = xstrdup(path);
	struct stat st;
	int result = 0;

	for (char *p = copy; result == 0 && *p != '\0';) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		char end = *p;

		*p = '\0';
		if (mkdir(copy, mode) == -1 && errno != EEXIST) {
			int why =
			    errno; /* what stat says of a missing folder tells nobody anything */

			if (stat(copy, &st) == -1) {
				errno = why;
				result = fail_sys(d, "cannot make the folder %s", copy);
			}
		}
		*p = end;
	}
	if (result == 0 && (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))) {
		errno = ENOTDIR;
		result = fail(d, "%s: not a folder", path);
	}
	free(copy);
	return result;
}
