/* What comes nearest to a limit of a VM's where there are only those of processes. Pure. */
#ifndef VMRUN_LAUNCH_QUOTA_PROCESS_H
#define VMRUN_LAUNCH_QUOTA_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

/* The nice value whose share of a CPU, beside one of 0, is nearest to that of the weight beside
 * 100. */
int process_nice(unsigned weight);
/* 0 to 7 of ioprio_set(2), 4 for 100, one for each doubling. */
int process_io_priority(unsigned weight);
/* QEMU's private memory: without the guest's where that is not private, and with room for the
 * buffer of its emulator, of which it reserves far more than it uses. */
uint64_t process_data_max(const struct vm *vm, bool tcg);

#endif
