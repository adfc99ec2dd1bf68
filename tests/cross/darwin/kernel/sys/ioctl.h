/* macOS's <sys/ioctl.h>; only what src/os names. */
#ifndef _SYS_IOCTL_H_
#define _SYS_IOCTL_H_

#include <sys/sockio.h>

int ioctl(int, unsigned long, ...);

#endif
