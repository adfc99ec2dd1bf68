/* What a VM asks of a QEMU that does not have it; see argv.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "qemu/compose.h"
#include "util/mem.h"

#define FW_CFG_NAME_MAX 55 /* bytes of a name */

/* The QEMU in question, for a VM. */
struct ask {
	const struct vm *vm;
	const char *arch;
	bool is_x86;
	enum machine_kind kind;
	struct qemu_version version;
	size_t i; /* which element of the list that the demand is of */
};

static bool
is_pc(const struct ask *a)
{
	return a->kind == MACHINE_I440FX || a->kind == MACHINE_Q35;
}

static bool
is_microvm(const struct ask *a)
{
	return a->kind == MACHINE_MICROVM;
}

static bool
has_smbios(const struct ask *a)
{
	static const char *const always[] = { "aarch64", "arm", "loongarch64" };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (strcmp(a->arch, always[i]) == 0)
			return true;
	}
	return a->is_x86 ||
	       (strcmp(a->arch, "riscv64") == 0 && qemu_has(a->version, QEMU_RISCV_SMBIOS));
}

static bool
smbios_unknown(const struct ask *a)
{
	return asks_smbios(a->vm) && !has_smbios(a);
}

static bool
dtb_ignored(const struct ask *a)
{
	return a->vm->dtb != NULL && a->vm->kernel == NULL && a->is_x86;
}

static bool
secure_boot_unknown(const struct ask *a)
{
	return a->vm->firmware.kind == FIRMWARE_UEFI_SECURE && a->is_x86 && a->kind != MACHINE_Q35;
}

static bool
bios_unknown(const struct ask *a)
{
	return a->vm->firmware.kind == FIRMWARE_BIOS && a->vm->firmware.code == NULL &&
	       (strcmp(a->arch, "aarch64") == 0 || strcmp(a->arch, "arm") == 0);
}

static bool
flash_unknown(const struct ask *a)
{
	return a->vm->firmware.kind >= FIRMWARE_UEFI && strcmp(a->arch, "riscv64") == 0 &&
	       !qemu_has(a->version, QEMU_RISCV_FLASH);
}

/* Without SMBIOS, a credential is a file of fw_cfg, whose names are short. */
static bool
credentials_unknown(const struct ask *a)
{
	const struct vm *vm = a->vm;
	size_t most = 0;

	for (size_t i = 0; i < vm->ncredentials; i++) {
		size_t n = vm->credentials[i].name != NULL ? strlen(vm->credentials[i].name) : 0;

		most = n > most ? n : most;
	}
	if (most == 0 || credentials_in_smbios(vm, a->arch))
		return false;
	return !has_fw_cfg(a->arch) || strlen(CREDENTIALS_DIR) + most > FW_CFG_NAME_MAX;
}

static bool
fw_cfg_unknown(const struct ask *a)
{
	return a->vm->nfw_cfg > 0 && !has_fw_cfg(a->arch);
}

static bool
igb_unknown(const struct ask *a)
{
	return a->vm->nics[a->i].model == NIC_IGB && !qemu_has(a->version, QEMU_IGB);
}

static bool
iommufd_unknown(const struct ask *a)
{
	return a->vm->hostdevs[a->i].iommufd && !qemu_has(a->version, QEMU_IOMMUFD);
}

static size_t
count_hostdevs(const struct vm *vm)
{
	return vm->nhostdevs;
}

static bool
pipewire_unknown(const struct ask *a)
{
	return a->vm->audio.backend == AUDIO_PIPEWIRE && !qemu_has(a->version, QEMU_PIPEWIRE);
}

static bool
virtio_sound_unknown(const struct ask *a)
{
	return a->vm->audio.backend != AUDIO_OFF && a->vm->audio.model == SOUND_VIRTIO &&
	       !qemu_has(a->version, QEMU_VIRTIO_SOUND);
}

static size_t
count_nics(const struct vm *vm)
{
	return vm->nnics;
}

