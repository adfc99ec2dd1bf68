/* Running qemu-img, to write into a file that is there and empty: an empty image, or a copy of others. */
#ifndef VMRUN_LAUNCH_QEMU_IMG_H
#define VMRUN_LAUNCH_QEMU_IMG_H

#include <signal.h>
#include <stdbool.h>
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

/* Of what takes its time. */
struct qemu_img_watch {
	void (*progress)(unsigned percent, void *arg); /* NULL: nobody looks */
	void *arg;
	const volatile sig_atomic_t *stop; /* not zero: it is given up; may be NULL */
};
/* What a guest sees of the open chain as one image of that format, in a file that is there. No name in a header
 * is followed. */
int qemu_img_convert(struct diag *d, const struct qemu_disk_chain *chain, int format,
    const struct qemu_handle *to, const struct qemu_img_watch *w);
/* Does the first image of the chain, a qcow2, hold nothing of its own? */
int qemu_img_is_empty(struct diag *d, const struct qemu_disk_chain *chain, bool *ret);

#endif
