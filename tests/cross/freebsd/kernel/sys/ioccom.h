/* FreeBSD's <sys/ioccom.h> (sys/sys/ioccom.h), ioctl(2). */
#ifndef _SYS_IOCCOM_H_
#define _SYS_IOCCOM_H_

#define IOCPARM_MASK ((1UL << 13) - 1)
#define IOC_OUT      0x40000000UL
#define IOC_IN       0x80000000UL
#define _IOC(way, group, number, size)                                                             \
	((way) | (((unsigned long)(size)&IOCPARM_MASK) << 16) | ((unsigned long)(group) << 8) |    \
	    (number))
#define _IOR(group, number, type)  _IOC(IOC_OUT, (group), (number), sizeof(type))
#define _IOW(group, number, type)  _IOC(IOC_IN, (group), (number), sizeof(type))
#define _IOWR(group, number, type) _IOC(IOC_IN | IOC_OUT, (group), (number), sizeof(type))

int ioctl(int, unsigned long, ...);

#endif
