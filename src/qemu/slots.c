/* How many devices have a place on the board: counted in the finished list of arguments, so that no
 * class of devices can be forgotten, nor what a user adds with args. */
#include <string.h>

#include "qemu/compose.h"
#include "util/diag.h"

/* The slots of a PCI bus are 32; host bridge and, on a PC, the south bridge have theirs. */
static const struct board {
	unsigned room; /* 0: not known, QEMU knows */
	const char *place;
} boards[MACHINE_KINDS] = {
	[MACHINE_I440FX] = { 30, "slots on its PCI bus" },
	[MACHINE_Q35] = { 30, "slots on its PCI bus" },
	[MACHINE_MICROVM] = { 24, "places for virtio devices" },
	[MACHINE_VIRT_ARM] = { 31, "slots on its PCI bus" },
	[MACHINE_VIRT_RISCV] = { 31, "slots on its PCI bus" },
};
#define MICROVM_WITHOUT_ACPI 8

/* Those that hang elsewhere though they name no bus: "…-" is the beginning of a name. */
static const char *const elsewhere[] = { "scsi-hd", "scsi-cd", "scsi-block", "scsi-generic", "ide-",
	"usb-tablet", "usb-kbd", "usb-mouse", "usb-host", "usb-redir", "usb-storage", "usb-bot",
	"usb-uas", "usb-audio", "usb-ccid", "usb-hub", "usb-serial", "usb-braille", "usb-mtp",
	"u2f-", "ccid-", "isa-", "i8042", "floppy", "tpm-", "pvpanic", "vmcoreinfo", "vmgenid",
	"virtserialport", "virtconsole", "hda-", "ib700", "nvme-ns", "nvme-subsys", "pc-dimm",
	"nvdimm", "intel-iommu", "loader", "guest-loader", "ramfb", "sb16", "adlib", "gus",
	"cs4231a", NULL };

/* The value of key in an option list, and how long it is; NULL: it has none. */
static const char *
option(const char *list, const char *key, size_t *ret_n)
{
	size_t n = strlen(key);

	for (const char *p = strchr(list, ','); p != NULL; p = strchr(p + 1, ',')) {
		if (strncmp(p + 1, key, n) == 0 && p[1 + n] == '=') {
			*ret_n = strcspn(p + n + 2, ",");
			return p + n + 2;
		}
	}
	return NULL;
}

static bool
is_elsewhere(const char *name, size_t n)
{
	for (size_t i = 0; elsewhere[i] != NULL; i++) {
		size_t len = strlen(elsewhere[i]);

		if (strncmp(name, elsewhere[i], len) == 0 &&
		    (len == n || elsewhere[i][len - 1] == '-'))
			return true;
	}
	return false;
}

static bool
takes_slot(enum machine_kind kind, const char *device)
{
	static const char mmio[] = "-device";
	size_t n = strcspn(device, ","), len;
	const char *bus = option(device, "bus", &len), *addr = option(device, "addr", &len);

	if (kind == MACHINE_MICROVM)
		return n > sizeof(mmio) - 1 && strncmp(device, "tpm-", 4) != 0 &&
		       strncmp(device + n - (sizeof(mmio) - 1), mmio, sizeof(mmio) - 1) == 0;
	if (bus != NULL && strncmp(bus, "pcie.0", 6) != 0 && strncmp(bus, "pci.0", 5) != 0)
		return false;
	/* Another function of a slot that is counted already. */
	if (addr != NULL && memchr(addr, '.', len) != NULL && addr[strcspn(addr, ".") + 1] != '0')
		return false;
	return !is_elsewhere(device, n);
}

/* Adds "3 virtio-net-pci" for each kind of device at its first. */
static void
add_kind(struct buf *b, const struct composer *c, size_t i)
{
	const char *device = c->argv->v[i];
	size_t n = strcspn(device, ","), count = 0;

	for (size_t k = 2; k < c->argv->n; k++) {
		const char *other = c->argv->v[k];

		if (strcmp(c->argv->v[k - 1], "-device") != 0 || !takes_slot(c->kind, other) ||
		    strcspn(other, ",") != n || strncmp(other, device, n) != 0)
			continue;
		if (k < i)
			return;
		count++;
	}
	buf_addf(b, "%s%zu %.*s", b->len > 0 ? ", " : "", count, (int)n, device);
}

#define SINGLE_DEVICES 14 /* more than a VM can have besides what its file lists */

bool
slots_suffice(const struct vm *vm, const char *arch)
{
	const struct target *t = target_find(arch);
	enum machine_kind kind = machine_kind(t, vm_machine_type(vm, t));
	unsigned room = kind == MACHINE_MICROVM ? MICROVM_WITHOUT_ACPI : boards[kind].room;

	return SINGLE_DEVICES + vm->nnics + vm->ndisks + vm->ncdroms + vm->nfw_cfg + vm->nshares +
		   vm->ninput + vm->usb.ndevices + vm->nhostdevs + vm->nargs <=
	       room;
}

int
slots_check(struct diag *d, const struct composer *c)
{
	const struct board *board = &boards[c->kind];
	unsigned room = board->room, need = 0;
	struct buf kinds = { 0 };
	int result = 0;

	if (room == 0)
		return 0;
	if (c->kind == MACHINE_MICROVM && !vm_microvm_acpi(c->vm, c->facts->accel))
		room = MICROVM_WITHOUT_ACPI;
	for (size_t i = 2; i < c->argv->n; i++) {
		if (strcmp(c->argv->v[i - 1], "-device") != 0 ||
		    !takes_slot(c->kind, c->argv->v[i]))
			continue;
		need++;
		add_kind(&kinds, c, i);
	}
	if (need > room)
		result = fail_as(d, DIAG_CONFIG, "machine %s has %u %s, and the VM needs %u: %s",
		    c->machine, room, board->place, need, kinds.s);
	buf_free(&kinds);
	return result;
}
