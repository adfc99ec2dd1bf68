/* macOS's <sys/sockio.h>; only what src/os names. */
#ifndef _SYS_SOCKIO_H_
#define _SYS_SOCKIO_H_

#include <sys/ioccom.h>

#define SIOCSIFFLAGS  _IOW('i', 16, struct ifreq)
#define SIOCGIFFLAGS  _IOWR('i', 17, struct ifreq)
#define SIOCGIFMTU    _IOWR('i', 51, struct ifreq)
#define SIOCSIFMTU    _IOW('i', 52, struct ifreq)
#define SIOCGIFMEDIA  _IOWR('i', 56, struct ifmediareq)
#define SIOCSIFLLADDR _IOW('i', 60, struct ifreq)
#define SIOCIFCREATE  _IOWR('i', 120, struct ifreq)
#define SIOCIFDESTROY _IOW('i', 121, struct ifreq)
#define SIOCIFCREATE2 _IOWR('i', 122, struct ifreq)
#define SIOCSDRVSPEC  _IOW('i', 123, struct ifdrv)
#define SIOCGDRVSPEC  _IOWR('i', 123, struct ifdrv)

#endif
