/* What a VM file says of the machine itself: processors and what runs them; part of vm.h. */
#ifndef VMRUN_VM_MACHINE_H
#define VMRUN_VM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG, ACCEL_HVF };

struct vm_cpus {
	int64_t count; /* 0: sockets * cores * threads; else a multiple of what is said of them */
	int64_t sockets, cores, threads; /* 0: not said */
};

#endif
