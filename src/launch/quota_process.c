/* From limits of a group to those of a process; see quota_process.h. */
#include "launch/quota_process.h"

#include <stddef.h>
#include <stdlib.h>

#include "vm/vm.h"

#define TCG_BUFFER (UINT64_C(1) << 30) /* at most, QEMU's tcg/region.c */
#define DATA_MIN   (UINT64_C(16) << 20)

int
process_nice(unsigned weight)
{
	/* sched_prio_to_weight of Linux's kernel/sched/core.c; nice 0 has 1024. */
	static const long shares[] = { 88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949,
		11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655,
		526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15 };
	const long wanted = (long)weight * 1024 / 100;
	size_t best = 0;

	for (size_t i = 1; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (labs(shares[i] - wanted) < labs(shares[best] - wanted))
			best = i;
	}
	return (int)best - 20;
}

int
process_io_priority(unsigned weight)
{
	int priority = 4;

	for (; weight >= 200 && priority > 0; weight /= 2)
		priority--;
	for (; weight <= 50 && priority < 7; weight = weight * 2)
		priority++;
	return priority;
}

uint64_t
process_data_max(const struct vm *vm, bool tcg)
{
	uint64_t guest = vm_memory_shared(vm) ? vm->memory.size : 0, max = vm->quota.memory_max;

	max = max > guest + DATA_MIN ? max - guest : DATA_MIN;
	return max + (tcg ? TCG_BUFFER : 0);
}
