/* Between the files of the verb net, and those that look whether its work was left half done. */
#ifndef VMRUN_CMD_NET_UP_H
#define VMRUN_CMD_NET_UP_H

#include <jansson.h>
#include <stdbool.h>

struct cmd;
struct diag;
struct host_bridge;
struct persist;

/* vmrun net up|down BRIDGE…; the exit status. */
int net_up_down(struct cmd *cmd);
/* Put right what a killed net up or net down left, of one bridge or (NULL) of all; it is said. How
 * many, or -1. */
int net_recover(struct cmd *cmd, struct diag *d, const char *bridge);
/* Shows the files and has them agreed to: on the terminal, or by --yes. */
int net_persist_agree(struct cmd *cmd, struct diag *d, const struct persist *p, bool up);
json_t *net_persist_json(const struct persist *p);
/* Who else configures the bridge's uplink, and may undo what is done now. */
void net_warn_managed(const struct cmd *cmd, const struct host_bridge *b);

#endif
