/* The TPM: QEMU's end of swtpm, and the device before it. */
#include <string.h>

#include "qemu/compose.h"

static const char *
device(const struct composer *c)
{
	const struct vm_tpm *tpm = &c->vm->tpm;

	if (strcmp(c->facts->arch, "ppc64") == 0)
		return "tpm-spapr";
	if (!c->target->is_x86)
		return "tpm-tis-device";
	if (tpm->model == TPM_CRB || (tpm->model == TPM_AUTO && tpm->version == TPM_2_0))
		return "tpm-crb";
	return "tpm-tis";
}

void
compose_tpm(struct composer *c)
{
	if (c->vm->tpm.version == TPM_NONE)
		return;
	socket_client(c, "tpm0", &c->facts->tpm);
	composef(c, "-tpmdev", "emulator,id=tpm0,chardev=tpm0");
	composef(c, "-device", "%s,tpmdev=tpm0", device(c));
}
