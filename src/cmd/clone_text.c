/* The text of a clone's file: that of its source, without what is the source's alone; see clone_text.h. */
#include "cmd/clone_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/settings.h"
#include "conf/conf.h"
#include "conf/edit.h"
#include "launch/clone.h"
#include "launch/fleet_now.h"
#include "util/buf.h"
#include "util/mem.h"

#define ROUNDS_MAX 2000 /* numbers that are tried in all */

struct cloning {
	struct context *c;
	struct fleet_now *fleet;
	struct clone *cl;
	struct buf *text;
	json_t *changes;
};

static bool
is_written(const struct buf *text, const char *path)
{
	const char *value;
	size_t n;

	return conf_edit_find(text, path, &value, &n);
}

/* It is in the text itself, and goes. */
static void
drop(struct cloning *k, const char *path)
{
	struct diag ignored = { 0 };

	if (is_written(k->text, path))
		conf_edit_remove(&ignored, k->text, path);
	diag_free(&ignored);
}

/* value NULL: it is left out. */
static void
note_change(struct cloning *k, const char *path, const char *value)
{
	json_t *text = value != NULL ? json_string(value) : json_null(), *one;
	size_t i;

	json_array_foreach(k->changes, i, one)
	{
		if (strcmp(json_text(one, "key"), path) == 0) {
			json_object_set_new(one, "value", text);
			return;
		}
	}
	json_array_append_new(k->changes, json_pack("{s:s,s:o}", "key", path, "value", text));
}

static int
change(struct diag *d, struct cloning *k, const char *path, const char *value)
{
	note_change(k, path, value);
	return conf_assign(d, k->text, vm_keys, path, value);
}

static void
drop_identity(struct cloning *k)
{
	drop(k, "uuid");
	for (size_t i = 0; i < k->cl->source->nnics; i++) {
		char *path = xasprintf("nics[%zu].mac", i);

		drop(k, path);
		free(path);
	}
}

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* disks[i] of the text, to which key belongs, says what the image is made from. */
static int
change_base(struct diag *d, struct cloning *k, const struct clone_image *image)
{
	char *disk = xstrndup(image->key, strcspn(image->key, "."));
	char *base = xasprintf("%s.base", disk), *format = xasprintf("%s.base_format", disk);
	bool qcow2 = image->base_format == FORMAT_QCOW2;
	int result = 0;

	if (image->how == CLONE_LINKED) {
		result = conf_assign(d, k->text, vm_keys, base, image->base);
		if (result == 0 && qcow2 && ends_in(image->base, ".qcow2"))
			drop(k, format);
		else if (result == 0)
			result = conf_assign(d, k->text, vm_keys, format, qcow2 ? "qcow2" : "raw");
	} else if (image->how == CLONE_CONVERTED) {
		drop(k, format);
		drop(k, base);
	}
	free(format);
	free(base);
	free(disk);
	return result;
}

static int
change_image(struct diag *d, struct cloning *k, const struct clone_image *image)
{
	char *element = xstrndup(image->key, strcspn(image->key, "."));
	bool written = image->to != NULL &&
		       is_written(k->text, image->key[0] == 'd' ? element : image->key);

	free(element);
	if (!written)
		return 0;
	if (change(d, k, image->key, image->to) == -1)
		return -1;
	return image->key[0] == 'd' ? change_base(d, k, image) : 0;
}

/* One number further; false: the setting has none that could be another. */
static int
bump_listen(struct diag *d, struct cloning *k, const char *path, const struct vm_listen *listen)
{
	char *value = xasprintf("%s:%u", listen->address, listen->number + 1);
	int result = change(d, k, path, value);

	free(value);
	return result;
}

static int
bump_number(struct diag *d, struct cloning *k, const char *path, const char *format, long long n)
{
	char *value = xasprintf(format, n + 1);
	int result = change(d, k, path, value);

	free(value);
	return result;
}

