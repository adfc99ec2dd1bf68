/* Running qemu-img to write an empty image into a file that is there and empty. */
#ifndef VMRUN_LAUNCH_QEMU_IMG_H
#define VMRUN_LAUNCH_QEMU_IMG_H

#include <stdint.h>

#include "qemu/argv.h"

struct diag;
struct os_identity;

struct new_image {
	const struct qemu_handle
	    file;            /* both: fd is open for reading and writing, name is its path */
	int format;          /* enum vm_format */
	uint64_t size;       /* bytes */
	const char *backing; /* as it is to be written in the image; NULL: none */
	int backing_format;
	const struct qemu_handle *secret; /* with the passphrase; NULL: not encrypted */
};

/* Nothing but the file is opened, the backing file neither. It runs as who (NULL: as the caller)
 * without capabilities. */
int qemu_img_create(struct diag *d, const struct new_image *image, const struct os_identity *who);

#endif
