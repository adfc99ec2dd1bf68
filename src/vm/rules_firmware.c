/* Rules of firmware, of what is booted, and of what the guest reads through its firmware; see
 * internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/mem.h"
#include "vm/internal.h"

static bool
code_of_no_kind(const struct vm *vm, size_t i)
{
	return vm->firmware.code != NULL && vm->firmware.kind == FIRMWARE_AUTO;
}

static bool
is_bios(const struct vm *vm)
{
	return vm->firmware.kind == FIRMWARE_BIOS;
}

static bool
template_of_bios(const struct vm *vm, size_t i)
{
	return vm->firmware.template != NULL && is_bios(vm);
}

static bool
vars_of_bios(const struct vm *vm, size_t i)
{
	return vm->firmware.vars != NULL && is_bios(vm);
}

static bool
code_without_store(const struct vm *vm, size_t i)
{
	const struct vm_firmware *f = &vm->firmware;

	return f->code != NULL && f->kind >= FIRMWARE_UEFI && f->template == NULL &&
	       f->vars == NULL;
}

static bool
store_is_template(const struct vm *vm, size_t i)
{
	return same_text(vm->firmware.vars, vm->firmware.template);
}

static bool
store_is_disk(const struct vm *vm, size_t i)
{
	for (size_t k = 0; k < vm->ndisks; k++) {
		if (same_text(vm->firmware.vars, vm->disks[k].file))
			return true;
	}
	return false;
}

static const struct rule firmware_rules[] = {
	{ "firmware.code", code_of_no_kind,
	    "say also what kind of firmware it is: bios, uefi or uefi-secure" },
	{ "firmware.code", code_without_store,
	    "give a template as well, or vars, or its variables would be lost at each stop" },
	{ "firmware.template", template_of_bios, "needs kind uefi: a BIOS has no variable store" },
	{ "firmware.vars", vars_of_bios, "needs kind uefi: a BIOS has no variable store" },
	{ "firmware.vars", store_is_template,
	    "the same file as template, which many VMs' stores may be made from" },
	{ "firmware.vars", store_is_disk, "the same file as a disk of this VM" },
	{ 0 },
};

/* Has the VM a device of the kind, or might its file mean one? */
static bool
has_device(const struct rules *r, int kind)
{
	const struct vm *vm = r->vm;

	switch ((enum vm_boot_device)kind) {
	case BOOT_DISK:
		return vm->ndisks > 0 || rule_given(r, "disks");
	case BOOT_CDROM:
		return vm->ncdroms > 0 || rule_given(r, "cdrom");
	case BOOT_FLOPPY:
		return vm->nfloppies > 0 || rule_given(r, "floppy");
	case BOOT_NETWORK:
		return vm->nnics > 0 || rule_given(r, "nics");
	}
	return false;
}

/* Only an order written for this VM: a general default may name what some do not have. */
static void
rule_boot_order(struct rules *r)
{
	const struct vm_boot *boot = &r->vm->boot;
	bool any = r->vm->kernel != NULL || boot->norder == 0;

	for (size_t i = 0; i < boot->norder; i++)
		any = any || has_device(r, boot->order[i]);
	if (!any && !rule_own(r, "boot"))
		conf_idle(r->doc, "boot.order");
	else if (!any && (rule_own(r, "boot.order") || !conf_is_group(r->doc, "boot")))
		rule_broken(r, "boot", "the VM has nothing of what it is to boot from");
}

static void
rule_boot_once(struct rules *r)
{
	const struct vm_boot *boot = &r->vm->boot;
	bool any = boot->nonce == 0 || r->vm->kernel != NULL;

	if (boot->nonce > 0 && r->vm->kernel != NULL && rule_insists(r, "boot.once"))
		rule_broken(r, "boot.once", "excludes kernel, which is booted each time");
	for (size_t i = 0; i < boot->nonce; i++)
		any = any || has_device(r, boot->once[i]);
	if (!any && rule_insists(r, "boot.once"))
		rule_broken(r, "boot.once", "the VM has nothing of what it is to boot from once");
}

static void
rule_menu(struct rules *r)
{
	if (!r->vm->boot.menu && rule_insists(r, "boot.timeout"))
		rule_broken(r, "boot.timeout", "needs menu = true: without a menu nothing waits");
}

static bool
is_outside_opt(const struct vm *vm, size_t i)
{
	const char *name = vm->fw_cfg[i].name;

	return name != NULL && (strncmp(name, "opt/", 4) != 0 || name[4] == '\0');
}

static bool
has_neither(const struct vm *vm, size_t i)
{
	return vm->fw_cfg[i].string == NULL && vm->fw_cfg[i].file == NULL;
}

static bool
has_both(const struct vm *vm, size_t i)
{
	return vm->fw_cfg[i].string != NULL && vm->fw_cfg[i].file != NULL;
}

static bool
is_ignition(const struct vm *vm, size_t i)
{
	return vm->ignition != NULL && same_text(vm->fw_cfg[i].name, "opt/com.coreos/config");
}

static const struct rule fw_cfg_rules[] = {
	{ "name", is_outside_opt,
	    "must begin with opt/, as all else belongs to QEMU and the firmware" },
	{ "name", is_ignition, "is what ignition is passed by; leave one of the two out" },
	{ "string", has_neither, "give a string or a file" },
	{ "string", has_both, "excludes file: give one of the two" },
	{ 0 },
};

static void
rule_fw_cfg(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;

	rules_check(r, fw_cfg_rules, "fw_cfg", i);
	for (size_t k = 0; k < i; k++) {
		char *path = xasprintf("fw_cfg[%zu].name", i);

		if (same_text(vm->fw_cfg[i].name, vm->fw_cfg[k].name))
			rule_broken(r, path, "the same name as that of fw_cfg[%zu]", k);
		free(path);
	}
}

/* A file's name, and a word between the ':' and '=' of a string. */
static bool
is_no_credential_name(const struct vm *vm, size_t i)
{
	const char *name = vm->credentials[i].name;

	if (name == NULL)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f || strchr("/:=,", *p) != NULL)
			return true;
	}
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool
holds_nothing(const struct vm *vm, size_t i)
{
	return vm->credentials[i].value == NULL && vm->credentials[i].file == NULL;
}

static bool
holds_twice(const struct vm *vm, size_t i)
{
	return vm->credentials[i].value != NULL && vm->credentials[i].file != NULL;
}

static const struct rule credential_rules[] = {
	{ "name", is_no_credential_name,
	    "is not a credential's name: printable characters without space and / : = ," },
	{ "file", holds_nothing, "give a file or a value" },
	{ "value", holds_twice, "excludes file: give one of the two" },
	{ 0 },
};

static void
rule_credential(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;

	rules_check(r, credential_rules, "credentials", i);
	for (size_t k = 0; k < i; k++) {
		char *path = xasprintf("credentials[%zu].name", i);

		if (same_text(vm->credentials[i].name, vm->credentials[k].name))
			rule_broken(r, path, "the same name as that of credentials[%zu]", k);
		free(path);
	}
}

void
rules_firmware(struct rules *r)
{
	rules_check(r, firmware_rules, NULL, 0);
	rule_boot_order(r);
	rule_boot_once(r);
	rule_menu(r);
	for (size_t i = 0; i < r->vm->nfw_cfg; i++)
		rule_fw_cfg(r, i);
	for (size_t i = 0; i < r->vm->ncredentials; i++)
		rule_credential(r, i);
}
