/* The bare machine: name, board, accelerator, processors, memory, identity, sandbox and
 * uid. */
#include <inttypes.h>
#include <string.h>

#include "os/os.h"
#include "qemu/compose.h"

#define MIB (UINT64_C(1) << 20)

/* TCG spends most of an Arm guest's time on pointer authentication unless that is made cheap. */
static const struct target targets[] = {
	{ "x86_64", "q35", "max", "VGA", .is_x86 = true },
	{ "i386", "q35", "max", "VGA", .is_x86 = true },
	{ "aarch64", "virt", "max,pauth-impdef=on", "virtio-gpu-pci" },
	{ "arm", "virt", "max", "virtio-gpu-pci" },
	{ "ppc64", "pseries", NULL, "VGA" },
	{ NULL, "virt", NULL, "virtio-gpu-pci" },
};

const struct target *
target_find(const char *arch)
{
	const struct target *t = targets;

	while (t->arch != NULL && (arch == NULL || strcmp(t->arch, arch) != 0))
		t++;
	return t;
}

static bool
is_or_begins(const char *s, const char *word, const char *prefix)
{
	return strcmp(s, word) == 0 || strncmp(s, prefix, strlen(prefix)) == 0;
}

enum machine_kind
machine_kind(const struct target *t, const char *machine)
{
	if (t->is_x86 && is_or_begins(machine, "q35", "pc-q35-"))
		return MACHINE_Q35;
	if (t->is_x86 && is_or_begins(machine, "pc", "pc-i440fx-"))
		return MACHINE_I440FX;
	if (t->is_x86 && is_or_begins(machine, "microvm", "pc-microvm-"))
		return MACHINE_MICROVM;
	return MACHINE_OTHER;
}

void
add_virtio(struct buf *b, const struct composer *c, const char *device)
{
	/* A microvm has virtio-mmio in place of PCI. */
	buf_addf(b, "virtio-%s-%s", device, c->kind == MACHINE_MICROVM ? "device" : "pci");
}

static void
board(struct composer *c)
{
	struct buf b = { 0 };

	buf_add_optarg(&b, c->machine);
	if (c->kind == MACHINE_I440FX || c->kind == MACHINE_Q35) {
		/* Nobody uses VMware's backdoor port, so no guest needs to reach it. */
		buf_add(&b, ",vmport=off");
		/* Without a display the BIOS and the boot loader's menu speak on the serial
		 * console. */
		if (!vm_has_screen(c->vm) && c->vm->serial == SERIAL_SOCKET)
			buf_add(&b, ",graphics=off");
	}
	compose(c, "-machine", &b);
}

static void
processors(struct composer *c)
{
	const struct vm_cpus *cpus = &c->vm->cpus;
	struct buf b = { 0 };

	/* By name: "tcg" and the system's own accelerators differ in this alone. */
	if (strcmp(c->facts->accel, "tcg") != 0)
		composef(c, "-cpu", "host");
	else if (c->target->tcg_cpu != NULL)
		composef(c, "-cpu", "%s", c->target->tcg_cpu);
	buf_addf(&b, "%u", vm_cpu_count(c->vm));
	if (cpus->sockets != 0)
		buf_addf(&b, ",sockets=%" PRId64, cpus->sockets);
	if (cpus->cores != 0)
		buf_addf(&b, ",cores=%" PRId64, cpus->cores);
	if (cpus->threads != 0)
		buf_addf(&b, ",threads=%" PRId64, cpus->threads);
	compose(c, "-smp", &b);
}

static void
memory(struct composer *c)
{
	uint64_t bytes = c->vm->memory;

	if (bytes % MIB == 0)
		composef(c, "-m", "%" PRIu64 "M", bytes / MIB);
	else
		composef(c, "-m", "%" PRIu64 "B", bytes);
}

static void
identity(struct composer *c)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(c->facts->uuid); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buf_addc(&b, '-');
		buf_addf(&b, "%02x", c->facts->uuid[i]);
	}
	compose(c, "-uuid", &b);
}

static void
name(struct composer *c)
{
	struct buf b = { 0 };

	buf_add(&b, "guest=");
	buf_add_optarg(&b, c->vm->name);
	if (c->facts->os->process_name) {
		buf_add(&b, ",process=vmrun-");
		buf_add_optarg(&b, c->vm->name);
	}
	compose(c, "-name", &b);
}

static void
privileges(struct composer *c)
{
	const struct qemu_facts *f = c->facts;
	uintmax_t uid = f->run_as.uid, gid = f->run_as.gid;

	if (f->sandbox) {
		composef(c, "-sandbox",
		    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	}
	if (f->run_as.on && qemu_has(f->version, QEMU_RUN_WITH_USER))
		composef(c, "-run-with", "user=%ju:%ju", uid, gid);
	else if (f->run_as.on)
		composef(c, "-runas", "%ju:%ju", uid, gid);
}

void
compose_machine(struct composer *c)
{
	name(c);
	argv_add(c->argv, "-nodefaults");
	argv_add(c->argv, "-no-user-config");
	board(c);
	composef(c, "-accel", "%s", c->facts->accel);
	processors(c);
	memory(c);
	identity(c);
	privileges(c);
}
