/* FreeBSD's <sys/types.h>; only what src/ names. */
#ifndef _SYS_TYPES_H_
#define _SYS_TYPES_H_

#include <stdint.h>
#include <sys/_types.h>

typedef unsigned int u_int;
typedef char *caddr_t;
typedef __dev_t dev_t;
typedef __fflags_t fflags_t;
typedef __gid_t gid_t;
typedef __id_t id_t;
typedef __ino_t ino_t;
typedef __mode_t mode_t;
typedef __nlink_t nlink_t;
typedef __off_t off_t;
typedef __pid_t pid_t;
typedef __size_t size_t;
typedef __ssize_t ssize_t;
typedef __time_t time_t;
typedef __uid_t uid_t;

#endif
