/*
 * The nodes of an image: for each of its files a protocol node (the file) and a format node (what
 * is in it), both said in full, so that QEMU opens nothing that vmrun did not name.
 */
#include <stdlib.h>

#include "qemu/disk.h"
#include "util/mem.h"

static const struct format {
	const char *driver;
	bool has_backing; /* an image of this format can name a backing file */
} formats[] = {
	[FORMAT_RAW] = { "raw" },
	[FORMAT_QCOW2] = { "qcow2", .has_backing = true },
	[FORMAT_VMDK] = { "vmdk", .has_backing = true },
	[FORMAT_VDI] = { "vdi" },
	[FORMAT_VHDX] = { "vhdx" },
	[FORMAT_LUKS] = { "luks" },
};

static const char *const aio_words[] = { [AIO_NATIVE] = "native", [AIO_IO_URING] = "io_uring" };
static const char *const zeroes_words[] = {
	[DETECT_ZEROES_ON] = "on", [DETECT_ZEROES_UNMAP] = "unmap"
};

/* "disk0" is the image itself, "disk0-base1" what it is based on, and so on. */
static char *
node_name(const char *drive, size_t level)
{
	return level == 0 ? xstrdup(drive) : xasprintf("%s-base%zu", drive, level);
}

/* The driver of a local file or device, and its name or descriptor. */
static void
add_local(struct composer *c, struct buf *b, const struct qemu_image *image, const char *node)
{
	buf_addf(b, "driver=%s,node-name=%s-file,filename=", image->device ? "host_device" : "file",
	    node);
	if (image->handle.fd >= 0) {
		unsigned set = ++c->fdsets;

		composef(c, "-add-fd", "fd=%d,set=%u,opaque=%s", image->handle.fd, set, node);
		buf_addf(b, "/dev/fdset/%u", set);
	} else {
		buf_add_optarg(b, image->handle.name);
	}
}

static void
protocol_node(struct composer *c, const struct qemu_image *image, const char *node,
    const struct node_options *o)
{
	struct buf b = { 0 };

	if (image->url != NULL) {
		add_remote(&b, image, o->password);
		buf_addf(&b, ",node-name=%s-file", node);
	} else {
		add_local(c, &b, image, node);
	}
	if (o->direct)
		buf_add(&b, ",cache.direct=on");
	if (o->no_flush)
		buf_add(&b, ",cache.no-flush=on");
	if (o->aio != AIO_THREADS)
		buf_addf(&b, ",aio=%s", aio_words[o->aio]);
	if (o->readonly)
		buf_add(&b, ",read-only=on,auto-read-only=off");
	else if (o->unmap)
		buf_add(&b, ",discard=unmap");
	compose(c, "-blockdev", &b);
}

/* In JSON, because the short form has no word for "no backing file", and without one QEMU would
 * open whatever the image names. Nothing in it comes from a config file. */
static void
format_node(struct composer *c, const struct qemu_image *image, const char *node,
    const char *backing, const struct node_options *o)
{
	const struct format *format = &formats[image->format];
	struct buf b = { 0 };

	buf_addf(&b, "{\"driver\":\"%s\",\"node-name\":\"%s\",\"file\":\"%s-file\"", format->driver,
	    node, node);
	if (backing != NULL)
		buf_addf(&b, ",\"backing\":\"%s\"", backing);
	else if (format->has_backing)
		buf_add(&b, ",\"backing\":null");
	if (o->secret != NULL && image->format == FORMAT_LUKS)
		buf_addf(&b, ",\"key-secret\":\"%s\"", o->secret);
	else if (o->secret != NULL)
		buf_addf(&b, ",\"encrypt\":{\"format\":\"luks\",\"key-secret\":\"%s\"}", o->secret);
	if (o->direct || o->no_flush) {
		buf_addf(&b, ",\"cache\":{\"direct\":%s,\"no-flush\":%s}",
		    o->direct ? "true" : "false", o->no_flush ? "true" : "false");
	}
	if (o->readonly)
		buf_add(&b, ",\"read-only\":true");
	else if (o->unmap)
		buf_add(&b, ",\"discard\":\"unmap\"");
	if (o->detect_zeroes != DETECT_ZEROES_OFF)
		buf_addf(&b, ",\"detect-zeroes\":\"%s\"", zeroes_words[o->detect_zeroes]);
	buf_addc(&b, '}');
	compose(c, "-blockdev", &b);
}

/* A node can name only nodes that are there already, so the last backing file comes first. */
void
compose_nodes(struct composer *c, const struct qemu_disk_chain *chain, const char *drive,
    const struct node_options *o)
{
	char *backing = NULL;

	for (size_t level = chain->n; level-- > 0;) {
		struct node_options options = *o;
		char *node = node_name(drive, level);

		if (level > 0) {
			options.readonly = true;
			options.detect_zeroes = DETECT_ZEROES_OFF;
			options.secret = NULL;
		}
		protocol_node(c, &chain->image[level], node, &options);
		format_node(c, &chain->image[level], node, backing, &options);
		free(backing);
		backing = node;
	}
	free(backing);
}
