/* Opens what only root can have written; see trusted.h. */
#include "proto/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static int
check(struct diag *d, int fd, const char *whole, const char *part, bool last)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail_sys(d, "%s", part);
	errno = EPERM;
	if (st.st_uid != 0)
		return fail_as(d, DIAG_DENIED,
		    "%s: not believed, because user %u owns %s and could change it (chown it to "
		    "root)",
		    whole, (unsigned)st.st_uid, part);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail_as(d, DIAG_DENIED,
		    "%s: not believed, because others can write %s (chmod go-w it)", whole, part);
	if (last && !S_ISREG(st.st_mode))
		return fail_as(d, DIAG_DENIED, "%s: not a regular file", whole);
	return 0;
}

/* The next step from *dir, which is closed. */
static int
enter(struct diag *d, int *dir, const char *whole, const char *name, const char *part, bool last)
{
	int flags = last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY;
	int fd = openat(*dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);

	fd_close(dir);
	if (fd == -1 && (errno == ELOOP || errno == EMLINK || errno == ENOTDIR)) {
		errno = EPERM;
		return fail_as(d, DIAG_DENIED,
		    "%s: not believed, because %s is a symbolic link, or no folder", whole, part);
	}
	if (fd == -1)
		return fail_sys(d, "%s", part);
	if (check(d, fd, whole, part, last) == -1)
		fd_close(&fd);
	*dir = fd;
	return fd;
}

int
trusted_open(struct diag *d, const char *path)
{
	char *part = xstrdup(path), *step = part;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		fail_sys(d, "/");
	else if (check(d, fd, path, "/", false) == -1)
		fd_close(&fd);
	while (fd != -1 && *step != '\0') {
		char *name = step + strspn(step, "/"), *end = name + strcspn(name, "/");
		bool last = *end == '\0';

		*end = '\0';
		step = last ? end : end + 1;
		if (strcmp(name, "..") == 0) {
			fd_close(&fd);
			fail_as(d, DIAG_DENIED, "%s: not believed, because of its \"..\"", path);
			break;
		}
		if (name != end)
			(void)enter(d, &fd, path, name, part, last);
		if (!last)
			*end = '/';
	}
	free(part);
	return fd;
}

int
trusted_read(struct diag *d, int *fd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	size_t len = 0, cap = 0;
	char *s = NULL;
	ssize_t n;

	do {
		if (len + 1 >= cap) {
			cap = cap > 0 ? cap * 2 : 4096;
			s = xreallocarray(s, cap, 1);
		}
		n = read(*fd, s + len, cap - len - 1);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len <= max) || (n == -1 && errno == EINTR));
	if (n == -1)
		fail_sys(d, "%s", path);
	else if (len > max)
		fail(d, "%s: larger than %zu bytes", path, max);
	fd_close(fd);
	if (n == -1 || len > max) {
		free(s);
		return -1;
	}
	s[len] = '\0';
	*ret = s;
	*ret_len = len;
	return 0;
}
