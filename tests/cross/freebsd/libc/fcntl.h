/* FreeBSD's <fcntl.h> (sys/sys/fcntl.h), open(2), fcntl(2), flock(2); only what src/ names. */
#ifndef _SYS_FCNTL_H_
#define _SYS_FCNTL_H_

#include <sys/_types.h>

typedef __mode_t mode_t;
typedef __off_t off_t;
typedef __pid_t pid_t;

#define O_RDONLY    0x0000
#define O_WRONLY    0x0001
#define O_RDWR      0x0002
#define O_NONBLOCK  0x0004
#define O_APPEND    0x0008
#define O_ASYNC     0x0040
#define O_NOFOLLOW  0x0100
#define O_CREAT     0x0200
#define O_TRUNC     0x0400
#define O_EXCL      0x0800
#define O_NOCTTY    0x8000
#define O_DIRECTORY 0x00020000
#define O_CLOEXEC   0x00100000

#define AT_REMOVEDIR 0x0800

#define F_SETFD         2
#define F_GETFL         3
#define F_SETFL         4
#define F_SETOWN        6
#define F_GETLK         11
#define F_SETLK         12
#define F_DUPFD_CLOEXEC 17
#define FD_CLOEXEC      1

#define F_UNLCK 2
#define F_WRLCK 3

#define LOCK_SH 0x01
#define LOCK_EX 0x02
#define LOCK_NB 0x04

struct flock {
	off_t l_start;
	off_t l_len;
	pid_t l_pid;
	short l_type;
	short l_whence;
	int l_sysid;
};

int fcntl(int, int, ...);
int flock(int, int);
int open(const char *, int, ...);
int openat(int, const char *, int, ...);

#endif
