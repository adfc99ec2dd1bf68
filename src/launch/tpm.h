/* swtpm, which is a VM's TPM: a companion (companion.h) whose state stays in the state folder. */
#ifndef VMRUN_LAUNCH_TPM_H
#define VMRUN_LAUNCH_TPM_H

struct context;
struct diag;
struct launch;
struct plan;
struct runtime;

/* If the VM has one: starts it and puts QEMU's end into the facts. */
int tpm_start(struct diag *d, const struct context *c, const struct plan *p,
    const struct runtime *r, struct launch *l);

#endif
