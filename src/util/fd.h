/* Descriptors, files and folders. Every descriptor made here is close-on-exec. */
#ifndef VMRUN_UTIL_FD_H
#define VMRUN_UTIL_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct diag;

/* Close *fd if it is open, and set it to -1. errno is kept. */
void fd_close(int *fd);
int fd_set_cloexec(int fd, bool on);
int fd_set_nonblock(int fd, bool on);
int fd_pipe(int fds[2]); /* [0] is read from what [1] was written */
/* All of it or -1 with errno. */
int fd_write_all(int fd, const void *p, size_t n);

/* The whole of a regular file of at most max bytes, NUL-terminated, to be freed by the caller.
 * Never blocks on a FIFO. -1 with a message; errno is ENOENT where it is missing. */
int file_read(struct diag *d, const char *path, size_t max, char **ret, size_t *ret_len);
/* Temporary name in the same folder, fsync, rename, fsync of the folder. */
int file_write(struct diag *d, const char *path, mode_t mode, const void *p, size_t n);
/* The same with another file's content; what is zero there takes no room. */
int file_copy(struct diag *d, const char *from, const char *path, mode_t mode);
/* Remove the temporary names that a crash left of file_write() to this path. The caller knows that nobody
 * is writing to it now, or that it does not matter. */
void file_sweep(const char *path);
/* The same for a file that people keep: beside its content its owner is as wanted before it has its name.
 */
struct file_as {
	mode_t mode;
	uid_t uid; /* (uid_t)-1: whoever writes it, */
	gid_t gid; /* likewise */
	bool fresh; /* where there is a file of that name, it fails with EEXIST */
};
int file_put(struct diag *d, const char *path, const struct file_as *as, const void *p, size_t n);
/* Remove what a crash left of file_put() to that folder. The caller knows that nobody is writing. */
void file_put_sweep(const char *dir);
/* The folder that a path lies in, without its last slash; to be freed by the caller. */
char *folder_of(const char *path);
/* What is behind the last slash, in path itself: the name in that folder. */
const char *basename_of(const char *path);
/* fsync the folder that path lies in, so that a name in it is there for good. -1 with errno. */
int folder_sync(const char *path);
/* mkdir -p; folders that exist are left as they are. */
int dir_make(struct diag *d, const char *path, mode_t mode);
/* Fails (DIAG_DENIED) if somebody other than root and the caller could change the file, or replace
 * it or a folder on the way to it. A sticky folder (/tmp) is accepted for an entry of our own. */
int path_trusted(struct diag *d, const char *path);
/* An owner that counts as root from now on: how a user namespace shows those of its host. */
void path_trust_uid(uid_t uid);

/* A stream socket bound to path and listening, mode 0600, an old one replaced; and a connection to
 * one. Paths longer than sun_path are reached through their folder. -1 with errno. */
int unix_listen(const char *path);
int unix_connect(const char *path, bool nonblock);
/* One datagram to the socket at path, or on Linux "@NAME"; never waits for its reader. -1 with errno. */
int unix_tell(const char *path, const void *p, size_t n);

#endif
