/* Small ISO 9660 images in memory, with Rock Ridge and Joliet names. */
#ifndef VMRUN_LAUNCH_ISO_H
#define VMRUN_LAUNCH_ISO_H

#include <stddef.h>

struct buf;
struct diag;

struct iso_file {
	const char *name;
	const void *p;
	size_t n; /* bytes */
};

/* Adds the image to out. -1 as well where vmrun was built without libarchive, which makes it. */
int iso_make(
    struct diag *d, const char *label, const struct iso_file *files, size_t n, struct buf *out);

#endif
