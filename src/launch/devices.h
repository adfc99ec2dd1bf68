/* What the smaller devices lead to on the host: opened by vmrun for a QEMU without a right to it.
 */
#ifndef VMRUN_LAUNCH_DEVICES_H
#define VMRUN_LAUNCH_DEVICES_H

struct diag;
struct plan;
struct plan_facts;

/* Descriptors in the place of names: of the source of random numbers, the vsock's device, gdb's
 * socket, memory shared with others. */
int devices_open(struct diag *d, const struct plan *p, struct plan_facts *pf);

#endif
