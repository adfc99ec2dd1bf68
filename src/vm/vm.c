/* Loads one VM from its document and the host's defaults. */
#include "vm/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/internal.h"

/* Does doc say how many CPUs there are? group: "cpus", or "defaults.cpus". */
static bool
counts_cpus(struct conf_doc *doc, const char *group)
{
	bool result = conf_has_own(doc, group) && !conf_is_group(doc, group);

	for (const struct conf_key *key = cpus_keys; key->name != NULL && !result; key++) {
		char *path = xasprintf("%s.%s", group, key->name);

		result = key->replaces && conf_has_own(doc, path);
		free(path);
	}
	return result;
}

/* A value in two forms: what is said in one replaces what an outer file said in the other. */
static void
replace_forms(
    struct vm *vm, struct conf_doc *doc, const char *cpus, const char *vnc, const char *spice)
{
	struct vm_cpus *c = &vm->cpus;

	if (counts_cpus(doc, cpus))
		c->count = c->max = c->sockets = c->dies = c->clusters = c->cores = c->threads = 0;
	if (conf_has_own(doc, spice))
		vm->display.kind = DISPLAY_SPICE;
	if (conf_has_own(doc, vnc))
		vm->display.kind = DISPLAY_VNC;
}

/* One file of the VM: its own, or a template. */
static void
collect_file(struct vm *vm, struct conf_doc *doc)
{
	replace_forms(vm, doc, "cpus", "display.vnc", "display.spice");
	conf_collect(doc, NULL, vm_keys, vm);
}

static void
collect(struct vm *vm, struct conf_doc *doc, struct conf_doc *host_doc)
{
	conf_defaults(vm_keys, vm);
	if (host_doc != NULL) {
		replace_forms(vm, host_doc, "defaults.cpus", "defaults.display.vnc",
		    "defaults.display.spice");
		conf_collect(host_doc, "defaults", vm_keys, vm);
	}
	for (size_t i = 0; i < conf_inherited(doc); i++)
		collect_file(vm, conf_below(doc, i));
	collect_file(vm, doc);
}

/* What "%" means: something in templates, and in the files of instances. */
void
vm_expand(struct conf_doc *doc, const struct conf_vars *vars)
{
	for (size_t i = 0; i < conf_inherited(doc); i++)
		conf_expand(conf_below(doc, i), vars);
	conf_expand(doc, vars != NULL && vars->instance != NULL ? vars : NULL);
}

int
vm_load(struct diag *d, const char *name, struct conf_doc *doc, struct conf_doc *host_doc,
    struct vm *ret)
{
	const struct conf_vars vars = { .name = name, .instance = vm_instance(name) };
	const char *file = conf_file(doc);
	unsigned before = d->count;
	int result;

	*ret = (struct vm){ 0 };
	result = vm_name_check(d, name);
	diag_wrap(d, before, "%s", conf_where(doc, ""));
	ret->name = xstrdup(name);
	ret->file = file != NULL ? xstrdup(file) : NULL;
	vm_expand(doc, &vars);
	collect(ret, doc, host_doc);
	vm_expand(doc, NULL);
	vm_rules(ret, doc, host_doc);
	if (host_doc != NULL && conf_report(d, host_doc) == -1)
		result = -1;
	if (conf_report(d, doc) == -1)
		result = -1;
	return result;
}

void
vm_free(struct vm *vm)
{
	conf_clear(vm_keys, vm);
	free(vm->name);
	free(vm->file);
	*vm = (struct vm){ 0 };
}

unsigned
vm_cpu_count(const struct vm *vm)
{
	const struct vm_cpus *c = &vm->cpus;
	const int64_t factors[] = { c->sockets, c->dies, c->clusters, c->cores, c->threads };
	int64_t product = 1;

	if (c->count != 0)
		return (unsigned)c->count;
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
		product *= factors[i] != 0 ? factors[i] : 1;
	return (unsigned)product;
}

unsigned
vm_cpu_max(const struct vm *vm)
{
	return vm->cpus.max != 0 ? (unsigned)vm->cpus.max : vm_cpu_count(vm);
}

bool
vm_memory_shared(const struct vm *vm)
{
	for (size_t i = 0; i < vm->nshares; i++) {
		if (vm->shares[i].type == SHARE_VIRTIOFS)
			return true;
	}
	return vm->memory.shared;
}

bool
vm_has_balloon(const struct vm *vm)
{
	return vm->balloon.enabled && !vm->memory.lock;
}

const char *
uuid_format(const uint8_t uuid[16], char text[UUID_TEXT])
{
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[n++] = '-';
		n += (size_t)snprintf(text + n, 3, "%02x", uuid[i]);
	}
	return text;
}

const char *
vm_hostdev_text(const struct vm_hostdev *dev, char text[VM_HOSTDEV_TEXT])
{
	if (!dev->pci.set)
		return uuid_format(dev->mdev.b, text);
	snprintf(text, VM_HOSTDEV_TEXT, "%04x:%02x:%02x.%x", dev->pci.domain, dev->pci.bus,
	    dev->pci.slot, dev->pci.function);
	return text;
}

bool
vm_has_window(const struct vm *vm)
{
	int kind = vm->display.kind;

	return kind == DISPLAY_COCOA || kind == DISPLAY_GTK || kind == DISPLAY_SDL;
}

bool
vm_has_screen(const struct vm *vm)
{
	return vm->display.vnc.on || vm->display.spice.on || vm_has_window(vm);
}

int
vm_audio_backend(const struct vm *vm, const struct os_facts *os)
{
	if (vm->audio.backend != AUDIO_AUTO)
		return vm->audio.backend;
	if (vm->display.spice.on)
		return AUDIO_SPICE;
	for (int i = 0; vm_audio_backends[i] != NULL; i++) {
		if (strcmp(vm_audio_backends[i], os->audio) == 0)
			return i;
	}
	return AUDIO_NONE;
}

size_t
vm_usb_devices(const struct vm *vm)
{
	size_t n = vm->usb.ndevices + (size_t)vm->usb.redirections +
		   (!vm->input_given && vm_has_screen(vm));

	n += vm->audio.backend != AUDIO_OFF && vm->audio.model == SOUND_USB;
	for (size_t i = 0; i < vm->ninput; i++)
		n += vm->input[i].bus == INPUT_USB;
	for (size_t i = 0; i < vm->ndisks; i++)
		n += vm->disks[i].bus == BUS_USB;
	return n;
}

bool
vm_has_quota(const struct vm *vm)
{
	const struct vm_quota *q = &vm->quota;

	return q->memory_max != 0 || q->cpu_weight != 0 || q->io_weight != 0 ||
	       intset_count(&q->cpus_allowed) > 0;
}