static int
bump_forward(struct diag *d, struct cloning *k, const char *path, const struct vm *vm)
{
	size_t i, n;
	struct vm_forward f;
	char text[FORWARD_TEXT];

	if (sscanf(path, "nics[%zu].forward[%zu]", &i, &n) != 2 || i >= vm->nnics ||
	    n >= vm->nics[i].nforwards)
		return 0;
	f = vm->nics[i].forwards[n];
	if (f.last + (f.last - f.port) + 1 > FORWARD_PORT_MAX)
		return 0;
	f.last += f.last - f.port + 1;
	f.port = f.last - (vm->nics[i].forwards[n].last - vm->nics[i].forwards[n].port);
	return change(d, k, path, forward_format(&f, text));
}

static bool
is_in_word(char c)
{
	return c != '\0' && strchr("/.-_~", c) == NULL;
}

/* Where the path has the name as a word of its own, the last time. */
static const char *
find_name(const char *path, const char *name)
{
	size_t n = strlen(name);
	const char *found = NULL;

	for (const char *p = path; (p = strstr(p, name)) != NULL; p++) {
		if ((p == path || !is_in_word(p[-1])) && !is_in_word(p[n]))
			found = p;
	}
	return found;
}

/* A path of a file in which the source's name is: the clone's there. */
static int
rename_file(struct diag *d, struct cloning *k, const char *path)
{
	const char *source = k->cl->source->name, *value, *at = NULL;
	char *old = NULL, *new = NULL;
	size_t n;
	int result = 0;

	if (conf_edit_find(k->text, path, &value, &n) && value[0] == '"') {
		old = xstrndup(value + 1, n - 2);
		at = find_name(old, source);
	}
	if (at != NULL && strpbrk(old, "\"\\") == NULL) {
		new = xasprintf("%.*s%s%s", (int)(at - old), old, k->cl->name, at + strlen(source));
		result = change(d, k, path, new);
	}
	free(new);
	free(old);
	return result;
}

/* Not all that clashes can be another: what cannot is left, and is named in the end. */
static int
free_one(struct diag *d, struct cloning *k, const char *path, const struct vm *vm)
{
	if (strcmp(path, "display.vnc") == 0)
		return bump_listen(d, k, path, &vm->display.vnc.listen);
	if (strcmp(path, "display.spice") == 0)
		return bump_listen(d, k, path, &vm->display.spice.listen);
	if (strcmp(path, "display.vnc.websocket") == 0)
		return bump_number(d, k, path, "%lld", vm->display.vnc.websocket);
	if (strcmp(path, "gdb") == 0)
		return bump_number(
		    d, k, path, strcmp(vm->gdb.address, "::1") == 0 ? "[::1]:%lld" : ":%lld", vm->gdb.port);
	if (!is_written(k->text, path))
		return 0;
	if (strcmp(path, "vsock.cid") == 0 || ends_in(path, ".ifname")) {
		note_change(k, path, NULL);
		drop(k, path);
		/* A number alone has meant it before. */
		return path[0] == 'v' ? conf_assign(d, k->text, vm_keys, "vsock.enabled", "true") : 0;
	}
	if (strstr(path, "].forward[") != NULL)
		return bump_forward(d, k, path, vm);
	if (ends_in(path, "].path") || ends_in(path, "].log"))
		return rename_file(d, k, path);
	return 0;
}

struct clashes {
	char **v;
	size_t n;
};

static void
add_clash(const char *path, void *arg)
{
	struct clashes *all = arg;

	all->v = xreallocarray(all->v, all->n + 1, sizeof(*all->v));
	all->v[all->n++] = xstrdup(path);
}

static int
load_draft(struct diag *d, struct cloning *k, struct fleet_member *ret)
{
	const struct context_draft draft = { k->cl->file, k->text->s, k->text->len };
	int result;

	k->c->draft = &draft;
	result = context_load(d, k->c, k->cl->name, ret);
	k->c->draft = NULL;
	return result;
}

/* A copy is based on nothing, whatever templates say of the base. */
static bool
loses_base(const struct clone *cl)
{
	for (size_t i = 0; i < cl->source->ndisks; i++) {
		if (cl->image[i].how == CLONE_CONVERTED && cl->source->disks[i].base != NULL)
			return true;
	}
	return false;
}

