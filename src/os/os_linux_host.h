/* Between os_linux_host.c and its neighbours: what `check --host` looks at on Linux. */
#ifndef VMRUN_OS_OS_LINUX_HOST_H
#define VMRUN_OS_OS_LINUX_HOST_H

#include <stddef.h>

#include "os/os_findings.h"

/* The beginning of a small file, NUL-terminated; "" where it cannot be read. Returns ret. */
const char *file_head(const char *path, char *ret, size_t size);

/* Packet filters that may drop what guests send. */
void findings_filter(struct findings *f);

#endif
