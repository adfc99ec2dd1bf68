/* FreeBSD's <sys/wait.h>, wait(2); only what src/ names. */
#ifndef _SYS_WAIT_H_
#define _SYS_WAIT_H_

#include <sys/_types.h>

typedef __pid_t pid_t;

#define WNOHANG 1

/* The low seven bits say how it ended; 0x13 is a child that was continued. */
#define _WSTATUS(x)    (*(int *)&(x)&0177)
#define WIFEXITED(x)   (_WSTATUS(x) == 0)
#define WEXITSTATUS(x) (*(int *)&(x) >> 8)
#define WIFSIGNALED(x) (_WSTATUS(x) != 0177 && _WSTATUS(x) != 0 && (x) != 0x13)
#define WTERMSIG(x)    _WSTATUS(x)

pid_t waitpid(pid_t, int *, int);

#endif
