/* Rules of the screen; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "vm/internal.h"

static bool
tls_alone(const struct vm *vm, size_t i)
{
	const struct vm_display *d = &vm->display;

	return d->tls != NULL && !d->vnc.listen.set && !d->spice.listen.set;
}

static bool
verify_alone(const struct vm *vm, size_t i)
{
	return vm->display.tls_verify && (vm->display.tls == NULL || !vm->display.vnc.on);
}

static bool
websocket_alone(const struct vm *vm, size_t i)
{
	return vm->display.vnc.websocket != 0 && !vm->display.vnc.listen.set;
}

static bool
same_port(const struct vm *vm, size_t i)
{
	const struct vm_display *d = &vm->display;
	unsigned vnc = VNC_PORT + d->vnc.listen.number;

	return d->vnc.on && d->spice.on && d->vnc.listen.set && d->spice.listen.set &&
	       vnc == d->spice.listen.number;
}

static bool
same_websocket(const struct vm *vm, size_t i)
{
	const struct vm_display *d = &vm->display;

	return d->vnc.websocket != 0 && d->vnc.listen.set &&
	       (d->vnc.websocket == VNC_PORT + d->vnc.listen.number ||
		   (d->spice.on && d->spice.listen.set &&
		       d->vnc.websocket == d->spice.listen.number));
}

static bool
no_word(const struct vm *vm, size_t i)
{
	return vm->display.keymap != NULL && !is_word(vm->display.keymap);
}

static bool
is_one_of(int model, const int *models)
{
	for (; *models != -1; models++) {
		if (model == *models)
			return true;
	}
	return false;
}

static bool
heads_of_other(const struct vm *vm, size_t i)
{
	static const int have[] = { VIDEO_VIRTIO, VIDEO_VIRTIO_GL, VIDEO_QXL, -1 };

	return vm->video.heads > 1 && !is_one_of(vm->video.model, have);
}

static bool
resolution_of_other(const struct vm *vm, size_t i)
{
	static const int lack[] = { VIDEO_CIRRUS, VIDEO_VMWARE, VIDEO_RAMFB, VIDEO_NONE, -1 };

	return vm->video.resolution.width != 0 && is_one_of(vm->video.model, lack);
}

static bool
memory_of_other(const struct vm *vm, size_t i)
{
	static const int lack[] = { VIDEO_AUTO, VIDEO_RAMFB, VIDEO_NONE, -1 };

	return vm->video.memory != 0 && is_one_of(vm->video.model, lack);
}

static bool
memory_uneven(const struct vm *vm, size_t i)
{
	return (vm->video.memory & (vm->video.memory - 1)) != 0;
}

static bool
spice_unheard(const struct vm *vm, size_t i)
{
	return vm->audio.backend == AUDIO_SPICE && !vm->display.spice.on;
}

static const struct rule rules[] = {
	{ "audio.backend", spice_unheard, "\"spice\" needs display.spice, and none is given" },
	{ "display.tls", tls_alone, "needs vnc or spice with an address to listen on" },
	{ "display.tls_verify", verify_alone, "needs vnc, and tls" },
	{ "display.vnc.websocket", websocket_alone, "needs an address to listen on (listen)" },
	{ "display.spice", same_port, "the TCP port is that of vnc" },
	{ "display.vnc.websocket", same_websocket, "the TCP port is that of vnc or spice" },
	{ "display.keymap", no_word, "is not the name of a keymap, as in \"de\" or \"en-us\"" },
	{ "video.heads", heads_of_other, "several need model virtio, virtio-gl or qxl" },
	{ "video.resolution", resolution_of_other,
	    "needs a card that can say it: std, virtio, virtio-gl, qxl or bochs" },
	{ "video.memory", memory_of_other,
	    "needs a model whose memory can be chosen: std, virtio, virtio-gl, qxl, bochs, cirrus "
	    "or vmware" },
	{ "video.memory", memory_uneven, "must be a power of two" },
	{ 0 },
};

static void
rule_server(struct rules *r, const char *key, const char *name)
{
	if (r->vm->display.kind == DISPLAY_NONE && rule_insists(r, key))
		rule_broken(r, "display.kind", "\"none\" and %s exclude each other", name);
}

void
rules_display(struct rules *r)
{
	struct vm_display *d = &r->vm->display;

	rule_server(r, "display.vnc", "vnc");
	rule_server(r, "display.spice", "spice");
	d->vnc.on =
	    d->kind != DISPLAY_NONE && (d->kind == DISPLAY_VNC || rule_given(r, "display.vnc"));
	d->spice.on =
	    d->kind != DISPLAY_NONE && (d->kind == DISPLAY_SPICE || rule_given(r, "display.spice"));
	if (!d->vnc.on && !d->spice.on && rule_insists(r, "display.password_file"))
		rule_broken(r, "display.password_file", "needs vnc or spice, and none is given");
	rules_check(r, rules, NULL, 0);
}
