/* macOS's <libproc.h> and <sys/proc_info.h>; only what src/os names. The real structure has more. */
#ifndef _LIBPROC_H_
#define _LIBPROC_H_

#include <stdint.h>

#define PROC_PIDTASKINFO 4

struct proc_taskinfo {
	uint64_t pti_virtual_size;
	uint64_t pti_resident_size;
	uint64_t pti_total_user;
	uint64_t pti_total_system;
};

int proc_pidinfo(int, int, uint64_t, void *, int);

#endif
