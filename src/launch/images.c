/* Images, backing chains and kernels as descriptors; see images.h. */
#include "launch/images.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "qemu/image.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/vm.h"

#define CHAIN_MAX  64 /* images in one chain */
#define SECRET_MAX 4096

/* O_NONBLOCK so that a FIFO in an image's place is an error and not a wait; taken off again. */
static int
open_file(struct diag *d, const char *path, int flags, struct stat *ret_st)
{
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd == -1)
		return fail_sys(d, "%s", path);
	if (fstat(fd, ret_st) == -1) {
		fail_sys(d, "%s", path);
		fd_close(&fd);
	} else if (!S_ISREG(ret_st->st_mode) && !os_is_disk(fd)) {
		fail(d, "%s: neither a regular file nor a disk", path);
		fd_close(&fd);
	} else {
		fd_set_nonblock(fd, false);
	}
	return fd;
}

static bool
inside(const char *real, const char *dir)
{
	char base[PATH_MAX];
	size_t n;

	if (realpath(dir, base) == NULL)
		return false;
	n = strlen(base);
	return strncmp(real, base, n) == 0 && (real[n] == '/' || strcmp(base, "/") == 0);
}

int
images_backing(
    struct diag *d, const struct host *host, const char *image, const char *backing, char **ret)
{
	char *dir = folder_of(image), real[PATH_MAX], own[PATH_MAX];
	char *path = backing[0] == '/' ? xstrdup(backing) : xasprintf("%s/%s", dir, backing);
	bool allowed = false;
	int result = -1;

	if (realpath(path, real) == NULL) {
		fail_sys(d, "%s: its backing file %s", image, path);
		goto cleanup;
	}
	/* The image's own folder: the one its name was looked up in, and the one it really lies in.
	 */
	allowed = inside(real, dir);
	if (!allowed && realpath(image, own) != NULL) {
		free(dir);
		dir = folder_of(own);
		allowed = inside(real, dir);
	}
	for (size_t i = 0; !allowed && i < host->nimage_dirs; i++)
		allowed = inside(real, host->image_dirs[i]);
	if (!allowed) {
		fail_as(d, DIAG_DENIED,
		    "%s: its backing file %s lies neither in the image's folder nor in one of "
		    "image_dirs "
		    "of vmrun.conf",
		    image, real);
		goto cleanup;
	}
	*ret = xstrdup(real);
	result = 0;
cleanup:
	free(path);
	free(dir);
	return result;
}

static int
format_of(struct diag *d, const char *path, const char *said)
{
	static const struct {
		const char *name;
		int format;
	} known[] = { { "raw", FORMAT_RAW }, { "qcow2", FORMAT_QCOW2 }, { "vmdk", FORMAT_VMDK },
		{ "vdi", FORMAT_VDI }, { "vhdx", FORMAT_VHDX }, { "img", FORMAT_RAW },
		{ "iso", FORMAT_RAW } };
	const char *word = said;

	if (word[0] == '\0') {
		const char *dot = strrchr(path, '.');

		word = dot != NULL && strchr(dot, '/') == NULL ? dot + 1 : "raw";
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasecmp(word, known[i].name) == 0)
			return known[i].format;
	}
	return fail(d,
	    "%s: the format of this backing file is not said (qemu-img rebase -u -F writes it)",
	    path);
}

static int
read_qcow2(struct diag *d, const struct qemu_image *image, struct qcow2_info *ret)
{
	static uint8_t header[QCOW2_HEADER_MAX];
	ssize_t n = pread(image->handle.fd, header, sizeof(header), 0);

	if (n == -1)
		return fail_sys(d, "%s", image->handle.name);
	if (qcow2_parse(d, header, (size_t)n, ret) == -1) {
		diag_wrap(d, d->count - 1, "%s", image->handle.name);
		return -1;
	}
	return 0;
}

int
images_size(struct diag *d, const struct qemu_image *image, uint64_t *ret)
{
	struct qcow2_info info;
	off_t end;

	if (image->format == FORMAT_QCOW2) {
		if (read_qcow2(d, image, &info) == -1)
			return -1;
		*ret = info.size;
		return 0;
	}
	end = lseek(image->handle.fd, 0, SEEK_END);
	if (end == -1)
		return fail_sys(d, "%s", image->handle.name);
	if (end == 0)
		return fail(d, "%s: its size cannot be told", image->handle.name);
	*ret = (uint64_t)end;
	return 0;
}

int
images_open_one(struct diag *d, const char *path, int format, struct qemu_image *ret)
{
	struct stat st;
	int fd = open_file(d, path, O_RDONLY, &st);

	if (fd == -1)
		return -1;
	*ret = (struct qemu_image){ .handle = { fd, path }, .format = format };
	return 0;
}

