/*
 * Disks and the CD-ROM drive: for each file of an image a protocol node (the file) and a format
 * node (what is in it), both said in full, so that QEMU opens nothing that vmrun did not name; then
 * the device on top.
 */
#include <stdlib.h>

#include "qemu/compose.h"
#include "util/mem.h"

#define AHCI_PORTS 6 /* drives on one AHCI controller */

static const unsigned own_ide_units[] = {
	[MACHINE_OTHER] = 0,
	[MACHINE_I440FX] = 4, /* two channels with two drives each */
	[MACHINE_Q35] = AHCI_PORTS,
	[MACHINE_MICROVM] = 0,
};

/* What a cache mode is made of: qemu(1), -drive cache=. */
static const struct cache_mode {
	bool direct, no_flush; /* of the nodes */
	bool write_through;    /* the device has no write cache */
} cache_modes[] = {
	[CACHE_WRITEBACK] = { 0 },
	[CACHE_NONE] = { .direct = true },
	[CACHE_WRITETHROUGH] = { .write_through = true },
	[CACHE_DIRECTSYNC] = { .direct = true, .write_through = true },
	[CACHE_UNSAFE] = { .no_flush = true },
};

static const struct format {
	const char *driver;
	bool has_backing; /* an image of this format can name a backing file */
} formats[] = {
	[FORMAT_RAW] = { "raw" },
	[FORMAT_QCOW2] = { "qcow2", .has_backing = true },
	[FORMAT_VMDK] = { "vmdk", .has_backing = true },
	[FORMAT_VDI] = { "vdi" },
	[FORMAT_VHDX] = { "vhdx" },
};

/* "disk0" is the image itself, "disk0-base1" what it is based on, and so on. */
static char *
node_name(const char *drive, size_t level)
{
	return level == 0 ? xstrdup(drive) : xasprintf("%s-base%zu", drive, level);
}

static void
protocol_node(struct composer *c, const struct qemu_image *image, const char *node, bool readonly,
    const struct cache_mode *cache)
{
	struct buf b = { 0 };

	buf_addf(&b,
	    "driver=%s,node-name=%s-file,filename=", image->device ? "host_device" : "file", node);
	if (image->handle.fd >= 0) {
		unsigned set = ++c->fdsets;

		composef(c, "-add-fd", "fd=%d,set=%u,opaque=%s", image->handle.fd, set, node);
		buf_addf(&b, "/dev/fdset/%u", set);
	} else {
		buf_add_optarg(&b, image->handle.name);
	}
	if (cache->direct)
		buf_add(&b, ",cache.direct=on");
	if (cache->no_flush)
		buf_add(&b, ",cache.no-flush=on");
	buf_add(&b, readonly ? ",read-only=on,auto-read-only=off" : ",discard=unmap");
	compose(c, "-blockdev", &b);
}

/* In JSON, because the short form has no word for "no backing file", and without one QEMU would
 * open whatever the image names. Nothing in it comes from a config file. */
static void
format_node(struct composer *c, const struct qemu_image *image, const char *node,
    const char *backing, bool readonly, const struct cache_mode *cache)
{
	const struct format *format = &formats[image->format];
	struct buf b = { 0 };

	buf_addf(&b, "{\"driver\":\"%s\",\"node-name\":\"%s\",\"file\":\"%s-file\"", format->driver,
	    node, node);
	if (backing != NULL)
		buf_addf(&b, ",\"backing\":\"%s\"", backing);
	else if (format->has_backing)
		buf_add(&b, ",\"backing\":null");
	if (cache->direct || cache->no_flush) {
		buf_addf(&b, ",\"cache\":{\"direct\":%s,\"no-flush\":%s}",
		    cache->direct ? "true" : "false", cache->no_flush ? "true" : "false");
	}
	buf_add(&b, readonly ? ",\"read-only\":true}" : ",\"discard\":\"unmap\"}");
	compose(c, "-blockdev", &b);
}

