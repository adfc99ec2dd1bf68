/* FreeBSD's <sys/disk.h> (sys/sys/disk.h), disk(9). */
#ifndef _SYS_DISK_H_
#define _SYS_DISK_H_

#include <sys/ioccom.h>
#include <sys/types.h>

#define DIOCGMEDIASIZE _IOR('d', 129, off_t)

#endif
