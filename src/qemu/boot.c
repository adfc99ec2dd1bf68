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

/* What the device itself says. */
static size_t
own_index(const struct composer *c, int kind, size_t i)
{
	return kind == BOOT_DISK ? (size_t)c->vm->disks[i].boot_index : 0;
}

static size_t
highest_own_index(const struct composer *c)
{
	size_t highest = 0;

	for (int kind = BOOT_DISK; kind <= BOOT_NETWORK; kind++) {
		for (size_t i = 0; i < devices(c, kind); i++) {
			size_t own = own_index(c, kind, i);

			highest = own > highest ? own : highest;
		}
	}
	return highest;
}

/* From 1, because 0 is what QEMU gives to the ROM that loads -kernel. */
unsigned
boot_index(const struct composer *c, int kind, size_t i)
{
	size_t before = highest_own_index(c);

	if (own_index(c, kind, i) != 0)
		return (unsigned)own_index(c, kind, i);

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
