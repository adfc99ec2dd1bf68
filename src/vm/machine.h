/* What a VM file says of the machine itself: its board, its processors and what runs them; part of
 * vm.h. */
#ifndef VMRUN_VM_MACHINE_H
#define VMRUN_VM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/intset.h"

enum vm_arch {
	ARCH_HOST,
	ARCH_X86_64,
	ARCH_I386,
	ARCH_AARCH64,
	ARCH_ARM,
	ARCH_RISCV64,
	ARCH_PPC64,
};
enum vm_accel { ACCEL_AUTO, ACCEL_KVM, ACCEL_TCG, ACCEL_HVF };
enum vm_iommu { IOMMU_NONE, IOMMU_INTEL, IOMMU_AMD, IOMMU_VIRTIO, IOMMU_SMMUV3 };
enum vm_rtc_clock { RTC_HOST, RTC_RT, RTC_VM };
enum vm_drift_fix { DRIFT_NONE, DRIFT_SLEW };
enum vm_on_panic { PANIC_SHUTDOWN, PANIC_PAUSE, PANIC_EXIT_FAILURE, PANIC_NONE };
enum vm_on_reboot { REBOOT_RESET, REBOOT_SHUTDOWN };

struct vm_machine {
	char *type; /* NULL: by architecture */
	int acpi;   /* enum conf_switch */
	bool hpet, vmport;
	int iommu; /* enum vm_iommu */
};

struct vm_rtc {
	char *base;    /* "utc", "localtime", or a time: "2026-01-31T12:00:00" */
	int clock;     /* enum vm_rtc_clock */
	int drift_fix; /* enum vm_drift_fix */
};

/* Host CPUs that a vCPU may run on. */
struct vm_pin {
	struct intset cpus;
};

struct vm_cpus {
	int64_t count; /* 0: sockets * … * threads; else a multiple of what is said of them */
	int64_t max;   /* with those that can be added while it runs; 0: count */
	int64_t sockets, dies, clusters, cores, threads; /* 0: not said */
	char *model;                                     /* NULL: the best that there is */
	char **features;                                 /* "+NAME", "-NAME" or "NAME=VALUE" */
	size_t nfeatures;
	int nested; /* enum conf_switch */
	bool hyperv;
	struct vm_pin *pin; /* one for each vCPU, or one for all */
	size_t npin;
	struct intset emulator_pin; /* empty: wherever */
};

#endif
