/* The keys of the board and its processors; see internal.h. */
#include "vm/internal.h"

static const char *const iommu_words[] = { [IOMMU_NONE] = "none",
	[IOMMU_INTEL] = "intel",
	[IOMMU_AMD] = "amd",
	[IOMMU_VIRTIO] = "virtio",
	[IOMMU_SMMUV3] = "smmuv3",
	NULL };
static const char *const rtc_clock_words[] = {
	[RTC_HOST] = "host", [RTC_RT] = "rt", [RTC_VM] = "vm", NULL
};
static const char *const drift_fix_words[] = { [DRIFT_NONE] = "none", [DRIFT_SLEW] = "slew", NULL };

const struct conf_key machine_keys[] = {
	{ "type", CONF_STRING, AT(vm_machine, type), .min = 1, .max = 64, .example = "q35",
	    .help =
		"QEMU's machine type, perhaps with a version that is to stay (pc-q35-7.2); q35 on "
		"x86, virt on most others if not given" },
	{ "acpi", CONF_SWITCH, AT(vm_machine, acpi), .example = "true",
	    .help = "ACPI tables, by which a guest hears the power button; if not given true where "
		    "the machine type knows them, but false on a microvm that is emulated, in "
		    "which a guest would find no clock then" },
	{ "hpet", CONF_BOOL, AT(vm_machine, hpet), .def = "false",
	    .help = "The HPET timer of a PC; false, because every guest has better clocks, and "
		    "one that uses it wakes the host all the time" },
	{ "vmport", CONF_BOOL, AT(vm_machine, vmport), .def = "false",
	    .help = "VMware's backdoor port on a PC; false, because next to no guest needs what "
		    "every program in it can reach" },
	{ "iommu", CONF_CHOICE, AT(vm_machine, iommu), .choices = iommu_words, .def = "none",
	    .help =
		"An IOMMU for the guest's own use, as for passing devices on to guests inside it: "
		"intel and amd on q35, virtio on q35 and Arm's virt, smmuv3 on Arm's virt" },
	{ 0 },
};

const struct conf_key rtc_keys[] = {
	{ "base", CONF_STRING, AT(vm_rtc, base), .min = 1, .max = 32, .def = "utc",
	    .help = "What the clock of the board shows at the start: utc, localtime (which Windows "
		    "expects), or a time such as 2026-01-31T12:00:00" },
	{ "clock", CONF_CHOICE, AT(vm_rtc, clock), .choices = rtc_clock_words, .def = "host",
	    .help = "What it goes by: the host's time of day, the same without its adjustments "
		    "(rt), or the guest's own time, which stands still while it is paused (vm)" },
	{ "drift_fix", CONF_CHOICE, AT(vm_rtc, drift_fix), .choices = drift_fix_words,
	    .def = "none",
	    .help = "slew makes up for lost ticks of a PC's clock, for a Windows that counts "
		    "them" },
	{ 0 },
};

static const struct conf_key pin_keys[] = {
	{ "cpus", CONF_CUSTOM, AT(vm_pin, cpus), .parse = parse_intset, .unit = "CPUs",
	    .required = true, .example = "0-3", .help = "CPUs of the host, as in 0-3,7" },
	{ 0 },
};

const struct conf_key cpus_keys[] = {
	{ "count", CONF_INT, AT(vm_cpus, count), .replaces = true, .yields = true, .min = 1, .max = VM_CPUS_MAX, .def = "1",
	    .example = "2",
	    .help = "How many CPUs the guest starts with; if not given, the product of sockets, "
		    "dies, clusters, cores and threads" },
	{ "max", CONF_INT, AT(vm_cpus, max), .yields = true, .min = 1, .max = VM_CPUS_MAX, .example = "2",
	    .help = "How many it can have once more are added while it runs; no more than at the "
		    "start if not given. Only on pc and q35" },
	{ "sockets", CONF_INT, AT(vm_cpus, sockets), .replaces = true, .yields = true, .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Sockets on the board; left to QEMU if not given, which prefers cores" },
	{ "dies", CONF_INT, AT(vm_cpus, dies), .replaces = true, .yields = true, .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Dies in each socket, on x86 only" },
	{ "clusters", CONF_INT, AT(vm_cpus, clusters), .replaces = true, .yields = true, .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .alternative = true, .help = "Clusters in each socket, on Arm only" },
	{ "cores", CONF_INT, AT(vm_cpus, cores), .replaces = true, .yields = true, .min = 1, .max = VM_CPUS_MAX, .example = "2",
	    .help = "Cores in each socket, die or cluster; left to QEMU if not given" },
	{ "threads", CONF_INT, AT(vm_cpus, threads), .replaces = true, .yields = true, .min = 1, .max = VM_CPUS_MAX, .example = "1",
	    .help = "Threads on each core; left to QEMU if not given" },
	{ "model", CONF_STRING, AT(vm_cpus, model), .min = 1, .max = 64, .example = "max",
	    .help = "The processor that the guest sees, by QEMU's name (EPYC-Rome, "
		    "Skylake-Server, cortex-a72); if not given host, the host's own, where kvm or "
		    "hvf runs it, else max, all that QEMU can emulate" },
	{ "features", CONF_STRINGS, AT(vm_cpus, features), COUNT(vm_cpus, nfeatures),
	    .single = true, .max = 256, .example = "+aes, -hypervisor",
	    .help = "What the processor has more (+aes) or less (-hypervisor) than its model, or "
		    "QEMU's properties of it (phys-bits=40)" },
	{ "nested", CONF_SWITCH, AT(vm_cpus, nested), .example = "false",
	    .help = "Can the guest run virtual machines of its own? As the model has it if not "
		    "given: kvm passes the host's ability on, where the host's kernel allows it" },
	{ "hyperv", CONF_BOOL, AT(vm_cpus, hyperv), .def = "false",
	    .help =
		"The interfaces of Hyper-V that QEMU recommends for Windows on x86, which is "
		"slow without them; other guests have kvm's own. Nothing where it is emulated" },
	{ "pin", CONF_LIST, AT(vm_cpus, pin), COUNT(vm_cpus, npin),
	    .elem_size = sizeof(struct vm_pin), .sub = pin_keys, .scalar = "cpus", .single = true,
	    .min = 1, .max = VM_CPUS_MAX,
	    .help = "CPUs of the host that the guest's run on: one list for all of them, or one "
		    "for each; not on macOS" },
	{ "emulator_pin", CONF_CUSTOM, AT(vm_cpus, emulator_pin), .parse = parse_intset,
	    .unit = "CPUs", .example = "0-3",
	    .help = "CPUs of the host that all other threads of QEMU run on, and the guest's CPUs "
		    "too unless pin is given; not on macOS" },
	{ 0 },
};
