/* FreeBSD's <sys/_types.h>, <machine/_types.h> on amd64 and arm64: widths since FreeBSD 12 (64-bit
 * inodes). */
#ifndef _SYS__TYPES_H_
#define _SYS__TYPES_H_

typedef int __blksize_t;
typedef long __blkcnt_t;
typedef int __clockid_t;
typedef unsigned long __dev_t;
typedef unsigned __fflags_t;
typedef unsigned __gid_t;
typedef long __id_t;
typedef unsigned long __ino_t;
typedef unsigned short __mode_t;
typedef unsigned long __nlink_t;
typedef long __off_t;
typedef int __pid_t;
typedef long __rlim_t;
typedef unsigned char __sa_family_t;
typedef unsigned long __size_t;
typedef unsigned __socklen_t;
typedef long __ssize_t;
typedef long __suseconds_t;
typedef long __time_t;
typedef unsigned __uid_t;

#endif
