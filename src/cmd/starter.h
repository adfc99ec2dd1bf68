/* Starting VMs in their order: several at a time, those that others wait for until they are up. */
#ifndef VMRUN_CMD_STARTER_H
#define VMRUN_CMD_STARTER_H

#include "cmd/cmd.h"

/* What start_targets() does, with the VMs that it did not start beside what they wait for.
 * wait_ready: each is waited for until it is up as its file says, not only those that others wait
 * for. Results are said as they come; an interrupt ends it, with what was begun. */
void start_in_order(struct cmd *cmd, const struct targets *t, bool wait_ready);

#endif
