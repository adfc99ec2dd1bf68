/* Firmware on this host, and the VM's variable store; see firmware.h. */
#include "launch/firmware.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/probe.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/target.h"

#define SUFFIX         ".json"
#define DESCRIPTOR_MAX 65536 /* bytes of one */

/* A file among the descriptors. */
struct entry {
	char *name, *path;
};

struct entries {
	struct entry *v;
	size_t n;
};

static void
add_entry(struct entries *e, const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s" SUFFIX, dir, name);

	for (size_t i = 0; i < e->n; i++) {
		if (strcmp(e->v[i].name, name) == 0) {
			free(e->v[i].path);
			e->v[i].path = path;
			return;
		}
	}
	e->v = xreallocarray(e->v, e->n + 1, sizeof(*e->v));
	e->v[e->n++] = (struct entry){ xstrdup(name), path };
}

static void
entries_free(struct entries *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->v[i].name);
		free(e->v[i].path);
	}
	free(e->v);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void
add_folder(struct entries *e, const char *dir)
{
	struct diag ignored = { 0 };
	char **names = NULL;
	size_t n = 0;

	/* One that cannot be read is as good as one that is not there. */
	if (context_names_in(&ignored, dir, SUFFIX, &names, &n) == 0) {
		for (size_t i = 0; i < n; i++)
			add_entry(e, dir, names[i]);
		strings_free(names, n);
	}
	diag_free(&ignored);
}

/* share/qemu/firmware of the prefix that a binary in PREFIX/bin was installed with; NULL: none. */
static char *
beside(const char *binary)
{
	const char *end = strrchr(binary, '/');

	while (end != NULL && end > binary && *--end != '/')
		continue;
	return end != NULL && *end == '/'
		   ? xasprintf("%.*s/share/qemu/firmware", (int)(end - binary), binary)
		   : NULL;
}

/* The user's own, who is not root: root does not do what lies in a user's folder. */
static char *
of_user(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return NULL;
	if (dir != NULL && dir[0] == '/')
		return xasprintf("%s/qemu/firmware", dir);
	return home != NULL && home[0] == '/' ? xasprintf("%s/.config/qemu/firmware", home) : NULL;
}

/* In the order in which they are tried. */
static void
list_entries(const char *binary, struct entries *ret)
{
	char *first = beside(binary), *last = of_user();
	const char *dirs[] = { "/usr/share/qemu/firmware", first, "/etc/qemu/firmware", last };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (dirs[i] != NULL)
			add_folder(ret, dirs[i]);
	}
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	free(first);
	free(last);
}

struct descriptors {
	struct firmware_descriptor *v;
	size_t n;
};

/* bad gets what is wrong with those that could not be read. */
static void
read_descriptors(struct diag *bad, const char *binary, struct descriptors *ret)
{
	struct entries e = { 0 };

	list_entries(binary, &e);
	ret->v = xcalloc(e.n, sizeof(*ret->v));
	for (size_t i = 0; i < e.n; i++) {
		struct firmware_descriptor *f = &ret->v[ret->n];
		char *text;
		size_t n;

		if (file_read(bad, e.v[i].path, DESCRIPTOR_MAX, &text, &n) == -1)
			continue;
		/* An empty file hides another of its name. */
		if (n > 0 && firmware_parse(bad, e.v[i].path, text, n, f) == 0) {
			f->is_there = f->code.path != NULL && access(f->code.path, F_OK) == 0 &&
				      (f->store.path == NULL || access(f->store.path, F_OK) == 0);
			ret->n++;
		}
		free(text);
	}
	entries_free(&e);
}

static void
descriptors_free(struct descriptors *ds)
{
	for (size_t i = 0; i < ds->n; i++)
		firmware_descriptor_free(&ds->v[i]);
	free(ds->v);
}

/* By architecture, what has to be installed. */
static const struct package {
	const char *arch, *debian, *fedora;
} packages[] = {
	{ "x86_64", "ovmf", "edk2-ovmf" },
	{ "i386", "ovmf-ia32", "edk2-ovmf-ia32" },
	{ "aarch64", "qemu-efi-aarch64", "edk2-aarch64" },
	{ "arm", "qemu-efi-arm", "edk2-arm" },
	{ "riscv64", "qemu-efi-riscv64", "edk2-riscv64" },
	{ "loongarch64", "qemu-efi-loongarch64", "edk2-loongarch64" },
};

