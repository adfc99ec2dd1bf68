/* How a clone comes to its images; see clone.h. */
#include "launch/clone.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/clone_name.h"
#include "launch/context.h"
#include "launch/images.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* The clone's own name for a file of the source: with its name in the place of the source's, or in front. */
static char *
name_for(const struct clone *cl, const char *path, size_t i)
{
	const char *base = strrchr(path, '/') + 1, *at = strstr(base, cl->source->name), *dot;

	if (at != NULL)
		return xasprintf("%.*s%s%s", (int)(at - path), path, cl->name,
		    at + strlen(cl->source->name));
	dot = strrchr(base, '.');
	if (dot == NULL)
		dot = "";
	return i == 0 ? xasprintf("%.*s%s%s", (int)(base - path), path, cl->name, dot)
		      : xasprintf("%.*s%s-%zu%s", (int)(base - path), path, cl->name, i, dot);
}

/* What an overlay on the image is to be based on. */
static int
choose_base(struct diag *d, struct clone_image *image, const struct qemu_disk_chain *chain)
{
	struct diag ignored = { 0 };
	bool empty = false;

	if (chain->n > 1 && qemu_img_is_empty(&ignored, chain, &empty) == -1)
		empty = false;
	diag_free(&ignored);
	image->freeze = !empty;
	image->base = empty ? xstrdup(chain->image[1].handle.name) : clone_base_name(image->from);
	image->base_format = empty ? chain->image[1].format : FORMAT_QCOW2;
	return images_size(d, &chain->image[0], &image->size);
}

static int
plan_link(struct diag *d, const struct clone *cl, const struct vm_disk *disk,
    struct clone_image *image)
{
	struct qemu_disk_chain chain;
	int result;

	if (disk->secret_file != NULL)
		return fail(d, "%s: the overlay of an encrypted image would not be encrypted; --full copies "
			       "it",
		    image->key);
	if (disk->format != FORMAT_QCOW2)
		return fail(d, "%s: a linked clone needs an image of format qcow2, which %s is not; --full "
			       "copies it",
		    image->key, disk->file);
	if (images_open(d, &cl->c->host, image->from, disk->format, true, false, &chain) == -1)
		return -1;
	result = choose_base(d, image, &chain);
	images_close(&chain);
	return result;
}

static int
stat_source(struct diag *d, struct clone_image *image, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (realpath(path, real) == NULL || stat(real, &st) == -1)
		return fail_sys(d, "%s: %s", image->key, path);
	if (!S_ISREG(st.st_mode))
		return fail(d, "%s: %s is no plain file, and only such are copied", image->key, path);
	image->from = xstrdup(real);
	image->mode = st.st_mode & 07777;
	image->uid = st.st_uid;
	image->gid = st.st_gid;
	return 0;
}

static int
plan_disk(struct diag *d, struct clone *cl, size_t i)
{
	const struct vm_disk *disk = &cl->source->disks[i];
	struct clone_image *image = &cl->image[i];

	image->key = xasprintf("disks[%zu].file", i);
	image->format = disk->format;
	image->how = CLONE_SHARED;
	if (disk->readonly || disk->temporary || disk->shareable)
		return 0;
	if (disk->file == NULL)
		return fail(d, "disks[%zu].url: what a server has is not copied", i);
	if (access(disk->file, F_OK) == -1 && errno == ENOENT &&
	    (disk->size != 0 || disk->base != NULL)) {
		image->how = CLONE_MADE;
		image->to = name_for(cl, disk->file, i);
		return 0;
	}
	if (stat_source(d, image, disk->file) == -1)
		return -1;
	image->to = name_for(cl, image->from, i);
	image->how = cl->linked                 ? CLONE_LINKED
		     : disk->secret_file != NULL ? CLONE_COPIED
						 : CLONE_CONVERTED;
	return cl->linked ? plan_link(d, cl, disk, image) : 0;
}

/* The variables that the file names; those that vmrun keeps are found by the VM's name. */
static int
plan_vars(struct diag *d, struct clone *cl)
{
	struct clone_image *image = &cl->image[cl->n - 1];
	const char *vars = cl->source->firmware.vars;

	image->key = xstrdup("firmware.vars");
	if (vars == NULL)
		return 0;
	image->to = name_for(cl, vars, 0);
	image->how = CLONE_MADE;
	if (access(vars, F_OK) == -1 && errno == ENOENT)
		return 0;
	image->how = CLONE_COPIED;
	return stat_source(d, image, vars);
}

int
clone_plan(struct diag *d, struct clone *cl)
{
	cl->n = cl->source->ndisks + 1;
	cl->image = xcalloc(cl->n, sizeof(*cl->image));
	for (size_t i = 0; i + 1 < cl->n; i++) {
		if (plan_disk(d, cl, i) == -1)
			return -1;
	}
	return plan_vars(d, cl);
}

bool
clone_needs_source(const struct clone *cl)
{
	for (size_t i = 0; i < cl->n; i++) {
		if (cl->image[i].from != NULL)
			return true;
	}
	return false;
}

void
clone_free(struct clone *cl)
{
	for (size_t i = 0; i < cl->n; i++) {
		free(cl->image[i].key);
		free(cl->image[i].from);
		free(cl->image[i].to);
		free(cl->image[i].base);
	}
	free(cl->image);
	json_decref(cl->note);
}
