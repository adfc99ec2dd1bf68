/* The images of a clone, made step by step; see clone.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "launch/clone.h"
#include "launch/context.h"
#include "launch/images.h"
#include "launch/make_image.h"
#include "launch/pending.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* Whoever owned the source's image owns this. */
static int
take_over(struct diag *d, int fd, const struct clone_image *image, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == -1 ||
	    ((st.st_uid != image->uid || st.st_gid != image->gid) &&
		fchown(fd, image->uid, image->gid) == -1 && geteuid() == 0) ||
	    fchmod(fd, image->mode) == -1 || fsync_disk(fd) == -1)
		return fail_sys(d, "%s", path);
	return 0;
}

/* The temporary name stays until the note ends: it shows whose the file is. */
static int
give_name(struct diag *d, const char *temporary, const char *path)
{
	if (link(temporary, path) == -1 || folder_sync(path) == -1)
		return fail_sys(d, "%s", path);
	return 0;
}

static int
write_overlay(struct diag *d, const struct clone_image *image, const char *path, int fd,
    const char *of)
{
	char *backing = image_backing_name(of, image->base);
	const struct new_image overlay = { .file = { fd, path },
		.format = FORMAT_QCOW2,
		.size = image->size,
		.backing = backing,
		.backing_format = image->base_format };
	int result = qemu_img_create(d, &overlay, NULL);

	free(backing);
	return result == 0 ? take_over(d, fd, image, path) : -1;
}

static json_t *
frozen_of(const struct clone *cl, const struct clone_image *image)
{
	json_t *all = json_object_get(cl->note, "frozen"), *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "image")), image->from) == 0)
			return one;
	}
	return NULL;
}

