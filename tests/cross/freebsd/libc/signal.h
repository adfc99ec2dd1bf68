/* FreeBSD's <signal.h> (sys/sys/signal.h, sys/sys/_sigset.h), sigaction(2); what src/ names. */
#ifndef _SIGNAL_H_
#define _SIGNAL_H_

#include <sys/_types.h>

typedef __pid_t pid_t;
typedef int sig_atomic_t;
typedef void __sighandler_t(int);
typedef struct __sigset {
	unsigned __bits[4];
} sigset_t;

struct __siginfo;
struct sigaction {
	union {
		void (*__sa_handler)(int);
		void (*__sa_sigaction)(int, struct __siginfo *, void *);
	} __sigaction_u;
	int sa_flags;
	sigset_t sa_mask;
};
#define sa_handler __sigaction_u.__sa_handler

#define SA_RESETHAND 0x4

#define SIG_DFL     ((__sighandler_t *)0)
#define SIG_IGN     ((__sighandler_t *)1)
#define SIG_SETMASK 3
#define NSIG        32
#define SA_RESETHAND 0x0004

#define SIGHUP  1
#define SIGINT  2
#define SIGQUIT 3
#define SIGKILL 9
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGCHLD 20
#define SIGWINCH 28
#define SIGIO   23
#define SIGUSR1 30
#define SIGUSR2 31

int kill(__pid_t, int);
int raise(int);
int sigaction(int, const struct sigaction *restrict, struct sigaction *restrict);
int sigemptyset(sigset_t *);
int sigprocmask(int, const sigset_t *restrict, sigset_t *restrict);
__sighandler_t *signal(int, __sighandler_t *);

#endif
