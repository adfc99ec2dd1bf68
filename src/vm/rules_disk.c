/* Rules of disks and of what is booted from; see internal.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define SERIAL_MAX 20 /* bytes of a disk's serial number on every bus but scsi */

/* The image's format by its name; -1: the name does not say. */
static int
format_of(const char *file)
{
	static const struct {
		const char *extension;
		int format;
	} known[] = {
		{ "qcow2", FORMAT_QCOW2 },
		{ "img", FORMAT_RAW },
		{ "raw", FORMAT_RAW },
		{ "iso", FORMAT_RAW },
		{ "vmdk", FORMAT_VMDK },
		{ "vdi", FORMAT_VDI },
		{ "vhdx", FORMAT_VHDX },
	};
	const char *base = strrchr(file, '/'), *dot;

	base = base != NULL ? base + 1 : file;
	dot = strrchr(base, '.');
	if (strncmp(file, "/dev/", 5) == 0 || dot == NULL || dot == base)
		return FORMAT_RAW;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasecmp(dot + 1, known[i].extension) == 0)
			return known[i].format;
	}
	return -1;
}

static void
rule_format(struct rules *r, size_t i)
{
	struct vm_disk *disk = &r->vm->disks[i];
	char *path = xasprintf("disks[%zu].format", i);
	int format = disk->file != NULL ? format_of(disk->file) : FORMAT_RAW;

	if (disk->format == FORMAT_AUTO) {
		disk->format = format != -1 ? format : FORMAT_RAW;
		if (format == -1 && !rule_given(r, path)) {
			struct buf b = { 0 };

			buf_add_visible(&b, disk->file, strlen(disk->file));
			rule_broken(r, path,
			    "must be given, because the name does not tell it: %.200s", b.s);
			buf_free(&b);
		}
	}
	free(path);
}

static void
rule_disk(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	const struct vm_disk *disk = &vm->disks[i];
	char *file = xasprintf("disks[%zu].file", i), *serial = xasprintf("disks[%zu].serial", i);
	char *readonly = xasprintf("disks[%zu].readonly", i);

	rule_format(r, i);
	if (disk->serial != NULL && disk->bus != BUS_SCSI && strlen(disk->serial) > SERIAL_MAX)
		rule_broken(r, serial, "%zu bytes long, at most %d are allowed but on bus scsi",
		    strlen(disk->serial), SERIAL_MAX);
	if (disk->bus == BUS_IDE && disk->readonly)
		rule_broken(r, readonly, "an IDE disk cannot be read-only, use bus virtio or scsi");
	for (size_t k = 0; k < i; k++) {
		if (same_text(disk->file, vm->disks[k].file) &&
		    (!disk->readonly || !vm->disks[k].readonly)) {
			rule_broken(r, file,
			    "the same image as disks[%zu], and one of them writes to it", k);
			break;
		}
	}
	if (same_text(disk->file, vm->cdrom) && !disk->readonly)
		rule_broken(r, file, "the same image as cdrom, and the disk writes to it");
	free(file);
	free(serial);
	free(readonly);
}

/* Only an order written for this VM: a general default may name what some do not have. */
static void
rule_boot(struct rules *r)
{
	const struct vm *vm = r->vm;
	bool any = vm->kernel != NULL || vm->nboot == 0;

	for (size_t i = 0; i < vm->nboot; i++) {
		any =
		    any ||
		    (vm->boot[i] == BOOT_DISK && (vm->ndisks > 0 || rule_given(r, "disks"))) ||
		    (vm->boot[i] == BOOT_CDROM && (vm->cdrom != NULL || rule_given(r, "cdrom"))) ||
		    (vm->boot[i] == BOOT_NETWORK && (vm->nnics > 0 || rule_given(r, "nics")));
	}
	if (!any && rule_own(r, "boot"))
		rule_broken(r, "boot", "the VM has nothing of what it is to boot from");
}

void
rules_disks(struct rules *r)
{
	for (size_t i = 0; i < r->vm->ndisks; i++)
		rule_disk(r, i);
	rule_boot(r);
}
