/* The SMBIOS tables: fields of the first few, strings for programs in the guest, and whole tables
 * from files. */
#include <stddef.h>
#include <stdlib.h>

#include "qemu/compose.h"

/* A field of struct vm_smbios, and what qemu(1) calls it. */
static const struct field {
	int type;
	size_t offset;
	const char *option;
} fields[] = {
	{ 0, offsetof(struct vm_smbios, bios.vendor), "vendor" },
	{ 0, offsetof(struct vm_smbios, bios.version), "version" },
	{ 0, offsetof(struct vm_smbios, bios.date), "date" },
	{ 1, offsetof(struct vm_smbios, system.manufacturer), "manufacturer" },
	{ 1, offsetof(struct vm_smbios, system.product), "product" },
	{ 1, offsetof(struct vm_smbios, system.version), "version" },
	{ 1, offsetof(struct vm_smbios, system.serial), "serial" },
	{ 1, offsetof(struct vm_smbios, system.sku), "sku" },
	{ 1, offsetof(struct vm_smbios, system.family), "family" },
	{ 2, offsetof(struct vm_smbios, base.manufacturer), "manufacturer" },
	{ 2, offsetof(struct vm_smbios, base.product), "product" },
	{ 2, offsetof(struct vm_smbios, base.version), "version" },
	{ 2, offsetof(struct vm_smbios, base.serial), "serial" },
	{ 2, offsetof(struct vm_smbios, base.asset), "asset" },
	{ 2, offsetof(struct vm_smbios, base.location), "location" },
	{ 3, offsetof(struct vm_smbios, chassis.manufacturer), "manufacturer" },
	{ 3, offsetof(struct vm_smbios, chassis.version), "version" },
	{ 3, offsetof(struct vm_smbios, chassis.serial), "serial" },
	{ 3, offsetof(struct vm_smbios, chassis.asset), "asset" },
	{ 3, offsetof(struct vm_smbios, chassis.sku), "sku" },
	{ 4, offsetof(struct vm_smbios, processor.socket), "sock_pfx" },
	{ 4, offsetof(struct vm_smbios, processor.manufacturer), "manufacturer" },
	{ 4, offsetof(struct vm_smbios, processor.version), "version" },
	{ 4, offsetof(struct vm_smbios, processor.serial), "serial" },
	{ 4, offsetof(struct vm_smbios, processor.asset), "asset" },
	{ 4, offsetof(struct vm_smbios, processor.part), "part" },
};

#define TYPES       5
#define OEM_STRINGS 11

static const char *
value_of(const struct vm *vm, const struct field *f)
{
	return *(char *const *)(const void *)((const char *)&vm->smbios + f->offset);
}

bool
asks_smbios(const struct vm *vm)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (value_of(vm, &fields[i]) != NULL)
			return true;
	}
	return vm->smbios.bios.release.set || vm->smbios.noem_strings > 0 ||
	       vm->smbios.nfiles > 0;
}

static void
table(struct composer *c, int type)
{
	const struct vm_smbios_release *release = &c->vm->smbios.bios.release;
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *value = value_of(c->vm, &fields[i]);

		if (fields[i].type != type || value == NULL)
			continue;
		buf_addf(&b, ",%s=", fields[i].option);
		buf_add_optarg(&b, value);
	}
	if (type == 0 && release->set)
		buf_addf(&b, ",release=%u.%u", release->major, release->minor);
	if (b.len > 0)
		composef(c, "-smbios", "type=%d%s", type, b.s);
	buf_free(&b);
}

static void
oem_strings(struct composer *c)
{
	const struct vm_smbios *smbios = &c->vm->smbios;
	struct buf b = { 0 };

	if (smbios->noem_strings == 0)
		return;
	buf_addf(&b, "type=%d", OEM_STRINGS);
	for (size_t i = 0; i < smbios->noem_strings; i++) {
		buf_add(&b, ",value=");
		buf_add_optarg(&b, smbios->oem_strings[i]);
	}
	compose(c, "-smbios", &b);
}

void
compose_smbios(struct composer *c)
{
	for (int type = 0; type < TYPES; type++)
		table(c, type);
	oem_strings(c);
	for (size_t i = 0; i < c->vm->smbios.nfiles; i++) {
		char *path = file_path(c, c->vm->smbios.files[i]);
		struct buf b = { 0 };

		buf_add(&b, "file=");
		buf_add_optarg(&b, path);
		compose(c, "-smbios", &b);
		free(path);
	}
}
