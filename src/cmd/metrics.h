/* What metrics is made of: the text, and the server that gives it out. */
#ifndef VMRUN_CMD_METRICS_H
#define VMRUN_CMD_METRICS_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "util/buf.h"

/* All figures of the VMs of the command line now, in Prometheus's text exposition format. loud: what is wrong is
 * said as well. -1: there are none to be had, which has been said. */
int metrics_text(struct cmd *cmd, bool loud, struct buf *ret);
/* Until SIGTERM or SIGINT. -1 if the socket cannot be had. */
int metrics_serve(struct cmd *cmd, struct diag *d, const char *path, mode_t mode);

#endif
