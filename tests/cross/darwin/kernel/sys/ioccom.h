/* macOS's <sys/ioccom.h>; only what src/os names. */
#ifndef _SYS_IOCCOM_H_
#define _SYS_IOCCOM_H_

#include <stdint.h>

#define IOCPARM_MASK              0x1fff
#define IOC_OUT                   ((uint32_t)0x40000000)
#define IOC_IN                    ((uint32_t)0x80000000)
#define _IOC(inout, g, n, len)                                                                     \
	((inout) | (((uint32_t)(len) & IOCPARM_MASK) << 16) | ((uint32_t)(g) << 8) | (uint32_t)(n))
#define _IOR(g, n, t)  _IOC(IOC_OUT, g, n, sizeof(t))
#define _IOW(g, n, t)  _IOC(IOC_IN, g, n, sizeof(t))
#define _IOWR(g, n, t) _IOC(IOC_IN | IOC_OUT, g, n, sizeof(t))

#endif
