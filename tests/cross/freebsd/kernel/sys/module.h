/* FreeBSD's <sys/module.h> (sys/sys/module.h), modfind(2). */
#ifndef _SYS_MODULE_H_
#define _SYS_MODULE_H_

int modfind(const char *);

#endif
