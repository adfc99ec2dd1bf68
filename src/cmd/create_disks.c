/* The disks of a new VM; see create_disks.h. */
#include "cmd/create_disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/settings.h"
#include "conf/edit.h"
#include "launch/make_image.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "util/num.h"

/* The i-th image of the VM. */
static char *
image_path(const struct new_disks *n, size_t i)
{
	return i == 0 ? xasprintf("%s/%s.qcow2", n->c->disk_dir, n->name)
		      : xasprintf("%s/%s-%zu.qcow2", n->c->disk_dir, n->name, i);
}

/* An image that is there would be taken as it is, whoever's it was. */
static int
add_new_disk(struct diag *d, struct new_disks *n, size_t i, const char *size, struct buf *b)
{
	char *path = image_path(n, i);
	int result = 0;

	if (access(path, F_OK) == 0) {
		result = fail(d, "%s is there already: remove it, or say --disk %s to use it", path, path);
	} else {
		buf_add(b, "{ file = ");
		buf_add_conf_string(b, path);
		buf_addf(b, "; size = \"%s\"; }", size);
		json_array_append_new(n->made, json_string(path));
	}
	free(path);
	return result;
}

static int
add_disk(struct diag *d, struct new_disks *n, size_t i, const char *word, struct buf *b)
{
	uint64_t size;
	char *path;

	if (size_parse(word, &size) == 0)
		return add_new_disk(d, n, i, word, b);
	if (strchr(word, '/') == NULL && strchr(word, '.') == NULL)
		return fail_as(d, DIAG_USAGE,
		    "--disk takes a size, as in 20G, or the path of an image, not \"%s\"", word);
	path = path_from_here(word);
	if (access(path, F_OK) == -1) {
		fail_sys(d, "--disk %s", path);
		free(path);
		return -1;
	}
	buf_add(b, "{ file = ");
	buf_add_conf_string(b, path);
	buf_add(b, "; }");
	free(path);
	return 0;
}

/* The list of the command line alone. */
static int
set_list(struct diag *d, struct new_disks *n, struct buf *text)
{
	bool several = n->o->disk.n > 1;
	struct buf b = { 0 };
	int result = 0;

	buf_add(&b, "(");
	for (size_t i = 0; i < n->o->disk.n && result == 0; i++) {
		buf_add(&b, several ? i > 0 ? ",\n\t" : "\n\t" : " ");
		result = add_disk(d, n, i, n->o->disk.v[i], &b);
	}
	buf_add(&b, several ? "\n)" : " )");
	if (result == 0)
		result = conf_edit_set(d, text, "disks", b.s);
	buf_free(&b);
	return result;
}

/* One that each VM makes for itself. */
static bool
is_own(const struct vm_disk *disk)
{
	return disk->file != NULL && (disk->size != 0 || disk->base != NULL) && !disk->readonly &&
	       !disk->shareable && !disk->temporary;
}

/* Can all of the words be sizes of disks that the VM has by its templates? */
static bool
sizes_fit(const struct new_disks *n, const struct vm *vm)
{
	uint64_t size;
	bool own = false;

	for (size_t i = 0; i < n->o->disk.n; i++) {
		if (size_parse(n->o->disk.v[i], &size) == -1)
			return false;
	}
	for (size_t i = 0; i < vm->ndisks; i++)
		own = own || is_own(&vm->disks[i]);
	return own;
}

/* What the text would come to; false: it is wrong, which is said once all of it is looked at. */
static bool
load(const struct new_disks *n, const struct buf *text, struct fleet_member *ret)
{
	char *path = file_of(n->c, n->name);
	const struct context_draft draft = { path, text->s, text->len };
	struct diag d = { 0 };
	bool result;

	n->c->draft = &draft;
	result = context_load(&d, n->c, n->name, ret) == 0;
	n->c->draft = NULL;
	if (!result) {
		fleet_member_free(ret);
	}
	diag_free(&d);
	free(path);
	return result;
}

/* The i-th disk of the VM, with a size of its own. */
static int
set_size(
    struct diag *d, struct new_disks *n, struct vm_disk *disk, size_t i, const char *word, struct buf *text)
{
	char *path = xasprintf("disks[%zu].size", i), *value = xasprintf("\"%s\"", word);
	int result = 0;

	size_parse(word, &disk->size);
	if (access(disk->file, F_OK) == 0)
		result = fail(d, "%s is there already: remove it, or leave --disk out to use it", disk->file);
	else if (disk->base != NULL && access(disk->base, R_OK) == 0)
		result = image_make_check(d, n->c, disk);
	if (result == 0)
		result = conf_edit_set(d, text, path, value);
	if (result == 0)
		json_array_append_new(n->made, json_string(disk->file));
	free(value);
	free(path);
	return result;
}

static int
append_disk(struct diag *d, struct new_disks *n, size_t i, const char *word, struct buf *text)
{
	struct buf b = { 0 };
	int result = add_new_disk(d, n, i, word, &b);

	if (result == 0)
		result = conf_edit_append(d, text, "disks", b.s);
	buf_free(&b);
	return result;
}

static int
set_sizes(struct diag *d, struct new_disks *n, struct fleet_member *m, struct buf *text)
{
	size_t word = 0;

	write_inherited_disks(n->c, m, text);
	for (size_t i = 0; i < m->vm.ndisks && word < n->o->disk.n; i++) {
		struct vm_disk *disk = &m->vm.disks[i];

		if (is_own(disk) && set_size(d, n, disk, i, n->o->disk.v[word++], text) == -1)
			return -1;
	}
	for (size_t i = m->vm.ndisks; word < n->o->disk.n; i++) {
		if (append_disk(d, n, i, n->o->disk.v[word++], text) == -1)
			return -1;
	}
	return 0;
}

int
create_disks(struct diag *d, struct new_disks *n, struct buf *text)
{
	struct fleet_member m;
	const char *own;
	size_t len;
	int result;

	if (n->o->disk.n == 0)
		return 0;
	if (conf_edit_find(text, "disks", &own, &len) || !load(n, text, &m))
		return set_list(d, n, text);
	n->replaced = m.vm.ndisks > 0 && !sizes_fit(n, &m.vm);
	result = m.vm.ndisks > 0 && !n->replaced ? set_sizes(d, n, &m, text) : set_list(d, n, text);
	fleet_member_free(&m);
	return result;
}
