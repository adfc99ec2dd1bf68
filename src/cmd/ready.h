/*
 * Is a VM up, as its file's ready says? Watched in a process of its own for each VM, so that one
 * that does not answer delays nobody.
 */
#ifndef VMRUN_CMD_READY_H
#define VMRUN_CMD_READY_H

#include <stdint.h>
#include <sys/types.h>

#include "cmd/cmd.h"
#include "vm/ready.h"

struct buf;
struct loop;

enum ready {
	READY_NO, /* d says what is in the way so far */
	READY_YES,
	READY_NEVER, /* d says why: it does not run any more */
};

/* One look, which takes no longer than a few seconds. d is emptied first. */
enum ready ready_look(
    struct cmd *cmd, const char *name, const struct vm_ready_sign *sign, struct diag *d);

/* The same, for the supervisor: see struct context. */
int ready_look_for(
    const struct context *c, const char *name, const struct vm_ready_sign *sign, struct diag *d);

/* Has it been up for longer than it may take to be ready? */
bool ready_is_overdue(struct cmd *cmd, const char *name, const struct vm_ready *ready);

struct ready_watch {
	struct cmd *cmd;
	struct loop *loop;
	const char *name; /* lent */
	struct vm_ready ready;
	bool is_up;    /* its QEMU runs: READY_QMP needs no look, */
	bool is_fresh; /* and began just now */
	/* Called once, from the loop; d is the callee's. */
	void (*done)(struct ready_watch *w, enum ready how, struct diag *d);
	void *of; /* the caller's own */
	/* While it is under way: */
	pid_t watcher; /* 0: none */
	int pipe;
	struct buf *said;
};

/* Look again and again, until it is so or ready.timeout is over, which is not before it could be
 * so. */
void ready_watch(struct ready_watch *w);
/* done is not called any more. Of one that is over, or never began, nothing is done. */
void ready_watch_cancel(struct ready_watch *w);

#endif