static bool
tpm_unknown(const struct ask *a)
{
	static const char *const known[] = { "aarch64", "arm", "riscv64", "loongarch64", "ppc64" };

	if (a->vm->tpm.version == TPM_NONE)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(a->arch, known[i]) == 0)
			return false;
	}
	return !a->is_x86 || is_microvm(a);
}

static bool
crb_unknown(const struct ask *a)
{
	return a->vm->tpm.version != TPM_NONE && a->vm->tpm.model == TPM_CRB && !a->is_x86;
}

static bool
watchdog_unknown(const struct ask *a)
{
	switch ((enum vm_watchdog_model)a->vm->watchdog.model) {
	case WATCHDOG_NONE:
		return false;
	case WATCHDOG_I6300ESB:
		return is_microvm(a); /* without PCI */
	case WATCHDOG_IB700:
		return !is_pc(a);
	case WATCHDOG_ITCO:
		return a->kind != MACHINE_Q35;
	}
	return false;
}

static bool
pvpanic_unknown(const struct ask *a)
{
	return a->vm->pvpanic && is_microvm(a);
}

static bool
ivshmem_unknown(const struct ask *a)
{
	return a->vm->nivshmem > 0 && is_microvm(a);
}

static bool
vmcoreinfo_unknown(const struct ask *a)
{
	return a->vm->vmcoreinfo && !has_fw_cfg(a->arch);
}

static bool
hpet_unknown(const struct ask *a)
{
	return a->vm->machine.hpet && !is_pc(a);
}

static bool
vmport_unknown(const struct ask *a)
{
	return a->vm->machine.vmport && !is_pc(a);
}

static bool
acpi_unknown(const struct ask *a)
{
	return a->vm->machine.acpi != SWITCH_UNSAID && a->kind == MACHINE_VIRT_RISCV &&
	       !qemu_has(a->version, QEMU_RISCV_ACPI);
}

static bool
iommu_unknown(const struct ask *a)
{
	switch ((enum vm_iommu)a->vm->machine.iommu) {
	case IOMMU_NONE:
		return false;
	case IOMMU_INTEL:
	case IOMMU_AMD:
		return a->kind != MACHINE_Q35;
	case IOMMU_VIRTIO:
		return a->kind != MACHINE_Q35 && a->kind != MACHINE_VIRT_ARM;
	case IOMMU_SMMUV3:
		return a->kind != MACHINE_VIRT_ARM;
	}
	return false;
}

static bool
max_cpus_unknown(const struct ask *a)
{
	return vm_cpu_max(a->vm) > vm_cpu_count(a->vm) && a->kind != MACHINE_OTHER && !is_pc(a);
}

static bool
too_many_cpus_for_pc(const struct ask *a)
{
	return a->kind == MACHINE_I440FX && vm_cpu_max(a->vm) > 255;
}

static bool
too_many_cpus_for_q35(const struct ask *a)
{
	return (a->kind == MACHINE_Q35 && !qemu_has(a->version, QEMU_Q35_CPUS) &&
		   vm_cpu_max(a->vm) > 288) ||
	       (is_microvm(a) && vm_cpu_max(a->vm) > 288);
}

static bool
too_many_cpus_for_virt(const struct ask *a)
{
	return (a->kind == MACHINE_VIRT_ARM || a->kind == MACHINE_VIRT_RISCV) &&
	       vm_cpu_max(a->vm) > 512;
}

static bool
dies_unknown(const struct ask *a)
{
	return a->vm->cpus.dies > 1 && !a->is_x86;
}

static bool
clusters_unknown(const struct ask *a)
{
	return a->vm->cpus.clusters > 1 && a->kind != MACHINE_VIRT_ARM;
}

static bool
hyperv_unknown(const struct ask *a)
{
	return a->vm->cpus.hyperv && !a->is_x86;
}

