/* What a VM file says of the VM's end and its next start, and of the programs that are told; part of vm.h. */
#ifndef VMRUN_VM_LIFE_H
#define VMRUN_VM_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_RESTART_CASES_MAX 16
#define VM_HOOKS_MAX         32

enum vm_restart { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

/* What holds after an end by one of these causes, in place of what is said of all. */
struct vm_restart_case {
	int *causes; /* enum vm_cause */
	size_t ncauses;
	bool restart;
	int64_t limit, delay, max_delay; /* after vm_load() those of all, where they are not given */
};

struct vm_restart_policy {
	int policy;        /* enum vm_restart */
	int64_t limit;     /* restarts without a run of settled between; 0: no limit */
	int64_t delay;     /* ms before the first, doubled before each further one, */
	int64_t max_delay; /* up to this; after vm_load() not less than delay */
	int64_t settled;   /* ms: a run of this length begins anew with the counts and delays */
	struct vm_restart_case *cases;
	size_t ncases;
};

struct vm_hook {
	int *on; /* enum vm_event; none: all */
	size_t non;
	char *run; /* a program */
};

#endif
