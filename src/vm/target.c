/* Architectures and their boards; see target.h. */
#include "vm/target.h"

#include <string.h>

#include "vm/vm.h"

/* TCG spends most of an Arm guest's time on pointer authentication unless that is made cheap. */
static const struct target targets[] = {
	{ "x86_64", "q35", "max", "VGA", .is_x86 = true },
	{ "i386", "q35", "max", "VGA", .is_x86 = true },
	{ "aarch64", "virt", "max,pauth-impdef=on", "virtio-gpu-pci" },
	{ "arm", "virt", "max", "virtio-gpu-pci" },
	{ "ppc64", "pseries", NULL, "VGA" },
	{ "riscv64", "virt", NULL, "virtio-gpu-pci" },
	{ NULL, "virt", NULL, "virtio-gpu-pci" },
};

static const char *const binaries[] = {
	[ARCH_HOST] = NULL,
	[ARCH_X86_64] = "qemu-system-x86_64",
	[ARCH_I386] = "qemu-system-i386",
	[ARCH_AARCH64] = "qemu-system-aarch64",
	[ARCH_ARM] = "qemu-system-arm",
	[ARCH_RISCV64] = "qemu-system-riscv64",
	[ARCH_PPC64] = "qemu-system-ppc64",
};

const struct target *
target_find(const char *arch)
{
	const struct target *t = targets;

	while (t->arch != NULL && (arch == NULL || strcmp(t->arch, arch) != 0))
		t++;
	return t;
}

/* "virt", or "virt-7.2" by its prefix "virt-". */
static bool
is_or_begins(const char *s, const char *word, const char *prefix)
{
	return strcmp(s, word) == 0 || strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool
is_arch(const struct target *t, const char *arch)
{
	return t->arch != NULL && strcmp(t->arch, arch) == 0;
}

enum machine_kind
machine_kind(const struct target *t, const char *machine)
{
	bool virt = is_or_begins(machine, "virt", "virt-");

	if (t->is_x86 && is_or_begins(machine, "q35", "pc-q35-"))
		return MACHINE_Q35;
	if (t->is_x86 && is_or_begins(machine, "pc", "pc-i440fx-"))
		return MACHINE_I440FX;
	if (t->is_x86 && strcmp(machine, "microvm") == 0)
		return MACHINE_MICROVM;
	if (virt && (is_arch(t, "aarch64") || is_arch(t, "arm")))
		return MACHINE_VIRT_ARM;
	if (virt && is_arch(t, "riscv64"))
		return MACHINE_VIRT_RISCV;
	return MACHINE_OTHER;
}

/* Without KVM's clock a guest measures its own against the PIT, which it looks for only without
 * ACPI. */
bool
vm_microvm_acpi(const struct vm *vm, const char *accel)
{
	if (vm->machine.acpi != SWITCH_UNSAID)
		return vm->machine.acpi == SWITCH_ON;
	return strcmp(accel, "tcg") != 0;
}

const char *
vm_machine_type(const struct vm *vm, const struct target *t)
{
	return vm->machine.type != NULL ? vm->machine.type : t->machine;
}

const char *
qemu_arch_of(const char *binary)
{
	static const char prefix[] = "qemu-system-";
	const char *slash = strrchr(binary, '/'), *base = slash != NULL ? slash + 1 : binary;

	if (strncmp(base, prefix, sizeof(prefix) - 1) != 0 || base[sizeof(prefix) - 1] == '\0')
		return NULL;
	return base + sizeof(prefix) - 1;
}

const char *
vm_qemu(const struct vm *vm)
{
	return vm->qemu != NULL ? vm->qemu : binaries[vm->arch];
}

const char *
vm_arch_name(const struct vm *vm)
{
	if (vm->arch != ARCH_HOST)
		return qemu_arch_of(binaries[vm->arch]);
	return vm->qemu != NULL ? qemu_arch_of(vm->qemu) : NULL;
}
