/* Small paravirtual devices: memory balloon and random numbers. */
#include "qemu/compose.h"

void
compose_misc(struct composer *c)
{
	struct buf b = { 0 };

	if (c->vm->balloon) {
		/* The guest takes memory back before it kills a process, and gives back what it
		 * does not use. */
		add_virtio(&b, c, "balloon");
		buf_add(&b, ",id=balloon0,deflate-on-oom=on,free-page-reporting=on");
		compose(c, "-device", &b);
	}
	if (c->vm->rng) {
		composef(c, "-object", "rng-builtin,id=rng0");
		add_virtio(&b, c, "rng");
		buf_add(&b, ",rng=rng0");
		compose(c, "-device", &b);
	}
}
