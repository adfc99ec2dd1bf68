/* Rules of images: the format of each, and what is made where one is missing; see internal.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

/* An image's format by its name; -1: the name does not say. */
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
		{ "luks", FORMAT_LUKS },
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

/* Of disks[i].KEY, which is to be the format of file. */
static void
decide_format(struct rules *r, size_t i, const char *key, const char *file, int *format)
{
	char *path = xasprintf("disks[%zu].%s", i, key);
	int by_name = file != NULL ? format_of(file) : FORMAT_RAW;

	if (*format == FORMAT_AUTO) {
		*format = by_name != -1 ? by_name : FORMAT_RAW;
		if (by_name == -1 && !rule_given(r, path)) {
			struct buf b = { 0 };

			buf_add_visible(&b, file, strlen(file));
			rule_broken(r, path,
			    "must be given, because the name does not tell it: %.200s", b.s);
			buf_free(&b);
		}
	}
	free(path);
}

static bool
is_remote(const struct vm *vm, size_t i)
{
	return vm->disks[i].url.scheme != URL_NONE;
}

static bool
file_and_url(const struct vm *vm, size_t i)
{
	return is_remote(vm, i) && vm->disks[i].file != NULL;
}

static bool
url_written(const struct vm *vm, size_t i)
{
	return vm_url_readonly(&vm->disks[i].url) && !vm->disks[i].readonly;
}

static bool
url_made(const struct vm *vm, size_t i)
{
	return is_remote(vm, i) && vm->disks[i].size != 0;
}

static bool
url_based(const struct vm *vm, size_t i)
{
	return is_remote(vm, i) && vm->disks[i].base != NULL;
}

static bool
url_temporary(const struct vm *vm, size_t i)
{
	return is_remote(vm, i) && vm->disks[i].temporary;
}

static bool
url_aio(const struct vm *vm, size_t i)
{
	return is_remote(vm, i) && vm->disks[i].aio != AIO_THREADS;
}

static bool
password_alone(const struct vm *vm, size_t i)
{
	return vm->disks[i].password_file != NULL && vm->disks[i].url.user[0] == '\0';
}

static bool
password_unasked(const struct vm *vm, size_t i)
{
	int scheme = vm->disks[i].url.scheme;

	return vm->disks[i].password_file != NULL &&
	       (scheme == URL_NBD || scheme == URL_NBD_UNIX || scheme == URL_SSH);
}

static bool
is_device(const struct vm_disk *disk)
{
	return disk->file != NULL && strncmp(disk->file, "/dev/", 5) == 0;
}

static bool
size_of_device(const struct vm *vm, size_t i)
{
	return vm->disks[i].size != 0 && is_device(&vm->disks[i]);
}

static bool
base_of_device(const struct vm *vm, size_t i)
{
	return vm->disks[i].base != NULL && is_device(&vm->disks[i]);
}

static bool
base_of_other(const struct vm *vm, size_t i)
{
	return vm->disks[i].base != NULL && vm->disks[i].format != FORMAT_QCOW2;
}

static bool
base_itself(const struct vm *vm, size_t i)
{
	return same_text(vm->disks[i].base, vm->disks[i].file);
}

static bool
base_sized(const struct vm *vm, size_t i)
{
	const struct vm_disk *disk = &vm->disks[i];

	return disk->base != NULL && disk->size == 0 && disk->base_format != FORMAT_RAW &&
	       disk->base_format != FORMAT_QCOW2;
}

static bool
base_encrypted(const struct vm *vm, size_t i)
{
	return vm->disks[i].base != NULL && vm->disks[i].base_format == FORMAT_LUKS;
}

static bool
base_format_alone(const struct vm *vm, size_t i)
{
	return vm->disks[i].base == NULL && vm->disks[i].base_format != FORMAT_AUTO;
}

static bool
temporary_readonly(const struct vm *vm, size_t i)
{
	return vm->disks[i].temporary && vm->disks[i].readonly;
}

static bool
temporary_shared(const struct vm *vm, size_t i)
{
	return vm->disks[i].temporary && vm->disks[i].shareable;
}

static bool
temporary_format(const struct vm *vm, size_t i)
{
	const struct vm_disk *disk = &vm->disks[i];

	return disk->temporary && disk->format != FORMAT_RAW && disk->format != FORMAT_QCOW2;
}

static bool
temporary_secret(const struct vm *vm, size_t i)
{
	return vm->disks[i].temporary && vm->disks[i].secret_file != NULL;
}

static bool
secret_of_other(const struct vm *vm, size_t i)
{
	const struct vm_disk *disk = &vm->disks[i];

	return disk->secret_file != NULL && disk->format != FORMAT_LUKS &&
	       disk->format != FORMAT_QCOW2;
}

static bool
luks_without_secret(const struct vm *vm, size_t i)
{
	return vm->disks[i].format == FORMAT_LUKS && vm->disks[i].secret_file == NULL;
}

static const struct rule image_rules[] = {
	{ "url", file_and_url, "excludes file: the image is in one place" },
	{ "readonly", url_written, "must be true for an image by http, https, ftp or ftps" },
	{ "size", url_made, "is for files: an image that a server has is there, or is not" },
	{ "base", url_based, "is for files: an image that a server has is there, or is not" },
	{ "temporary", url_temporary, "is for files and devices" },
	{ "aio", url_aio, "is for files and devices" },
	{ "password_file", password_alone, "needs a user in url, as in https://USER@HOST/" },
	{ "password_file", password_unasked, "is asked for by neither nbd nor ssh" },
	{ "size", size_of_device, "is for image files: a device in /dev is there, or is not" },
	{ "base", base_of_device, "is for image files: a device in /dev is there, or is not" },
	{ "base", base_of_other, "needs format qcow2: no other can be an overlay" },
	{ "base", base_itself, "is the image itself" },
	{ "base", base_encrypted, "an encrypted image cannot be a base" },
	{ "base_format", base_format_alone, "needs base, and none is given" },
	{ "size", base_sized,
	    "must be given, because that of a base is known only of format raw and "
	    "qcow2" },
	{ "temporary", temporary_readonly,
	    "is for disks that are written to, and this is read-only" },
	{ "temporary", temporary_shared, "excludes shareable: nobody else sees what is written" },
	{ "temporary", temporary_format, "needs format raw or qcow2" },
	{ "temporary", temporary_secret,
	    "excludes secret_file: what the guest writes would not be encrypted" },
	{ "secret_file", secret_of_other, "needs format luks or qcow2: no other is encrypted" },
	{ "secret_file", luks_without_secret, "must be given for format luks" },
	{ 0 },
};

void
rules_image(struct rules *r, size_t i)
{
	struct vm_disk *disk = &r->vm->disks[i];
	bool named = disk->url.scheme == URL_SSH || vm_url_readonly(&disk->url);
	char *self = xasprintf("disks[%zu]", i), *file = xasprintf("%s.file", self);
	char *url = xasprintf("%s.url", self);

	/* One that is given, but wrong, was complained about. */
	if (!rule_given(r, file) && !rule_given(r, url) && disk->file == NULL &&
	    !rule_bare(r, self))
		rule_broken(r, self, "\"file\" is missing");
	free(self);
	free(file);
	free(url);
	decide_format(r, i, "format", named ? disk->url.path : disk->file, &disk->format);
	if (disk->base != NULL)
		decide_format(r, i, "base_format", disk->base, &disk->base_format);
	rules_check(r, image_rules, "disks", i);
}