/* What templates say of the disks becomes the file's own, each with the path that it has there by the clone's name. */
static int
write_disks(struct diag *d, struct cloning *k)
{
	struct fleet_member m = { 0 };
	int result;

	if (!loses_base(k->cl) || is_written(k->text, "disks"))
		return 0;
	result = load_draft(d, k, &m);
	if (result == 0)
		write_inherited_disks(k->c, &m, k->text);
	for (size_t i = 0; result == 0 && i < m.vm.ndisks && i < k->cl->source->ndisks; i++) {
		struct clone_image *image = &k->cl->image[i];
		const char *file = m.vm.disks[i].file;

		if (image->to != NULL && file != NULL && strcmp(file, k->cl->source->disks[i].file) != 0) {
			free(image->to);
			image->to = xstrdup(file);
		}
	}
	fleet_member_free(&m);
	return result;
}

/* Frees what it can. 1: something has become another; 0: nothing has. */
static int
free_round(struct diag *d, struct cloning *k)
{
	char *before = xstrndup(k->text->s, k->text->len);
	struct fleet_member m = { 0 };
	struct clashes all = { 0 };
	int result = load_draft(d, k, &m);

	if (result == 0)
		fleet_each_clash(fleet_now_fleet(k->fleet), &m, add_clash, &all);
	for (size_t i = 0; i < all.n && result == 0; i++)
		result = free_one(d, k, all.v[i], &m.vm);
	strings_free(all.v, all.n);
	fleet_member_free(&m);
	if (result == 0)
		result = strcmp(before, k->text->s) != 0;
	free(before);
	return result;
}

static int
free_numbers(struct diag *d, struct cloning *k)
{
	int result = 1;

	if (fleet_now_look(d, k->fleet, NULL) == -1)
		return -1;
	for (unsigned i = 0; i < ROUNDS_MAX && result == 1; i++)
		result = free_round(d, k);
	return result == -1 ? -1 : 0;
}

/* The file has the last word on where an image is: a template's pattern, or --set. */
static int
settle_image(struct diag *d, struct clone_image *image, const char *source, const char *clone)
{
	if (image->to == NULL || clone == NULL)
		return 0;
	if (source != NULL && strcmp(source, clone) == 0)
		return fail(d, "%s is not written in its file itself, and would be that of the source, %s: say "
			       "--set %s=PATH",
		    image->key, source, image->key);
	free(image->to);
	image->to = xstrdup(clone);
	return 0;
}

static int
settle_images(struct diag *d, struct cloning *k)
{
	const struct vm *source = k->cl->source;
	struct fleet_member m = { 0 };
	int result = load_draft(d, k, &m);

	for (size_t i = 0; result == 0 && i < source->ndisks && i < m.vm.ndisks; i++)
		result = settle_image(
		    d, &k->cl->image[i], source->disks[i].file, m.vm.disks[i].file);
	if (result == 0)
		result = settle_image(
		    d, &k->cl->image[k->cl->n - 1], source->firmware.vars, m.vm.firmware.vars);
	fleet_member_free(&m);
	return result;
}

int
clone_text(struct diag *d, struct fleet_now *fleet, const struct options *o, struct clone *cl,
    struct buf *text, json_t **ret_changes)
{
	struct cloning k = { fleet_now_context(fleet), fleet, cl, text, json_array() };
	const char *hostname = cl->source->cloud_init.hostname;
	int result = 0;

	drop_identity(&k);
	result = write_disks(d, &k);
	for (size_t i = 0; i < cl->n && result == 0; i++)
		result = change_image(d, &k, &cl->image[i]);
	if (result == 0 && hostname != NULL && strcmp(hostname, cl->source->name) == 0 &&
	    is_written(text, "cloud_init.hostname"))
		result = change(d, &k, "cloud_init.hostname", cl->name);
	if (result == 0)
		result = settings_make(d, o, vm_keys, text);
	if (result == 0)
		result = free_numbers(d, &k);
	if (result == 0)
		result = settle_images(d, &k);
	*ret_changes = k.changes;
	return result;
}
