/* Changing the files of VMs: one at a time, and looked at with the whole fleet before it is written. */
#ifndef VMRUN_LAUNCH_VM_FILE_H
#define VMRUN_LAUNCH_VM_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct context;
struct context_draft;
struct diag;
struct fleet_member;
struct fleet_now;

/* Held from the look at the fleet until the file is written; waits for another's change, which is quick. *ret is
 * closed to give it up. */
int vm_files_lock(struct diag *d, const struct context *c, int *ret);
/* As fleet_now_check(), by reading all files once without the draft and once with it. */
int vm_file_check(struct diag *d, struct context *c, const struct context_draft *draft);
/* Cycles among VMs sorted by name, and what they require that is not there. */
void vm_file_judge_order(struct diag *wrong, const struct fleet_member *const *vms, size_t n);
/* What is wrong after a change of the file at path, and was not before, or is about the file itself. */
void vm_file_report(
    struct diag *d, const struct diag *before, const struct diag *after, const char *path);
bool vm_file_is_in(const char *path, const char *dir);

enum vm_file_written {
	VM_FILE_WRITTEN,
	VM_FILE_SAME,    /* nothing to do */
	VM_FILE_CHANGED, /* it is not what old says any more: somebody else wrote it */
	VM_FILE_WRONG,   /* d says what is wrong with it */
	VM_FILE_FAILED,  /* d says why it could not be written */
};
/* Replaces the file at path, or what it is a symbolic link to, by one with that text and of the same owner and
 * mode, if it is still what old is and the new one is sound. */
enum vm_file_written vm_file_replace(struct diag *d, struct fleet_now *n, const char *path,
    const struct buf *old, const struct buf *text);
int vm_file_read(struct diag *d, const char *path, struct buf *ret);

#endif
