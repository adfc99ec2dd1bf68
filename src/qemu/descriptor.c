/* Firmware descriptors, and what a VM gets by them; see firmware.h. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/firmware.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/target.h"
#include "vm/vm.h"

static bool
is(const json_t *value, const char *word)
{
	return json_is_string(value) && strcmp(json_string_value(value), word) == 0;
}

static bool
has(const json_t *array, const char *word)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value) if (is(value, word)) return true;
	return false;
}

/* {"filename": …, "format": …}; an object without a format, or of none that we know, is no image.
 */
static void
take_image(const json_t *o, struct firmware_image *ret)
{
	const char *path = json_string_value(json_object_get(o, "filename"));
	const json_t *format = json_object_get(o, "format");
	bool qcow2 = is(format, "qcow2");

	if (path == NULL || path[0] != '/' || (!qcow2 && !is(format, "raw")))
		return;
	ret->path = xstrdup(path);
	ret->format = qcow2 ? FORMAT_QCOW2 : FORMAT_RAW;
}

/* Of the ways to bring firmware into a machine: the flash, with its variables in a second one or
 * without any, and plain memory. */
static void
take_mapping(const json_t *mapping, struct firmware_descriptor *f)
{
	const json_t *device = json_object_get(mapping, "device");
	const json_t *mode = json_object_get(mapping, "mode");
	const char *path = json_string_value(json_object_get(mapping, "filename"));

	f->flash = is(device, "flash");
	if (f->flash && (mode == NULL || is(mode, "split") || is(mode, "stateless"))) {
		take_image(json_object_get(mapping, "executable"), &f->code);
		if (!is(mode, "stateless"))
			take_image(json_object_get(mapping, "nvram-template"), &f->store);
	} else if (is(device, "memory") && path != NULL && path[0] == '/') {
		f->code = (struct firmware_image){ xstrdup(path), FORMAT_RAW };
	}
}

int
firmware_parse(
    struct diag *d, const char *file, const char *text, size_t n, struct firmware_descriptor *ret)
{
	struct firmware_descriptor f = { 0 };
	json_error_t error;
	json_t *o = json_loadb(text, n, 0, &error), *features;

	if (o == NULL)
		return fail(d, "%s:%d: %s", file, error.line, error.text);
	features = json_object_get(o, "features");
	f.file = xstrdup(file);
	take_mapping(json_object_get(o, "mapping"), &f);
	f.uefi = has(json_object_get(o, "interface-types"), "uefi");
	f.secure_boot = has(features, "secure-boot");
	f.keys = has(features, "enrolled-keys");
	f.smm = has(features, "requires-smm");
	f.host_store = has(features, "host-uefi-vars");
	f.targets = json_incref(json_object_get(o, "targets"));
	json_decref(o);
	*ret = f;
	return 0;
}

void
firmware_descriptor_free(struct firmware_descriptor *f)
{
	free(f->file);
	free(f->code.path);
	free(f->store.path);
	json_decref(f->targets);
	*f = (struct firmware_descriptor){ 0 };
}

/* The name with its version, of which descriptors speak: "pc-q35-7.2" of "q35". */
static char *
versioned(const char *machine, struct qemu_version v)
{
	static const struct {
		const char *alias, *name;
	} known[] = { { "q35", "pc-q35" }, { "pc", "pc-i440fx" }, { "virt", "virt" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].alias, machine) == 0)
			return xasprintf("%s-%d.%d", known[i].name, v.major, v.minor);
	}
	return xstrdup(machine);
}

static bool
is_for(const json_t *target, const struct firmware_wish *w, const char *machine)
{
	const json_t *pattern;
	size_t i;

	if (!is(json_object_get(target, "architecture"), w->arch))
		return false;
	json_array_foreach(json_object_get(target, "machines"), i, pattern)
	{
		const char *text = json_string_value(pattern);

		if (text != NULL &&
		    (fnmatch(text, machine, 0) == 0 || fnmatch(text, w->machine, 0) == 0))
			return true;
	}
	return false;
}

bool
firmware_suits(const struct firmware_descriptor *f, const struct firmware_wish *w)
{
	bool secure = w->kind == FIRMWARE_UEFI_SECURE, suits = false;
	char *machine = versioned(w->machine, w->version);
	const json_t *target;
	size_t i;

	json_array_foreach(f->targets, i, target) suits = suits || is_for(target, w, machine);
	free(machine);
	if (!suits || !f->uefi || f->code.path == NULL || f->host_store)
		return false;
	/* Secure boot is on once there are keys, and what has keys cannot do without it. */
	return secure ? f->secure_boot && f->keys && f->store.path != NULL : !f->keys && !f->smm;
}

const struct firmware_descriptor *
firmware_choose(const struct firmware_descriptor *list, size_t n, const struct firmware_wish *w)
{
	const struct firmware_descriptor *without = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!list[i].is_there || !firmware_suits(&list[i], w))
			continue;
		if (list[i].store.path != NULL)
			return &list[i];
		if (without == NULL)
			without = &list[i];
	}
	return without;
}

int
firmware_kind(const struct vm *vm, const char *arch)
{
	const struct target *t = target_find(arch);

	if (vm->firmware.kind != FIRMWARE_AUTO)
		return vm->firmware.kind;
	/* QEMU brings a BIOS for PCs; on Arm nothing but a kernel starts without firmware. */
	if (vm->kernel == NULL && machine_kind(t, vm_machine_type(vm, t)) == MACHINE_VIRT_ARM)
		return FIRMWARE_UEFI;
	return FIRMWARE_BIOS;
}

bool
firmware_is_sought(const struct vm *vm, const char *arch)
{
	return firmware_kind(vm, arch) != FIRMWARE_BIOS && vm->firmware.code == NULL;
}

static struct firmware_image
image_copy(const struct firmware_image *image)
{
	return (struct firmware_image){ image->path != NULL ? xstrdup(image->path) : NULL,
		image->format };
}

/* One that the VM file names. */
static struct firmware_image
image_named(const char *path)
{
	const char *dot = strrchr(path, '.');

	return (struct firmware_image){ xstrdup(path),
		dot != NULL && strcmp(dot, ".qcow2") == 0 ? FORMAT_QCOW2 : FORMAT_RAW };
}

void
firmware_decide(const struct vm *vm, const char *arch, const struct firmware_descriptor *chosen,
    const char *dir, struct firmware *ret)
{
	const struct vm_firmware *said = &vm->firmware;
	bool secure = said->kind == FIRMWARE_UEFI_SECURE;
	struct firmware f = { 0 };

	if (chosen != NULL) {
		f.code = image_copy(&chosen->code);
		f.template = image_copy(&chosen->store);
		f.flash = chosen->flash;
		f.smm = chosen->smm;
	} else if (said->code != NULL) {
		f.code = image_named(said->code);
		f.flash = firmware_kind(vm, arch) != FIRMWARE_BIOS;
		f.smm = secure && target_find(arch)->is_x86;
	}
	if (said->template != NULL) {
		free(f.template.path);
		f.template = image_named(said->template);
	}
	if (said->vars != NULL)
		f.store = image_named(said->vars);
	else if (f.template.path != NULL)
		f.store = (struct firmware_image){
			xasprintf("%s/%s.%s", dir, secure ? "uefi-secure" : "uefi",
			    f.template.format == FORMAT_QCOW2 ? "qcow2" : "fd"),
			f.template.format
		};
	*ret = f;
}

void
firmware_free(struct firmware *f)
{
	free(f->code.path);
	free(f->template.path);
	free(f->store.path);
	*f = (struct firmware){ 0 };
}