/* How the overlay is while nobody has written to it. */
static int
note_overlay(struct diag *d, const struct clone *cl, const struct clone_image *image, int fd)
{
	json_t *frozen = frozen_of(cl, image);
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail_sys(d, "%s", image->from);
	json_object_set_new(frozen, "size", json_integer(st.st_size));
	json_object_set_new(frozen, "mtime",
	    json_integer((json_int_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec));
	return pending_write(d, cl->c, cl->name, cl->note);
}

/* The source's image gets a second name, which is to stay, and its first one goes to an overlay. */
static int
freeze(struct diag *d, const struct clone *cl, const struct clone_image *image)
{
	char *temporary = xasprintf("%s.new", image->from);
	int fd = image_open_temporary(d, temporary, NULL), result = -1;

	if (fd == -1)
		goto cleanup;
	if (write_overlay(d, image, temporary, fd, image->from) == -1 ||
	    note_overlay(d, cl, image, fd) == -1)
		goto cleanup;
	if (link(image->from, image->base) == -1 ||
	    chmod(image->base, image->mode & ~(mode_t)0222) == -1)
		fail_sys(d, "%s", image->base);
	else if (rename(temporary, image->from) == -1 || folder_sync(image->from) == -1)
		fail_sys(d, "%s", image->from);
	else
		result = 0;
cleanup:
	fd_close(&fd);
	free(temporary);
	return result;
}

static int
convert(struct diag *d, const struct clone *cl, const struct clone_image *image,
    const char *temporary, int fd)
{
	const struct qemu_handle to = { fd, temporary };
	struct qemu_disk_chain chain;
	int result;

	if (images_open(d, &cl->c->host, image->from, image->format, true, false, &chain) == -1)
		return -1;
	result = qemu_img_convert(d, &chain, image->format, &to, &cl->watch);
	images_close(&chain);
	return result == 0 ? take_over(d, fd, image, temporary) : -1;
}

static int
copy(struct diag *d, const struct clone_image *image, const char *temporary)
{
	int fd, result;

	if (file_copy(d, image->from, temporary, image->mode) == -1)
		return -1;
	fd = open(temporary, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return fail_sys(d, "%s", temporary);
	result = take_over(d, fd, image, temporary);
	fd_close(&fd);
	return result;
}

static int
make_one(struct diag *d, const struct clone *cl, const struct clone_image *image)
{
	char *temporary = xasprintf("%s.new", image->to);
	int fd = -1, result = -1;

	if (cl->begins != NULL)
		cl->begins(image->key, cl->watch.arg);
	if (image->how == CLONE_COPIED) {
		result = copy(d, image, temporary);
	} else if ((fd = image_open_temporary(d, temporary, NULL)) != -1) {
		if (image->how == CLONE_CONVERTED)
			result = convert(d, cl, image, temporary, fd);
		else if (!image->freeze || freeze(d, cl, image) == 0)
			result = write_overlay(d, image, temporary, fd, image->to);
	}
	if (result == 0)
		result = give_name(d, temporary, image->to);
	fd_close(&fd);
	free(temporary);
	return result;
}

static char *
nvram_of(const struct clone *cl, const char *name)
{
	return xasprintf("%s/nvram/%s", cl->c->state_dir, name);
}

static int
copy_nvram(struct diag *d, const struct clone *cl)
{
	char *from = nvram_of(cl, cl->source->name), *to = nvram_of(cl, cl->name);
	const json_t *file;
	int result = 0;
	size_t i;

	json_array_foreach(json_object_get(cl->note, "folder_files"), i, file)
	{
		char *a = xasprintf("%s/%s", from, json_string_value(file));
		char *b = xasprintf("%s/%s", to, json_string_value(file));

		if (result == 0 &&
		    (dir_make(d, to, 0700) == -1 || file_copy(d, a, b, 0600) == -1))
			result = -1;
		free(a);
		free(b);
	}
	free(from);
	free(to);
	return result;
}

/* What is in the way would be taken for the clone's. */
static int
see_room(struct diag *d, const struct clone *cl)
{
	struct stat st;
	int result = 0;
	char *nvram = nvram_of(cl, cl->name);

	for (size_t i = 0; i < cl->n; i++) {
		if (cl->image[i].to != NULL && lstat(cl->image[i].to, &st) == 0)
			result = fail(d, "%s: %s is there already", cl->image[i].key, cl->image[i].to);
	}
	if (lstat(nvram, &st) == 0)
		result = fail(d, "%s is there, of an earlier VM of that name: vmrun remove %s takes it away",
		    nvram, cl->name);
	free(nvram);
	return result;
}

static int
note_all(struct diag *d, struct clone *cl)
{
	json_t *images = json_array(), *frozen = json_array(), *files = json_array();
	char *from = nvram_of(cl, cl->source->name), *to = nvram_of(cl, cl->name), **names;
	size_t n;
	int result = context_names_in(d, from, "", &names, &n);

	for (size_t i = 0; i < cl->n; i++) {
		const struct clone_image *image = &cl->image[i];

		if (image->from != NULL && image->to != NULL)
			json_array_append_new(images, json_string(image->to));
		if (image->freeze)
			json_array_append_new(frozen,
			    json_pack("{s:s,s:s,s:i}", "image", image->from, "base", image->base,
				"mode", (int)image->mode));
	}
	for (size_t i = 0; result == 0 && i < n; i++)
		json_array_append_new(files, json_string(names[i]));
	if (result == 0)
		strings_free(names, n);
	cl->note = json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:o}", "do", "clone", "file", cl->file, "source",
	    cl->source->name, "images", images, "frozen", frozen, "folder", to, "folder_files",
	    files);
	free(from);
	free(to);
	if (result == 0 && cl->note == NULL)
		result = fail(d, "a path is not UTF-8, which vmrun cannot note");
	return result;
}

int
clone_make(struct diag *d, struct clone *cl)
{
	if (see_room(d, cl) == -1 || note_all(d, cl) == -1)
		return -1;
	if (pending_write(d, cl->c, cl->name, cl->note) == -1 || copy_nvram(d, cl) == -1)
		return -1;
	for (size_t i = 0; i < cl->n; i++) {
		const struct clone_image *image = &cl->image[i];

		if (cl->watch.stop != NULL && *cl->watch.stop)
			return fail(d, "interrupted");
		if (image->from != NULL && image->to != NULL && make_one(d, cl, image) == -1)
			return -1;
	}
	return 0;
}