static bool
nested_unknown(const struct ask *a)
{
	return a->vm->cpus.nested != SWITCH_UNSAID && !a->is_x86 && a->kind != MACHINE_VIRT_ARM &&
	       a->kind != MACHINE_VIRT_RISCV;
}

static bool
max_memory_unknown(const struct ask *a)
{
	return a->vm->memory.max != 0 && (is_microvm(a) || a->kind == MACHINE_VIRT_RISCV);
}

static bool
numa_unknown(const struct ask *a)
{
	return a->vm->nnuma > 0 && is_microvm(a);
}

static bool
drift_fix_unknown(const struct ask *a)
{
	return a->vm->rtc.drift_fix != DRIFT_NONE && !is_pc(a);
}

static bool
screen_unknown(const struct ask *a)
{
	return is_microvm(a) && vm_has_screen(a->vm);
}

static bool
usb_unknown(const struct ask *a)
{
	return is_microvm(a) && a->vm->usb.given;
}

static bool
audio_unknown(const struct ask *a)
{
	int backend = a->vm->audio.backend;

	/* auto is nothing without a screen */
	return is_microvm(a) && backend != AUDIO_OFF && backend != AUDIO_AUTO;
}

static bool
input_unknown(const struct ask *a)
{
	return is_microvm(a) && a->vm->input[a->i].bus == INPUT_USB;
}

static size_t
count_inputs(const struct vm *vm)
{
	return vm->ninput;
}

static bool
model_on_microvm(const struct ask *a)
{
	return is_microvm(a) && a->vm->nics[a->i].model != NIC_VIRTIO;
}

static bool
floppy_unknown(const struct ask *a)
{
	return a->vm->nfloppies > 0 && !is_pc(a);
}

static size_t
count_disks(const struct vm *vm)
{
	return vm->ndisks;
}

static bool
disk_without_pci(const struct ask *a)
{
	int bus = a->vm->disks[a->i].bus;

	return is_microvm(a) && bus != BUS_VIRTIO && bus != BUS_SCSI;
}

static size_t
count_cdroms(const struct vm *vm)
{
	return vm->ncdroms;
}

static bool
cdrom_without_pci(const struct ask *a)
{
	int bus = a->vm->cdroms[a->i].bus;

	return is_microvm(a) && bus != CDROM_AUTO && bus != CDROM_SCSI;
}

