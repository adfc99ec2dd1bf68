/* Disks: the nodes of the image, perhaps limits on top, then the device. */
#include "qemu/disk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/mem.h"

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

static const char *const read_errors[] = {
	[READ_ERROR_REPORT] = NULL, [READ_ERROR_STOP] = "stop", [READ_ERROR_IGNORE] = "ignore"
};
static const char *const write_errors[] = { [WRITE_ERROR_ENOSPC] = NULL,
	[WRITE_ERROR_REPORT] = "report",
	[WRITE_ERROR_STOP] = "stop",
	[WRITE_ERROR_IGNORE] = "ignore" };

/* The device's name, and where it hangs. */
static void
device(struct composer *c, struct buf *b, const struct vm_disk *disk, const char *drive,
    const char *node)
{
	static const char *const names[] = { [BUS_SCSI] = "scsi-hd",
		[BUS_NVME] = "nvme",
		[BUS_IDE] = "ide-hd",
		[BUS_SATA] = "ide-hd",
		[BUS_USB] = "usb-storage" };

	if (disk->bus == BUS_VIRTIO)
		add_virtio(b, c, "blk");
	else
		buf_add(b, names[disk->bus]);
	buf_addf(b, ",id=%s,drive=%s", drive, node);
	switch ((enum vm_bus)disk->bus) {
	case BUS_VIRTIO:
		add_iothread(c, b, disk);
		if (disk->queues != 0)
			buf_addf(b, ",num-queues=%" PRId64, disk->queues);
		break;
	case BUS_SCSI:
		place_scsi(c, b, disk);
		break;
	case BUS_NVME:
		break;
	case BUS_IDE:
		place_ide(c, b);
		break;
	case BUS_SATA:
		place_sata(c, b);
		break;
	case BUS_USB:
		place_usb(c, b);
		break;
	}
}

/* What the guest is told of the disk. */
static void
identity(struct buf *b, const struct vm_disk *disk, const char *drive)
{
	/* An NVMe controller must have a serial number. */
	const char *serial = disk->serial == NULL && disk->bus == BUS_NVME ? drive : disk->serial;
	/* QEMU takes less than the logical ones for a mistake, and 512 if not told. */
	uint64_t logical = disk->logical_block_size;
	uint64_t physical = disk->physical_block_size != 0 ? disk->physical_block_size : logical;

	if (serial != NULL) {
		buf_add(b, ",serial=");
		buf_add_optarg(b, serial);
	}
	if (disk->wwn != 0)
		buf_addf(b, ",wwn=0x%016" PRIx64, disk->wwn);
	if (logical != 0)
		buf_addf(b, ",logical_block_size=%" PRIu64, logical);
	if (physical != 0)
		buf_addf(b, ",physical_block_size=%" PRIu64, physical);
	if (disk->rotation_rate != 0)
		buf_addf(b, ",rotation_rate=%" PRId64, disk->rotation_rate);
}

static void
disk_device(struct composer *c, const char *drive, const char *node, size_t i)
{
	const struct vm_disk *disk = &c->vm->disks[i];
	struct buf b = { 0 };

	device(c, &b, disk, drive, node);
	if (cache_modes[disk->cache].write_through)
		buf_add(&b, ",write-cache=off");
	if (disk->shareable)
		buf_add(&b, ",share-rw=on");
	if (read_errors[disk->read_error] != NULL)
		buf_addf(&b, ",rerror=%s", read_errors[disk->read_error]);
	if (write_errors[disk->write_error] != NULL)
		buf_addf(&b, ",werror=%s", write_errors[disk->write_error]);
	identity(&b, disk, drive);
	add_boot_index(&b, c, BOOT_DISK, i);
	compose(c, "-device", &b);
}

/* The object with what is in a file, by its name, which the caller frees; NULL: there is none. */
static char *
secret(struct composer *c, const char *file, const char *drive, const char *what)
{
	struct buf b = { 0 };
	char *path;

	if (file == NULL)
		return NULL;
	path = file_path(c, file);
	buf_addf(&b, "secret,id=%s-%s,file=", drive, what);
	buf_add_optarg(&b, path);
	compose(c, "-object", &b);
	free(path);
	return xasprintf("%s-%s", drive, what);
}

static void
disk(struct composer *c, size_t i)
{
	const struct vm_disk *disk = &c->vm->disks[i];
	const struct cache_mode *cache = &cache_modes[disk->cache];
	char *drive = xasprintf("disk%zu", i), *node;
	char *key = secret(c, disk->secret_file, drive, "secret");
	char *password = secret(c, disk->password_file, drive, "password");
	const struct node_options o = { .readonly = disk->readonly,
		.direct = cache->direct,
		.no_flush = cache->no_flush,
		.unmap = disk->discard == DISCARD_UNMAP,
		.aio = disk->aio,
		.detect_zeroes = disk->detect_zeroes,
		.secret = key,
		.password = password };

	compose_nodes(c, &c->facts->disks[i], drive, &o);
	node = compose_limits(c, i, drive, &o);
	disk_device(c, drive, node, i);
	free(node);
	free(key);
	free(password);
	free(drive);
}

void
compose_disks(struct composer *c)
{
	for (size_t i = 0; i < c->vm->ndisks; i++)
		disk(c, i);
	for (size_t i = 0; i < c->vm->ncdroms; i++)
		compose_cdrom(c, i);
	for (size_t i = 0; i < c->vm->nfloppies; i++)
		compose_floppy(c, i);
}
