/* VMs whose files, or a template of which, cannot be read: what is known of them all the same. */
#ifndef VMRUN_CMD_UNREAD_H
#define VMRUN_CMD_UNREAD_H

#include <stdbool.h>

struct cmd;
struct diag;
struct fleet_member;

/* The word to load the VM called name by: of the file of instances "worker@" one is looked at. To be freed. */
char *choose_word_for(const char *name);
/* Can nobody tell what a key of the VM is that its file would say, or a template? */
bool unread_is(const struct fleet_member *m);
/* The reason; false: it can be read by now. */
bool unread_why(struct cmd *cmd, const char *name, struct diag *d);
/* Of a VM that runs: does word match it by what its file said when it was started? false: it does not run. */
bool unread_runs_with(struct cmd *cmd, const char *word, const char *name, bool *ret);

#endif
