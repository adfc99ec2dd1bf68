/* What the guest boots from: a kernel given directly, and the order of the devices. */
#include <inttypes.h>

#include "qemu/compose.h"

static size_t
devices(const struct composer *c, int kind)
{
	switch ((enum vm_boot_device)kind) {
	case BOOT_DISK:
		return c->vm->ndisks;
	case BOOT_CDROM:
		return c->vm->ncdroms;
	case BOOT_FLOPPY:
		return c->vm->nfloppies;
	case BOOT_NETWORK:
		return c->vm->nnics;
	}
	return 0;
}

/* What the device itself says. */
static size_t
own_index(const struct composer *c, int kind, size_t i)
{
	switch ((enum vm_boot_device)kind) {
	case BOOT_DISK:
		return (size_t)c->vm->disks[i].boot_index;
	case BOOT_CDROM:
		return (size_t)c->vm->cdroms[i].boot_index;
	case BOOT_FLOPPY:
		return (size_t)c->vm->floppies[i].boot_index;
	case BOOT_NETWORK:
		return (size_t)c->vm->nics[i].boot_index;
	}
	return 0;
}

static size_t
highest_own_index(const struct composer *c)
{
	size_t highest = 0;

	for (int kind = BOOT_DISK; kind <= BOOT_FLOPPY; kind++) {
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

	for (size_t k = 0; k < c->vm->boot.norder; k++) {
		if (c->vm->boot.order[k] == kind)
			return (unsigned)(before + i) + 1;
		before += devices(c, c->vm->boot.order[k]);
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
options(struct composer *c)
{
	struct buf b = { 0 };

	/* The firmware is not to go on to devices that the boot order does not name. */
	buf_add(&b, "strict=on");
	if (c->vm->boot.menu)
		buf_addf(&b, ",menu=on,splash-time=%" PRId64, c->vm->boot.timeout);
	compose(c, "-boot", &b);
}

void
compose_boot(struct composer *c)
{
	const struct vm *vm = c->vm;

	options(c);
	if (vm->kernel != NULL)
		compose_file(c, "-kernel", vm->kernel);
	if (vm->initrd != NULL)
		compose_file(c, "-initrd", vm->initrd);
	if (vm->cmdline != NULL)
		composef(c, "-append", "%s", vm->cmdline);
	if (vm->dtb != NULL)
		compose_file(c, "-dtb", vm->dtb);
}
