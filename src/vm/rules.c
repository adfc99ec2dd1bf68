/* Rules between the keys of one VM. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define SERIAL_MAX 20  /* bytes of a disk's serial number on every bus but scsi */
#define SOCKET_MAX 103 /* bytes of a socket's path: sun_path of the BSDs, less its NUL */

struct rules {
	struct vm *vm;
	struct conf_doc *doc, *host_doc;
};

/* Is path written in the VM's own file? */
static bool
own(const struct rules *r, const char *path)
{
	return conf_has(r->doc, path);
}

static bool
in_defaults(const struct rules *r, const char *path)
{
	char *inner = xasprintf("defaults.%s", path);
	bool result = r->host_doc != NULL && conf_has(r->host_doc, inner);

	free(inner);
	return result;
}

static bool
given(const struct rules *r, const char *path)
{
	return own(r, path) || in_defaults(r, path);
}

/* Against the file that says it. */
static void broken(const struct rules *r, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
broken(const struct rules *r, const char *path, const char *fmt, ...)
{
	bool outer = !own(r, path) && in_defaults(r, path);
	char *where = xasprintf("%s%s", outer ? "defaults." : "", path);
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	conf_fail(outer ? r->host_doc : r->doc, where, "%s", b.s);
	buf_free(&b);
	free(where);
}

static void
rule_cpus(struct rules *r)
{
	const struct vm_cpus *c = &r->vm->cpus;
	int64_t product = 1;
	bool all = c->sockets != 0 && c->cores != 0 && c->threads != 0;

	/* Each is at most VM_CPUS_MAX, so this cannot overflow. */
	product *= c->sockets != 0 ? c->sockets : 1;
	product *= c->cores != 0 ? c->cores : 1;
	product *= c->threads != 0 ? c->threads : 1;
	if (product > VM_CPUS_MAX)
		broken(r, "cpus",
		    "sockets, cores and threads make %lld CPUs, at most %d are allowed",
		    (long long)product, VM_CPUS_MAX);
	else if (c->count != 0 && (all ? c->count != product : c->count % product != 0))
		broken(r, "cpus.count", "%lld CPUs cannot be %lld sockets * cores * threads",
		    (long long)c->count, (long long)product);
}

static void
rule_words(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->machine != NULL && !is_word(vm->machine))
		broken(r, "machine",
		    "\"%s\" is not a machine type (letters, digits, '-', '_' and '.', as in q35)",
		    vm->machine);
	if (vm->qemu != NULL && strchr(vm->qemu, '/') != NULL && vm->qemu[0] != '/')
		broken(r, "qemu", "\"%.60s\" is neither a program's name nor an absolute path",
		    vm->qemu);
	for (size_t i = 0; i < vm->ntags; i++) {
		char *path = xasprintf("tags.[%zu]", i);

		if (!is_word(vm->tags[i]))
			broken(r, path,
			    "\"%.60s\" is not a tag (letters, digits, '-', '_' and '.')",
			    vm->tags[i]);
		free(path);
	}
}

static void
rule_kernel(struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->kernel != NULL || given(r, "kernel"))
		return;
	if (vm->initrd != NULL)
		broken(r, "initrd", "needs a kernel, and none is given");
	if (vm->cmdline != NULL)
		broken(r, "cmdline", "needs a kernel, and none is given");
}

/* The image's format by its name; -1: the name does not say. */
static int
format_of(const char *file)
{
	static const struct {
		const char *extension;
		int format;
	} known[] = {
		{ "qcow2", FORMAT_QCOW2 },
		{ "img", FORMAT_RAW },
		{ "raw", FORMAT_RAW },
		{ "iso", FORMAT_RAW },
		{ "vmdk", FORMAT_VMDK },
		{ "vdi", FORMAT_VDI },
		{ "vhdx", FORMAT_VHDX },
	};
	const char *base = strrchr(file, '/'), *dot;

	base = base != NULL ? base + 1 : file;
	dot = strrchr(base, '.');
	if (strncmp(file, "/dev/", 5) == 0 || dot == NULL || dot == base)
		return FORMAT_RAW;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasecmp(dot + 1, known[i].extension) == 0)
			return known[i].format;
	}
	return -1;
}

