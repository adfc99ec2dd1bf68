/* What a VM file says of devices of the host that the guest has for itself; part of vm.h. */
#ifndef VMRUN_VM_HOSTDEV_H
#define VMRUN_VM_HOSTDEV_H

#include <stdbool.h>
#include <stdint.h>

/* Where a device sits on the host's PCI buses. */
struct vm_host_pci {
	bool set;
	unsigned domain, bus, slot, function;
};

struct vm_hostdev {
	/* Exactly one of these two. */
	struct vm_host_pci pci;
	struct vm_uuid mdev;

	struct vm_pci_address pci_address; /* in the guest */
	char *rom;                         /* NULL: the device's own */
	bool rom_bar;
	bool xvga, iommufd;
};

#define VM_HOSTDEV_TEXT 40 /* bytes of vm_hostdev_text() with its NUL */

#endif
