/* Images that a start makes; see make_image.h. */
#include "launch/make_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "launch/companion.h"
#include "launch/context.h"
#include "launch/images.h"
#include "launch/plan.h"
#include "launch/qemu_img.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* Whom the program is to run as that writes the image. */
static const struct os_identity *
writer(const struct plan *p)
{
	return p->given.own_uid ? &p->given.who : NULL;
}

/* Is it ours alone? What a crash left may still belong to the writer. */
static bool
is_ours(const struct stat *st, const struct os_identity *who)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	       (st->st_uid == geteuid() || (who != NULL && st->st_uid == who->uid));
}

/* The file of that name, new or left by a crash, empty and held under a lock. */
int
image_open_temporary(struct diag *d, const char *path, const struct os_identity *who)
{
	struct stat mine, there;

	for (;;) {
		int fd = open(
		    path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

		if (fd == -1)
			return fail_sys(d, "%s", path);
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			if (errno == EWOULDBLOCK)
				fail_as(
				    d, DIAG_BUSY, "%s: another start is making the image", path);
			else
				fail_sys(d, "%s: lock", path);
			fd_close(&fd);
			return -1;
		}
		/* Whoever held the lock before may have given the file its name meanwhile. */
		if (fstat(fd, &mine) == 0 && lstat(path, &there) == 0 &&
		    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev) {
			if (is_ours(&mine, who) && ftruncate(fd, 0) == 0)
				return fd;
			fail(d, "%s: is in the way, and not vmrun's", path);
			fd_close(&fd);
			return -1;
		}
		fd_close(&fd);
	}
}

/* While it is written it belongs to the writer, which opens it by its descriptor's path. */
static int
write_image(struct diag *d, const struct new_image *image, const struct os_identity *who)
{
	struct stat st;

	if (fstat(image->file.fd, &st) == -1 ||
	    (who != NULL && fchown(image->file.fd, who->uid, who->gid) == -1))
		return fail_sys(d, "%s", image->file.name);
	if (qemu_img_create(d, image, who) == -1)
		return -1;
	if (who != NULL && fchown(image->file.fd, geteuid(), getegid()) == -1)
		return fail_sys(d, "%s", image->file.name);
	return 0;
}

/* A name cannot replace a file by link(2), as it would by rename(2). */
static int
give_name(struct diag *d, int fd, const char *temporary, const char *path)
{
	if (fsync_disk(fd) == -1)
		return fail_sys(d, "%s", temporary);
	if (link(temporary, path) == -1 && errno != EEXIST)
		return fail_sys(d, "%s: cannot be given its name", path);
	if (folder_sync(path) == -1)
		return fail_sys(d, "%s: its folder", path);
	return 0;
}

/* What the header is to call the base: a folder that is moved as a whole stays whole. */
char *
image_backing_name(const char *image, const char *base)
{
	const char *slash = strrchr(base, '/');
	size_t folder = (size_t)(slash - base) + 1;

	if (strncmp(image, base, folder) != 0 || strchr(image + folder, '/') != NULL)
		return xstrdup(base);
	/* QEMU takes what is before a colon for a protocol. */
	return xasprintf("%s%s", strchr(slash, ':') != NULL ? "./" : "", slash + 1);
}

/* The size that the image is to have, which is that of its base if nothing is said. */
static int
decide_size(struct diag *d, const struct context *c, const struct vm_disk *disk, uint64_t *ret)
{
	struct qemu_image base;
	uint64_t size = 0;
	char *real;
	int result;

	*ret = disk->size;
	if (disk->base == NULL)
		return 0;
	if (images_backing(d, &c->host, disk->file, disk->base, &real) == -1)
		return -1;
	free(real);
	if (disk->base_format != FORMAT_RAW && disk->base_format != FORMAT_QCOW2)
		return 0;
	if (images_open_one(d, disk->base, disk->base_format, &base) == -1)
		return -1;
	result = images_size(d, &base, &size);
	fd_close(&base.handle.fd);
	if (result == 0 && disk->size != 0 && disk->size < size)
		result = fail_as(d, DIAG_CONFIG,
		    "%s: size is less than the %" PRIu64 " bytes of its base", disk->file, size);
	if (disk->size == 0)
		*ret = size;
	return result;
}

