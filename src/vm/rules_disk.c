/* Rules of disks and drives: how they are attached, served and shown; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define SERIAL_MAX 20 /* bytes of a disk's serial number on buses that are not SCSI */

static bool
on(const struct vm *vm, size_t i, enum vm_bus bus)
{
	return vm->disks[i].bus == (int)bus;
}

static bool
on_ata(const struct vm *vm, size_t i)
{
	return on(vm, i, BUS_IDE) || on(vm, i, BUS_SATA);
}

static bool
on_virtio(const struct vm *vm, size_t i)
{
	return on(vm, i, BUS_VIRTIO) || on(vm, i, BUS_SCSI);
}

static bool
serial_long(const struct vm *vm, size_t i)
{
	const char *serial = vm->disks[i].serial;

	return serial != NULL && !on(vm, i, BUS_SCSI) && !on(vm, i, BUS_USB) &&
	       strlen(serial) > SERIAL_MAX;
}

static bool
ata_readonly(const struct vm *vm, size_t i)
{
	return on_ata(vm, i) && vm->disks[i].readonly;
}

static bool
shared_readonly(const struct vm *vm, size_t i)
{
	return vm->disks[i].shareable && vm->disks[i].readonly;
}

static bool
shared_format(const struct vm *vm, size_t i)
{
	return vm->disks[i].shareable && vm->disks[i].format != FORMAT_RAW;
}

static bool
native_cached(const struct vm *vm, size_t i)
{
	const struct vm_disk *disk = &vm->disks[i];

	return disk->aio == AIO_NATIVE && disk->cache != CACHE_NONE &&
	       disk->cache != CACHE_DIRECTSYNC;
}

static bool
unmap_ignored(const struct vm *vm, size_t i)
{
	return vm->disks[i].detect_zeroes == DETECT_ZEROES_UNMAP &&
	       vm->disks[i].discard != DISCARD_UNMAP;
}

static bool
zeroes_readonly(const struct vm *vm, size_t i)
{
	return vm->disks[i].detect_zeroes != DETECT_ZEROES_OFF && vm->disks[i].readonly;
}

static bool
nvme_read_error(const struct vm *vm, size_t i)
{
	return on(vm, i, BUS_NVME) && vm->disks[i].read_error != READ_ERROR_REPORT;
}

static bool
nvme_write_error(const struct vm *vm, size_t i)
{
	return on(vm, i, BUS_NVME) && vm->disks[i].write_error != WRITE_ERROR_ENOSPC;
}

static bool
iothread_elsewhere(const struct vm *vm, size_t i)
{
	return vm->disks[i].iothread != NULL && !on_virtio(vm, i);
}

static bool
iothread_name(const struct vm *vm, size_t i)
{
	return vm->disks[i].iothread != NULL && !is_word(vm->disks[i].iothread);
}

static bool
queues_elsewhere(const struct vm *vm, size_t i)
{
	return vm->disks[i].queues != 0 && !on_virtio(vm, i);
}

static bool
wwn_elsewhere(const struct vm *vm, size_t i)
{
	return vm->disks[i].wwn != 0 && !on(vm, i, BUS_SCSI) && !on_ata(vm, i);
}

static bool
rotation_elsewhere(const struct vm *vm, size_t i)
{
	return vm->disks[i].rotation_rate != 0 && !on(vm, i, BUS_SCSI) && !on_ata(vm, i);
}

static bool
not_power_of_two(uint64_t n)
{
	return (n & (n - 1)) != 0;
}

static bool
logical_odd(const struct vm *vm, size_t i)
{
	return not_power_of_two(vm->disks[i].logical_block_size);
}

static bool
physical_odd(const struct vm *vm, size_t i)
{
	return not_power_of_two(vm->disks[i].physical_block_size);
}

static bool
logical_ata(const struct vm *vm, size_t i)
{
	return on_ata(vm, i) && vm->disks[i].logical_block_size > 512;
}

static bool
logical_over_physical(const struct vm *vm, size_t i)
{
	const struct vm_disk *disk = &vm->disks[i];

	return disk->physical_block_size != 0 &&
	       disk->logical_block_size > disk->physical_block_size;
}

