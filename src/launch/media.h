/* The images of all disks and drives of a VM. */
#ifndef VMRUN_LAUNCH_MEDIA_H
#define VMRUN_LAUNCH_MEDIA_H

#include <stdbool.h>

struct context;
struct diag;
struct plan_facts;
struct vm;

/* Opens them, as images_open() does, and puts them into the facts; plan_facts_free() closes what
 * was opened, also after a failure. */
int media_open(struct diag *d, const struct context *c, const struct vm *vm, bool preview,
    struct plan_facts *pf);

#endif
