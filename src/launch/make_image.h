/* Images that a start makes: one that is missing, and the overlay of a temporary disk. */
#ifndef VMRUN_LAUNCH_MAKE_IMAGE_H
#define VMRUN_LAUNCH_MAKE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "qemu/argv.h"

struct context;
struct diag;
struct plan;
struct vm_disk;

/* Is the disk's image missing, and one that a start makes? Could it? */
bool image_is_to_be_made(const struct vm_disk *disk);
int image_make_check(struct diag *d, const struct context *c, const struct vm_disk *disk);
/* Makes the disk's image if it is missing: under a temporary name, written to the medium, then
 * given its name, unless another start was faster. secret: the passphrase's file, or NULL. The
 * image belongs to the caller, whoever wrote it. */
int image_make(struct diag *d, const struct context *c, const struct plan *p,
    const struct vm_disk *disk, const struct qemu_handle *secret);

/* The file of a temporary name, new or left by a crash, empty and held under a lock: its descriptor, or -1. who:
 * whom one that a crash left may belong to besides us; NULL: nobody. */
struct os_identity;
int image_open_temporary(struct diag *d, const char *path, const struct os_identity *who);
/* What the header of an image is to call its base, as a text to be freed: a folder that is moved as a whole stays
 * whole. */
char *image_backing_name(const char *image, const char *base);

/* Puts an overlay on top of the i-th disk's chain: a file in the state folder that has no name any
 * more and goes with its last descriptor. */
int overlay_make(struct diag *d, const struct context *c, const struct plan *p, size_t i,
    struct qemu_disk_chain *chain);
/* The same on paper. */
void overlay_preview(
    const struct context *c, const struct plan *p, size_t i, struct qemu_disk_chain *chain);

#endif
