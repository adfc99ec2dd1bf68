/* What all processes of a VM may take of the host together. */
#ifndef VMRUN_VM_QUOTA_H
#define VMRUN_VM_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "util/intset.h"

struct vm;

struct vm_quota {
	uint64_t memory_max;           /* bytes; 0: any */
	int64_t cpu_weight, io_weight; /* 1 to 10000; 0: not said, as 100 */
	struct intset cpus_allowed;    /* empty: any */
};
bool vm_has_quota(const struct vm *vm);

#endif
