/*
 * Around fork and exec: the order of steps that turns a plan into a running QEMU, and its undoing.
 *
 * Theory of operation. launch_up() runs in the supervisor and goes through numbered stages: open
 * images, bind sockets, make taps, fork, join bridges and run the up hooks, write the record and
 * let the child go. Whatever fails, launch_down() undoes what was done; it accepts any half-built
 * launch.
 *
 * The child is forked before the bridges are joined, so that it passes its descriptors and drops
 * its privileges meanwhile, and then waits at a gate (a pipe). It is executed only when every port
 * has joined and the record is in place; if the supervisor dies before, the gate closes and the
 * child ends. So there is never a QEMU without a record, nor one without its network.
 */
#ifndef VMRUN_LAUNCH_LAUNCH_H
#define VMRUN_LAUNCH_LAUNCH_H

#include <jansson.h>
#include <stdbool.h>

#include "launch/companion.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "net/port.h"
#include "os/os.h"

struct diag;

struct launch {
	struct port *ports; /* of each NIC */
	size_t nports;
	struct plan_facts facts;
	struct argv argv;
	struct companions companions;
	int log; /* QEMU's stdout and stderr: the write end of the log's FIFO */
	json_t *record;
	struct os_proc proc; /* pid 0: no QEMU */
	bool ours;           /* our child, to be waited for */
};
#define LAUNCH_NONE                                                                                \
	{                                                                                          \
		.log = -1                                                                          \
	}

/* 0: QEMU was executed, its record is written, and every descriptor that is its alone is closed
 * here. */
int launch_up(struct diag *d, const struct context *c, const struct plan *p, struct runtime *r,
    struct launch *ret);
/* Once QEMU is gone (or never was): down hooks, deletem, destroy. What stays in spite of that, and
 * would stay for ever, is written to the record of r, which is kept then: -1. */
int launch_down(struct diag *d, struct launch *l, struct runtime *r);
/* What the hooks of its NICs say from now on goes into the FIFO of the log, if somebody has the other end open;
 * until log is closed, by launch_down() or by the caller. */
void launch_hear(struct launch *l, const struct runtime *r);
/* A launch that an earlier supervisor made, from its record: for launch_down() and the process. */
void launch_adopt(const json_t *record, struct launch *ret);

#endif
