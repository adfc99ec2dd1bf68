/* Small paravirtual devices: memory balloon and random numbers. */
#include "qemu/compose.h"

void
compose_misc(struct composer *c)
{
	if (c->vm->balloon) {
		/* The guest takes memory back before it kills a process, and gives back what it
		 * does not use. */
		composef(c, "-device",
		    "virtio-balloon-pci,id=balloon0,deflate-on-oom=on,free-page-reporting=on");
	}
	if (c->vm->rng) {
		composef(c, "-object", "rng-builtin,id=rng0");
		composef(c, "-device", "virtio-rng-pci,rng=rng0");
	}
}
