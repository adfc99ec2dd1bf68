/* Small paravirtual devices: memory balloon and random numbers. */
#include "qemu/compose.h"

void
compose_misc(struct composer *c)
{
	const struct vm_balloon *balloon = &c->vm->balloon;
	struct buf b = { 0 };

	if (vm_has_balloon(c->vm)) {
		add_virtio(&b, c, "balloon");
		buf_addf(&b, ",id=balloon0,deflate-on-oom=%s,free-page-reporting=%s",
		    balloon->deflate_on_oom ? "on" : "off",
		    balloon->free_page_reporting ? "on" : "off");
		compose(c, "-device", &b);
	}
	if (c->vm->rng) {
		composef(c, "-object", "rng-builtin,id=rng0");
		add_virtio(&b, c, "rng");
		buf_add(&b, ",rng=rng0");
		compose(c, "-device", &b);
	}
}
