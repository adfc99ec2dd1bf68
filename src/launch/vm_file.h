/* Changing the files of VMs: one at a time, and looked at with the whole fleet before it is written. */
#ifndef VMRUN_LAUNCH_VM_FILE_H
#define VMRUN_LAUNCH_VM_FILE_H

#include <stddef.h>

struct context;
struct context_draft;
struct diag;

/* Held from the look at the fleet until the file is written; waits for another's change, which is quick. What
 * a crash left of one is removed. *ret is closed to give it up. */
int vm_files_lock(struct diag *d, const struct context *c, int *ret);
/* Could the draft be, with the fleet as it is? All that is wrong with the VMs that its file describes, and what
 * is wrong with others only because of it. */
int vm_file_check(struct diag *d, struct context *c, const struct context_draft *draft);

#endif
