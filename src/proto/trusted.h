/* Files that a program with rights may believe: root's, and nobody else's the whole way. */
#ifndef VMRUN_PROTO_TRUSTED_H
#define VMRUN_PROTO_TRUSTED_H

#include <stddef.h>

struct diag;

/* Open the regular file at an absolute path for reading, step by step from /: each folder and the
 * file belong to root, no other can write them, and none is a symbolic link. -1, with errno ENOENT
 * where it or a folder is missing. */
int trusted_open(struct diag *d, const char *path);
/* All of an open file of at most max bytes, NUL-terminated, to be freed; closes *fd. */
int trusted_read(
    struct diag *d, int *fd, const char *path, size_t max, char **ret, size_t *ret_len);

#endif
