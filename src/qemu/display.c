/* How the guest's screen is seen: VNC, SPICE, a window on the desktop, or not at all. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/compose.h"
#include "util/mem.h"

static void
password(struct composer *c, const char *id)
{
	char *path = file_path(c, c->vm->display.password_file);
	struct buf b = { 0 };

	buf_addf(&b, "secret,id=%s,file=", id);
	buf_add_optarg(&b, path);
	compose(c, "-object", &b);
	free(path);
}

static const char *
address_of(const struct vm_listen *listen)
{
	return listen->address[0] != '\0' ? listen->address : "127.0.0.1";
}

/* In a folder that QEMU may make it in. */
static void
add_socket_path(struct buf *b, struct composer *c, const char *name)
{
	char *dir = handle_path(&c->facts->display_dir), *path = xasprintf("%s/%s", dir, name);

	buf_add_optarg(b, path);
	free(dir);
	free(path);
}

static void
credentials(struct composer *c)
{
	char *dir = handle_path(&c->facts->tls_dir);
	struct buf b = { 0 };

	buf_add(&b, "tls-creds-x509,id=tls0,endpoint=server,dir=");
	buf_add_optarg(&b, dir);
	buf_addf(&b, ",verify-peer=%s", c->vm->display.tls_verify ? "on" : "off");
	compose(c, "-object", &b);
	free(dir);
}

static void
vnc(struct composer *c)
{
	const struct vm_display *d = &c->vm->display;
	bool tls = d->tls != NULL && d->vnc.listen.set;
	struct buf b = { 0 };

	if (d->password_file != NULL)
		password(c, "vnc0");
	if (tls)
		credentials(c);
	if (d->vnc.listen.set) {
		buf_add_optarg(&b, address_of(&d->vnc.listen));
		buf_addf(&b, ":%u", d->vnc.listen.number);
	} else {
		buf_add(&b, "unix:");
		add_socket_path(&b, c, VNC_SOCKET);
	}
	if (d->password_file != NULL)
		buf_add(&b, ",password-secret=vnc0");
	if (tls)
		buf_add(&b, ",tls-creds=tls0");
	if (d->vnc.websocket != 0)
		buf_addf(&b, ",websocket=%" PRId64, d->vnc.websocket);
	if (c->vm->audio.backend != AUDIO_OFF)
		buf_add(&b, ",audiodev=audio0");
	if (d->vnc.share != SHARE_ALLOW_EXCLUSIVE)
		buf_addf(&b, ",share=%s", vm_vnc_shares[d->vnc.share]);
	compose(c, "-vnc", &b);
}

/* SPICE takes an IPv6 address without its brackets. */
static void
add_bare_address(struct buf *b, const char *address)
{
	size_t n = strlen(address);
	char *bare = address[0] == '[' ? xstrndup(address + 1, n - 2) : xstrdup(address);

	buf_add_optarg(b, bare);
	free(bare);
}

static void
spice(struct composer *c)
{
	const struct vm_display *d = &c->vm->display;
	bool tls = d->tls != NULL && d->spice.listen.set;
	struct buf b = { 0 };

	if (d->password_file != NULL)
		password(c, "spice0");
	if (d->spice.listen.set) {
		buf_addf(&b, "%s=%u,addr=", tls ? "tls-port" : "port", d->spice.listen.number);
		add_bare_address(&b, address_of(&d->spice.listen));
	} else {
		buf_add(&b, "unix=on,addr=");
		add_socket_path(&b, c, SPICE_SOCKET);
	}
	if (tls) {
		char *dir = handle_path(&c->facts->tls_dir);

		buf_add(&b, ",x509-dir=");
		buf_add_optarg(&b, dir);
		free(dir);
	}
	buf_add(&b, d->password_file != NULL ? ",password-secret=spice0" : ",disable-ticketing=on");
	if (!d->spice.clipboard)
		buf_add(&b, ",disable-copy-paste=on");
	if (!d->spice.file_transfer)
		buf_add(&b, ",disable-agent-file-xfer=on");
	compose(c, "-spice", &b);
	if (!d->spice.agent)
		return;
	add_virtio_serial(c);
	composef(c, "-chardev", "spicevmc,id=vdagent0,name=vdagent");
	composef(c, "-device",
	    "virtserialport,bus=virtio-serial0.0,chardev=vdagent0,id=vdagent0,"
	    "name=com.redhat.spice.0");
}

static void
window(struct composer *c)
{
	static const char *const kinds[] = {
		[DISPLAY_COCOA] = "cocoa", [DISPLAY_GTK] = "gtk", [DISPLAY_SDL] = "sdl"
	};
	bool gl = c->vm->video.model == VIDEO_VIRTIO_GL;

	composef(c, "-display", "%s%s", kinds[c->vm->display.kind], gl ? ",gl=on" : "");
}

/* Without a window the host's card must be named for 3D. */
static void
render(struct composer *c)
{
	const struct qemu_handle *h = &c->facts->render_node;
	struct buf b = { 0 };

	buf_add(&b, "egl-headless,rendernode=");
	add_fdset(&b, c, "render", h);
	compose(c, "-display", &b);
}

void
compose_display(struct composer *c)
{
	const struct vm_display *d = &c->vm->display;

	if (!vm_has_screen(c->vm))
		composef(c, "-display", "none");
	else if (vm_has_window(c->vm))
		window(c);
	else if (c->vm->video.model == VIDEO_VIRTIO_GL)
		render(c);
	if (d->vnc.on)
		vnc(c);
	if (d->spice.on)
		spice(c);
	if (d->keymap != NULL)
		composef(c, "-k", "%s", d->keymap);
	compose_video(c);
}
