/* A VM whose supervisor is this process, for a service manager. */
#ifndef VMRUN_CMD_FOREGROUND_H
#define VMRUN_CMD_FOREGROUND_H

#include "cmd/cmd.h"

/* Waits until those that it requires are up, and those that it comes after if they are on their
 * way: it starts none of them, for they would be part of its service. Returns when the VM has
 * ended, with the exit status. */
int start_foreground(struct cmd *cmd, const struct target *t);

#endif