static void
rule_format(struct rules *r, size_t i)
{
	struct vm_disk *disk = &r->vm->disks[i];
	char *path = xasprintf("disks.[%zu].format", i);
	int format = disk->file != NULL ? format_of(disk->file) : FORMAT_RAW;

	if (disk->format == FORMAT_AUTO) {
		disk->format = format != -1 ? format : FORMAT_RAW;
		if (format == -1 && !given(r, path)) {
			struct buf b = { 0 };

			buf_add_visible(&b, disk->file, strlen(disk->file));
			broken(r, path, "must be given, because the name does not tell it: %.200s",
			    b.s);
			buf_free(&b);
		}
	}
	free(path);
}

static bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void
rule_disk(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	const struct vm_disk *disk = &vm->disks[i];
	char *file = xasprintf("disks.[%zu].file", i), *serial = xasprintf("disks.[%zu].serial", i);
	char *readonly = xasprintf("disks.[%zu].readonly", i);

	rule_format(r, i);
	if (disk->serial != NULL && disk->bus != BUS_SCSI && strlen(disk->serial) > SERIAL_MAX)
		broken(r, serial, "%zu bytes long, at most %d are allowed but on bus scsi",
		    strlen(disk->serial), SERIAL_MAX);
	if (disk->bus == BUS_IDE && disk->readonly)
		broken(r, readonly, "an IDE disk cannot be read-only, use bus virtio or scsi");
	for (size_t k = 0; k < i; k++) {
		if (same_text(disk->file, vm->disks[k].file) &&
		    (!disk->readonly || !vm->disks[k].readonly)) {
			broken(r, file,
			    "the same image as disks[%zu], and one of them writes to it", k);
			break;
		}
	}
	if (same_text(disk->file, vm->cdrom) && !disk->readonly)
		broken(r, file, "the same image as cdrom, and the disk writes to it");
	free(file);
	free(serial);
	free(readonly);
}

static bool
is_interface_name(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '/' || *s == ':' || (unsigned char)*s <= 0x20 ||
		    (unsigned char)*s == 0x7f)
			return false;
	}
	return true;
}

#define NIC_WAYS 4 /* where a NIC can lead: bridge, user, vmnet, socket */

struct nic_way {
	const char *key;
	bool taken;
	char *words; /* for messages: "on bridge br0" */
};

static void
nic_ways(const struct vm_nic *nic, struct nic_way ret[NIC_WAYS])
{
	struct buf socket = { 0 };

	if (nic->socket != NULL)
		buf_add_visible(&socket, nic->socket, strlen(nic->socket));
	ret[0] = (struct nic_way){ "bridge", nic->bridge != NULL,
		xasprintf("on bridge %s", nic->bridge != NULL ? nic->bridge : "") };
	ret[1] = (struct nic_way){ "user", nic->user, xstrdup("in user mode") };
	ret[2] = (struct nic_way){ "vmnet", nic->vmnet != VMNET_NONE, xstrdup("on vmnet") };
	ret[3] = (struct nic_way){ "socket", nic->socket != NULL,
		xasprintf("on socket %.200s", socket.s != NULL ? socket.s : "") };
	buf_free(&socket);
}

/* What makes sense only for a port of a bridge. */
static void
rule_port(struct rules *r, size_t i, const struct nic_way *way)
{
	const struct vm_nic *nic = &r->vm->nics[i];
	const struct {
		const char *key;
		bool given;
	} needs[] = {
		{ "tap", nic->tap != NULL },
		{ "mtu", nic->mtu != 0 },
		/* vmnet has isolation of its own. */
		{ "isolated", nic->isolated && nic->vmnet == VMNET_NONE },
		{ "vlan", nic->vlan != 0 },
		{ "up", nic->up != NULL },
		{ "down", nic->down != NULL },
	};

	for (size_t k = 0; k < sizeof(needs) / sizeof(needs[0]); k++) {
		char *path = xasprintf("nics.[%zu].%s", i, needs[k].key);

		if (needs[k].given)
			broken(r, path, "needs a bridge, and the NIC is %s", way->words);
		free(path);
	}
}

