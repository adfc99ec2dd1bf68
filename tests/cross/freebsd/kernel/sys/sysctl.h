/* FreeBSD's <sys/sysctl.h> (sys/sys/sysctl.h), sysctl(3). */
#ifndef _SYS_SYSCTL_H_
#define _SYS_SYSCTL_H_

#include <stddef.h>

#define CTL_KERN      1
#define CTL_NET       4
#define KERN_PROC     14
#define KERN_PROC_PID 1
#define KERN_PROC_INC_THREAD 0x10

int sysctl(const int *, u_int, void *, size_t *, const void *, size_t);
int sysctlbyname(const char *, void *, size_t *, const void *, size_t);

#endif
