/* Ports of the host that a VM's forwards want, before QEMU or its companion asks for them. */
#ifndef VMRUN_LAUNCH_FORWARDS_H
#define VMRUN_LAUNCH_FORWARDS_H

#include <stddef.h>

struct conf_doc;
struct diag;
struct vm;
struct vm_forward;

/* Can a process without privileges have the ports of one? -1 with what keeps it from it. Tries
 * them, and lets go of them. */
int forward_free(struct diag *d, const struct vm_forward *f);
/* The same of all forwards of vm, and of ports that links of it listen on: what is wrong is noted in doc. */
int forwards_check(struct conf_doc *doc, const struct vm *vm);

#endif
