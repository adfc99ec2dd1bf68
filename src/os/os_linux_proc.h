/* Files of /proc, which are read whole and small. Only os_linux*.c include this. */
#ifndef VMRUN_OS_LINUX_PROC_H
#define VMRUN_OS_LINUX_PROC_H

#include <stddef.h>
#include <sys/types.h>

/* The beginning of a file of /proc, NUL-terminated; its length, or -1 with errno: ENOENT or ESRCH if
 * the process is gone. */
ssize_t linux_proc_read(const char *path, char *ret, size_t size);

#endif