/* A NIC leads to exactly one place. */
static void
rule_way(struct rules *r, size_t i)
{
	char *whole = xasprintf("nics.[%zu]", i);
	const struct nic_way *first = NULL;
	struct nic_way ways[NIC_WAYS];
	bool wrong = false; /* what is given and yet not taken was refused by itself */

	nic_ways(&r->vm->nics[i], ways);
	for (size_t k = 0; k < NIC_WAYS; k++) {
		char *path = xasprintf("nics.[%zu].%s", i, ways[k].key);

		if (ways[k].taken && first != NULL)
			broken(r, path, "the NIC is %s; it cannot be %s as well", first->words,
			    ways[k].words);
		else if (ways[k].taken)
			first = &ways[k];
		/* user = false says nothing. */
		else if (k != 1 && (own(r, "nics") ? own(r, path) : in_defaults(r, path)))
			wrong = true;
		free(path);
	}
	if (first == NULL && !wrong && (conf_is_group(r->doc, whole) || !own(r, "nics")))
		broken(r, whole, "needs a bridge, a socket, vmnet, or user = true");
	if (first != NULL && first != &ways[0] && !wrong)
		rule_port(r, i, first);
	for (size_t k = 0; k < NIC_WAYS; k++)
		free(ways[k].words);
	free(whole);
}

/* Names and addresses of a NIC. */
static void
rule_nic(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	const struct vm_nic *nic = &vm->nics[i];
	char *bridge = xasprintf("nics.[%zu].bridge", i), *mac = xasprintf("nics.[%zu].mac", i);
	char *socket = xasprintf("nics.[%zu].socket", i), *tap = xasprintf("nics.[%zu].tap", i);
	char text[MAC_TEXT];
	bool mac_taken = false, tap_taken = false;

	rule_way(r, i);
	if (nic->bridge != NULL && !is_interface_name(nic->bridge))
		broken(r, bridge, "\"%s\" is not the name of a network interface", nic->bridge);
	if (nic->tap != NULL && !is_interface_name(nic->tap))
		broken(r, tap, "\"%s\" is not the name of a network interface", nic->tap);
	if (nic->socket != NULL && strlen(nic->socket) > SOCKET_MAX)
		broken(r, socket, "%zu bytes long, a socket's path has at most %d",
		    strlen(nic->socket), SOCKET_MAX);
	for (size_t k = 0; k < i; k++) {
		const struct vm_nic *other = &vm->nics[k];

		if (!mac_taken && !mac_is_zero(nic->mac) && mac_equal(nic->mac, other->mac)) {
			broken(
			    r, mac, "%s: already that of nics[%zu]", mac_format(nic->mac, text), k);
			mac_taken = true;
		}
		if (!tap_taken && same_text(nic->tap, other->tap)) {
			broken(r, tap, "%s: already that of nics[%zu]", nic->tap, k);
			tap_taken = true;
		}
	}
	free(bridge);
	free(mac);
	free(socket);
	free(tap);
}

/* Only an order written for this VM: a general default may name what some do not have. */
static void
rule_boot(struct rules *r)
{
	const struct vm *vm = r->vm;
	bool any = vm->kernel != NULL || vm->nboot == 0;

	for (size_t i = 0; i < vm->nboot; i++) {
		any = any || (vm->boot[i] == BOOT_DISK && (vm->ndisks > 0 || given(r, "disks"))) ||
		      (vm->boot[i] == BOOT_CDROM && (vm->cdrom != NULL || given(r, "cdrom"))) ||
		      (vm->boot[i] == BOOT_NETWORK && (vm->nnics > 0 || given(r, "nics")));
	}
	if (!any && own(r, "boot"))
		broken(r, "boot", "the VM has nothing of what it is to boot from");
}

static void
rule_display(struct rules *r)
{
	struct vm_display *display = &r->vm->display;
	bool none = display->kind == DISPLAY_NONE;

	if (none && own(r, "display.vnc"))
		broken(r, "display.kind", "\"none\" and vnc exclude each other");
	else if (none)
		display->vnc.on = false;
	else if (display->kind == DISPLAY_VNC && !display->vnc.on && !given(r, "display.vnc"))
		broken(r, "display", "\"vnc\" needs a display number, as in { vnc = \":5\"; }");
	if ((none ||
		(display->kind == DISPLAY_COCOA && !display->vnc.on && !given(r, "display.vnc"))) &&
	    own(r, "display.password_file"))
		broken(r, "display.password_file", "needs vnc, and none is given");
}

void
vm_rules(struct vm *vm, struct conf_doc *doc, struct conf_doc *host_doc)
{
	struct rules r = { .vm = vm, .doc = doc, .host_doc = host_doc };

	rule_cpus(&r);
	rule_words(&r);
	rule_kernel(&r);
	for (size_t i = 0; i < vm->ndisks; i++)
		rule_disk(&r, i);
	for (size_t i = 0; i < vm->nnics; i++)
		rule_nic(&r, i);
	rule_boot(&r);
	rule_display(&r);
}
