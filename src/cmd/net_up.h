/* Between the files of the verb net, and those that look whether its work was left half done. */
#ifndef VMRUN_CMD_NET_UP_H
#define VMRUN_CMD_NET_UP_H

struct cmd;
struct diag;

/* vmrun net up|down BRIDGE…; the exit status. */
int net_up_down(struct cmd *cmd);
/* Put right what a killed net up or net down left, of one bridge or (NULL) of all; it is said. */
int net_recover(struct cmd *cmd, struct diag *d, const char *bridge);

#endif
