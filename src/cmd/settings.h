/* What the verbs that write VM files share. */
#ifndef VMRUN_CMD_SETTINGS_H
#define VMRUN_CMD_SETTINGS_H

#include <stddef.h>

#include "cmd/cmd.h"

struct buf;
struct conf_key;
struct fleet_now;

/* What a crash left of a change to VMs that takes several steps is put right; what cannot be is said. */
void put_changes_right(struct cmd *cmd);
/* The names that words mean, with their braces expanded; freed with strings_free(). */
int new_names(struct diag *d, int argc, char **argv, char ***ret, size_t *ret_n);
/* The file of the VM of that name, to be freed. */
char *file_of(const struct context *c, const char *name);
/* A path as the command line gives it, absolute; to be freed. */
char *path_from_here(const char *path);
/* Makes --unset and then --set of the text, which is one that can be read. */
int settings_make(struct diag *d, const struct options *o, const struct conf_key *table,
    struct buf *text);
/* The text of m, which has no disks, gets them as templates and defaults have them. */
void write_inherited_disks(
    const struct context *c, const struct fleet_member *m, struct buf *text);
/* Is the name one for a new VM, and nobody's yet? */
int name_is_free(struct diag *d, const struct context *c, const char *name);
/* Looks at the text of a file for a new VM with the whole fleet, and writes it, unless there is one by now.
 * The mode is that of the file. */
int new_file_write(struct diag *d, struct fleet_now *n, const char *path, mode_t mode,
    const struct buf *text);

/* What check would say that the file of the VM, which word names, asks of the host and is not there. It is no reason against the file:
 * it can be there when the VM is started. */
void say_missing(struct cmd *cmd, struct fleet_now *n, const char *name, const char *word);

#endif
