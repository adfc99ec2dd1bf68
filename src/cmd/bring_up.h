/* One VM from its file to a running guest, in a loop beside others; its outcome is said here. */
#ifndef VMRUN_CMD_BRING_UP_H
#define VMRUN_CMD_BRING_UP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cmd/cmd.h"
#include "super/client.h"
#include "super/super.h"

struct loop;

enum brought { BROUGHT_UP, BROUGHT_ALREADY /* it ran before */, BROUGHT_NOT };

struct bring_up {
	struct cmd *cmd;
	struct fleet *fleet; /* lent */
	struct loop *loop;
	const char *name, *word; /* lent: as in a struct target */
	struct super_ballast ballast;
	bool silent_already; /* that it runs already need not be said: nobody named it */
	/* Called once, from the loop. */
	void (*done)(struct bring_up *b, enum brought how);
	void *of; /* the caller's own */
	/* While it is under way: */
	pid_t supervisor;
	int pipe;           /* from it; -1: none */
	struct call holder; /* who has the lock is asked */
	int64_t give_up; /* when another vmrun has been at work on it for too long; 0: it is not */
};

void bring_up(struct bring_up *b);
/* "running, pid 4711, tcg" */
void say_running(struct cmd *cmd, const char *name, const struct super_result *r);

#endif
