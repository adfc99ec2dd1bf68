/* FreeBSD's <sys/ioctl.h> (sys/sys/ioctl.h), ioctl(2). */
#ifndef _SYS_IOCTL_H_
#define _SYS_IOCTL_H_

#include <sys/ioccom.h>
#include <sys/sockio.h>

#endif
