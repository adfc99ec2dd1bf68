/* FreeBSD's <sys/utsname.h>, uname(3). */
#ifndef _SYS_UTSNAME_H_
#define _SYS_UTSNAME_H_

struct utsname {
	char sysname[256];
	char nodename[256];
	char release[256];
	char version[256];
	char machine[256];
};

int uname(struct utsname *);

#endif
