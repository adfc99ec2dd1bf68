/* The FIFO between QEMU and the log; see log_fifo.h. */
#include "launch/log_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/mem.h"

static int
open_end(struct diag *d, const char *dir, const char *file, int flags)
{
	char *path = xasprintf("%s/%s", dir, file);
	int fd = -1;

	if (mkfifo(path, 0600) == -1 && errno != EEXIST)
		fail_sys(d, "%s", path);
	else if ((fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)) == -1)
		fail_sys(d, "%s", path);
	free(path);
	return fd;
}

int
log_fifo_reader(struct diag *d, const char *dir, const char *file)
{
	return open_end(d, dir, file, O_RDONLY);
}

int
log_fifo_writer(struct diag *d, const char *dir, const char *file)
{
	return open_end(d, dir, file, O_WRONLY);
}
