/* Opening what QEMU reads and writes: images with their backing files, kernels, secrets. */
#ifndef VMRUN_LAUNCH_IMAGES_H
#define VMRUN_LAUNCH_IMAGES_H

#include <stdbool.h>

#include "os/os.h"
#include "qemu/argv.h"

struct diag;
struct host;

/*
 * The image and all it is based on, top first. The names in the handles are owned by the chain. A
 * backing file is opened, read-only, if it lies in the image's own folder or in one of the host's
 * image_dirs, and never because of what a data area says: the format is what the header of the
 * image above names, else the extension.
 *
 * preview: descriptors are closed again (fd -1), and an image that is not there is a chain of one.
 */
int images_open(struct diag *d, const struct host *host, const char *file, int format,
    bool readonly, bool preview, struct qemu_disk_chain *ret);
/* Where a backing name in an image leads, as a real path that the caller frees, if it may be
 * opened. */
int images_backing(
    struct diag *d, const struct host *host, const char *image, const char *backing, char **ret);
/* One image alone, for reading; its name is borrowed. */
int images_open_one(struct diag *d, const char *path, int format, struct qemu_image *ret);
/* How many bytes the guest sees of an open raw or qcow2 image. */
int images_size(struct diag *d, const struct qemu_image *image, uint64_t *ret);
void images_close(struct qemu_disk_chain *chain);

/* A file that QEMU opens by a path of its own accord (kernel, initrd, secret): the file itself
 * where QEMU can read it, else a copy (os_copy()). Sets h->fd, or, where descriptors have no path
 * that would open the file anew, h->name to *ret_path, which the caller frees; copies in a folder
 * stay until runtime_remove(). */
int readable_open(struct diag *d, const char *path, bool secret, const struct os_copy_place *place,
    struct qemu_handle *h, char **ret_path);

#endif
