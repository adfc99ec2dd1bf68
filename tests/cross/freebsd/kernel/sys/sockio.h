/* FreeBSD's <sys/sockio.h> (sys/sys/sockio.h), netintro(4); only what src/os names. */
#ifndef _SYS_SOCKIO_H_
#define _SYS_SOCKIO_H_

#include <sys/ioccom.h>

#define SIOCSIFFLAGS  _IOW('i', 16, struct ifreq)
#define SIOCGIFFLAGS  _IOWR('i', 17, struct ifreq)
#define SIOCSIFDESCR  _IOW('i', 41, struct ifreq)
#define SIOCGIFDESCR  _IOWR('i', 42, struct ifreq)
#define SIOCSIFMTU    _IOW('i', 52, struct ifreq)
#define SIOCGIFMEDIA  _IOWR('i', 56, struct ifmediareq)
#define SIOCGIFSTATUS _IOWR('i', 59, struct ifstat)
#define SIOCSIFLLADDR _IOW('i', 60, struct ifreq)
#define SIOCIFDESTROY _IOW('i', 121, struct ifreq)
#define SIOCSDRVSPEC  _IOW('i', 123, struct ifdrv)
#define SIOCGDRVSPEC  _IOWR('i', 123, struct ifdrv)
#define SIOCIFCREATE2 _IOWR('i', 124, struct ifreq)

#endif
