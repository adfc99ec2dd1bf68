/*
 * What a command that works on many VMs shows while it does: on a terminal a line for each VM that
 * is being worked on, with how long, and one bar for the whole; elsewhere nothing, and the counting
 * is the same.
 */
#ifndef VMRUN_CMD_PROGRESS_H
#define VMRUN_CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/cmd.h"

struct loop;
struct progress;

/* Of VMs 0 to n - 1, of which those count that progress_add() names. */
/* done_word: "started" */
struct progress *progress_new(struct cmd *cmd, struct loop *loop, size_t n, const char *done_word);
void progress_free(struct progress *p);   /* takes its lines from the terminal */
void progress_forget(struct progress *p); /* of a child process: the terminal is not its */
void progress_add(struct progress *p, size_t i, const char *name);
/* It is being worked on, in these words (which are lent); until_ms from now on, if that is known.
 */
void progress_say(struct progress *p, size_t i, const char *words, int64_t until_ms);
void progress_done(struct progress *p, size_t i, bool ok);
/* A word about the whole. */
void progress_title(struct progress *p, const char *words);
bool progress_is_over(const struct progress *p);

#endif
