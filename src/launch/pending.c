/* Notes of changes that are under way, and what a crash left of one; see pending.h. */
#include "launch/pending.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "launch/context.h"
#include "launch/runtime.h"
#include "launch/vm_file.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define NOTE_MAX (1u << 22)

static char *
note_path(const struct context *c, const char *name)
{
	return xasprintf("%s/pending/%s", c->state_dir, name);
}

int
pending_write(struct diag *d, const struct context *c, const char *name, const json_t *note)
{
	static const struct file_as as = { 0600, (uid_t)-1, (gid_t)-1, false };
	char *dir = xasprintf("%s/pending", c->state_dir), *path = note_path(c, name);
	char *text = json_dumps(note, JSON_INDENT(1));
	int lock = -1, result = -1;

	if (text == NULL)
		fail(d, "a path is not UTF-8, which vmrun cannot note");
	else if (dir_make(d, dir, 0700) == 0 && vm_files_lock(d, c, &lock) == 0)
		result = file_put(d, path, &as, text, strlen(text));
	fd_close(&lock);
	free(text);
	free(path);
	free(dir);
	return result;
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static bool
same_inode(const char *a, const char *b)
{
	struct stat x, y;

	return lstat(a, &x) == 0 && lstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

static int
remove_file(struct diag *d, const char *path)
{
	if (unlink(path) == 0) {
		(void)folder_sync(path); /* or a crash brings it back, which does no harm */
		return 0;
	}
	return errno == ENOENT ? 0 : fail_sys(d, "%s", path);
}

/* What the clone has made under its names: those that are the files under the temporary ones. */
static int
drop_images(struct diag *d, const json_t *note, bool done)
{
	const json_t *image;
	int result = 0;
	size_t i;

	json_array_foreach(json_object_get(note, "images"), i, image)
	{
		const char *path = json_string_value(image);
		char *temporary = xasprintf("%s.new", path);

		if (!done && same_inode(path, temporary) && remove_file(d, path) == -1)
			result = -1;
		if (remove_file(d, temporary) == -1)
			result = -1;
		file_sweep(temporary);
		free(temporary);
	}
	return result;
}

/* Is the overlay as it was made? Whoever starts the VM may write to it. */
static bool
is_untouched(const struct stat *st, const json_t *frozen)
{
	return st->st_size == (off_t)json_integer_value(json_object_get(frozen, "size")) &&
	       (json_int_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec ==
		   json_integer_value(json_object_get(frozen, "mtime"));
}

/* The source gets its image back, unless it has written to the overlay since: then the base stays. */
static int
thaw(struct diag *d, const json_t *frozen)
{
	const char *image = text_of(frozen, "image"), *base = text_of(frozen, "base");
	char *temporary = xasprintf("%s.new", image);
	struct stat overlay, old;
	int result = remove_file(d, temporary);

	free(temporary);
	if (lstat(base, &old) == -1)
		return errno == ENOENT ? result : fail_sys(d, "%s", base);
	if (lstat(image, &overlay) == -1)
		return fail_sys(d, "%s", image);
	if (overlay.st_ino == old.st_ino && overlay.st_dev == old.st_dev)
		result = remove_file(d, base);
	else if (!is_untouched(&overlay, frozen))
		return result;
	else if (rename(base, image) == -1)
		return fail_sys(d, "%s", image);
	if (chmod(image, (mode_t)json_integer_value(json_object_get(frozen, "mode"))) == -1)
		result = fail_sys(d, "%s", image);
	(void)folder_sync(image);
	return result;
}

/* What is done under the name of the source needs its lock too: it may be running. */
static int
thaw_all(struct diag *d, const struct context *c, const json_t *note)
{
	const json_t *all = json_object_get(note, "frozen"), *frozen;
	const char *source = text_of(note, "source");
	struct runtime r = RUNTIME_NONE;
	int result = 0;
	size_t i;

	if (json_array_size(all) == 0)
		return 0;
	if (source[0] != '\0' && runtime_lock(d, c, source, &r) == -1)
		return -1;
	json_array_foreach(all, i, frozen)
	{
		if (thaw(d, frozen) == -1)
			result = -1;
	}
	if (source[0] != '\0' && !runtime_has_record(&r))
		runtime_remove(&r);
	else
		runtime_release(&r);
	return result;
}

static int
drop_folder(struct diag *d, const json_t *note, bool done)
{
	const char *folder = text_of(note, "folder");
	const json_t *file;
	size_t i;

	json_array_foreach(json_object_get(note, "folder_files"), i, file)
	{
		char *path = xasprintf("%s/%s", folder, json_string_value(file));

		if (!done)
			unlink(path);
		file_sweep(path);
		free(path);
	}
	if (!done && folder[0] != '\0' && rmdir(folder) == -1 && errno != ENOENT)
		return fail_sys(d, "%s", folder);
	return 0;
}

static int
end_clone(struct diag *d, const struct context *c, const json_t *note, bool done)
{
	int result = 0;

	if (drop_images(d, note, done) == -1 || drop_folder(d, note, done) == -1)
		result = -1;
	if (!done && thaw_all(d, c, note) == -1)
		result = -1;
	return result;
}

static int
end_remove(struct diag *d, const struct context *c, const char *name, const json_t *note)
{
	const json_t *image;
	int result = 0;
	size_t i;

	json_array_foreach(json_object_get(note, "images"), i, image)
	{
		if (remove_file(d, json_string_value(image)) == -1)
			result = -1;
	}
	return vm_state_remove(d, c, name) == -1 ? -1 : result;
}

int
pending_end(struct diag *d, const struct context *c, const char *name, const json_t *note)
{
	char *path = note_path(c, name);
	const char *file = text_of(note, "file");
	bool there = file[0] != '\0' && access(file, F_OK) == 0;
	int result = 0;

	if (strcmp(text_of(note, "do"), "clone") == 0)
		result = end_clone(d, c, note, there);
	else if (!there)
		result = end_remove(d, c, name, note);
	if (result == 0)
		result = remove_file(d, path);
	free(path);
	return result;
}

static int
note_read(struct diag *d, const struct context *c, const char *name, json_t **ret)
{
	char *path = note_path(c, name), *text;
	json_error_t error;
	size_t n;
	int result = file_read(d, path, NOTE_MAX, &text, &n);

	if (result == 0) {
		*ret = json_loadb(text, n, 0, &error);
		free(text);
		if (!json_is_object(*ret)) {
			json_decref(*ret);
			result = fail(d, "%s: damaged: %s", path, error.text);
		}
	}
	free(path);
	return result;
}

/* A VM that another vmrun is at work on is not ours to touch: it is that which wrote the note. */
static int
recover_one(struct diag *d, const struct context *c, const char *name)
{
	struct diag busy = { 0 };
	struct runtime r = RUNTIME_NONE;
	json_t *note = NULL;
	int result = 0;

	if (vm_name_check(&busy, name) == -1 || runtime_lock(&busy, c, name, &r) == -1) {
		if (busy.status != DIAG_BUSY)
			diag_move(d, &busy);
		diag_free(&busy);
		return d->count > 0 ? -1 : 0;
	}
	if (note_read(&busy, c, name, &note) == 0) {
		result = pending_end(d, c, name, note);
		json_decref(note);
	} else if (errno != ENOENT) {
		diag_move(d, &busy);
		result = -1;
	}
	diag_free(&busy);
	if (runtime_has_record(&r))
		runtime_release(&r);
	else
		runtime_remove(&r);
	return result;
}

/* Files that were not written to their end: with the lock in hand nobody writes one. */
static int
sweep(struct diag *d, const struct context *c)
{
	char *pending;
	int lock = -1;

	if (access(c->state_dir, F_OK) == -1)
		return 0;
	if (vm_files_lock(d, c, &lock) == -1)
		return -1;
	pending = xasprintf("%s/pending", c->state_dir);
	file_put_sweep(c->vm_dir);
	file_put_sweep(c->template_dir);
	file_put_sweep(pending);
	fd_close(&lock);
	free(pending);
	return 0;
}

int
pending_recover(struct diag *d, const struct context *c)
{
	char *dir = xasprintf("%s/pending", c->state_dir), **names = NULL;
	size_t n = 0;
	int result = sweep(d, c);

	if (context_names_in(d, dir, "", &names, &n) == -1)
		result = -1;
	for (size_t i = 0; i < n; i++) {
		unsigned before = d->count;

		if (recover_one(d, c, names[i]) == -1)
			result = -1;
		diag_wrap(d, before, "%s", names[i]);
	}
	strings_free(names, n);
	free(dir);
	return result;
}