/* One a wish that some QEMU cannot fulfil. */
static const struct demand {
	const char *key;
	bool (*unmet)(const struct ask *a);
	const char *words; /* behind "QEMU VERSION for ARCH" */
	const char *list;  /* key is within its elements, each of which is asked for; NULL: none */
	size_t (*count)(const struct vm *vm);
} demands[] = {
	{ "machine.hpet", hpet_unknown, "has an HPET on pc and q35 only" },
	{ "machine.vmport", vmport_unknown, "has VMware's port on pc and q35 only" },
	{ "machine.acpi", acpi_unknown, "has no ACPI, which came with 8.1" },
	{ "machine.iommu", iommu_unknown,
	    "has no such IOMMU for this machine: intel and amd are of q35, smmuv3 is of Arm's "
	    "virt, virtio of both" },
	{ "cpus.max", max_cpus_unknown, "can add CPUs on pc and q35 only" },
	{ "cpus", too_many_cpus_for_pc, "has at most 255 CPUs on machine pc" },
	{ "cpus", too_many_cpus_for_q35, "has at most 288 CPUs on this machine" },
	{ "cpus", too_many_cpus_for_virt, "has at most 512 CPUs on machine virt" },
	{ "cpus.dies", dies_unknown, "knows no dies, they are of x86" },
	{ "cpus.clusters", clusters_unknown, "knows no clusters, they are of Arm's virt" },
	{ "cpus.hyperv", hyperv_unknown, "knows nothing of Hyper-V, which is of x86" },
	{ "cpus.nested", nested_unknown, "does not let nested be chosen for this machine" },
	{ "memory.max", max_memory_unknown, "cannot add memory on this machine" },
	{ "numa", numa_unknown, "has no NUMA nodes on a microvm" },
	{ "rtc.drift_fix", drift_fix_unknown, "makes up for lost ticks on pc and q35 only" },
	{ "display", screen_unknown, "has no screen for a microvm, but serial ports and consoles" },
	{ "usb", usb_unknown, "has no PCI on a microvm, and so no USB controller" },
	{ "bus", input_unknown, "has no USB on a microvm, use virtio", "input", count_inputs },
	{ "model", model_on_microvm, "has no card but virtio for a microvm", "nics", count_nics },
	{ "firmware", secure_boot_unknown,
	    "has secure boot on machine q35 only, whose system management mode guards the keys" },
	{ "firmware", bios_unknown, "has no BIOS: use uefi, or give a kernel" },
	{ "firmware", flash_unknown, "cannot start UEFI; 8.1 is the first that can" },
	{ "smbios", smbios_unknown, "has no SMBIOS tables" },
	{ "credentials", credentials_unknown,
	    "can bring this machine none, or none with a name of more than 28 bytes" },
	{ "fw_cfg", fw_cfg_unknown, "has no fw_cfg" },
	{ "tpm", tpm_unknown, "has no TPM for this machine" },
	{ "tpm.model", crb_unknown, "has no tpm-crb; its TPM is tpm-tis" },
	{ "watchdog.model", watchdog_unknown, "has no such watchdog for this machine" },
	{ "pvpanic", pvpanic_unknown, "has no pvpanic for this machine" },
	{ "ivshmem", ivshmem_unknown, "has no PCI on this machine, which ivshmem needs" },
	{ "vmcoreinfo", vmcoreinfo_unknown, "has no fw_cfg, which vmcoreinfo is told through" },
	{ "dtb", dtb_ignored, "takes a device tree only for a kernel, and none is given" },
	{ "pci", is_microvm, "has no PCI on a microvm", "hostdevs", count_hostdevs },
	{ "iommufd", iommufd_unknown, "has no iommufd, which came with 9.0", "hostdevs",
	    count_hostdevs },
	{ "floppy", floppy_unknown, "has floppy disks only on the machines pc and q35" },
	{ "bus", disk_without_pci, "has only virtio and scsi on a microvm", "disks", count_disks },
	{ "bus", cdrom_without_pci, "has only scsi on a microvm", "cdrom", count_cdroms },
	{ "audio", audio_unknown, "has no PCI on a microvm, and so no sound card" },
	{ "audio.backend", pipewire_unknown, "has no pipewire, which came with 8.1" },
	{ "audio.model", virtio_sound_unknown, "has no virtio sound card, which came with 8.2" },
	{ "model", igb_unknown, "has no igb, which came with 8.0", "nics", count_nics },
};

static void
complain(struct conf_doc *doc, const struct demand *demand, const struct ask *a)
{
	char *key = demand->list != NULL ? xasprintf("%s[%zu].%s", demand->list, a->i, demand->key)
					 : xstrdup(demand->key);

	conf_fail(doc, key, "QEMU %d.%d for %s %s", a->version.major, a->version.minor, a->arch,
	    demand->words);
	free(key);
}

int
qemu_check(struct conf_doc *doc, const struct vm *vm, const char *arch, struct qemu_version version)
{
	const struct target *t = target_find(arch);
	struct ask a = { .vm = vm,
		.arch = arch,
		.is_x86 = t->is_x86,
		.kind = machine_kind(t, vm_machine_type(vm, t)),
		.version = version };
	int result = 0;

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		size_t n = demands[i].list != NULL ? demands[i].count(vm) : 1;

		for (a.i = 0; a.i < n; a.i++) {
			if (!demands[i].unmet(&a))
				continue;
			complain(doc, &demands[i], &a);
			result = -1;
		}
	}
	return result;
}
