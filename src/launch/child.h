/* The process that becomes QEMU: forked early, held at a gate, then without privileges and with
 * only its own descriptors, executed. */
#ifndef VMRUN_LAUNCH_CHILD_H
#define VMRUN_LAUNCH_CHILD_H

#include <stddef.h>
#include <sys/types.h>

struct argv;
struct diag;
struct os_identity;

struct child {
	pid_t pid;
	int gate;  /* a byte lets it go, the end makes it end */
	int error; /* why it could not be executed; the end of file: it was */
};
#define CHILD_NONE                                                                                 \
	{                                                                                          \
		.pid = -1, .gate = -1, .error = -1                                                 \
	}

/* log becomes stdout and stderr; of all other descriptors those in fds, and no other, are passed.
 * who NULL: as the caller. */
int child_fork(struct diag *d, const struct argv *argv, const int *fds, size_t nfds,
    const struct os_identity *who, int log, struct child *ret);
/* Let it go, and see it executed. */
int child_go(struct diag *d, struct child *c);
void child_kill(struct child *c);  /* and wait for it */
void child_close(struct child *c); /* our ends of the pipes */

#endif