/* The folder of new disks is vmrun's to make; where another is missing, its name may be wrong. */
static int
make_own_folder(struct diag *d, const struct context *c, const char *file)
{
	char *dir = folder_of(file);
	int result = strcmp(dir, c->disk_dir) == 0 ? dir_make(d, dir, 0755) : 0;

	free(dir);
	return result;
}

bool
image_is_to_be_made(const struct vm_disk *disk)
{
	return (disk->size != 0 || disk->base != NULL) && access(disk->file, F_OK) == -1 &&
	       errno == ENOENT;
}

int
image_make_check(struct diag *d, const struct context *c, const struct vm_disk *disk)
{
	char *program;
	uint64_t size;

	if (decide_size(d, c, disk, &size) == -1 ||
	    companion_find(d, "qemu-img", "qemu-utils", &program) == -1)
		return -1;
	free(program);
	return 0;
}

int
image_make(struct diag *d, const struct context *c, const struct plan *p,
    const struct vm_disk *disk, const struct qemu_handle *secret)
{
	const struct os_identity *who = writer(p);
	char *temporary = NULL, *backing = NULL;
	uint64_t size;
	int fd = -1, result = -1;

	if (!image_is_to_be_made(disk))
		return 0;
	if (make_own_folder(d, c, disk->file) == -1 || decide_size(d, c, disk, &size) == -1)
		return -1;
	temporary = xasprintf("%s.new", disk->file);
	fd = image_open_temporary(d, temporary, who);
	if (fd == -1)
		goto cleanup;
	backing = disk->base != NULL ? image_backing_name(disk->file, disk->base) : NULL;
	if (write_image(d,
		&(struct new_image){ .file = { fd, temporary },
		    .format = disk->format,
		    .size = size,
		    .backing = backing,
		    .backing_format = disk->base_format,
		    .secret = secret },
		who) == 0)
		result = give_name(d, fd, temporary, disk->file);
	unlink(temporary);
cleanup:
	fd_close(&fd);
	free(temporary);
	free(backing);
	return result;
}

static void
put_on_top(struct qemu_disk_chain *chain, int fd, char *name)
{
	chain->image = xreallocarray(chain->image, chain->n + 1, sizeof(*chain->image));
	memmove(chain->image + 1, chain->image, chain->n * sizeof(*chain->image));
	chain->image[0] = (struct qemu_image){ .handle = { fd, name }, .format = FORMAT_QCOW2 };
	chain->n++;
}

static char *
overlay_path(const struct context *c, const struct plan *p, size_t i)
{
	return xasprintf("%s/%s.disk%zu.temporary", c->state_dir, p->member.vm.name, i);
}

int
overlay_make(struct diag *d, const struct context *c, const struct plan *p, size_t i,
    struct qemu_disk_chain *chain)
{
	const struct os_identity *who = writer(p);
	char *path = overlay_path(c, p, i);
	uint64_t size;
	int fd = -1, result = -1;

	if (images_size(d, &chain->image[0], &size) == -1)
		goto cleanup;
	fd = image_open_temporary(d, path, who);
	if (fd == -1)
		goto cleanup;
	result = write_image(d,
	    &(struct new_image){ .file = { fd, path }, .format = FORMAT_QCOW2, .size = size }, who);
	unlink(path);
cleanup:
	if (result == -1) {
		fd_close(&fd);
		free(path);
	} else {
		put_on_top(chain, fd, path);
	}
	return result;
}

void
overlay_preview(
    const struct context *c, const struct plan *p, size_t i, struct qemu_disk_chain *chain)
{
	put_on_top(chain, -1, overlay_path(c, p, i));
}
