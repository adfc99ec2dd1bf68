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

/* Place of the i-th device of a kind in a list of kinds, after those that are before the list; 0:
 * its kind is not in it. */
static size_t
place_in(const struct composer *c, const int *list, size_t n, size_t before, int kind, size_t i)
{
	for (size_t k = 0; k < n; k++) {
		if (list[k] == kind)
			return before + i + 1;
		before += devices(c, list[k]);
	}
	return 0;
}

static size_t
once_count(const struct composer *c)
{
	size_t n = 0;

	for (size_t k = 0; k < c->vm->boot.nonce; k++)
		n += devices(c, c->vm->boot.once[k]);
	return n;
}

/* Its place once the guest has been reset: behind all that are tried only before that, so that
 * their places can be changed one after the other without two ever being the same. */
static size_t
later_index(const struct composer *c, int kind, size_t i)
{
	const struct vm_boot *boot = &c->vm->boot;
	size_t own = own_index(c, kind, i), once = once_count(c);

	if (own != 0)
		return once + own;
	return place_in(c, boot->order, boot->norder, once + highest_own_index(c), kind, i);
}

/* From 1, because 0 is what QEMU gives to the ROM that loads -kernel. */
unsigned
boot_index(const struct composer *c, int kind, size_t i)
{
	const struct vm_boot *boot = &c->vm->boot;
	size_t once = place_in(c, boot->once, boot->nonce, 0, kind, i);

	return (unsigned)(once != 0 ? once : later_index(c, kind, i));
}

json_t *
qemu_boot_later(const struct vm *vm)
{
	static const char *const names[] = { [BOOT_DISK] = "disk",
		[BOOT_CDROM] = "cdrom",
		[BOOT_NETWORK] = "net",
		[BOOT_FLOPPY] = "floppy" };
	const struct composer c = { .vm = vm };
	json_t *list = json_array();

	for (size_t k = 0; k < vm->boot.nonce; k++) {
		int kind = vm->boot.once[k];

		for (size_t i = 0; i < devices(&c, kind); i++) {
			size_t index = later_index(&c, kind, i);

			json_array_append_new(
			    list, json_pack("{s:o, s:s, s:I}", "path",
				      json_sprintf("/machine/peripheral/%s%zu", names[kind], i),
				      "property", "bootindex", "value",
				      index != 0 ? (json_int_t)index : -1));
		}
	}
	return list;
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
