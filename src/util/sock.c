/* UNIX sockets at paths of any length; see fd.h. */
#include "util/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/mem.h"

/*
 * sun_path holds about a hundred bytes, a path may have more. bind and connect know no *at() form,
 * so for a long path the working folder is changed for the one call; vmrun has no threads.
 */
static int
with_address(const char *path, int fd, int (*call)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *slash = strrchr(path, '/');
	int here, result = -1;
	char *dir;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) < sizeof(sun.sun_path))
		return call(fd, (struct sockaddr *)&sun, sizeof(sun));
	if (slash == NULL ||
	    strlcpy(sun.sun_path, slash + 1, sizeof(sun.sun_path)) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (here == -1)
		return -1;
	dir = xstrndup(path, (size_t)(slash - path) + 1);
	if (chdir(dir) == 0) {
		int saved;

		result = call(fd, (struct sockaddr *)&sun, sizeof(sun));
		saved = errno;
		if (fchdir(here) == -1) {
			result = -1;
			saved = errno;
		}
		errno = saved;
	}
	free(dir);
	fd_close(&here);
	return result;
}

static int
unix_socket(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	if (fd != -1)
		fd_set_cloexec(fd, true);
	return fd;
}

int
unix_listen(const char *path)
{
	int fd = unix_socket(SOCK_STREAM);
	mode_t mask;
	int result;

	if (fd == -1)
		return -1;
	unlink(path);
	mask = umask(0177);
	result = with_address(path, fd, bind);
	umask(mask);
	if (result == -1 || listen(fd, SOMAXCONN) == -1)
		fd_close(&fd);
	return fd;
}

int
unix_connect(const char *path, bool nonblock)
{
	int fd = unix_socket(SOCK_STREAM);

	if (fd == -1)
		return -1;
	if ((nonblock && fd_set_nonblock(fd, true) == -1) || with_address(path, fd, connect) == -1)
		fd_close(&fd);
	return fd;
}

/* One that is in no folder: Linux gives its name after a NUL, people write '@' for it. */
static int
connect_to_name(const char *name, int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(name);

	if (n > sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path + 1, name + 1, n - 1);
	return connect(fd, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}

int
unix_tell(const char *path, const void *p, size_t n)
{
	int fd = unix_socket(SOCK_DGRAM), result = -1;

	if (fd == -1)
		return -1;
	if (fd_set_nonblock(fd, true) == 0 &&
	    (path[0] == '@' ? connect_to_name(path, fd) : with_address(path, fd, connect)) == 0 &&
	    send(fd, p, n, MSG_NOSIGNAL) == (ssize_t)n)
		result = 0;
	fd_close(&fd);
	return result;
}
