/* What a VM file demands of this host beyond its system: CPUs, nodes and pages that are there. */
#ifndef VMRUN_LAUNCH_DEMANDS_H
#define VMRUN_LAUNCH_DEMANDS_H

#include <stdbool.h>

struct conf_doc;
struct vm;

/* What is missing, as conf_fail() of its keys in doc; for conf_report(). -1 if there is anything.
 * now: is it to be had at this moment, or could it be once other VMs have ended? */
int demands_check(struct conf_doc *doc, const struct vm *vm, bool now);

#endif
