/* The half of vmrun mac that compares hosts. */
#ifndef VMRUN_CMD_MAC_CHECK_H
#define VMRUN_CMD_MAC_CHECK_H

#include "cmd/cmd.h"

/* The files, vmrun.conf or ledgers of several hosts, each with each of its kind. Returns the exit
 * status. */
int mac_check(struct cmd *cmd, int argc, char **argv);

#endif
