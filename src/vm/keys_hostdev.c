/* The keys of devices of the host that the guest has for itself; see internal.h. */
#include "vm/internal.h"

const struct conf_key hostdev_keys[] = {
	{ "pci", CONF_CUSTOM, AT(vm_hostdev, pci), .parse = parse_host_pci,
	    .unit = "DOMAIN:BUS:SLOT.FUNCTION", .example = "01:00.0",
	    .help = "Address of a PCI device on the host, as lspci shows it; it must be bound to "
		    "driver vfio-pci, and so must all that share its IOMMU group" },
	{ "mdev", CONF_CUSTOM, AT(vm_hostdev, mdev), .parse = parse_uuid, .unit = "UUID",
	    .example = "aa618089-8b16-4d01-a136-25a0f3c73123", .alternative = true,
	    .help = "Instead of pci a mediated device of the host, such as a part of a GPU" },
	{ "pci_address", CONF_CUSTOM, AT(vm_hostdev, pci_address), .parse = parse_pci_address,
	    .unit = "SLOT.FUNCTION", .example = "06.0",
	    .help = "Where the guest finds it on its PCI bus: functions of one device, such as a "
		    "GPU and its sound, in one slot; if not given it gets a PCI Express port of "
		    "its own, where the machine has such" },
	{ "rom", CONF_PATH, AT(vm_hostdev, rom), .access = ACCESS_READ,
	    .example = "/srv/rom/gpu.rom",
	    .help = "Option ROM in place of the device's own, which some GPUs show only once" },
	{ "rom_bar", CONF_BOOL, AT(vm_hostdev, rom_bar), .def = "true",
	    .help = "Whether the guest sees an option ROM at all" },
	{ "xvga", CONF_BOOL, AT(vm_hostdev, xvga), .def = "false",
	    .help = "A GPU that is to be the VGA of a guest with BIOS; not needed with UEFI" },
	{ "iommufd", CONF_BOOL, AT(vm_hostdev, iommufd), .def = "false",
	    .help = "By the kernel's newer interface, /dev/iommu, of which QEMU needs no right to "
		    "any file; from QEMU 9.0 and Linux 6.6 on" },
	{ 0 },
};
