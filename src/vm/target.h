/* What goes without saying for a guest's architecture, and what kind of board a machine type is. */
#ifndef VMRUN_VM_TARGET_H
#define VMRUN_VM_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct vm;

struct target {
	const char *arch;    /* QEMU's word; NULL: any other */
	const char *machine; /* the machine that is taken where the VM names none */
	const char *tcg_cpu; /* all that TCG can; NULL: the machine's own default */
	const char *video;   /* a display device that installers know */
	bool is_x86;         /* a PC: PS/2 keyboard, CD-ROM drives on IDE */
};

enum machine_kind {
	MACHINE_OTHER,
	MACHINE_I440FX,
	MACHINE_Q35,
	MACHINE_MICROVM,
	MACHINE_VIRT_ARM,
	MACHINE_VIRT_RISCV,
	MACHINE_KINDS,
};

const struct target *target_find(const char *arch);
enum machine_kind machine_kind(const struct target *t, const char *machine);
/* Does a microvm of that accelerator have ACPI, and with it more than a few slots? */
bool vm_microvm_acpi(const struct vm *vm, const char *accel);
/* The machine type that a VM of that architecture has. */
const char *vm_machine_type(const struct vm *vm, const struct target *t);

/* "x86_64" from "/usr/bin/qemu-system-x86_64"; NULL if the name does not say. Points into binary.
 */
const char *qemu_arch_of(const char *binary);
/* The QEMU that the VM asks for, a name or a path; NULL: that of the host's architecture. */
const char *vm_qemu(const struct vm *vm);
/* Its guests' architecture as QEMU's word; NULL: the host's, unless the binary's name says another.
 */
const char *vm_arch_name(const struct vm *vm);

#endif
