/* The ends of logs. */
#ifndef VMRUN_CMD_TAIL_H
#define VMRUN_CMD_TAIL_H

#include <stdint.h>

struct buf;
struct cmd;

/* The last n lines of a file. -1 with errno. */
int tail_lines(const char *path, int64_t n, struct buf *ret);

/* vmrun log --events; the exit status. */
int log_events(struct cmd *cmd);

#endif
