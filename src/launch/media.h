/* The images of all disks and drives of a VM. */
#ifndef VMRUN_LAUNCH_MEDIA_H
#define VMRUN_LAUNCH_MEDIA_H

#include <stdbool.h>

struct context;
struct diag;
struct plan;
struct plan_facts;
struct vm_disk;

/* Opens them, as images_open() does, and puts them into the facts; what is missing and can be made
 * is made first, with the secrets that are in the facts by then. plan_facts_free() closes what was
 * opened, also after a failure. */
int media_open(struct diag *d, const struct context *c, const struct plan *p, bool preview,
    struct plan_facts *pf);

/* What is wrong with the image of a disk, for `check`: nothing is made. */
int disk_check(struct diag *d, const struct context *c, const struct vm_disk *disk);

#endif
