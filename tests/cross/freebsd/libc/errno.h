/* FreeBSD's <errno.h> (sys/sys/errno.h), intro(2); only what src/ names. */
#ifndef _SYS_ERRNO_H_
#define _SYS_ERRNO_H_

int *__error(void);
#define errno (*__error())

#define EPERM           1
#define ENOENT          2
#define ESRCH           3
#define EINTR           4
#define ENXIO           6
#define E2BIG           7
#define ENOMEM          12
#define EACCES          13
#define EBUSY           16
#define EEXIST          17
#define ENODEV          19
#define ENOTDIR         20
#define EINVAL          22
#define ENOTTY          25
#define EFBIG           27
#define EMLINK          31
#define EPIPE           32
#define EAGAIN          35
#define EWOULDBLOCK     EAGAIN
#define EINPROGRESS     36
#define EMSGSIZE        40
#define EPROTOTYPE      41
#define EPROTONOSUPPORT 43
#define EOPNOTSUPP      45
#define ENOTSUP         EOPNOTSUPP
#define EAFNOSUPPORT    47
#define EADDRINUSE      48
#define EADDRNOTAVAIL   49
#define ETIMEDOUT       60
#define ECONNREFUSED    61
#define ELOOP           62
#define ENAMETOOLONG    63
#define ENOSYS          78
#define ENOMSG          83

#endif
