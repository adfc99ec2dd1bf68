/* Memory: how much, where the host has it, and in which NUMA nodes the guest sees it. */
#include <inttypes.h>

#include "qemu/compose.h"

#define MIB (UINT64_C(1) << 20)

static void
add_size(struct buf *b, uint64_t bytes)
{
	if (bytes % MIB == 0)
		buf_addf(b, "%" PRIu64 "M", bytes / MIB);
	else
		buf_addf(b, "%" PRIu64 "B", bytes);
}

/* A list is an option given again and again. */
static void
add_runs(struct buf *b, const char *option, const struct intset *set)
{
	for (unsigned first, last, n = 0; intset_run(set, n, &first, &last); n = last + 1)
		buf_addf(b, first == last ? ",%s=%u" : ",%s=%u-%u", option, first, last);
}

/* Is it other memory than a machine has by itself? */
static bool
needs_object(const struct vm *vm)
{
	return vm->memory.hugepages != 0 || vm->memory.prealloc || vm_memory_shared(vm);
}

/* The host's memory behind the i-th node, or behind all there is: "ram0". */
static void
object(struct composer *c, size_t i, uint64_t bytes, const struct vm_numa *node)
{
	static const char *const policies[] = { [NUMA_BIND] = "bind",
		[NUMA_PREFERRED] = "preferred",
		[NUMA_INTERLEAVE] = "interleave" };
	const struct vm_memory *m = &c->vm->memory;
	bool file = m->hugepages != 0 || vm_memory_shared(c->vm);
	struct buf b = { 0 };

	buf_addf(&b, "memory-backend-%s,id=ram%zu,size=%" PRIu64, file ? "memfd" : "ram", i, bytes);
	if (m->hugepages != 0)
		buf_addf(&b, ",hugetlb=on,hugetlbsize=%" PRIu64, m->hugepages);
	if (file)
		buf_add(&b, ",share=on");
	if (m->prealloc)
		buf_add(&b, ",prealloc=on");
	if (node != NULL && intset_count(&node->host_nodes) > 0) {
		add_runs(&b, "host-nodes", &node->host_nodes);
		buf_addf(&b, ",policy=%s", policies[node->policy]);
	}
	compose(c, "-object", &b);
}

static void
numa_node(struct composer *c, size_t i)
{
	const struct vm_numa *node = &c->vm->numa[i];
	struct buf b = { 0 };

	object(c, i, node->memory, node);
	buf_addf(&b, "node,nodeid=%zu,memdev=ram%zu", i, i);
	add_runs(&b, "cpus", &node->cpus);
	compose(c, "-numa", &b);
}

void
machine_add_memory(const struct composer *c, struct buf *b)
{
	if (c->vm->nnuma == 0 && needs_object(c->vm))
		buf_add(b, ",memory-backend=ram0");
	if (!c->vm->memory.merge)
		buf_add(b, ",mem-merge=off");
}

void
compose_memory(struct composer *c)
{
	const struct vm *vm = c->vm;
	struct buf b = { 0 };

	add_size(&b, vm->memory.size);
	if (vm->memory.slots != 0) {
		buf_addf(&b, ",slots=%" PRId64 ",maxmem=", vm->memory.slots);
		add_size(&b, vm->memory.max);
	}
	compose(c, "-m", &b);
	if (vm->memory.lock)
		composef(c, "-overcommit", "mem-lock=on");
	if (vm->nnuma == 0 && needs_object(vm))
		object(c, 0, vm->memory.size, NULL);
	for (size_t i = 0; i < vm->nnuma; i++)
		numa_node(c, i);
	for (size_t i = 0; i < vm->nnuma; i++) {
		for (size_t k = 0; k < vm->numa[i].ndistances; k++)
			composef(c, "-numa", "dist,src=%zu,dst=%zu,val=%" PRId64, i, k,
			    vm->numa[i].distances[k]);
	}
}
