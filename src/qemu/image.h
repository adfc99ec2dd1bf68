/* What an image's first bytes say: only as much of the qcow2 header (QEMU docs/interop/qcow2.txt)
 * as is needed to open its backing file ourselves. Believes nothing. Pure. */
#ifndef VMRUN_QEMU_IMAGE_H
#define VMRUN_QEMU_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag;

#define QCOW2_HEADER_MAX                                                                           \
	65536 /* bytes to read at most: header and extensions lie in the first cluster */

struct qcow2_info {
	char backing[1024];      /* as written in the header; "": none */
	char backing_format[16]; /* "": not said */
	uint64_t size;           /* bytes that a guest sees */
	bool data_file;          /* an external data file: not supported */
	bool encrypted;
};
int qcow2_parse(struct diag *d, const uint8_t *p, size_t n, struct qcow2_info *ret);

#endif
