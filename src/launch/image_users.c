/* The images of a fleet by inode; see image_users.h. */
#include "launch/image_users.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu/image.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sorted.h"

#define CHAIN_MAX 64

struct user {
	dev_t dev;
	ino_t ino;
	const struct fleet_member *by;
};

struct image_users {
	struct user *v;
	size_t n, cap;
	bool sorted;
};

static void
add_file(struct image_users *u, const struct fleet_member *by, const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		return;
	if (u->n == u->cap) {
		u->cap = u->cap > 0 ? 2 * u->cap : 64;
		u->v = xreallocarray(u->v, u->cap, sizeof(*u->v));
	}
	u->v[u->n++] = (struct user){ st.st_dev, st.st_ino, by };
	u->sorted = false;
}

/* What the header at path says of its base, as a path to be freed; NULL: nothing. */
static char *
base_of(const char *path, int *format)
{
	static uint8_t header[QCOW2_HEADER_MAX];
	int fd = *format == FORMAT_QCOW2 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : -1;
	ssize_t n = fd != -1 ? pread(fd, header, sizeof(header), 0) : -1;
	struct diag ignored = { 0 };
	struct qcow2_info info;
	char *base = NULL, *dir;

	fd_close(&fd);
	if (n > 0 && qcow2_parse(&ignored, header, (size_t)n, &info) == 0 && info.backing[0] != '\0') {
		dir = folder_of(path);
		base = info.backing[0] == '/' ? xstrdup(info.backing)
					      : xasprintf("%s/%s", dir, info.backing);
		free(dir);
		/* One whose format is not said is looked at as well: this is only about names. */
		*format = info.backing_format[0] == '\0' || strcmp(info.backing_format, "qcow2") == 0
			      ? FORMAT_QCOW2
			      : FORMAT_RAW;
	}
	diag_free(&ignored);
	return base;
}

void
image_each_base(
    const char *path, int format, void (*fn)(const char *base, void *arg), void *arg)
{
	char *at = xstrdup(path), *base;

	for (unsigned i = 0; i < CHAIN_MAX && (base = base_of(at, &format)) != NULL; i++) {
		free(at);
		at = base;
		fn(at, arg);
	}
	free(at);
}

struct adding {
	struct image_users *u;
	const struct fleet_member *by;
};

static void
add_base(const char *base, void *arg)
{
	struct adding *a = arg;

	add_file(a->u, a->by, base);
}

void
image_users_add(struct image_users *u, const struct fleet_member *m)
{
	const struct vm *vm = &m->vm;
	struct adding a = { u, m };

	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct vm_disk *disk = &vm->disks[i];

		add_file(u, m, disk->base);
		if (disk->base != NULL)
			image_each_base(disk->base, disk->base_format, add_base, &a);
		if (disk->file == NULL)
			continue;
		add_file(u, m, disk->file);
		image_each_base(disk->file, disk->format, add_base, &a);
	}
	for (size_t i = 0; i < vm->ncdroms; i++)
		add_file(u, m, vm->cdroms[i].file);
	for (size_t i = 0; i < vm->nfloppies; i++)
		add_file(u, m, vm->floppies[i].file);
	add_file(u, m, vm->firmware.vars);
}

struct image_users *
image_users_of(const struct fleet *f)
{
	struct image_users *u = xcalloc(1, sizeof(*u));

	for (size_t i = 0; i < f->n; i++)
		image_users_add(u, &f->member[i]);
	return u;
}

void
image_users_free(struct image_users *u)
{
	if (u == NULL)
		return;
	free(u->v);
	free(u);
}

static int
by_inode(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return 0;
}

/* The same of the member that is named first, so that it is always the same one. */
static int
by_inode_and_name(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = by_inode(a, b);

	return order != 0 ? order : strcmp(x->by->vm.name, y->by->vm.name);
}

const char *
image_user(struct image_users *u, const struct stat *st, const char *except)
{
	struct user wanted = { .dev = st->st_dev, .ino = st->st_ino };
	size_t i;

	if (!u->sorted && u->n > 0)
		qsort(u->v, u->n, sizeof(*u->v), by_inode_and_name);
	u->sorted = true;
	i = sorted_first(&wanted, u->v, u->n, sizeof(*u->v), by_inode);
	for (; i < u->n && u->v[i].dev == st->st_dev && u->v[i].ino == st->st_ino; i++) {
		const struct fleet_member *by = u->v[i].by;

		if (!by->gone && strcmp(by->vm.name, except) != 0)
			return by->vm.name;
	}
	return NULL;
}

/* Its bytes from 100 on, for what a process does, and from 200 on, for what it lets no other do (QEMU
 * block/file-posix.c). */
bool
image_is_held(const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 200
	};
	bool held = fd != -1 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

	fd_close(&fd);
	return held;
}
