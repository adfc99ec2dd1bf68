/* The folders that host and guest share: virtiofsd for one kind, an open folder for the other. */
#ifndef VMRUN_LAUNCH_SHARES_H
#define VMRUN_LAUNCH_SHARES_H

struct diag;
struct launch;
struct plan;
struct runtime;

/* Starts what they need, and puts QEMU's end into the facts. */
int shares_start(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l);

#endif
