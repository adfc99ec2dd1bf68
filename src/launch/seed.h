/*
 * The image with which a guest boots the first time: cloud-init's NoCloud source, an ISO 9660 file
 * system with the label "cidata" and the files user-data, meta-data and, perhaps, network-config.
 * It is made anew at each start and is nowhere but in memory. Its instance-id is made of the VM's
 * uuid and of all that is in the image: what was done once is not done again, until something of it
 * changes.
 */
#ifndef VMRUN_LAUNCH_SEED_H
#define VMRUN_LAUNCH_SEED_H

struct diag;
struct os_copy_place;
struct plan;
struct plan_facts;

/* Makes it, if the VM is to have one, and puts it into pf. place is where copies go. */
int seed_open(
    struct diag *d, const struct plan *p, struct os_copy_place *place, struct plan_facts *pf);

#endif