static const struct rule disk_rules[] = {
	{ "serial", serial_long,
	    "longer than the 20 bytes that there is room for but on bus scsi "
	    "and usb" },
	{ "readonly", ata_readonly,
	    "an IDE or SATA disk cannot be read-only, use bus virtio or scsi" },
	{ "shareable", shared_readonly,
	    "is for disks that are written to: a read-only one is shared as it is" },
	{ "shareable", shared_format,
	    "needs format raw: in all others one VM does not see what another allocates" },
	{ "aio", native_cached, "native needs cache = \"none\" or \"directsync\"" },
	{ "detect_zeroes", unmap_ignored, "unmap needs discard = \"unmap\"" },
	{ "detect_zeroes", zeroes_readonly, "is of what is written, and the disk is read-only" },
	{ "read_error", nvme_read_error,
	    "bus nvme reports every error to the guest, it has no choice" },
	{ "write_error", nvme_write_error,
	    "bus nvme reports every error to the guest, it has no choice" },
	{ "iothread", iothread_name,
	    "is not a thread's name (letters, digits, '-', '_' and '.', or own)" },
	{ "iothread", iothread_elsewhere, "is for disks on bus virtio or scsi" },
	{ "queues", queues_elsewhere, "is for disks on bus virtio or scsi" },
	{ "wwn", wwn_elsewhere, "is for disks on bus scsi, ide or sata" },
	{ "rotation_rate", rotation_elsewhere, "is for disks on bus scsi, ide or sata" },
	{ "logical_block_size", logical_odd, "is not a power of two" },
	{ "physical_block_size", physical_odd, "is not a power of two" },
	{ "logical_block_size", logical_ata, "an IDE or SATA disk has blocks of 512 bytes" },
	{ "logical_block_size", logical_over_physical, "is more than physical_block_size" },
	{ 0 },
};

/* A disk or a drive, whichever it is. */
struct medium {
	const char *list; /* "disks" */
	size_t i;
	const char *file;
	bool readonly;
	int64_t boot_index;
};

static size_t
nmedia(const struct vm *vm)
{
	return vm->ndisks + vm->ncdroms + vm->nfloppies;
}

static struct medium
medium(const struct vm *vm, size_t n)
{
	if (n < vm->ndisks) {
		const struct vm_disk *d = &vm->disks[n];

		return (struct medium){ "disks", n, d->file, d->readonly || d->temporary,
			d->boot_index };
	}
	n -= vm->ndisks;
	if (n < vm->ncdroms) {
		const struct vm_cdrom *d = &vm->cdroms[n];

		return (struct medium){ "cdrom", n, d->file, true, d->boot_index };
	}
	n -= vm->ncdroms;
	return (struct medium){ "floppy", n, vm->floppies[n].file, vm->floppies[n].readonly,
		vm->floppies[n].boot_index };
}

/* The same image twice in one VM, of which one writes to it; one place in the boot order twice. */
static void
rule_twice(struct rules *r, size_t n)
{
	struct medium m = medium(r->vm, n);
	char *file = xasprintf("%s[%zu].file", m.list, m.i);
	char *index = xasprintf("%s[%zu].boot_index", m.list, m.i);
	bool said_file = false, said_index = false;

	for (size_t k = 0; k < n; k++) {
		struct medium o = medium(r->vm, k);

		if (!said_file && same_text(m.file, o.file) && (!m.readonly || !o.readonly)) {
			rule_broken(r, file,
			    "the same image as %s[%zu], and one of them writes to it", o.list, o.i);
			said_file = true;
		}
		if (!said_index && m.boot_index != 0 && m.boot_index == o.boot_index) {
			rule_broken(r, index, "%lld: already that of %s[%zu]",
			    (long long)m.boot_index, o.list, o.i);
			said_index = true;
		}
	}
	free(file);
	free(index);
}

/* Disks on bus scsi with one thread, or without one, hang on one controller. */
static void
rule_controller(struct rules *r, size_t i)
{
	const struct vm_disk *disk = &r->vm->disks[i];
	char *queues = xasprintf("disks[%zu].queues", i);

	for (size_t k = 0; k < i; k++) {
		const struct vm_disk *other = &r->vm->disks[k];

		if (disk->queues != 0 && other->queues != 0 && disk->queues != other->queues &&
		    vm_disk_same_controller(disk, other)) {
			rule_broken(r, queues,
			    "disks[%zu] is on the same controller, and says %lld", k,
			    (long long)other->queues);
			break;
		}
	}
	free(queues);
}

bool
vm_disk_same_controller(const struct vm_disk *a, const struct vm_disk *b)
{
	if (a->bus != BUS_SCSI || b->bus != BUS_SCSI)
		return false;
	if (a->iothread == NULL || b->iothread == NULL)
		return a->iothread == b->iothread;
	return strcmp(a->iothread, b->iothread) == 0 && strcmp(a->iothread, IOTHREAD_OWN) != 0;
}

static bool
cdrom_twice(const struct vm *vm, size_t i)
{
	return vm->cdroms[i].url.scheme != URL_NONE && vm->cdroms[i].file != NULL;
}

static const struct rule cdrom_rules[] = {
	{ "url", cdrom_twice, "excludes file: the image is in one place" },
	{ 0 },
};

void
rules_disks(struct rules *r)
{
	for (size_t i = 0; i < r->vm->ndisks; i++) {
		rules_image(r, i);
		rules_check(r, disk_rules, "disks", i);
		rule_controller(r, i);
		rules_limits(r, i);
	}
	for (size_t i = 0; i < r->vm->ncdroms; i++)
		rules_check(r, cdrom_rules, "cdrom", i);
	for (size_t n = 0; n < nmedia(r->vm); n++)
		rule_twice(r, n);
}
