/* What a VM file says of memory and NUMA nodes; part of vm.h. */
#ifndef VMRUN_VM_MEMORY_H
#define VMRUN_VM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/intset.h"

enum vm_numa_policy { NUMA_BIND, NUMA_PREFERRED, NUMA_INTERLEAVE };

struct vm_memory {
	uint64_t size;      /* bytes */
	uint64_t max;       /* bytes, with what can be added while it runs; 0: size */
	int64_t slots;      /* for what is added; 0: none */
	uint64_t hugepages; /* bytes of a page; 0: ordinary pages */
	bool prealloc, shared, lock, merge;
};

struct vm_balloon {
	bool enabled, free_page_reporting, deflate_on_oom;
	uint64_t target; /* bytes that the guest is asked to do with; 0: all */
};

struct vm_numa {
	uint64_t memory;          /* bytes */
	struct intset cpus;       /* of the guest; empty in all nodes: QEMU spreads them */
	struct intset host_nodes; /* empty: any */
	int policy;               /* enum vm_numa_policy */
	int64_t *distances;       /* to each node; none: 10 to itself, 20 to others */
	size_t ndistances;
};

#endif
