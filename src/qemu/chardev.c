/* The monitors of a VM: QMP for the supervisor, QMP for people, the human monitor. */
#include "qemu/compose.h"

void
add_socket(struct buf *b, const char *id, const struct qemu_handle *h)
{
	buf_addf(b, "socket,id=%s,", id);
	if (h->fd >= 0) {
		buf_addf(b, "fd=%d", h->fd);
	} else {
		buf_add(b, "path=");
		buf_add_optarg(b, h->name);
	}
}

static void
socket_chardev(struct composer *c, const char *id, const struct qemu_handle *h)
{
	struct buf b = { 0 };

	add_socket(&b, id, h);
	buf_add(&b, ",server=on,wait=off");
	compose(c, "-chardev", &b);
}

void
socket_client(struct composer *c, const char *id, const struct qemu_handle *h)
{
	struct buf b = { 0 };

	add_socket(&b, id, h);
	compose(c, "-chardev", &b);
}

static void
monitor(struct composer *c, const char *id, const char *mode, const struct qemu_handle *h)
{
	socket_chardev(c, id, h);
	composef(c, "-mon", "chardev=%s,mode=%s", id, mode);
}

void
compose_chardevs(struct composer *c)
{
	monitor(c, "qmp0", "control", &c->facts->qmp);
	monitor(c, "qmp1", "control", &c->facts->qmp_user);
	monitor(c, "mon0", "readline", &c->facts->monitor);
}
