/* Which of a VM's images may go with it. */
#ifndef VMRUN_CMD_REMOVE_IMAGES_H
#define VMRUN_CMD_REMOVE_IMAGES_H

#include <jansson.h>
#include <stdbool.h>

struct diag;
struct remaining;
struct vm;

/* The images of the VM, as two arrays that the caller releases: paths of those that are its own, and objects
 * of path and why of those that stay. all false: all stay, because nobody asked for more.
 * runs: the VM does, and is to be stopped, so that an image that is held may be held by it alone. */
int images_sort(struct diag *d, struct remaining *r, const struct vm *vm, bool all, bool runs,
    json_t **ret_own, json_t **ret_kept);

#endif
