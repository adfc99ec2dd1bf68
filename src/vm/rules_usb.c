/* Rules of USB and of input devices; see internal.h. */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "vm/internal.h"

const char *
vm_usb_text(const struct vm_usb_host *host, char ret[VM_USB_TEXT])
{
	if (host->by_port)
		snprintf(ret, VM_USB_TEXT, "%u-%s", host->bus, host->port);
	else
		snprintf(ret, VM_USB_TEXT, "%04x:%04x", host->vendor, host->product);
	return ret;
}

struct os_usb_wish
vm_usb_wish(const struct vm_usb_host *host)
{
	return (struct os_usb_wish){ .vendor = host->vendor,
		.product = host->product,
		.bus = host->bus,
		.port = host->by_port ? host->port : NULL };
}

static bool
same_device(const struct vm *vm, size_t i)
{
	char mine[VM_USB_TEXT], other[VM_USB_TEXT];

	vm_usb_text(&vm->usb.devices[i].host, mine);
	for (size_t k = 0; k < i && vm->usb.devices[i].host.set; k++) {
		if (strcmp(vm_usb_text(&vm->usb.devices[k].host, other), mine) == 0)
			return true;
	}
	return false;
}

static const struct rule device_rules[] = {
	{ "host", same_device, "the guest has this device already" },
	{ 0 },
};

static bool
ports_of_other(const struct vm *vm, size_t i)
{
	return vm->usb.ports != 0 && vm->usb.controller != USB_XHCI &&
	       vm->usb.controller != USB_OHCI;
}

static bool
too_many_devices(const struct vm *vm, size_t i)
{
	size_t most = vm->usb.controller == USB_XHCI || vm->usb.controller == USB_OHCI
			  ? (size_t)(vm->usb.ports != 0 ? vm->usb.ports : USB_PORTS_MAX)
		      : vm->usb.controller == USB_EHCI ? 6
						       : 2;

	return vm_usb_devices(vm) > most;
}

static bool
redirection_alone(const struct vm *vm, size_t i)
{
	return vm->usb.redirections > 0 && !vm->display.spice.on;
}

static const struct rule rules[] = {
	{ "usb.redirections", redirection_alone, "needs display.spice, and none is given" },
	{ "usb.ports", ports_of_other, "can be chosen for xhci and ohci: an ehci has 6, a uhci 2" },
	{ "usb", too_many_devices, "the VM has more USB devices than its controller has ports" },
	{ 0 },
};

void
rules_usb(struct rules *r)
{
	r->vm->input_given = rule_given(r, "input");
	r->vm->usb.given = rule_given(r, "usb");
	for (size_t i = 0; i < r->vm->usb.ndevices; i++)
		rules_check(r, device_rules, "usb.devices", i);
	rules_check(r, rules, NULL, 0);
}
