/* What the agent in a guest says. It is the guest's word: nothing of it is believed to be text. */
#ifndef VMRUN_CMD_AGENT_H
#define VMRUN_CMD_AGENT_H

#include <jansson.h>
#include <stdint.h>

struct diag;

/* What it returns to guest-network-get-interfaces, over the channel's socket, within ms. Nobody
 * else may be connected: QEMU would keep what is asked until it is another's turn. */
int agent_interfaces(struct diag *d, const char *path, int64_t ms, json_t **ret);
/* Does it answer? */
int agent_ping(struct diag *d, const char *path, int64_t ms);

#endif
