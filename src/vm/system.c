/* What a VM asks of a system: the same file is for all of them, but for what only one has. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "util/mem.h"
#include "vm/vm.h"

struct check {
	struct conf_doc *doc;
	const struct vm *vm;
	const struct os_facts *os;
	int result;
};

bool
vm_nic_on_vmnet(const struct vm_nic *nic, const struct os_facts *os)
{
	return os->vmnet && (nic->vmnet != VMNET_NONE || (nic->bridge != NULL && nic->tap == NULL));
}

bool
vm_nic_has_port(const struct vm_nic *nic, const struct os_facts *os)
{
	switch (vm_nic_way(nic)) {
	case WAY_BRIDGE:
		return !vm_nic_on_vmnet(nic, os);
	case WAY_TAP:
	case WAY_MACVTAP:
		return true;
	default:
		return false;
	}
}

static void
check_accel(struct check *c)
{
	bool kvm = c->vm->accel == ACCEL_KVM, hvf = c->vm->accel == ACCEL_HVF;
	const char *name = kvm ? "kvm" : "hvf", *home = kvm ? "Linux" : "macOS";
	const char *here = c->os->accel != NULL ? c->os->accel : "tcg, which is emulation";

	if ((!kvm && !hvf) || strcmp(here, name) == 0)
		return;
	conf_fail(c->doc, "accel", "%s is of %s; on %s it is %s", name, home, c->os->title, here);
	c->result = -1;
}

struct wish {
	const char *key;
	bool missing;
	const char *words; /* behind "on SYSTEM" */
};

static void
check_wishes(struct check *c, const char *list, size_t i, const struct wish *wishes, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		char *path = list != NULL ? xasprintf("%s[%zu].%s", list, i, wishes[k].key)
					  : xstrdup(wishes[k].key);

		if (wishes[k].missing) {
			conf_fail(c->doc, path, "on %s %s", c->os->title, wishes[k].words);
			c->result = -1;
		}
		free(path);
	}
}

static void
check_machine(struct check *c)
{
	static const char no_pin[] = "a thread cannot be bound to CPUs";
	const struct vm *vm = c->vm;
	const struct wish wishes[] = {
		{ "cpus.pin", vm->cpus.npin > 0 && !c->os->pins, no_pin },
		{ "cpus.emulator_pin", intset_count(&vm->cpus.emulator_pin) > 0 && !c->os->pins,
		    no_pin },
		{ "cpus_allowed", intset_count(&vm->quota.cpus_allowed) > 0 && !c->os->pins, no_pin },
		{ "memory_max", vm->quota.memory_max != 0 && !c->os->memory_limit,
		    "vmrun cannot hold it" },
		{ "io_weight", vm->quota.io_weight != 0 && !c->os->io_weight,
		    "there are no shares of the disks' time" },
		{ "memory.hugepages", vm->memory.hugepages != 0 && !c->os->memfd,
		    "QEMU cannot have huge pages, that is of Linux" },
		{ "memory.shared", vm->memory.shared && !c->os->memfd,
		    "memory cannot be shared, that is of Linux" },
	};

	check_wishes(c, NULL, 0, wishes, sizeof(wishes) / sizeof(wishes[0]));
	for (size_t i = 0; i < vm->nnuma; i++) {
		const struct wish node = { "host_nodes",
			intset_count(&vm->numa[i].host_nodes) > 0 && !c->os->numa,
			"memory cannot be bound to nodes of the host, that is of Linux" };

		check_wishes(c, "numa", i, &node, 1);
	}
}

static void
check_display(struct check *c)
{
	if (!vm_has_window(c->vm) || (c->vm->display.kind == DISPLAY_COCOA) == c->os->cocoa)
		return;
	if (c->os->cocoa)
		conf_fail(c->doc, "display.kind",
		    "gtk and sdl are of X and Wayland; on %s a "
		    "window is \"cocoa\"",
		    c->os->title);
	else
		conf_fail(c->doc, "display.kind",
		    "cocoa is of macOS; on %s a window is \"gtk\" or "
		    "\"sdl\"",
		    c->os->title);
	c->result = -1;
}

static void
check_disk(struct check *c, size_t i)
{
	char *path = xasprintf("disks[%zu].aio", i);

	if (c->vm->disks[i].aio != AIO_THREADS && !c->os->linux_aio) {
		conf_fail(c->doc, path, "native and io_uring are of Linux; on %s write threads",
		    c->os->title);
		c->result = -1;
	}
	free(path);
}

static void
check_audio(struct check *c)
{
	int backend = c->vm->audio.backend;
	bool mac = strcmp(c->os->audio, "coreaudio") == 0;

	if ((backend == AUDIO_COREAUDIO) == mac || backend == AUDIO_OFF || backend == AUDIO_AUTO ||
	    backend == AUDIO_NONE || backend == AUDIO_SPICE)
		return;
	conf_fail(c->doc, "audio.backend", "on %s it is %s", c->os->title, c->os->audio);
	c->result = -1;
}

