/* The VMs that have an order: those of a fleet, those that the command line names beyond it, and
 * instances that others name in their after and requires. */
#ifndef VMRUN_CMD_LINEUP_H
#define VMRUN_CMD_LINEUP_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmd.h"
#include "vm/order.h"

struct lineup {
	const struct fleet_member **vm; /* sorted by name */
	size_t n;
	struct fleet_member **own; /* those among them that are not the fleet's */
	size_t nown;
	struct order *order;
};

/* t may be NULL. The fleet is lent for as long as it lives. Files that are wrong are in it by what
 * could be read of them; that they are wrong is for others to say. */
void lineup_make(
    struct cmd *cmd, const struct fleet *f, const struct targets *t, struct lineup *ret);
/* Of VMs that run, and those of t: their files alone are read or, where one is wrong, what it was
 * when the VM was started. */
void lineup_running(struct cmd *cmd, const struct targets *t, struct lineup *ret);
void lineup_free(struct lineup *l);

#endif
