/* Devices of the host that the guest has for itself, by vfio. */
#include <stdlib.h>
#include <string.h>

#include "qemu/compose.h"

/* One with a place of its own takes it before QEMU gives it to another. */
static bool
has_place(const struct composer *c, size_t i)
{
	return c->vm->hostdevs[i].pci_address.set;
}

static bool
has_iommufd(const struct composer *c, size_t i)
{
	return c->vm->hostdevs[i].iommufd && qemu_has(c->facts->version, QEMU_IOMMUFD);
}

/* Drivers of GPUs expect a port above their device, as every PCI Express card has one. */
static bool
has_ports(const struct composer *c)
{
	return c->kind == MACHINE_Q35 ||
	       (!c->target->is_x86 && strncmp(c->machine, "virt", 4) == 0);
}

static void
add_place(struct buf *b, const struct composer *c, size_t i)
{
	const struct vm_pci_address *place = &c->vm->hostdevs[i].pci_address;
	bool together = place->function != 0;

	for (size_t k = 0; k < c->vm->nhostdevs; k++) {
		const struct vm_pci_address *other = &c->vm->hostdevs[k].pci_address;

		together = together || (k != i && other->set && other->slot == place->slot);
	}
	buf_addf(b, ",addr=%02x.%x%s", place->slot, place->function,
	    together ? ",multifunction=on" : "");
}

static void
add_device(struct buf *b, const struct composer *c, size_t i)
{
	const struct vm_hostdev *dev = &c->vm->hostdevs[i];
	int fd = c->facts->hostdevs[i].fd;
	char text[VM_HOSTDEV_TEXT];

	buf_addf(b, "vfio-pci,id=hostdev%zu", i);
	if (has_iommufd(c, i) && fd != -1)
		buf_addf(b, ",fd=%d", fd);
	else if (dev->pci.set)
		buf_addf(b, ",host=%s", vm_hostdev_text(dev, text));
	else
		buf_addf(b, ",sysfsdev=/sys/bus/mdev/devices/%s", vm_hostdev_text(dev, text));
	if (has_iommufd(c, i))
		buf_add(b, ",iommufd=iommufd0");
}

static void
hostdev(struct composer *c, size_t i)
{
	const struct vm_hostdev *dev = &c->vm->hostdevs[i];
	struct buf b = { 0 };

	if (!has_place(c, i) && has_ports(c))
		composef(c, "-device", "pcie-root-port,id=root-port%zu,chassis=%zu", i, i + 1);
	add_device(&b, c, i);
	if (has_place(c, i))
		add_place(&b, c, i);
	else if (has_ports(c))
		buf_addf(&b, ",bus=root-port%zu", i);
	if (dev->xvga)
		buf_add(&b, ",x-vga=on");
	if (!dev->rom_bar)
		buf_add(&b, ",rombar=0");
	if (dev->rom != NULL) {
		char *path = file_path(c, dev->rom);

		buf_add(&b, ",romfile=");
		buf_add_optarg(&b, path);
		free(path);
	}
	compose(c, "-device", &b);
}

static void
iommufd(struct composer *c)
{
	bool any = false;

	for (size_t i = 0; i < c->vm->nhostdevs; i++)
		any = any || has_iommufd(c, i);
	if (any && c->facts->iommufd != -1)
		composef(c, "-object", "iommufd,id=iommufd0,fd=%d", c->facts->iommufd);
	else if (any)
		composef(c, "-object", "iommufd,id=iommufd0");
}

void
compose_placed_hostdevs(struct composer *c)
{
	iommufd(c);
	for (size_t i = 0; i < c->vm->nhostdevs; i++) {
		if (has_place(c, i))
			hostdev(c, i);
	}
}

void
compose_hostdevs(struct composer *c)
{
	for (size_t i = 0; i < c->vm->nhostdevs; i++) {
		if (!has_place(c, i))
			hostdev(c, i);
	}
}
