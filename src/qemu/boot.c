/* What the guest boots from: a kernel given directly, and the order of the devices. */
#include <stdlib.h>

#include "qemu/compose.h"

static size_t
devices(const struct composer *c, int kind)
{
	switch ((enum vm_boot)kind) {
	case BOOT_DISK:
		return c->vm->ndisks;
	case BOOT_CDROM:
		return c->facts->cdrom.n > 0 ? 1 : 0;
	case BOOT_NETWORK:
		return c->vm->nnics;
	}
	return 0;
}

/* From 1, because 0 is what QEMU gives to the ROM that loads -kernel. */
unsigned
boot_index(const struct composer *c, int kind, size_t i)
{
	size_t before = 0;

	for (size_t k = 0; k < c->vm->nboot; k++) {
		if (c->vm->boot[k] == kind)
			return (unsigned)(before + i) + 1;
		before += devices(c, c->vm->boot[k]);
	}
	return 0;
}

void
add_boot_index(struct buf *b, const struct composer *c, int kind, size_t i)
{
	unsigned index = boot_index(c, kind, i);

	if (index != 0)
		buf_addf(b, ",bootindex=%u", index);
}

static void
path_option(struct composer *c, const char *flag, const char *file)
{
	char *path = file != NULL ? file_path(c, file) : NULL;

	if (path != NULL)
		composef(c, flag, "%s", path);
	free(path);
}

void
compose_boot(struct composer *c)
{
	/* The firmware is not to go on to devices that the boot order does not name. */
	composef(c, "-boot", "strict=on");
	path_option(c, "-kernel", c->vm->kernel);
	path_option(c, "-initrd", c->vm->initrd);
	if (c->vm->cmdline != NULL)
		composef(c, "-append", "%s", c->vm->cmdline);
}
