/* What each key of a VM file comes to, and which file said so. Part of vm.h's job, apart from it
 * because only few ask. */
#ifndef VMRUN_VM_TRAIL_H
#define VMRUN_VM_TRAIL_H

#include "conf/trail.h"

/* Of a VM that vm_load() found nothing wrong with. host_doc may be NULL. The trail does not need
 * the documents any more. */
void vm_trail(
    const char *name, struct conf_doc *doc, struct conf_doc *host_doc, struct conf_trail *ret);

#endif
