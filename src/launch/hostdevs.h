/*
 * Devices of the host that a guest has for itself. QEMU opens the file of an IOMMU group by its
 * path, so that file belongs to QEMU's user while it runs: which it is, and whose it was, is in the
 * record
 * ("lent") before it is changed, and it is given back by whoever sees QEMU's end. With iommufd QEMU
 * gets descriptors, and nothing is lent.
 */
#ifndef VMRUN_LAUNCH_HOSTDEVS_H
#define VMRUN_LAUNCH_HOSTDEVS_H

#include <jansson.h>

struct diag;
struct launch;
struct plan;
struct runtime;

/* Looks for each, and makes it QEMU's to open. */
int hostdevs_lend(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l);
/* What the record says was lent is given back, and is not in it any more. -1 if something stays. */
int hostdevs_give_back(struct diag *d, json_t *record);

#endif