static void
check_usb(struct check *c)
{
	if (c->vm->usb.ndevices == 0 || c->os->usb_devices)
		return;
	conf_fail(c->doc, "usb.devices",
	    "on %s vmrun gives no USB device of the host to a guest, only on Linux", c->os->title);
	c->result = -1;
}

static void
check_nic(struct check *c, size_t i)
{
	static const char no_tap[] = "a NIC on vmnet has no tap to call a program with";
	const struct vm_nic *nic = &c->vm->nics[i];
	bool vmnet = vm_nic_on_vmnet(nic, c->os);
	const struct wish wishes[] = {
		{ "vmnet", nic->vmnet != VMNET_NONE && !c->os->vmnet,
		    "there is no vmnet, it is of macOS; give a bridge, a socket, or user = true" },
		{ "macvtap", nic->macvtap.uplink != NULL && !c->os->macvtap,
		    "there is no macvtap, it is of Linux; give a bridge" },
		{ "rate", (nic->rate.in != 0 || nic->rate.out != 0) && !c->os->rates,
		    "how fast a NIC is cannot be bounded, only on Linux" },
		{ "passt", nic->passt.enabled && !c->os->passt,
		    "there is no passt, it is of Linux; write user = true" },
		{ "isolated", nic->isolated && !c->os->isolated && !vmnet,
		    "a port of a bridge cannot be isolated" },
		{ "vlan", nic->vlan != 0 && !c->os->vlan,
		    "a port of a bridge cannot be in a VLAN" },
		{ "ifname", nic->ifname != NULL && !c->os->tap_names,
		    "the system numbers its taps, only on Linux they can have a name" },
		{ "trunk", nic->ntrunk > 0 && !c->os->port_flags,
		    "a port of a bridge has no trunk, only on Linux" },
		{ "guard", nic->guard && !c->os->port_flags,
		    "a port of a bridge cannot be guarded, only on Linux" },
		{ "learning", !nic->learning && !c->os->port_flags,
		    "whether a port of a bridge learns cannot be chosen, only on Linux" },
		{ "stp", vm_nic_has_stp(&nic->stp) && !c->os->port_flags,
		    "vmrun sets nothing of the spanning tree at a port, only on Linux" },
		{ "multicast", vm_nic_has_multicast(&nic->multicast) && !c->os->port_flags,
		    "vmrun sets nothing of multicast at a port, only on Linux" },
		{ "queues", nic->queues > 1 && !c->os->multi_queue, "a tap has one queue" },
		{ "vhost", nic->vhost == SWITCH_ON && !c->os->vhost,
		    "there is no vhost, it is of Linux" },
		{ "mtu", nic->mtu != 0 && vmnet, "the MTU of a NIC on vmnet cannot be chosen" },
		{ "up", nic->up != NULL && vmnet, no_tap },
		{ "down", nic->down != NULL && vmnet, no_tap },
	};

	check_wishes(c, "nics", i, wishes, sizeof(wishes) / sizeof(wishes[0]));
}

static void
check_hostdevs(struct check *c)
{
	if (c->vm->nhostdevs == 0 || c->os->vfio)
		return;
	conf_fail(c->doc, "hostdevs", "on %s no device can be given to a guest, only on Linux",
	    c->os->title);
	c->result = -1;
}

static void
check_share(struct check *c, size_t i)
{
	const struct vm_share *share = &c->vm->shares[i];
	bool fs = share->type == SHARE_VIRTIOFS;
	char *path = xasprintf("shares[%zu].type", i);

	if (fs ? !c->os->virtiofs : !c->os->p9) {
		conf_fail(c->doc, path,
		    fs ? c->os->p9 ? "on %s there is no virtiofsd; write type = \"9p\""
				   : "on %s a guest cannot share a folder: there is no virtiofsd"
		       : "on %s QEMU has no 9p",
		    c->os->title);
		c->result = -1;
	}
	free(path);
}

int
vm_system_check(struct conf_doc *doc, const struct vm *vm, const struct os_facts *os)
{
	struct check c = { .doc = doc, .vm = vm, .os = os };

	check_accel(&c);
	check_machine(&c);
	check_display(&c);
	check_audio(&c);
	check_usb(&c);
	if (vm->nivshmem > 0 && !os->ivshmem) {
		conf_fail(doc, "ivshmem", "is of Linux; on %s QEMU has none", os->title);
		c.result = -1;
	}
	if (vm->vsock.enabled && os->vsock == NULL) {
		conf_fail(doc, "vsock", "is of Linux; on %s QEMU has none", os->title);
		c.result = -1;
	}
	for (size_t i = 0; i < vm->ndisks; i++)
		check_disk(&c, i);
	for (size_t i = 0; i < vm->nnics; i++)
		check_nic(&c, i);
	check_hostdevs(&c);
	for (size_t i = 0; i < vm->nshares; i++)
		check_share(&c, i);
	return c.result;
}
