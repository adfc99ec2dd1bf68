/* Credentials for systemd in the guest, by the ways that systemd.system-credentials(7) knows. */
#include <stdlib.h>

#include "qemu/compose.h"
#include "qemu/firmware.h"

/* The tables of an Arm guest come to it through UEFI; a microvm has none. */
bool
credentials_in_smbios(const struct vm *vm, const char *arch)
{
	const struct target *t = target_find(arch);
	enum machine_kind kind = machine_kind(t, vm_machine_type(vm, t));

	if (kind == MACHINE_VIRT_ARM)
		return firmware_kind(vm, arch) != FIRMWARE_BIOS;
	return t->is_x86 && kind != MACHINE_MICROVM;
}

void
compose_credentials(struct composer *c)
{
	bool smbios = credentials_in_smbios(c->vm, c->facts->arch);

	for (size_t i = 0; i < c->vm->ncredentials; i++) {
		char *path = handle_path(&c->facts->credentials[i]);
		struct buf b = { 0 };

		if (smbios)
			buf_add(&b, "type=11,path=");
		else
			buf_addf(
			    &b, "name=" CREDENTIALS_DIR "%s,file=", c->vm->credentials[i].name);
		buf_add_optarg(&b, path);
		compose(c, smbios ? "-smbios" : "-fw_cfg", &b);
		free(path);
	}
}
