/* The memory balloon. */
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
}
