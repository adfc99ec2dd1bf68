/* For tests: os_vfio_find() of os.h with another root than /sys. */
#ifndef VMRUN_OS_LINUX_VFIO_H
#define VMRUN_OS_LINUX_VFIO_H

struct diag;
struct os_vfio;

int vfio_find(struct diag *d, const char *sys, const char *name, struct os_vfio *ret);

#endif