static int
not_found(struct diag *d, const struct descriptors *ds, const struct firmware_wish *w)
{
	const char *secure = w->kind == FIRMWARE_UEFI_SECURE ? " with secure boot" : "";

	for (size_t i = 0; i < ds->n; i++) {
		const struct firmware_descriptor *f = &ds->v[i];

		if (firmware_suits(f, w))
			return fail(d, "%s names %s, which is not there", f->file,
			    access(f->code.path, F_OK) == -1 ? f->code.path : f->store.path);
	}
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		if (strcmp(packages[i].arch, w->arch) == 0)
			return fail(d,
			    "no UEFI%s for %s on machine %s is installed (the package is %s on "
			    "Debian and Ubuntu, %s on Fedora)",
			    secure, w->arch, w->machine, packages[i].debian, packages[i].fedora);
	}
	return fail(d, "no UEFI%s for %s on machine %s is installed", secure, w->arch, w->machine);
}

static int
choose(struct diag *d, const struct descriptors *ds, const struct firmware_wish *w,
    const struct firmware_descriptor **ret)
{
	*ret = firmware_choose(ds->v, ds->n, w);
	return *ret != NULL ? 0 : not_found(d, ds, w);
}

/* The store as it is: missing, with something to make it from, or of the size of that. */
static int
check_store(struct diag *d, const struct firmware *f)
{
	const char *store = f->store.path, *template = f->template.path;
	struct stat st, made_from;

	if (store == NULL)
		return 0;
	if (template != NULL && stat(template, &made_from) == -1)
		return fail_sys(d, "%s", template);
	if (stat(store, &st) == -1) {
		if (errno == ENOENT && template == NULL)
			return fail(d, "%s: no such file, and no template to make it from", store);
		return errno == ENOENT ? 0 : fail_sys(d, "%s", store);
	}
	if (template != NULL && f->store.format == FORMAT_RAW && f->template.format == FORMAT_RAW &&
	    st.st_size != made_from.st_size)
		return fail(d,
		    "%s: the variable store of another firmware, as it is not of the size of %s; "
		    "move it away, and a new one is made",
		    store, template);
	return 0;
}

int
firmware_find(struct diag *d, const struct context *c, const struct vm *vm,
    const struct qemu_binary *qemu, struct firmware *ret)
{
	const struct firmware_wish wish = { firmware_kind(vm, qemu->arch), qemu->arch,
		vm_machine_type(vm, target_find(qemu->arch)), qemu->version };
	char *dir = xasprintf("%s/nvram/%s", c->state_dir, vm->name);
	const struct firmware_descriptor *chosen = NULL;
	struct descriptors ds = { 0 };
	struct firmware f = { 0 };
	struct diag bad = { 0 };
	unsigned before = d->count;
	int result = 0;

	if (firmware_is_sought(vm, qemu->arch)) {
		read_descriptors(&bad, qemu->path, &ds);
		result = choose(d, &ds, &wish, &chosen);
		if (result == -1)
			diag_move(d, &bad); /* one of those may have been the right one */
	}
	if (result == 0) {
		firmware_decide(vm, qemu->arch, chosen, dir, &f);
		result = check_store(d, &f);
	}
	if (result == 0)
		*ret = f;
	else
		firmware_free(&f);
	diag_wrap(d, before, "firmware");
	diag_free(&bad);
	descriptors_free(&ds);
	free(dir);
	return result;
}

int
firmware_make_store(struct diag *d, const struct firmware *f)
{
	const char *store = f->store.path;
	char *dir;
	int result;

	if (store == NULL || access(store, F_OK) == 0)
		return 0;
	dir = xstrndup(store, (size_t)(strrchr(store, '/') - store));
	file_sweep(store);
	result = dir_make(d, dir, 0700) == -1 || file_copy(d, f->template.path, store, 0600) == -1
		     ? -1
		     : 0;
	if (result == -1)
		diag_wrap(d, d->count - 1, "firmware");
	free(dir);
	return result;
}
