/* The order of the argument list, and the list itself; see argv.h and compose.h. */
#include "qemu/argv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/compose.h"
#include "util/diag.h"
#include "util/mem.h"

static void
argv_take(struct argv *a, char *s)
{
	a->v = xreallocarray(a->v, a->n + 2, sizeof(*a->v));
	a->v[a->n++] = s;
	a->v[a->n] = NULL;
}

void
argv_add(struct argv *a, const char *s)
{
	argv_take(a, xstrdup(s));
}

void
argv_addf(struct argv *a, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	argv_take(a, buf_steal(&b));
}

void
argv_free(struct argv *a)
{
	strings_free(a->v, a->n);
	*a = (struct argv){ 0 };
}

void
compose(struct composer *c, const char *flag, struct buf *value)
{
	argv_add(c->argv, flag);
	argv_take(c->argv, buf_steal(value));
}

void
composef(struct composer *c, const char *flag, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	compose(c, flag, &b);
}

char *
handle_path(const struct qemu_handle *h)
{
	return h->fd >= 0 ? xasprintf("/dev/fd/%d", h->fd) : xstrdup(h->name);
}

char *
file_path(const struct composer *c, const char *path)
{
	const struct qemu_facts *f = c->facts;

	for (size_t i = 0; i < f->nfiles; i++) {
		if (strcmp(f->files[i].path, path) == 0)
			return handle_path(&f->files[i].handle);
	}
	return xstrdup(path);
}

void
compose_file(struct composer *c, const char *flag, const char *path)
{
	char *name = file_path(c, path);

	composef(c, flag, "%s", name);
	free(name);
}

/* NICs come before the other devices, so that a disk more or a display less never moves a NIC to
 * another PCI slot, which is where its name inside the guest comes from. */
static void (*const parts[])(struct composer *) = {
	compose_machine,
	compose_firmware,
	compose_placed_hostdevs,
	compose_nics,
	compose_disks,
	compose_boot,
	compose_smbios,
	compose_fw_cfg,
	compose_credentials,
	compose_chardevs,
	compose_channels,
	compose_display,
	compose_hostdevs,
	compose_shares,
	compose_tpm,
	compose_usb,
	compose_audio,
	compose_misc,
	compose_rng,
	compose_devices,
	compose_seed,
	compose_debug,
};

int
qemu_argv(struct diag *d, const struct vm *vm, const struct qemu_facts *f, struct argv *ret)
{
	struct argv a = { 0 };
	struct composer c = { .vm = vm, .facts = f, .argv = &a };

	if (!qemu_has(f->version, QEMU_SUPPORTED)) {
		return fail(d, "%s is QEMU %d.%d: 7.2 or later is needed", f->binary,
		    f->version.major, f->version.minor);
	}
	c.target = target_find(f->arch);
	c.machine = vm_machine_type(vm, c.target);
	c.kind = machine_kind(c.target, c.machine);
	argv_add(&a, f->binary);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		parts[i](&c);
	for (size_t i = 0; i < vm->nargs; i++)
		argv_add(&a, vm->args[i]);
	if (slots_check(d, &c) == -1) {
		argv_free(&a);
		return -1;
	}
	*ret = a;
	return 0;
}

void
argv_print(struct buf *b, const struct argv *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (i > 0)
			buf_add(b, a->v[i][0] == '-' ? " \\\n  " : " ");
		buf_add_shell(b, a->v[i]);
	}
	buf_addc(b, '\n');
}
