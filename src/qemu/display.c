/* The display: VNC, a window of macOS or both, with a graphics card, or nothing at all. */
#include <stdlib.h>

#include "qemu/compose.h"

static void
password(struct composer *c)
{
	char *path = file_path(c, c->vm->display.password_file);
	struct buf b = { 0 };

	buf_add(&b, "secret,id=vnc0,file=");
	buf_add_optarg(&b, path);
	compose(c, "-object", &b);
	free(path);
}

static void
vnc(struct composer *c)
{
	const struct vm_vnc *v = &c->vm->display.vnc;
	const char *address = v->address[0] != '\0' ? v->address : "127.0.0.1";
	struct buf b = { 0 };

	buf_add_optarg(&b, address);
	buf_addf(&b, ":%u", v->number);
	if (c->vm->display.password_file != NULL)
		buf_add(&b, ",password-secret=vnc0");
	compose(c, "-vnc", &b);
}

void
compose_display(struct composer *c)
{
	bool window = c->vm->display.kind == DISPLAY_COCOA;

	if (!vm_has_screen(c->vm)) {
		composef(c, "-display", "none");
		return;
	}
	if (window)
		composef(c, "-display", "cocoa");
	if (c->vm->display.vnc.on && c->vm->display.password_file != NULL)
		password(c);
	if (c->vm->display.vnc.on)
		vnc(c);
	composef(c, "-device", "%s,id=video0", c->target->video);
}
