/* The head of a qcow2 image, read without trust; see image.h and QEMU's docs/interop/qcow2.txt. */
#include "qemu/image.h"

#include <string.h>

#include "util/diag.h"

#define MAGIC             0x514649fbu /* "QFI\xfb" */
#define V2_HEADER         72          /* bytes */
#define V3_HEADER         104
#define CLUSTER_BITS_MIN  9
#define CLUSTER_BITS_MAX  21
#define BACKING_MAX       1023 /* bytes, QEMU's own limit */
#define INCOMPAT_DATAFILE (UINT64_C(1) << 2)
#define EXT_END           0u
#define EXT_BACKING       0xe2792acau
#define EXT_DATAFILE      0x44415441u

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t
be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

struct header {
	uint32_t version, size, cluster_bits, crypt_method;
	uint64_t backing_offset, size_seen, incompatible;
	uint32_t backing_size;
};

static int
read_header(struct diag *d, const uint8_t *p, size_t n, struct header *ret)
{
	struct header h = { 0 };

	if (n < 4 || be32(p) != MAGIC)
		return fail(d, "not a qcow2 image");
	if (n < V2_HEADER)
		return fail(d, "the qcow2 header is cut short");
	h = (struct header){ .version = be32(p + 4),
		.size = V2_HEADER,
		.backing_offset = be64(p + 8),
		.backing_size = be32(p + 16),
		.cluster_bits = be32(p + 20),
		.size_seen = be64(p + 24),
		.crypt_method = be32(p + 32) };
	if (h.version != 2 && h.version != 3)
		return fail(d, "qcow2 version %u is not known (2 or 3)", h.version);
	if (h.cluster_bits < CLUSTER_BITS_MIN || h.cluster_bits > CLUSTER_BITS_MAX) {
		return fail(d, "qcow2 clusters of 2^%u bytes are not allowed (2^9 to 2^21)",
		    h.cluster_bits);
	}
	if (h.version == 3) {
		if (n < V3_HEADER)
			return fail(d, "the qcow2 header is cut short");
		h.incompatible = be64(p + 72);
		h.size = be32(p + 100);
		if (h.size < V3_HEADER || h.size > UINT32_C(1) << h.cluster_bits || h.size > n) {
			return fail(d, "a qcow2 header of %u bytes is not believable", h.size);
		}
	}
	*ret = h;
	return 0;
}

/* As QEMU's path_has_protocol(): what it would take for a protocol and not for a file. */
static bool
has_protocol(const char *s)
{
	return s[strcspn(s, ":/")] == ':';
}

static int
read_backing(
    struct diag *d, const uint8_t *p, size_t n, const struct header *h, struct qcow2_info *info)
{
	size_t limit = (size_t)1 << h->cluster_bits;

	if (limit > n)
		limit = n;
	if (h->backing_offset < h->size || h->backing_offset > limit ||
	    h->backing_size > limit - h->backing_offset) {
		return fail(
		    d, "the name of the backing file lies outside the qcow2 header's cluster");
	}
	if (h->backing_size == 0 || h->backing_size > BACKING_MAX) {
		return fail(d, "the name of the backing file has %u bytes (1 to %d)",
		    h->backing_size, BACKING_MAX);
	}
	memcpy(info->backing, p + h->backing_offset, h->backing_size);
	info->backing[h->backing_size] = '\0';
	if (strlen(info->backing) != h->backing_size)
		return fail(d, "the name of the backing file has a NUL byte in it");
	if (has_protocol(info->backing))
		return fail(d, "backing file \"%s\" is not a plain file's name", info->backing);
	return 0;
}

static int
backing_format(struct diag *d, const uint8_t *data, uint32_t len, struct qcow2_info *info)
{
	if (len >= sizeof(info->backing_format) || memchr(data, '\0', len) != NULL)
		return fail(d, "the backing file's format is not a word of 1 to %zu bytes",
		    sizeof(info->backing_format) - 1);
	memcpy(info->backing_format, data, len);
	info->backing_format[len] = '\0';
	return 0;
}

/* Extensions fill the room between the header and the backing file's name, or the cluster's end. */
static int
read_extensions(
    struct diag *d, const uint8_t *p, size_t n, const struct header *h, struct qcow2_info *info)
{
	uint64_t end = h->backing_offset != 0 ? h->backing_offset : UINT64_C(1) << h->cluster_bits;
	uint64_t at = h->size;

	while (at + 8 <= end) {
		uint32_t type, len;

		if (at + 8 > n)
			return fail(d, "the qcow2 header extensions are cut short");
		type = be32(p + at);
		len = be32(p + at + 4);
		at += 8;
		if (type == EXT_END)
			return 0;
		if (len > end - at || at + len > n)
			return fail(d, "a qcow2 header extension runs over its room");
		if (type == EXT_BACKING && backing_format(d, p + at, len, info) == -1)
			return -1;
		if (type == EXT_DATAFILE)
			info->data_file = true;
		at += ((uint64_t)len + 7) & ~UINT64_C(7);
	}
	return 0;
}

int
qcow2_parse(struct diag *d, const uint8_t *p, size_t n, struct qcow2_info *ret)
{
	struct qcow2_info info = { 0 };
	struct header h = { 0 };

	if (read_header(d, p, n, &h) == -1)
		return -1;
	info.size = h.size_seen;
	info.encrypted = h.crypt_method != 0;
	info.data_file = (h.incompatible & INCOMPAT_DATAFILE) != 0;
	if (h.backing_offset != 0 && read_backing(d, p, n, &h, &info) == -1)
		return -1;
	if (read_extensions(d, p, n, &h, &info) == -1)
		return -1;
	*ret = info;
	return 0;
}
