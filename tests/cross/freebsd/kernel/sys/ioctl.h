/* FreeBSD's <sys/ioctl.h> (sys/sys/ioctl.h), ioctl(2). */
#ifndef _SYS_IOCTL_H_
#define _SYS_IOCTL_H_

#include <sys/ioccom.h>
#include <sys/sockio.h>

/* sys/sys/ttycom.h */
struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};
#define TIOCGWINSZ _IOR('t', 104, struct winsize)

#endif
