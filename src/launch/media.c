/* The images of all disks and drives of a VM; see media.h. */
#include "launch/media.h"

#include "launch/context.h"
#include "launch/images.h"
#include "launch/make_image.h"
#include "launch/plan.h"
#include "util/diag.h"
#include "util/fd.h"
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

/* An image that was there already: is it based on what the VM file says? A linked clone put another between. */
static int
check_base(struct diag *d, const struct vm_disk *disk, const struct qemu_disk_chain *chain)
{
	if (disk->base == NULL || (chain->n == 1 && chain->image[0].handle.fd == -1))
		return 0;
	for (size_t i = 1; i < chain->n; i++) {
		if (context_same_file(chain->image[i].handle.name, disk->base))
			return 0;
	}
	if (chain->n == 1)
		return fail_as(d, DIAG_CONFIG, "%s: is there, and based on nothing", disk->file);
	return fail_as(d, DIAG_CONFIG, "%s: is there, and based on %s", disk->file,
	    chain->image[1].handle.name);
}

/* An image whose header was read: a passphrase too few or too many would be QEMU's to tell. */
static int
check_secret(struct diag *d, const struct vm_disk *disk, const struct qemu_disk_chain *chain)
{
	const struct qemu_image *top = &chain->image[0];

	for (size_t i = 1; i < chain->n; i++) {
		if (chain->image[i].encrypted)
			return fail(d, "%s: is encrypted, and so cannot be a base",
			    chain->image[i].handle.name);
	}
	if (top->encrypted && disk->secret_file == NULL)
		return fail_as(
		    d, DIAG_CONFIG, "%s: is encrypted, and no secret_file is given", disk->file);
	if (!top->encrypted && disk->secret_file != NULL && top->format == FORMAT_QCOW2 &&
	    top->handle.fd != -1)
		return fail_as(
		    d, DIAG_CONFIG, "%s: is not encrypted, and a secret_file is given", disk->file);
	return 0;
}

/* Of an image that a server has QEMU opens the connection itself, but for one to a local socket. */
static int
open_url(struct diag *d, const struct vm_url *url, bool preview, struct qemu_disk_chain *ret)
{
	struct qemu_image image = { .handle = { .fd = -1 }, .url = url };
	bool local = url->scheme == URL_NBD_UNIX;

	if (local && !preview) {
		image.handle.fd = unix_connect(url->socket, false);
		if (image.handle.fd == -1)
			return fail_sys(d, "nobody answers on socket %s", url->socket);
	}
	image.handle.name = local ? xstrdup(url->socket) : NULL;
	*ret = (struct qemu_disk_chain){ xcalloc(1, sizeof(image)), 1 };
	ret->image[0] = image;
	return 0;
}

int
disk_check(struct diag *d, const struct context *c, const struct vm_disk *disk)
{
	struct qemu_disk_chain chain = { 0 };
	int result = -1;

	if (disk->url.scheme != URL_NONE) {
		if (open_url(d, &disk->url, disk->url.scheme != URL_NBD_UNIX, &chain) == -1)
			return -1;
		images_close(&chain);
		return 0;
	}
	if (image_is_to_be_made(disk))
		return image_make_check(d, c, disk);
	if (images_open(d, &c->host, disk->file, disk->format, true, false, &chain) == 0 &&
	    check_base(d, disk, &chain) == 0 && check_secret(d, disk, &chain) == 0)
		result = 0;
	images_close(&chain);
	return result;
}

static int
open_disk(struct diag *d, const struct context *c, const struct plan *p, size_t i, bool preview,
    struct plan_facts *pf)
{
	const struct vm_disk *disk = &p->member.vm.disks[i];
	struct qemu_disk_chain *chain = &pf->f.disks[i];
	const struct qemu_handle *secret =
	    disk->secret_file != NULL ? plan_file(pf, disk->secret_file) : NULL;

	if (disk->url.scheme != URL_NONE) {
		if (open_url(d, &disk->url, preview, chain) == -1)
			goto fail;
		chain->image[0].format = disk->format;
		return 0;
	}
	if ((!preview && image_make(d, c, p, disk, secret) == -1) ||
	    images_open(d, &c->host, disk->file, disk->format, disk->readonly || disk->temporary,
		preview, chain) == -1 ||
	    check_base(d, disk, chain) == -1 || check_secret(d, disk, chain) == -1)
		goto fail;
	if (disk->temporary && preview)
		overlay_preview(c, p, i, chain);
	else if (disk->temporary && overlay_make(d, c, p, i, chain) == -1)
		goto fail;
	return 0;
fail:
	diag_wrap(d, d->count - 1, "disks[%zu]", i);
	return -1;
}

static int
open_cdrom(struct diag *d, const struct context *c, size_t i, const struct vm_cdrom *cdrom,
    bool preview, struct qemu_disk_chain *ret)
{
	if (cdrom->url.scheme == URL_NONE)
		return open_one(d, c, "cdrom", i, cdrom->file, FORMAT_RAW, true, preview, ret);
	if (open_url(d, &cdrom->url, preview, ret) == -1) {
		diag_wrap(d, d->count - 1, "cdrom[%zu]", i);
		return -1;
	}
	ret->image[0].format = FORMAT_RAW;
	return 0;
}

int
media_open(struct diag *d, const struct context *c, const struct plan *p, bool preview,
    struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;
	struct qemu_facts *f = &pf->f;

	for (size_t i = 0; i < vm->ndisks; i++) {
		if (open_disk(d, c, p, i, preview, pf) == -1)
			return -1;
	}
	for (size_t i = 0; i < vm->ncdroms; i++) {
		if (open_cdrom(d, c, i, &vm->cdroms[i], preview, &f->cdroms[i]) == -1)
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
