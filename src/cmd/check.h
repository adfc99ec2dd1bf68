/* The other half of the verb check. */
#ifndef VMRUN_CMD_CHECK_H
#define VMRUN_CMD_CHECK_H

struct cmd;

/* check --host. The exit status. */
int check_host(struct cmd *cmd);

#endif
