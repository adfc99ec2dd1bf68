/* The image that cloud-init finds at the first boot, by its label. */
#include "qemu/disk.h"

void
compose_seed(struct composer *c)
{
	struct qemu_image image = c->facts->seed;
	const struct qemu_disk_chain chain = { &image, 1 };
	const struct node_options o = { .readonly = true };
	struct buf b = { 0 };

	if (!c->vm->cloud_init.enabled)
		return;
	compose_nodes(c, &chain, "seed0", &o);
	/* On virtio, for which an image for virtual machines has a driver before it has any other.
	 */
	add_virtio(&b, c, "blk");
	buf_add(&b, ",id=seed0,drive=seed0,serial=cloud-init");
	compose(c, "-device", &b);
}
