/* A running VM and its file, side by side; see differs.h. */
#include "launch/differs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "launch/context.h"
#include "launch/resolved.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mac.h"
#include "util/mem.h"

/* Another one when somebody has written to the file or put another in its place. */
static json_t *
stamp_of(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		return json_null();
	return json_sprintf("%ju:%ju:%jd.%09ld", (uintmax_t)st.st_ino,
	    (uintmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

void
differs_record(json_t *record, const struct vm *vm)
{
	if (vm->display.password_file != NULL)
		json_object_set_new(
		    record, RECORD_PASSWORD, stamp_of(vm->display.password_file));
	else
		json_object_del(record, RECORD_PASSWORD);
}

static bool
understand(const char *name, const struct conf_trail *runs, struct vm *ret)
{
	struct diag ignored = { 0 };
	struct fleet_member m;
	bool good = resolved_load(&ignored, runs, name, NULL, &m) == 0;

	if (good) {
		*ret = m.vm;
		conf_close(m.doc);
	}
	diag_free(&ignored);
	return good;
}

/* An address written down that the VM has already is no news to it. */
static void
forgive_macs(struct differs *x, const json_t *record, const struct vm *file)
{
	for (size_t k = 0; k < x->changes.n; k++) {
		struct change *c = &x->changes.v[k];
		const json_t *nic =
		    json_array_get(json_object_get(record, "nics"), c->i);
		const char *dot = strrchr(c->key, '.');
		struct mac mac;

		if (c->runs == NULL && dot != NULL && strcmp(dot, ".mac") == 0 &&
		    strncmp(c->key, "nics[", 5) == 0 && c->i < file->nnics && x->understood &&
		    x->vm.nnics == file->nnics && json_object_get(nic, "mac") != NULL &&
		    mac_parse(json_string_value(json_object_get(nic, "mac")), &mac) == 0 &&
		    mac_equal(mac, file->nics[c->i].mac))
			c->unit = CHANGE_NOTHING;
	}
}

/* The path is the same, and what is in it is not. */
static void
look_at_password(struct differs *x, const json_t *record, const struct vm *file)
{
	const struct conf_entry *runs = conf_trail_find(&x->runs, "display.password_file");
	const struct conf_entry *now = conf_trail_find(&x->file, "display.password_file");
	const json_t *known = json_object_get(record, RECORD_PASSWORD);
	json_t *stamp;

	if (runs == NULL || now == NULL || !conf_entry_same(runs, now) || known == NULL)
		return;
	stamp = stamp_of(file->display.password_file);
	x->password_new = !json_equal(stamp, known);
	json_decref(stamp);
	if (!x->password_new)
		return;
	x->changes.v = xreallocarray(x->changes.v, x->changes.n + 1, sizeof(*x->changes.v));
	x->changes.v[x->changes.n++] =
	    (struct change){ runs, now, now->path, CHANGE_PASSWORD, 0 };
}

int
differs_find(struct diag *d, const struct context *c, const json_t *record,
    const struct fleet_member *now, struct differs *ret)
{
	const char *name = json_string_value(json_object_get(record, "name"));
	struct differs x = { .understood = false };

	if (resolved_read(d, c, name != NULL ? name : now->vm.name, &x.runs) == -1)
		return -1;
	resolved_now(c, now, &x.file);
	x.understood = understand(now->vm.name, &x.runs, &x.vm);
	changes_find(&x.runs, &x.file, x.understood ? &x.vm : NULL, &now->vm, os_here(),
	    os_makes_taps(), &x.changes);
	forgive_macs(&x, record, &now->vm);
	look_at_password(&x, record, &now->vm);
	*ret = x;
	return 0;
}

static bool
lists(const struct vm *vm, const char *instance)
{
	bool found = false;
	char **all;
	size_t n;

	if (vm_instances(vm, &all, &n) == -1)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		found = found || strcmp(all[i], instance) == 0;
		free(all[i]);
	}
	free(all);
	return found;
}

bool
differs_was_listed(const struct differs *x, const char *name)
{
	const struct conf_entry *list = conf_trail_find(&x->runs, "instances");
	const char *instance = vm_instance(name);
	struct conf_doc *doc = NULL;
	struct buf text = { 0 };
	struct diag ignored = { 0 };
	struct vm vm = { 0 };
	bool listed = false;

	if (list == NULL || instance == NULL)
		return false;
	buf_addf(&text, "instances = %s;\n", list->text);
	if (conf_open_text(&ignored, name, NULL, text.s, text.len, &doc) == 0) {
		/* It says that the key belongs into a file, and reads it. */
		(void)vm_load(&ignored, name, doc, NULL, &vm);
		listed = lists(&vm, instance);
		vm_free(&vm);
		conf_close(doc);
	}
	buf_free(&text);
	diag_free(&ignored);
	return listed;
}

void
differs_free(struct differs *x)
{
	conf_trail_free(&x->runs);
	conf_trail_free(&x->file);
	vm_free(&x->vm);
	changes_free(&x->changes);
}
