/* Where a disk hangs: places on controllers, which are added when those there are full; and the
 * threads that serve them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/disk.h"
#include "util/mem.h"

#define AHCI_PORTS   6 /* drives on one AHCI controller */
#define LEGACY_UNITS 4 /* two channels with two drives each */

/* The next port of the AHCI controllers: the board's own if it has one, then those that are added.
 */
void
place_sata(struct composer *c, struct buf *b)
{
	unsigned unit = c->sata_units++;
	unsigned own = c->kind == MACHINE_Q35 ? AHCI_PORTS : 0;

	if (unit < own) {
		buf_addf(b, ",bus=ide.%u", unit);
		return;
	}
	unit -= own;
	if (unit % AHCI_PORTS == 0)
		composef(c, "-device", "ich9-ahci,id=ahci%u", unit / AHCI_PORTS);
	buf_addf(b, ",bus=ahci%u.%u", unit / AHCI_PORTS, unit % AHCI_PORTS);
}

void
place_ide(struct composer *c, struct buf *b)
{
	unsigned unit = c->ide_units;

	if (c->kind != MACHINE_I440FX || unit >= LEGACY_UNITS) {
		place_sata(c, b);
		return;
	}
	c->ide_units++;
	buf_addf(b, ",bus=ide.%u,unit=%u", unit / 2, unit % 2);
}

void
place_usb(struct composer *c, struct buf *b)
{
	need_usb(c);
	buf_add(b, ",bus=usb0.0");
}

static size_t
disk_number(const struct composer *c, const struct vm_disk *disk)
{
	return (size_t)(disk - c->vm->disks);
}

/* The object's name; the caller frees it. */
static char *
iothread_id(const struct composer *c, const struct vm_disk *disk)
{
	if (strcmp(disk->iothread, IOTHREAD_OWN) == 0)
		return xasprintf("disk%zu-iothread", disk_number(c, disk));
	return xasprintf("iothread-%s", disk->iothread);
}

static bool
iothread_is_there(const struct composer *c, const struct vm_disk *disk)
{
	if (strcmp(disk->iothread, IOTHREAD_OWN) == 0)
		return false;
	for (const struct vm_disk *d = c->vm->disks; d < disk; d++) {
		if (d->iothread != NULL && strcmp(d->iothread, disk->iothread) == 0)
			return true;
	}
	return false;
}

void
add_iothread(struct composer *c, struct buf *b, const struct vm_disk *disk)
{
	char *id;

	if (disk->iothread == NULL)
		return;
	id = iothread_id(c, disk);
	if (!iothread_is_there(c, disk))
		composef(c, "-object", "iothread,id=%s", id);
	buf_addf(b, ",iothread=%s", id);
	free(id);
}

/* The first disk on the same controller: it stands for it. */
static const struct vm_disk *
first_on_controller(const struct composer *c, const struct vm_disk *disk)
{
	const struct vm_disk *d = c->vm->disks;

	while (d < disk && !vm_disk_same_controller(d, disk))
		d++;
	return d;
}

/* What one of the disks on the controller says. */
static int64_t
queues(const struct composer *c, const struct vm_disk *first)
{
	const struct vm_disk *end = c->vm->disks + c->vm->ndisks;

	for (const struct vm_disk *d = first; d < end; d++) {
		if (d->queues != 0 && (d == first || vm_disk_same_controller(d, first)))
			return d->queues;
	}
	return 0;
}

void
place_scsi(struct composer *c, struct buf *b, const struct vm_disk *disk)
{
	const struct vm_disk *first = disk != NULL ? first_on_controller(c, disk) : NULL;
	bool threaded = disk != NULL && disk->iothread != NULL;
	char *id = threaded ? xasprintf("scsi-disk%zu", disk_number(c, first)) : xstrdup("scsi0");
	struct buf controller = { 0 };

	if (threaded ? first == disk : !c->scsi_bus) {
		add_virtio(&controller, c, "scsi");
		buf_addf(&controller, ",id=%s", id);
		if (threaded)
			add_iothread(c, &controller, disk);
		if (first != NULL && queues(c, first) != 0)
			buf_addf(&controller, ",num_queues=%" PRId64, queues(c, first));
		compose(c, "-device", &controller);
		c->scsi_bus = c->scsi_bus || !threaded;
	}
	buf_addf(b, ",bus=%s.0", id);
	free(id);
}
