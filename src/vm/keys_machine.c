/* The keys of the machine itself; see internal.h. */
#include "vm/internal.h"

const struct conf_key cpus_keys[] = {
	{ "count", CONF_INT, AT(vm_cpus, count), .min = 1, .max = VM_CPUS_MAX, .def = "1",
	    .example = "2",
	    .help = "How many CPUs the guest has in all; with all three below, their product" },
	{ "sockets", CONF_INT, AT(vm_cpus, sockets), .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Sockets on the board; left to QEMU if not given" },
	{ "cores", CONF_INT, AT(vm_cpus, cores), .min = 1, .max = VM_CPUS_MAX, .example = "2",
	    .help = "Cores in each socket; left to QEMU if not given" },
	{ "threads", CONF_INT, AT(vm_cpus, threads), .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Threads on each core; left to QEMU if not given" },
	{ 0 },
};
