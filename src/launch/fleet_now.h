/*
 * The fleet as it is now, for a command that changes files of it, one VM after another.
 *
 * All files are read at the first look, and again only where somebody else has put a file into a folder of them,
 * or taken one out, or where some seconds have gone by; what the command itself has changed is followed.
 */
#ifndef VMRUN_LAUNCH_FLEET_NOW_H
#define VMRUN_LAUNCH_FLEET_NOW_H

#include <stdbool.h>
#include <stddef.h>

#include "vm/fleet.h"

struct context;
struct context_draft;
struct fleet_now;

struct fleet_now *fleet_now_new(struct context *c);
void fleet_now_free(struct fleet_now *n);
struct context *fleet_now_context(const struct fleet_now *n);

/* Reads it, if that is due. *ret_again (may be NULL): it was, and what was lent before is gone. -1: the folder of
 * VM files cannot be read. */
int fleet_now_look(struct diag *d, struct fleet_now *n, bool *ret_again);
/* Of the last look, lent: what it wants for itself is known. Members that have gone since are marked, and those that
 * have come since are not among its members, though what they want is. */
const struct fleet *fleet_now_fleet(const struct fleet_now *n);

/* Could the draft be, with the fleet as it is? All that is wrong with the VMs that its file describes, and what
 * is wrong with others only because of it. */
int fleet_now_check(struct diag *d, struct fleet_now *n, const struct context_draft *draft);

/* Around a change of the file at path, with the lock of VM files in hand. */
void fleet_now_begin(struct fleet_now *n, const char *path);
void fleet_now_end(struct fleet_now *n);

#endif
