/* The USB controller, what the viewer points and types with, and USB devices of the host. */
#include <inttypes.h>

#include "qemu/compose.h"

#define XHCI_PORTS 4 /* QEMU's number, of each speed */
#define OHCI_PORTS 3

static const char *const controllers[] = {
	[USB_XHCI] = "qemu-xhci",
	[USB_EHCI] = "usb-ehci",
	[USB_OHCI] = "pci-ohci",
	[USB_UHCI] = "piix3-usb-uhci",
};

/* A PC has a PS/2 keyboard. */
static bool
brings_keyboard(const struct composer *c)
{
	return !c->vm->input_given && vm_has_screen(c->vm) && !c->target->is_x86;
}

/* 0: QEMU's own number is enough. */
static uint64_t
ports(const struct composer *c, uint64_t own)
{
	uint64_t used = vm_usb_devices(c->vm) + brings_keyboard(c);

	if (c->vm->usb.ports != 0)
		return (uint64_t)c->vm->usb.ports;
	return used > own ? used : 0;
}

void
need_usb(struct composer *c)
{
	int kind = c->vm->usb.controller;
	struct buf b = { 0 };
	uint64_t n;

	if (c->usb_bus)
		return;
	c->usb_bus = true;
	buf_addf(&b, "%s,id=usb0", controllers[kind]);
	n = kind == USB_XHCI ? ports(c, XHCI_PORTS) : kind == USB_OHCI ? ports(c, OHCI_PORTS) : 0;
	if (n != 0 && kind == USB_XHCI) /* of USB 2 and of USB 3 */
		buf_addf(&b, ",p2=%" PRIu64 ",p3=%" PRIu64, n, n);
	else if (n != 0)
		buf_addf(&b, ",num-ports=%" PRIu64, n);
	compose(c, "-device", &b);
}

static void
input(struct composer *c, const struct vm_input *in)
{
	static const char *const usb[] = { [INPUT_TABLET] = "usb-tablet",
		[INPUT_MOUSE] = "usb-mouse",
		[INPUT_KEYBOARD] = "usb-kbd" };
	static const char *const virtio[] = {
		[INPUT_TABLET] = "tablet", [INPUT_MOUSE] = "mouse", [INPUT_KEYBOARD] = "keyboard"
	};
	struct buf b = { 0 };

	if (in->bus == INPUT_USB) {
		need_usb(c);
		buf_addf(&b, "%s,bus=usb0.0", usb[in->kind]);
	} else {
		add_virtio(&b, c, virtio[in->kind]);
	}
	compose(c, "-device", &b);
}

/* By a descriptor, because QEMU's own uid may not open devices; one that is pulled out and put in
 * again is another one then. */
static void
host_device(struct composer *c, size_t i)
{
	const struct vm_usb_host *host = &c->vm->usb.devices[i].host;
	const struct qemu_handle *h = &c->facts->usb[i];
	struct buf b = { 0 };

	if (h->fd >= 0) {
		composef(c, "-add-fd", "fd=%d,set=%u,opaque=usb-host%zu", h->fd, ++c->fdsets, i);
		buf_addf(&b, "usb-host,id=usb-host%zu,hostdevice=/dev/fdset/%u", i, c->fdsets);
	} else if (host->by_port) {
		buf_addf(
		    &b, "usb-host,id=usb-host%zu,hostbus=%u,hostport=%s", i, host->bus, host->port);
	} else {
		buf_addf(&b, "usb-host,id=usb-host%zu,vendorid=0x%04x,productid=0x%04x", i,
		    host->vendor, host->product);
	}
	buf_add(&b, ",bus=usb0.0");
	compose(c, "-device", &b);
}

void
compose_usb(struct composer *c)
{
	static const struct vm_input tablet = { INPUT_TABLET, INPUT_USB };
	static const struct vm_input keyboard = { INPUT_KEYBOARD, INPUT_USB };

	if (c->vm->usb.given)
		need_usb(c);
	for (size_t i = 0; i < c->vm->ninput; i++)
		input(c, &c->vm->input[i]);
	if (!c->vm->input_given && vm_has_screen(c->vm))
		input(c, &tablet);
	if (brings_keyboard(c))
		input(c, &keyboard);
	for (size_t i = 0; i < c->vm->usb.ndevices; i++)
		host_device(c, i);
	for (int64_t i = 0; i < c->vm->usb.redirections; i++) {
		composef(c, "-chardev", "spicevmc,id=usb-redir%" PRId64 ",name=usbredir", i);
		composef(c, "-device",
		    "usb-redir,id=usb-redir%" PRId64 ",chardev=usb-redir%" PRId64 ",bus=usb0.0", i, i);
	}
}
