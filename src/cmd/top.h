/* The live half of top. */
#ifndef VMRUN_CMD_TOP_H
#define VMRUN_CMD_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/top_rows.h"

struct cmd;

/* Until somebody ends it, or that many tables were shown (-1: no end). false: there is no terminal that it
 * can be painted on. */
bool top_live(struct cmd *cmd, struct top_order order, int64_t interval, int64_t tables);

#endif
