/* The keys of USB and of input devices; see internal.h. */
#include "vm/internal.h"

static const char *const kind_words[] = {
	[INPUT_TABLET] = "tablet", [INPUT_MOUSE] = "mouse", [INPUT_KEYBOARD] = "keyboard", NULL
};
static const char *const bus_words[] = { [INPUT_USB] = "usb", [INPUT_VIRTIO] = "virtio", NULL };
static const char *const controller_words[] = {
	[USB_XHCI] = "xhci", [USB_EHCI] = "ehci", [USB_OHCI] = "ohci", [USB_UHCI] = "uhci", NULL
};

const struct conf_key input_keys[] = {
	{ "kind", CONF_CHOICE, AT(vm_input, kind), .choices = kind_words, .required = true,
	    .example = "tablet",
	    .help = "What it is; a tablet tells where it points, so that the guest's pointer "
		    "follows that of the viewer, a mouse only tells how it moves" },
	{ "bus", CONF_CHOICE, AT(vm_input, bus), .choices = bus_words, .def = "usb",
	    .help = "What it hangs on; every guest has a driver for usb; virtio wakes the host "
		    "less often" },
	{ 0 },
};

static const struct conf_key device_keys[] = {
	{ "host", CONF_CUSTOM, AT(vm_usb_device, host), .parse = parse_usb_host, .required = true,
	    .unit = "VENDOR:PRODUCT or BUS-PORT", .example = "046d:c52b",
	    .help = "The host's device by its vendor and product, as lsusb shows them, or by the "
		    "bus and port that it is plugged into, as in 1-2.3" },
	{ 0 },
};

const struct conf_key usb_keys[] = {
	{ "devices", CONF_LIST, AT(vm_usb, devices), COUNT(vm_usb, ndevices),
	    .elem_size = sizeof(struct vm_usb_device), .sub = device_keys, .scalar = "host",
	    .single = true, .max = USB_PORTS_MAX,
	    .help = "USB devices of the host that the guest gets when it starts, and the host does "
		    "without; only on Linux" },
	{ "redirections", CONF_INT, AT(vm_usb, redirections), .max = USB_PORTS_MAX, .def = "0",
	    .example = "2",
	    .help = "How many of his own USB devices a SPICE viewer can lend the guest at once; "
		    "none by default, because a guest that can ask for them gets at what is "
		    "behind them" },
	{ "controller", CONF_CHOICE, AT(vm_usb, controller), .choices = controller_words,
	    .def = "xhci",
	    .help = "Its kind; xhci is for devices of every speed and costs the host least; the "
		    "others are for guests that are too old for it: ehci takes only devices of USB "
		    "2, ohci and uhci those of USB 1" },
	{ "ports", CONF_INT, AT(vm_usb, ports), .min = 1, .max = USB_PORTS_MAX, .example = "8",
	    .help = "Ports of an xhci or ohci; as many as the VM's own devices take, but at least "
		    "QEMU's number, if not given" },
	{ 0 },
};
