/*
 * The supervisor: the vmrun process beside one QEMU, from fork to the end of the VM.
 *
 * Theory of operation. super_start() forks; the child takes over the VM's lock, launches QEMU, and
 * tells the parent through a pipe how that went. Then it polls: QMP, the control socket, the
 * process, the log's FIFO, one deadline. What happens is an event; state and event give an action
 * in one table (machine.c). When QEMU has ended, ports are left, the reason goes to the log, the
 * restart policy is asked, the runtime folder is removed and whoever waited is answered, in that
 * order.
 *
 * A supervisor that died leaves QEMU, its record and its listening sockets. super_recover() takes
 * the lock that fell free and either starts a supervisor that adopts the QEMU or removes what is
 * left.
 */
#ifndef VMRUN_SUPER_SUPER_H
#define VMRUN_SUPER_SUPER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct context;
struct diag;
struct plan;
struct runtime;

/* How a start went, as it comes up the pipe. */
struct super_result {
	pid_t qemu;
	char accel[8];
	bool own_uid;
};

/* What a command holds in memory and the supervisor, which is its child, has no use for: called
 * there once QEMU runs. */
struct super_ballast {
	void (*drop)(void *arg);
	void *arg;
};

/* Fork a supervisor that launches the plan. Takes over p and r in any case. *ret_fd: the pipe for
 * super_result(), readable when there is something to read; *ret_pid: the supervisor. */
int super_start(struct diag *d, const struct context *c, struct plan *p, struct runtime *r,
    struct super_ballast ballast, int *ret_fd, pid_t *ret_pid);
/* Read the outcome; closes fd. -1 with the supervisor's own messages; 1, with a message as well, if
 * it died without a word: then a QEMU may be alive, and super_recover() is to be called. */
int super_result(struct diag *d, int fd, pid_t pid, struct super_result *ret);

/* Called once, when QEMU runs. */
struct super_ready {
	void (*fn)(const struct super_result *result, void *arg);
	void *arg;
};
/* The same in this process: returns when the VM has ended. -1 if the start failed or, without a
 * message, the VM ended in failure. */
int super_foreground(struct diag *d, const struct context *c, struct plan *p, struct runtime *r,
    const struct super_ready *ready);

enum super_found {
	FOUND_NOTHING, /* stopped; what a crash left has been removed */
	FOUND_QEMU,    /* a living QEMU has a supervisor again */
	FOUND_RESTART, /* it was dead, and its restart policy starts it again: a supervisor waits for that */
	FOUND_BUSY,    /* another vmrun, or a supervisor, holds the lock */
};
/* Put right whatever a crash left of the VM. Makes nothing for a VM that has no runtime folder. */
int super_recover(struct diag *d, const struct context *c, const char *name, enum super_found *ret);
/* The same, but a living QEMU without a supervisor gets this process as its own: then it returns
 * when the VM has ended, with -1 and no message if that was in failure. */
int super_recover_foreground(struct diag *d, const struct context *c, const char *name,
    const struct super_ready *ready, enum super_found *ret);

/* End the QEMU that the record names, past a supervisor that does not answer, and wait for its end.
 */
int super_kill(struct diag *d, const struct context *c, const char *name);
/* The stop_timeout of a running VM in ms, from its record; 0: not known. */
int64_t super_stop_timeout(const struct context *c, const char *name);

/* The file that a running VM was started from, from its record; NULL: it does not run, or that is
 * not known. To be freed by the caller. */
char *super_file(const struct context *c, const char *name);

/* Why the VM last ended, if that was a failure; NULL if not. To be freed by the caller. */
char *super_failure(const struct context *c, const char *name);

/* How the VM last ended: time, state ("stopped", "failed", "restarting"), cause, text, exit_status or
 * signal, restarts. NULL: not known. To be released by the caller. */
json_t *super_last(const struct context *c, const char *name);

#endif
