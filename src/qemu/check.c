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
	struct qemu_version version;
	size_t i; /* which element of the list that the demand is of */
};

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
	const struct target *t = target_find(a->arch);

	return a->vm->firmware.kind == FIRMWARE_UEFI_SECURE && t->is_x86 &&
	       machine_kind(t, vm_machine_type(a->vm, t)) != MACHINE_Q35;
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
no_pci(const struct ask *a)
{
	const struct target *t = target_find(a->arch);

	return machine_kind(t, a->vm->machine.type != NULL ? a->vm->machine.type : t->machine) ==
	       MACHINE_MICROVM;
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

static size_t
count_nics(const struct vm *vm)
{
	return vm->nnics;
}

static bool
tpm_unknown(const struct ask *a)
{
	static const char *const known[] = { "aarch64", "arm", "riscv64", "loongarch64", "ppc64" };
	const struct target *t = target_find(a->arch);
	const char *machine = vm_machine_type(a->vm, t);

	if (a->vm->tpm.version == TPM_NONE)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(a->arch, known[i]) == 0)
			return false;
	}
	return !a->is_x86 || machine_kind(t, machine) == MACHINE_MICROVM;
}

static bool
crb_unknown(const struct ask *a)
{
	return a->vm->tpm.version != TPM_NONE && a->vm->tpm.model == TPM_CRB && !a->is_x86;
}

static enum machine_kind
kind_of(const struct ask *a)
{
	const struct target *t = target_find(a->arch);

	return machine_kind(t, vm_machine_type(a->vm, t));
}

static bool
watchdog_unknown(const struct ask *a)
{
	enum machine_kind kind = kind_of(a);

	switch ((enum vm_watchdog_model)a->vm->watchdog.model) {
	case WATCHDOG_NONE:
		return false;
	case WATCHDOG_I6300ESB:
		return kind == MACHINE_MICROVM; /* without PCI */
	case WATCHDOG_IB700:
		return kind != MACHINE_Q35 && kind != MACHINE_I440FX;
	case WATCHDOG_ITCO:
		return kind != MACHINE_Q35;
	}
	return false;
}

static bool
pvpanic_unknown(const struct ask *a)
{
	return a->vm->pvpanic && kind_of(a) == MACHINE_MICROVM;
}

static bool
vmcoreinfo_unknown(const struct ask *a)
{
	return a->vm->vmcoreinfo && !has_fw_cfg(a->arch);
}

static bool
floppy_unknown(const struct ask *a)
{
	return a->vm->nfloppies > 0 && kind_of(a) != MACHINE_I440FX && kind_of(a) != MACHINE_Q35;
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

	return kind_of(a) == MACHINE_MICROVM && bus != BUS_VIRTIO && bus != BUS_SCSI;
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

	return kind_of(a) == MACHINE_MICROVM && bus != CDROM_AUTO && bus != CDROM_SCSI;
}

/* One a wish that some QEMU cannot fulfil. */
static const struct demand {
	const char *key;
	bool (*unmet)(const struct ask *a);
	const char *words; /* behind "QEMU VERSION for ARCH" */
	const char *list;  /* key is within its elements, each of which is asked for; NULL: none */
	size_t (*count)(const struct vm *vm);
} demands[] = {
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
	{ "vmcoreinfo", vmcoreinfo_unknown, "has no fw_cfg, which vmcoreinfo is told through" },
	{ "dtb", dtb_ignored, "takes a device tree only for a kernel, and none is given" },
	{ "pci", no_pci, "has no PCI on a microvm", "hostdevs", count_hostdevs },
	{ "iommufd", iommufd_unknown, "has no iommufd, which came with 9.0", "hostdevs",
	    count_hostdevs },
	{ "floppy", floppy_unknown, "has floppy disks only on the machines pc and q35" },
	{ "bus", disk_without_pci, "has only virtio and scsi on a microvm", "disks", count_disks },
	{ "bus", cdrom_without_pci, "has only scsi on a microvm", "cdrom", count_cdroms },
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
	struct ask a = { vm, arch, target_find(arch)->is_x86, version, 0 };
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