/* A node can name only nodes that are there already, so the last backing file comes first. */
static void
nodes(struct composer *c, const struct qemu_disk_chain *chain, const char *drive, bool readonly,
    const struct cache_mode *cache)
{
	char *backing = NULL;

	for (size_t level = chain->n; level-- > 0;) {
		bool fixed = readonly || level > 0;
		char *node = node_name(drive, level);

		protocol_node(c, &chain->image[level], node, fixed, cache);
		format_node(c, &chain->image[level], node, backing, fixed, cache);
		free(backing);
		backing = node;
	}
	free(backing);
}

/* The next free place for an IDE drive: the board's own, then controllers that are added. */
static void
ide_place(struct composer *c, struct buf *b)
{
	unsigned unit = c->ide_units++;
	unsigned own = own_ide_units[c->kind];

	if (unit < own) {
		if (c->kind == MACHINE_I440FX)
			buf_addf(b, ",bus=ide.%u,unit=%u", unit / 2, unit % 2);
		else
			buf_addf(b, ",bus=ide.%u", unit);
		return;
	}
	unit -= own;
	if (unit % AHCI_PORTS == 0)
		composef(c, "-device", "ich9-ahci,id=ahci%u", unit / AHCI_PORTS);
	buf_addf(b, ",bus=ahci%u.%u", unit / AHCI_PORTS, unit % AHCI_PORTS);
}

static void
scsi_place(struct composer *c, struct buf *b)
{
	struct buf controller = { 0 };

	if (!c->scsi_bus) {
		add_virtio(&controller, c, "scsi");
		buf_add(&controller, ",id=scsi0");
		compose(c, "-device", &controller);
	}
	c->scsi_bus = true;
	buf_add(b, ",bus=scsi0.0");
}

static void
disk_device(struct composer *c, const char *drive, size_t i)
{
	const struct vm_disk *disk = &c->vm->disks[i];
	const char *serial = disk->serial;
	struct buf b = { 0 };

	switch ((enum vm_bus)disk->bus) {
	case BUS_VIRTIO:
		add_virtio(&b, c, "blk");
		buf_addf(&b, ",id=%s,drive=%s", drive, drive);
		break;
	case BUS_SCSI:
		buf_addf(&b, "scsi-hd,id=%s,drive=%s", drive, drive);
		scsi_place(c, &b);
		break;
	case BUS_NVME:
		buf_addf(&b, "nvme,id=%s,drive=%s", drive, drive);
		if (serial == NULL)
			serial = drive; /* an NVMe controller must have one */
		break;
	case BUS_IDE:
		buf_addf(&b, "ide-hd,id=%s,drive=%s", drive, drive);
		ide_place(c, &b);
		break;
	}
	if (cache_modes[disk->cache].write_through)
		buf_add(&b, ",write-cache=off");
	if (serial != NULL) {
		buf_add(&b, ",serial=");
		buf_add_optarg(&b, serial);
	}
	add_boot_index(&b, c, BOOT_DISK, i);
	compose(c, "-device", &b);
}

static void
cdrom(struct composer *c)
{
	struct buf b = { 0 };

	nodes(c, &c->facts->cdrom, "cdrom0", true, &cache_modes[CACHE_WRITEBACK]);
	if (c->target->is_x86) {
		buf_add(&b, "ide-cd,id=cdrom0,drive=cdrom0");
		ide_place(c, &b);
	} else {
		buf_add(&b, "scsi-cd,id=cdrom0,drive=cdrom0");
		scsi_place(c, &b);
	}
	add_boot_index(&b, c, BOOT_CDROM, 0);
	compose(c, "-device", &b);
}

void
compose_disks(struct composer *c)
{
	for (size_t i = 0; i < c->vm->ndisks; i++) {
		const struct vm_disk *disk = &c->vm->disks[i];
		char *drive = xasprintf("disk%zu", i);

		nodes(c, &c->facts->disks[i], drive, disk->readonly, &cache_modes[disk->cache]);
		disk_device(c, drive, i);
		free(drive);
	}
	if (c->facts->cdrom.n > 0)
		cdrom(c);
}
