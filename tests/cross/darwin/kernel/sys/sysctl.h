/* macOS's <sys/sysctl.h>; only what src/os names. */
#ifndef _SYS_SYSCTL_H_
#define _SYS_SYSCTL_H_

#include <stddef.h>
#include <sys/proc.h>

#define CTL_KERN      1
#define KERN_PROC     14
#define KERN_PROC_PID 1

struct kinfo_proc {
	struct extern_proc kp_proc;
};

int sysctl(int *, unsigned int, void *, size_t *, void *, size_t);
int sysctlbyname(const char *, void *, size_t *, void *, size_t);

#endif
