/* The images of all disks and drives of a VM; see media.h. */
#include "launch/media.h"

#include "launch/context.h"
#include "launch/images.h"
#include "launch/plan.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

/* file NULL: the drive is empty. */
static int
open_one(struct diag *d, const struct context *c, const char *list, size_t i, const char *file,
    int format, bool readonly, bool preview, struct qemu_disk_chain *ret)
{
	if (file == NULL || images_open(d, &c->host, file, format, readonly, preview, ret) == 0)
		return 0;
	diag_wrap(d, d->count - 1, "%s[%zu]", list, i);
	return -1;
}

int
media_open(struct diag *d, const struct context *c, const struct vm *vm, bool preview,
    struct plan_facts *pf)
{
	struct qemu_facts *f = &pf->f;

	pf->nchains = vm->ndisks + vm->ncdroms + vm->nfloppies + 1;
	pf->chains = xcalloc(pf->nchains, sizeof(*pf->chains));
	f->disks = pf->chains;
	f->cdroms = f->disks + vm->ndisks;
	f->floppies = f->cdroms + vm->ncdroms;
	f->firmware.vars = f->floppies + vm->nfloppies;
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct vm_disk *disk = &vm->disks[i];

		if (open_one(d, c, "disks", i, disk->file, disk->format, disk->readonly, preview,
			&f->disks[i]) == -1)
			return -1;
	}
	for (size_t i = 0; i < vm->ncdroms; i++) {
		if (open_one(d, c, "cdrom", i, vm->cdroms[i].file, FORMAT_RAW, true, preview,
			&f->cdroms[i]) == -1)
			return -1;
	}
	for (size_t i = 0; i < vm->nfloppies; i++) {
		const struct vm_floppy *floppy = &vm->floppies[i];

		if (open_one(d, c, "floppy", i, floppy->file, FORMAT_RAW, floppy->readonly, preview,
			&f->floppies[i]) == -1)
			return -1;
	}
	return 0;
}
