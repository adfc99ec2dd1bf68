/* The keys of memory and NUMA nodes; see internal.h. */
#include "vm/internal.h"

static const char *const policy_words[] = {
	[NUMA_BIND] = "bind", [NUMA_PREFERRED] = "preferred", [NUMA_INTERLEAVE] = "interleave", NULL
};

const struct conf_key memory_keys[] = {
	{ "size", CONF_SIZE, AT(vm_memory, size), .min = MIB, .max = 16 * TIB, .def = "512M",
	    .example = "1G",
	    .help = "What the guest starts with; the sum of its NUMA nodes if "
		    "there are any" },
	{ "max", CONF_SIZE, AT(vm_memory, max), .min = MIB, .max = 16 * TIB, .example = "4G",
	    .help = "What it can have once more is added while it runs; needs slots" },
	{ "slots", CONF_INT, AT(vm_memory, slots), .min = 1, .max = 256, .example = "4",
	    .help = "How many modules can be added; needs max" },
	{ "hugepages", CONF_SIZE, AT(vm_memory, hugepages), .min = 65536, .max = 16 * TIB,
	    .example = "2M",
	    .help = "Memory is of the host's huge pages of this size, which the host must have "
		    "set aside; ordinary pages if not given, which the kernel joins to large ones "
		    "by itself. Linux only" },
	{ "prealloc", CONF_BOOL, AT(vm_memory, prealloc), .def = "false",
	    .help = "All memory is taken from the host before the guest starts; false, because "
		    "the start takes its time, and what a guest never uses costs nothing" },
	{ "shared", CONF_BOOL, AT(vm_memory, shared), .def = "false",
	    .help = "Memory that other processes can map, as vhost-user devices need it; set by "
		    "itself where a key of this file needs it. Linux only" },
	{ "lock", CONF_BOOL, AT(vm_memory, lock), .def = "false",
	    .help = "Memory, and all else of QEMU, is never swapped out; the VM has no balloon "
		    "then" },
	{ "merge", CONF_BOOL, AT(vm_memory, merge), .def = "true",
	    .help = "The host may keep equal pages once (KSM), where it does so at all; false "
		    "keeps other guests from measuring what is in this one" },
	{ 0 },
};

const struct conf_key balloon_keys[] = {
	{ "enabled", CONF_BOOL, AT(vm_balloon, enabled), .def = "true",
	    .help = "Is there one? It costs nothing until it is used" },
	{ "free_page_reporting", CONF_BOOL, AT(vm_balloon, free_page_reporting), .def = "true",
	    .help = "The guest tells which pages it does not use, and the host takes them back" },
	{ "deflate_on_oom", CONF_BOOL, AT(vm_balloon, deflate_on_oom), .def = "true",
	    .help = "The guest takes memory out of the balloon before it kills a process for the "
		    "lack of it" },
	{ "target", CONF_SIZE, AT(vm_balloon, target), .min = MIB, .max = 16 * TIB,
	    .example = "256M",
	    .help = "What the guest is asked to do with, of all its memory: the rest goes into the "
		    "balloon, and back to the host, as far as the guest's driver gives it; all "
		    "of memory if not given. It can be changed while the guest runs (vmrun "
		    "apply)" },
	{ 0 },
};

const struct conf_key numa_keys[] = {
	{ "memory", CONF_SIZE, AT(vm_numa, memory), .min = MIB, .max = 16 * TIB, .required = true,
	    .example = "1G", .help = "The node's memory" },
	{ "cpus", CONF_CUSTOM, AT(vm_numa, cpus), .parse = parse_intset, .unit = "CPUs",
	    .example = "0-1",
	    .help = "The guest's CPUs in this node, counted from 0, as in 0-3,7; those of a "
		    "socket in one node if no node says which" },
	{ "host_nodes", CONF_CUSTOM, AT(vm_numa, host_nodes), .parse = parse_intset,
	    .unit = "nodes", .example = "0",
	    .help = "NUMA nodes of the host that its memory is taken from, as in 0-1; any if not "
		    "given. Linux only" },
	{ "policy", CONF_CHOICE, AT(vm_numa, policy), .choices = policy_words, .def = "bind",
	    .help = "How host_nodes is meant: from these nodes only (bind), from the first as "
		    "long as it has some (preferred), from all in turn (interleave)" },
	{ "distances", CONF_INTS, AT(vm_numa, distances), COUNT(vm_numa, ndistances), .min = 10,
	    .max = 254, .single = true, .example = "10",
	    .help = "How far it is to each node in the order of the list, as ACPI counts: 10 is "
		    "to the node itself; if not given 20 to every other" },
	{ 0 },
};
