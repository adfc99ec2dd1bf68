/* Drives whose medium can be changed: CD-ROM and floppy disk; an empty one has no nodes. */
#include <stdlib.h>

#include "qemu/disk.h"
#include "util/mem.h"

/* The device, and its place; a CD-ROM drive on USB is a SCSI one behind a bridge. */
static void
cdrom_device(struct composer *c, struct buf *b, int bus, const char *drive, bool empty)
{
	struct buf bridge = { 0 };

	buf_addf(b, "%s-cd,id=%s", bus == CDROM_IDE || bus == CDROM_SATA ? "ide" : "scsi", drive);
	if (!empty)
		buf_addf(b, ",drive=%s", drive);
	switch ((enum vm_cdrom_bus)bus) {
	case CDROM_IDE:
		place_ide(c, b);
		break;
	case CDROM_SATA:
		place_sata(c, b);
		break;
	case CDROM_AUTO:
	case CDROM_SCSI:
		place_scsi(c, b, NULL);
		break;
	case CDROM_USB:
		buf_addf(&bridge, "usb-bot,id=%s-usb", drive);
		place_usb(c, &bridge);
		compose(c, "-device", &bridge);
		buf_addf(b, ",bus=%s-usb.0", drive);
		break;
	}
}

void
compose_cdrom(struct composer *c, size_t i)
{
	const struct node_options o = { .readonly = true };
	char *drive = xasprintf("cdrom%zu", i);
	int bus = c->vm->cdroms[i].bus;
	struct buf b = { 0 };

	if (bus == CDROM_AUTO)
		bus = c->kind == MACHINE_I440FX || c->kind == MACHINE_Q35 ? CDROM_IDE : CDROM_SCSI;
	compose_nodes(c, &c->facts->cdroms[i], drive, &o);
	cdrom_device(c, &b, bus, drive, c->facts->cdroms[i].n == 0);
	add_boot_index(&b, c, BOOT_CDROM, i);
	compose(c, "-device", &b);
	free(drive);
}

/* Two drives have one controller: the i440FX board's own, or one that is added. The place in the
 * boot order is the controller's. */
static const char *
floppy_bus(struct composer *c, size_t i)
{
	struct buf b = { 0 };

	for (size_t k = 0; k < c->vm->nfloppies && i == 0; k++) {
		unsigned index = boot_index(c, BOOT_FLOPPY, k);

		if (index != 0 && c->kind == MACHINE_I440FX)
			composef(c, "-global", "isa-fdc.bootindex%c=%u", "AB"[k], index);
		else if (index != 0)
			buf_addf(&b, ",bootindex%c=%u", "AB"[k], index);
	}
	if (c->kind == MACHINE_I440FX)
		return "floppy-bus.0";
	if (i == 0)
		composef(c, "-device", "isa-fdc,id=fdc0%s", b.s != NULL ? b.s : "");
	buf_free(&b);
	return "fdc0.0";
}

void
compose_floppy(struct composer *c, size_t i)
{
	const struct node_options o = { .readonly = c->vm->floppies[i].readonly, .unmap = true };
	char *drive = xasprintf("floppy%zu", i);
	struct buf b = { 0 };

	compose_nodes(c, &c->facts->floppies[i], drive, &o);
	buf_addf(&b, "floppy,id=%s,bus=%s,unit=%zu", drive, floppy_bus(c, i), i);
	if (c->facts->floppies[i].n > 0)
		buf_addf(&b, ",drive=%s", drive);
	compose(c, "-device", &b);
	free(drive);
}
