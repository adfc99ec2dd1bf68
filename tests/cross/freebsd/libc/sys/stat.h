/* FreeBSD's <sys/stat.h>, stat(2); the layout since FreeBSD 12; only what src/ names. */
#ifndef _SYS_STAT_H_
#define _SYS_STAT_H_

#include <sys/_timespec.h>
#include <sys/_types.h>

typedef __blkcnt_t blkcnt_t;
typedef __blksize_t blksize_t;
typedef __dev_t dev_t;
typedef __fflags_t fflags_t;
typedef __gid_t gid_t;
typedef __ino_t ino_t;
typedef __mode_t mode_t;
typedef __nlink_t nlink_t;
typedef __off_t off_t;
typedef __uid_t uid_t;

struct stat {
	dev_t st_dev;
	ino_t st_ino;
	nlink_t st_nlink;
	mode_t st_mode;
	short st_padding0;
	uid_t st_uid;
	gid_t st_gid;
	int st_padding1;
	dev_t st_rdev;
	struct timespec st_atim;
	struct timespec st_mtim;
	struct timespec st_ctim;
	struct timespec st_birthtim;
	off_t st_size;
	blkcnt_t st_blocks;
	blksize_t st_blksize;
	fflags_t st_flags;
	unsigned long st_gen;
	unsigned long st_spare[10];
};
#define st_ctime st_ctim.tv_sec

#define S_IFMT      0170000
#define S_IFCHR     0020000
#define S_IFDIR     0040000
#define S_IFREG     0100000
#define S_IFLNK     0120000
#define S_IFSOCK    0140000
#define S_ISCHR(m)  (((m)&S_IFMT) == S_IFCHR)
#define S_ISDIR(m)  (((m)&S_IFMT) == S_IFDIR)
#define S_ISLNK(m)  (((m)&S_IFMT) == S_IFLNK)
#define S_ISREG(m)  (((m)&S_IFMT) == S_IFREG)
#define S_ISSOCK(m) (((m)&S_IFMT) == S_IFSOCK)
#define S_ISUID     0004000
#define S_ISVTX     0001000
#define S_IWGRP     0000020
#define S_IROTH     0000004
#define S_IWOTH     0000002

int chmod(const char *, mode_t);
int fchmod(int, mode_t);
int fstat(int, struct stat *);
int lstat(const char *restrict, struct stat *restrict);
int mkdir(const char *, mode_t);
int mkfifo(const char *, mode_t);
int stat(const char *restrict, struct stat *restrict);
mode_t umask(mode_t);

#endif
