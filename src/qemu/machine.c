/* The bare machine: name, board, accelerator, identity, clock, sandbox and uid. */
#include <stdint.h>
#include <string.h>

#include "os/os.h"
#include "qemu/compose.h"

#define XAPIC_CPUS 255 /* more need the extended interrupts of x2APIC */

void
add_virtio(struct buf *b, const struct composer *c, const char *device)
{
	/* A microvm has virtio-mmio in place of PCI. */
	buf_addf(b, "virtio-%s-%s", device, c->kind == MACHINE_MICROVM ? "device" : "pci");
}

static void
board(struct composer *c)
{
	const struct vm_machine *m = &c->vm->machine;
	struct buf b = { 0 };

	buf_add_optarg(&b, c->machine);
	if (c->kind == MACHINE_I440FX || c->kind == MACHINE_Q35) {
		buf_addf(
		    &b, ",vmport=%s,hpet=%s", m->vmport ? "on" : "off", m->hpet ? "on" : "off");
		/* Without a display the BIOS and the boot loader's menu speak on the serial
		 * console. */
		if (!vm_has_screen(c->vm) && c->vm->nserials > 0)
			buf_add(&b, ",graphics=off");
	}
	/* The best interrupt controller that the accelerator has: the oldest, which is the default,
	 * serves eight CPUs. */
	if (c->kind == MACHINE_VIRT_ARM)
		buf_add(&b, ",gic-version=max");
	/* What shields a processor from its speculation, which emulation has none of. */
	if (strcmp(c->machine, "pseries") == 0 && strcmp(c->facts->accel, "tcg") == 0)
		buf_add(&b, ",cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off");
	if (c->kind == MACHINE_MICROVM)
		buf_addf(&b, ",acpi=%s", vm_microvm_acpi(c->vm, c->facts->accel) ? "on" : "off");
	else if (m->acpi != SWITCH_UNSAID)
		buf_addf(&b, ",acpi=%s", m->acpi == SWITCH_ON ? "on" : "off");
	if (m->iommu == IOMMU_SMMUV3)
		buf_add(&b, ",iommu=smmuv3");
	machine_add_cpus(c, &b);
	machine_add_memory(c, &b);
	machine_add_firmware(c, &b);
	compose(c, "-machine", &b);
}

/* Interrupts of devices behind Intel's and AMD's pass through it, which KVM's own controller does
 * not know. */
static void
accelerator(struct composer *c)
{
	int iommu = c->vm->machine.iommu;
	bool split =
	    strcmp(c->facts->accel, "kvm") == 0 && (iommu == IOMMU_INTEL || iommu == IOMMU_AMD);

	composef(c, "-accel", "%s%s", c->facts->accel, split ? ",kernel-irqchip=split" : "");
}

/* Before every device that is to be behind it. */
static void
iommu(struct composer *c)
{
	switch ((enum vm_iommu)c->vm->machine.iommu) {
	case IOMMU_INTEL:
		/* What a guest passes on to its own guests is passed through to it itself, in the
		 * end: that needs the caching mode. */
		composef(c, "-device", "intel-iommu,intremap=on,caching-mode=on%s",
		    vm_cpu_max(c->vm) > XAPIC_CPUS ? ",eim=on" : "");
		break;
	case IOMMU_AMD:
		composef(c, "-device", "amd-iommu,intremap=on");
		break;
	case IOMMU_VIRTIO:
		composef(c, "-device", "virtio-iommu-pci,id=iommu0");
		break;
	case IOMMU_NONE:
	case IOMMU_SMMUV3: /* of the machine */
		break;
	}
}

static void
clock_on_board(struct composer *c)
{
	static const char *const clocks[] = {
		[RTC_HOST] = "host", [RTC_RT] = "rt", [RTC_VM] = "vm"
	};
	const struct vm_rtc *rtc = &c->vm->rtc;
	struct buf b = { 0 };

	if (strcmp(rtc->base, "utc") == 0 && rtc->clock == RTC_HOST && rtc->drift_fix == DRIFT_NONE)
		return;
	buf_addf(&b, "base=%s,clock=%s", rtc->base, clocks[rtc->clock]);
	if (rtc->drift_fix == DRIFT_SLEW)
		buf_add(&b, ",driftfix=slew");
	compose(c, "-rtc", &b);
}

static const char *const panic[] = { [PANIC_SHUTDOWN] = "shutdown",
	[PANIC_PAUSE] = "pause",
	[PANIC_EXIT_FAILURE] = "exit-failure",
	[PANIC_NONE] = "none" };

json_t *
qemu_actions(const struct vm *vm)
{
	const char *watchdog = qemu_watchdog_action(vm);
	json_t *all = json_pack("{s:s,s:s}", "panic", panic[vm->on_panic], "reboot",
	    vm->on_reboot == REBOOT_SHUTDOWN ? "shutdown" : "reset");

	if (watchdog != NULL)
		json_object_set_new(all, "watchdog", json_string(watchdog));
	return all;
}

static void
actions(struct composer *c)
{
	const struct vm *vm = c->vm;

	if (vm->on_panic != PANIC_SHUTDOWN)
		composef(c, "-action", "panic=%s", panic[vm->on_panic]);
	if (vm->on_reboot == REBOOT_SHUTDOWN)
		composef(c, "-action", "reboot=shutdown");
}

static void
identity(struct composer *c)
{
	char text[UUID_TEXT];

	composef(c, "-uuid", "%s", uuid_format(c->facts->uuid, text));
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

	if (f->sandbox && c->vm->sandbox) {
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
	accelerator(c);
	compose_cpus(c);
	compose_memory(c);
	identity(c);
	clock_on_board(c);
	actions(c);
	privileges(c);
	iommu(c);
}
