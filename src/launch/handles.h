/* What QEMU is born with, beside its disks and taps: each opened or made by vmrun and put into the
 * facts, so that QEMU needs no right to it. On failure what was opened stays in the facts, which
 * close it. */
#ifndef VMRUN_LAUNCH_HANDLES_H
#define VMRUN_LAUNCH_HANDLES_H

struct diag;
struct plan;
struct plan_facts;
struct runtime;
struct vm;

/* The files that the VM file names and QEMU reads, its credentials, and what cloud-init reads.
 * Disks come after, because their secrets are among them. */
int files_open(
    struct diag *d, const struct plan *p, const struct runtime *r, struct plan_facts *pf);
/* USB devices of the host, which only root may open. */
int usb_open(struct diag *d, const struct plan *p, struct plan_facts *pf);
/* What people and the supervisor reach QEMU through. */
int sockets_bind(struct diag *d, const struct vm *vm, struct plan_facts *pf);

#endif
