/* Forwards in VM files; see forward_save.c. */
#ifndef VMRUN_CMD_FORWARD_SAVE_H
#define VMRUN_CMD_FORWARD_SAVE_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct diag;
struct vm_forward;

/* Have the VM file that word (a name or a path) means say that the NIC has this forward, or has it
 * no longer: 1, or 0 where it says so already and nothing is written. */
int forward_save(struct diag *d, const struct context *c, const char *word, size_t nic,
    const struct vm_forward *f, bool add);

#endif
