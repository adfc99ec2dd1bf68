/* Channels into the guest: serial ports, virtio consoles, virtio ports. */
#include <string.h>

#include "qemu/compose.h"

void
add_fdset(struct buf *b, struct composer *c, const char *id, const struct qemu_handle *h)
{
	if (h->fd >= 0) {
		unsigned set = ++c->fdsets;

		composef(c, "-add-fd", "fd=%d,set=%u,opaque=%s", h->fd, set, id);
		buf_addf(b, "/dev/fdset/%u", set);
	} else {
		buf_add_optarg(b, h->name);
	}
}

static void
chardev(struct composer *c, const struct vm_channel_ref *ref, const struct qemu_channel *facts)
{
	struct buf b = { 0 };

	switch ((enum vm_channel_to)ref->channel->to) {
	case TO_SOCKET:
		add_socket(&b, ref->id, &facts->end);
		buf_add(&b, ",server=on,wait=off");
		break;
	case TO_PTY:
		buf_addf(&b, "pty,id=%s", ref->id);
		break;
	case TO_FILE:
		buf_addf(&b, "file,id=%s,append=on,path=", ref->id);
		add_fdset(&b, c, ref->id, &facts->end);
		break;
	case TO_DEVICE:
		buf_addf(&b, "serial,id=%s,path=", ref->id);
		add_fdset(&b, c, ref->id, &facts->end);
		break;
	case TO_STDIO:
		/* Ctrl-C is the guest's; mux gives Ctrl-A x to end it all. */
		buf_addf(&b, "stdio,id=%s,mux=on,signal=off", ref->id);
		break;
	case TO_NONE:
		buf_addf(&b, "null,id=%s", ref->id);
		break;
	}
	if (ref->channel->log != NULL) {
		buf_add(&b, ",logappend=on,logfile=");
		add_fdset(&b, c, ref->id, &facts->log);
	}
	compose(c, "-chardev", &b);
}

void
add_virtio_serial(struct composer *c)
{
	struct buf b = { 0 };

	if (c->serial_bus)
		return;
	add_virtio(&b, c, "serial");
	buf_add(&b, ",id=virtio-serial0");
	compose(c, "-device", &b);
	c->serial_bus = true;
}

static void
device(struct composer *c, const struct vm_channel_ref *ref)
{
	struct buf b = { 0 };

	if (ref->kind == CHANNEL_SERIAL) {
		composef(c, "-serial", "chardev:%s", ref->id);
		return;
	}
	add_virtio_serial(c);
	buf_addf(&b, "%s,bus=virtio-serial0.0,chardev=%s,id=%s",
	    ref->kind == CHANNEL_CONSOLE ? "virtconsole" : "virtserialport", ref->id, ref->id);
	if (ref->channel->name != NULL) {
		buf_add(&b, ",name=");
		buf_add_optarg(&b, ref->channel->name);
	}
	compose(c, "-device", &b);
}

void
compose_channels(struct composer *c)
{
	struct vm_channel_ref ref;

	for (size_t i = 0; vm_channel(c->vm, i, &ref); i++) {
		chardev(c, &ref, &c->facts->channels[i]);
		device(c, &ref);
	}
}
