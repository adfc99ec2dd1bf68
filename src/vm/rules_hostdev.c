/* Rules of devices of the host that the guest has for itself; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "vm/internal.h"

static bool
nothing(const struct vm *vm, size_t i)
{
	return !vm->hostdevs[i].pci.set && !vm->hostdevs[i].mdev.set;
}

static bool
both(const struct vm *vm, size_t i)
{
	return vm->hostdevs[i].pci.set && vm->hostdevs[i].mdev.set;
}

static bool
same_device(const struct vm *vm, size_t i)
{
	char a[VM_HOSTDEV_TEXT], b[VM_HOSTDEV_TEXT];

	for (size_t k = 0; k < i && !nothing(vm, i); k++) {
		if (strcmp(vm_hostdev_text(&vm->hostdevs[k], a),
			vm_hostdev_text(&vm->hostdevs[i], b)) == 0)
			return true;
	}
	return false;
}

static bool
same_pci(const struct vm *vm, size_t i)
{
	return vm->hostdevs[i].pci.set && same_device(vm, i);
}

static bool
same_mdev(const struct vm *vm, size_t i)
{
	return !vm->hostdevs[i].pci.set && same_device(vm, i);
}

static bool
same_place(const struct vm *vm, size_t i)
{
	const struct vm_pci_address *a = &vm->hostdevs[i].pci_address;
	bool same = false;

	for (size_t k = 0; k < vm->nnics; k++)
		same = same ||
		       (vm->nics[k].pci_address.set && vm->nics[k].pci_address.slot == a->slot);
	for (size_t k = 0; k < i; k++) {
		const struct vm_pci_address *b = &vm->hostdevs[k].pci_address;

		same = same || (b->set && b->slot == a->slot && b->function == a->function);
	}
	return a->set && same;
}

static bool
vga_mdev(const struct vm *vm, size_t i)
{
	return vm->hostdevs[i].mdev.set && vm->hostdevs[i].xvga;
}

static bool
no_rom(const struct vm *vm, size_t i)
{
	return vm->hostdevs[i].rom != NULL && !vm->hostdevs[i].rom_bar;
}

static const struct rule rules[] = {
	{ "mdev", both, "and pci exclude each other" },
	{ "pci", same_pci, "is given to this guest already" },
	{ "mdev", same_mdev, "is given to this guest already" },
	{ "pci_address", same_place, "another device has this address already" },
	{ "xvga", vga_mdev, "a mediated device has no VGA registers" },
	{ "rom_bar", no_rom, "rom is given, and would not be seen" },
	{ 0 },
};

void
rules_hostdevs(struct rules *r)
{
	for (size_t i = 0; i < r->vm->nhostdevs; i++) {
		char *pci = xasprintf("hostdevs[%zu].pci", i);
		char *mdev = xasprintf("hostdevs[%zu].mdev", i);
		char *bare = xasprintf("hostdevs[%zu]", i);

		/* One that is wrong was told already. */
		if (nothing(r->vm, i) && !rule_given(r, pci) && !rule_given(r, mdev) &&
		    conf_is_group(r->doc, bare))
			rule_broken(r, bare, "which device of the host? pci or mdev is missing");
		rules_check(r, rules, "hostdevs", i);
		free(pci);
		free(mdev);
		free(bare);
	}
}
