/* What a VM file says of USB, and of what is pointed and typed with; part of vm.h. */
#ifndef VMRUN_VM_USB_H
#define VMRUN_VM_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vm_input_kind { INPUT_TABLET, INPUT_MOUSE, INPUT_KEYBOARD };
enum vm_input_bus { INPUT_USB, INPUT_VIRTIO };
enum vm_usb_controller { USB_XHCI, USB_EHCI, USB_OHCI, USB_UHCI };

#define USB_PORTS_MAX 15 /* of one controller, QEMU's hcd-xhci.h and hcd-ohci.h */

struct vm_input {
	int kind; /* enum vm_input_kind */
	int bus;  /* enum vm_input_bus */
};

/* A device of the host, by what it is or by where it is plugged in. */
struct vm_usb_host {
	bool set;
	bool by_port;
	unsigned vendor, product;
	unsigned bus;
	char port[24]; /* "2.3": that of the bus, then those of the hubs */
};

struct vm_usb_device {
	struct vm_usb_host host;
};

struct vm_usb {
	bool given;     /* anything of it: then there is a controller, whether or not it is used */
	int controller; /* enum vm_usb_controller */
	int64_t ports;  /* 0: QEMU's number, or as many as are used */
	struct vm_usb_device *devices;
	size_t ndevices;
	int64_t redirections; /* devices that a SPICE viewer can lend */
};

#endif