/* Reads the header of the chain's last image. 1: *ret_next and *ret_format say what it is based on;
 * 0: on nothing. */
static int
next_image(struct diag *d, const struct host *host, struct qemu_image *last, char **ret_next,
    int *ret_format)
{
	struct qcow2_info info;
	char *next;
	int format;

	if (last->format != FORMAT_QCOW2)
		return 0;
	if (read_qcow2(d, last, &info) == -1)
		return -1;
	last->encrypted = info.encrypted;
	if (info.data_file)
		return fail(d, "%s: has an external data file, which vmrun does not open",
		    last->handle.name);
	if (info.backing[0] == '\0')
		return 0;
	if (images_backing(d, host, last->handle.name, info.backing, &next) == -1)
		return -1;
	format = format_of(d, next, info.backing_format);
	if (format == -1) {
		free(next);
		return -1;
	}
	*ret_next = next;
	*ret_format = format;
	return 1;
}

/* Takes over path. */
static int
add_image(struct diag *d, struct qemu_disk_chain *chain, char *path, int format, int flags)
{
	struct stat st = { 0 };
	int fd;

	if (chain->n == CHAIN_MAX) {
		fail(d, "%s: more than %d images on top of each other (a loop?)", path, CHAIN_MAX);
		free(path);
		return -1;
	}
	fd = open_file(d, path, flags, &st);
	chain->image = xreallocarray(chain->image, chain->n + 1, sizeof(*chain->image));
	chain->image[chain->n++] = (struct qemu_image){ .handle = { .fd = fd, .name = path },
		.format = format,
		.device = fd != -1 && os_is_disk(fd) };
	return fd == -1 ? -1 : 0;
}

int
images_open(struct diag *d, const struct host *host, const char *file, int format, bool readonly,
    bool preview, struct qemu_disk_chain *ret)
{
	struct qemu_disk_chain chain = { 0 };
	char *next = xstrdup(file);
	struct diag missing = { 0 };
	int more = 1;

	if (add_image(preview ? &missing : d, &chain, next, format,
		readonly || preview ? O_RDONLY : O_RDWR) == -1)
		more = preview ? 0 : -1;
	diag_free(&missing);
	while (more == 1) {
		more = next_image(d, host, &chain.image[chain.n - 1], &next, &format);
		if (more == 1 && add_image(d, &chain, next, format, O_RDONLY) == -1)
			more = -1;
	}
	if (more == -1) {
		images_close(&chain);
		return -1;
	}
	for (size_t i = 0; preview && i < chain.n; i++)
		fd_close(&chain.image[i].handle.fd);
	*ret = chain;
	return 0;
}

void
images_close(struct qemu_disk_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++) {
		fd_close(&chain->image[i].handle.fd);
		free((char *)chain->image[i].handle.name);
	}
	free(chain->image);
	*chain = (struct qemu_disk_chain){ 0 };
}

/* A secret's file ends in a newline that QEMU would take as part of it. */
static int
copy_secret(struct diag *d, const char *path, int fd, const struct os_copy_place *place,
    struct os_copy *ret)
{
	char text[SECRET_MAX];
	ssize_t n = read(fd, text, sizeof(text));
	int result = -1;

	if (n == -1)
		return fail_sys(d, "%s", path);
	if (n == (ssize_t)sizeof(text)) {
		fail(d, "%s: too long for a secret", path);
	} else {
		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			n--;
		result = os_copy(d, place, text, (size_t)n, ret);
	}
	explicit_bzero(text, sizeof(text));
	return result;
}

/* Where /dev/fd/N opens the file anew, that happens with QEMU's uid's rights; elsewhere QEMU opens
 * a name, and the way to it must be open to its uid as well: known only if that is the caller's. */
static bool
opens_it_itself(const struct stat *st, const struct os_copy_place *place)
{
	return os_here()->fd_reopens ? (st->st_mode & S_IROTH) != 0 : place->gid == (gid_t)-1;
}

int
readable_open(struct diag *d, const char *path, bool secret, const struct os_copy_place *place,
    struct qemu_handle *h, char **ret_path)
{
	struct stat st;
	struct os_copy copy = { .fd = -1 };
	int fd = open_file(d, path, O_RDONLY, &st), result;

	if (fd == -1)
		return -1;
	if (!secret && opens_it_itself(&st, place)) {
		if (!os_here()->fd_reopens)
			fd_close(&fd);
		h->fd = fd;
		return 0;
	}
	result =
	    secret ? copy_secret(d, path, fd, place, &copy) : os_copy_file(d, place, fd, &copy);
	fd_close(&fd);
	if (result == -1)
		return -1;
	h->fd = copy.fd;
	if (copy.path != NULL)
		h->name = *ret_path = copy.path;
	return 0;
}
