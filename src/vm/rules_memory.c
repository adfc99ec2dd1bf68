/* Rules of memory and NUMA nodes; see internal.h. */
#include <stdlib.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/num.h"
#include "vm/internal.h"

static bool
max_without_slots(const struct vm *vm, size_t i)
{
	return vm->memory.max != 0 && vm->memory.slots == 0;
}

static bool
slots_without_max(const struct vm *vm, size_t i)
{
	return vm->memory.slots != 0 && vm->memory.max == 0;
}

static bool
max_not_more(const struct vm *vm, size_t i)
{
	return vm->memory.max != 0 && vm->memory.max <= vm->memory.size;
}

static bool
hugepages_odd(const struct vm *vm, size_t i)
{
	uint64_t page = vm->memory.hugepages;

	return (page & (page - 1)) != 0;
}

static bool
target_beyond(const struct vm *vm, size_t i)
{
	return vm->balloon.target > vm->memory.size;
}

static bool
target_without_balloon(const struct vm *vm, size_t i)
{
	return vm->balloon.target != 0 && !vm_has_balloon(vm);
}

static const struct rule memory_rules[] = {
	{ "balloon.target", target_beyond, "is more than memory, which is all that the guest has" },
	{ "balloon.target", target_without_balloon,
	    "needs the balloon: leave enabled = false, or lock, out" },
	{ "memory.max", max_without_slots, "needs slots, as in slots = 4, to be added to" },
	{ "memory.slots", slots_without_max, "needs max, the memory that there can be in all" },
	{ "memory.max", max_not_more, "is not more than size, so nothing could be added" },
	{ "memory.hugepages", hugepages_odd, "is not a power of two, as every page is" },
	{ 0 },
};

static bool
distances_partly(const struct vm *vm, size_t i)
{
	return vm->numa[i].ndistances != 0 && vm->numa[i].ndistances != vm->nnuma;
}

static bool
distances_missing(const struct vm *vm, size_t i)
{
	return i > 0 && (vm->numa[i].ndistances == 0) != (vm->numa[0].ndistances == 0);
}

static bool
distance_to_itself(const struct vm *vm, size_t i)
{
	return vm->numa[i].ndistances > i && vm->numa[i].distances[i] != 10;
}

static bool
distance_to_others(const struct vm *vm, size_t i)
{
	for (size_t k = 0; k < vm->numa[i].ndistances; k++) {
		if (k != i && vm->numa[i].distances[k] == 10)
			return true;
	}
	return false;
}

static bool
policy_without_nodes(const struct vm *vm, size_t i)
{
	return vm->numa[i].policy != NUMA_BIND && intset_count(&vm->numa[i].host_nodes) == 0;
}

static const struct rule numa_rules[] = {
	{ "distances", distances_partly, "needs a number for each node, also for itself" },
	{ "distances", distances_missing, "all nodes give distances, or none does" },
	{ "distances", distance_to_itself, "the distance of a node to itself is 10" },
	{ "distances", distance_to_others, "only the distance of a node to itself is 10" },
	{ "policy", policy_without_nodes, "needs host_nodes, and none are given" },
	{ 0 },
};

/* Whole pages everywhere. */
static void
rule_hugepages(struct rules *r, const char *path, uint64_t bytes)
{
	uint64_t page = r->vm->memory.hugepages;
	struct buf b = { 0 };

	if (page == 0 || hugepages_odd(r->vm, 0) || bytes % page == 0)
		return;
	buf_add_size(&b, bytes);
	buf_add(&b, " is not a multiple of the huge pages of ");
	buf_add_size(&b, page);
	rule_broken(r, path, "%s", b.s);
	buf_free(&b);
}

/* The nodes' memory is all that there is; what the file does not say is their sum. */
static void
rule_numa_memory(struct rules *r)
{
	const char *size = rule_scalar(r, "memory", "memory.size");
	struct vm *vm = r->vm;
	struct buf b = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < vm->nnuma; i++)
		sum += vm->numa[i].memory;
	if (!rule_given(r, "memory.size") && !rule_bare(r, "memory")) {
		vm->memory.size = sum;
	} else if (sum != vm->memory.size) {
		buf_add(&b, "the NUMA nodes have ");
		buf_add_size(&b, sum);
		buf_add(&b, " in all, and memory is ");
		buf_add_size(&b, vm->memory.size);
		rule_broken(r, size, "%s", b.s);
		buf_free(&b);
	}
}

/* Each CPU that there can be is in one node. */
static void
rule_numa_cpus(struct rules *r)
{
	struct vm *vm = r->vm;
	unsigned max = vm_cpu_max(vm);
	struct intset all = { 0 };

	for (size_t i = 0; i < vm->nnuma; i++) {
		char *path = xasprintf("numa[%zu].cpus", i);
		unsigned twice = INTSET_MAX, beyond = INTSET_MAX;

		for (unsigned k = 0; k < INTSET_MAX; k++) {
			if (!intset_has(&vm->numa[i].cpus, k))
				continue;
			twice = twice == INTSET_MAX && intset_has(&all, k) ? k : twice;
			beyond = beyond == INTSET_MAX && k >= max ? k : beyond;
			intset_add(&all, k);
		}
		if (beyond != INTSET_MAX)
			rule_broken(r, path, "there is no CPU %u: the last of %u is %u", beyond,
			    max, max - 1);
		if (twice != INTSET_MAX)
			rule_broken(r, path, "CPU %u is in another node already", twice);
		free(path);
	}
	for (unsigned k = 0; k < max && intset_count(&all) > 0; k++) {
		if (!intset_has(&all, k)) {
			rule_broken(r, "numa",
			    "CPU %u is in no node: name all %u, or none for an even spread", k,
			    max);
			break;
		}
	}
}

static void
rule_lock(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->memory.lock && vm->balloon.enabled && rule_insists(r, "balloon"))
		rule_broken(r, "balloon",
		    "memory that is locked cannot be given back: leave balloon or lock out");
}

void
rules_memory(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->nnuma > 0) {
		rule_numa_memory(r);
		rule_numa_cpus(r);
	}
	rules_check(r, memory_rules, NULL, 0);
	rule_hugepages(r, rule_scalar(r, "memory", "memory.size"), vm->memory.size);
	rule_hugepages(r, "memory.max", vm->memory.max);
	for (size_t i = 0; i < vm->nnuma; i++) {
		char *path = xasprintf("numa[%zu].memory", i);

		rules_check(r, numa_rules, "numa", i);
		rule_hugepages(r, path, vm->numa[i].memory);
		free(path);
	}
	rule_lock(r);
}
