/* The graphics card. */
#include <inttypes.h>

#include "qemu/compose.h"

#define MIB (UINT64_C(1) << 20)

/* A card, on a PC and elsewhere, and what its memory is called: a size, or a number of MiB. */
struct card {
	const char *pc, *other;
	const char *memory, *memory_mib;
};

static const struct card cards[] = {
	[VIDEO_STD] = { "VGA", "VGA", .memory_mib = "vgamem_mb" },
	[VIDEO_VIRTIO] = { "virtio-vga", "virtio-gpu-pci", .memory = "max_hostmem" },
	[VIDEO_VIRTIO_GL] = { "virtio-vga-gl", "virtio-gpu-gl-pci", .memory = "max_hostmem" },
	[VIDEO_QXL] = { "qxl-vga", "qxl", .memory_mib = "vgamem_mb" },
	[VIDEO_BOCHS] = { "bochs-display", "bochs-display", .memory = "vgamem" },
	[VIDEO_CIRRUS] = { "cirrus-vga", "cirrus-vga", .memory_mib = "vgamem_mb" },
	[VIDEO_VMWARE] = { "vmware-svga", "vmware-svga", .memory_mib = "vgamem_mb" },
	[VIDEO_RAMFB] = { "ramfb", "ramfb" },
};

static void
add_memory(struct buf *b, const struct card *card, uint64_t bytes)
{
	if (bytes != 0 && card->memory_mib != NULL)
		buf_addf(b, ",%s=%" PRIu64, card->memory_mib, bytes / MIB);
	else if (bytes != 0 && card->memory != NULL)
		buf_addf(b, ",%s=%" PRIu64, card->memory, bytes);
}

void
compose_video(struct composer *c)
{
	const struct vm_video *v = &c->vm->video;
	struct buf b = { 0 };

	if (v->model == VIDEO_NONE || (v->model == VIDEO_AUTO && !vm_has_screen(c->vm)))
		return;
	if (v->model == VIDEO_AUTO)
		buf_add(&b, c->target->video);
	else
		buf_add(&b, c->target->is_x86 ? cards[v->model].pc : cards[v->model].other);
	buf_add(&b, ",id=video0");
	if (v->heads > 1)
		buf_addf(&b, ",max_outputs=%" PRId64, v->heads);
	if (v->resolution.width != 0)
		buf_addf(&b, ",xres=%u,yres=%u", v->resolution.width, v->resolution.height);
	add_memory(&b, &cards[v->model], v->memory);
	compose(c, "-device", &b);
}
