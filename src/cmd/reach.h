/* Does a guest answer over the network, as seen from this host? Each takes a few seconds at most.
 */
#ifndef VMRUN_CMD_REACH_H
#define VMRUN_CMD_REACH_H

#include "cmd/cmd.h"
#include "vm/ready.h"

/* record: what the VM's supervisor tells of it. 0, or -1 with what is in the way. */
int reach_tcp(struct cmd *cmd, const char *name, const json_t *record,
    const struct vm_ready_sign *sign, struct diag *d);
int reach_ping(struct cmd *cmd, const char *name, const json_t *record,
    const struct vm_ready_sign *sign, struct diag *d);

#endif
