/* Any bytes given as the head of a qcow2 image: what is taken can be opened as a plain file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/image.h"
#include "util/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qcow2_info info;
	struct diag d = { 0 };

	if (qcow2_parse(&d, data, size, &info) == 0) {
		if (d.count != 0 || memchr(info.backing, '\0', sizeof(info.backing)) == NULL ||
		    memchr(info.backing_format, '\0', sizeof(info.backing_format)) == NULL ||
		    info.backing[strcspn(info.backing, ":/")] == ':')
			abort();
	} else if (d.count != 1) {
		abort();
	}
	diag_free(&d);
	return 0;
}
