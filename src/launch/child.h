/* The process that becomes QEMU, or one beside it: forked early, held at a gate, then without
 * privileges and with only its own descriptors, executed. */
#ifndef VMRUN_LAUNCH_CHILD_H
#define VMRUN_LAUNCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct argv;
struct diag;
struct intset;
struct os_identity;
struct os_process_limits;

/* What it is to become. All is borrowed. */
struct child_wish {
	const char *name;        /* for messages: "QEMU" */
	const struct argv *argv; /* v[0] is the program's path */
	const int *fds; /* of all descriptors but the first three these, and no other, are passed */
	size_t nfds;
	int log;                       /* becomes stdout and stderr */
	bool terminal; /* stdin and stdout stay the caller's: for a channel to stdio */
	int dir;                       /* the folder that it runs in; -1: / */
	const struct os_identity *who; /* NULL: as the caller */
	bool privileged;               /* with the caller's capabilities */
	const struct intset *cpus;     /* that it runs on; NULL: on any */
	int nice;                      /* its priority, as of setpriority(2) */
	const struct os_process_limits *limits; /* that it has from the start; NULL: none */
	bool locks_memory;        /* all that it wants, past the limit of an ordinary process */
	char *const *environment; /* "NAME=VALUE", besides PATH, LC_ALL and HOME; */
	size_t nenvironment;      /* or in place of one of them */
	const char *readonly;          /* a folder that it cannot write to; NULL: none */
};

struct child {
	const char *name;
	pid_t pid;
	int gate;  /* a byte lets it go, the end makes it end */
	int error; /* why it could not be executed; the end of file: it was */
};
#define CHILD_NONE                                                                                 \
	{                                                                                          \
		.pid = -1, .gate = -1, .error = -1                                                 \
	}

int child_fork(struct diag *d, const struct child_wish *wish, struct child *ret);
/* Let it go, and see it executed. */
int child_go(struct diag *d, struct child *c);
void child_kill(struct child *c);  /* and wait for it */
void child_close(struct child *c); /* our ends of the pipes */

#endif
