/* FreeBSD's <unistd.h>; only what src/ names. */
#ifndef _UNISTD_H_
#define _UNISTD_H_

#include <sys/_null.h>
#include <sys/types.h>

#define STDIN_FILENO  0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2
#define F_OK          0
#define R_OK          0x04
#define W_OK          0x02
#define X_OK          0x01
#define SEEK_SET      0
#define SEEK_CUR      1
#define SEEK_END      2

_Noreturn void _exit(int);
int access(const char *, int);
unsigned int alarm(unsigned int);
int chdir(const char *);
int close(int);
void closefrom(int);
int dup2(int, int);
int execl(const char *, const char *, ...) __attribute__((__sentinel__));
int execve(const char *, char *const *, char *const *);
int fchdir(int);
int chown(const char *, uid_t, gid_t);
int fchown(int, uid_t, gid_t);
pid_t fork(void);
int fsync(int);
int ftruncate(int, off_t);
char *getcwd(char *, size_t);
int getdtablesize(void);
int getdtablesize(void);
gid_t getegid(void);
uid_t geteuid(void);
uid_t getuid(void);
gid_t getgid(void);
int getgroups(int, gid_t *);
int getpagesize(void);
int getpeereid(int, uid_t *, gid_t *);
pid_t getpid(void);
int isatty(int);
int link(const char *, const char *);
off_t lseek(int, off_t, int);
int pipe(int *);
ssize_t pread(int, void *, size_t, off_t);
ssize_t read(int, void *, size_t);
int rmdir(const char *);
int setgroups(int, const gid_t *);
void setproctitle(const char *, ...) __attribute__((__format__(__printf__, 1, 2)));
int setresgid(gid_t, gid_t, gid_t);
int setresuid(uid_t, uid_t, uid_t);
pid_t setsid(void);
int unlink(const char *);
int unlinkat(int, const char *, int);
ssize_t write(int, const void *, size_t);

#endif
