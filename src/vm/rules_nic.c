/* Rules of NICs; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define SOCKET_MAX 103 /* bytes of a socket's path: sun_path of the BSDs, less its NUL */

static void
rule_interface(struct rules *r, size_t i, const char *key, const char *name)
{
	char *path = xasprintf("nics[%zu].%s", i, key);

	if (name != NULL && !is_interface_name(name))
		rule_broken(r, path, "\"%s\" is not the name of a network interface", name);
	free(path);
}

bool
vm_nic_ifname(const struct vm *vm, size_t i, char ret[IFNAME_SIZE])
{
	const char *pattern = vm->nics[i].ifname;
	char why[IFNAME_WHY];

	return pattern != NULL && ifname_make(pattern, vm->name, (unsigned)i, ret, why) == 0;
}

/* The name of a new tap: one that can be, and not that of another NIC. */
static void
rule_ifname(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	char *path = xasprintf("nics[%zu].ifname", i);
	char name[IFNAME_SIZE], other[IFNAME_SIZE], why[IFNAME_WHY];

	if (vm->nics[i].ifname == NULL) {
		free(path);
		return;
	}
	if (ifname_make(vm->nics[i].ifname, vm->name, (unsigned)i, name, why) == -1)
		rule_broken(r, path, "\"%s\" %s", vm->nics[i].ifname, why);
	else if (vm->nics[i].tap != NULL)
		rule_broken(r, path, "is of a new tap, and the NIC's is %s", vm->nics[i].tap);
	else
		for (size_t k = 0; k < i; k++) {
			if (!vm_nic_ifname(vm, k, other) || strcmp(name, other) != 0)
				continue;
			rule_broken(r, path, "%s: already that of nics[%zu]", name, k);
			break;
		}
	free(path);
}

/* Names and addresses of a NIC. */
static void
rule_nic(struct rules *r, size_t i)
{
	const struct vm *vm = r->vm;
	const struct vm_nic *nic = &vm->nics[i];
	char *mac = xasprintf("nics[%zu].mac", i), *socket = xasprintf("nics[%zu].socket", i),
	     *tap = xasprintf("nics[%zu].tap", i);
	char text[MAC_TEXT];
	bool mac_taken = false, tap_taken = false;

	rules_user(r, i);
	rules_peer(r, i);
	rules_nic_way(r, i);
	rule_ifname(r, i);
	rule_interface(r, i, "bridge", nic->bridge);
	rule_interface(r, i, "tap", nic->tap);
	rule_interface(r, i, "macvtap.uplink", nic->macvtap.uplink);
	if (nic->socket != NULL && strlen(nic->socket) > SOCKET_MAX)
		rule_broken(r, socket, "%zu bytes long, a socket's path has at most %d",
		    strlen(nic->socket), SOCKET_MAX);
	for (size_t k = 0; k < i; k++) {
		const struct vm_nic *other = &vm->nics[k];

		if (!mac_taken && !mac_is_zero(nic->mac) && mac_equal(nic->mac, other->mac)) {
			rule_broken(
			    r, mac, "%s: already that of nics[%zu]", mac_format(nic->mac, text), k);
			mac_taken = true;
		}
		if (!tap_taken && same_text(nic->tap, other->tap)) {
			rule_broken(r, tap, "%s: already that of nics[%zu]", nic->tap, k);
			tap_taken = true;
		}
	}
	free(mac);
	free(socket);
	free(tap);
}

static bool
allows(const struct vm_nic *nic, int offload)
{
	for (size_t i = 0; i < nic->noffloads; i++) {
		if (nic->offloads[i] == offload)
			return true;
	}
	return false;
}

static bool
is_other_model(const struct vm *vm, size_t i)
{
	return vm->nics[i].model != NIC_VIRTIO;
}

static bool
queues_of_other(const struct vm *vm, size_t i)
{
	return vm->nics[i].queues > 1 && is_other_model(vm, i);
}

static bool
vhost_of_other(const struct vm *vm, size_t i)
{
	return vm->nics[i].vhost == SWITCH_ON && is_other_model(vm, i);
}

static bool
offloads_of_other(const struct vm *vm, size_t i)
{
	return vm->nics[i].noffloads < NOFFLOADS && is_other_model(vm, i);
}

/* By the virtio specification, 5.1.3.1, each needs the checksums of its direction. */
static bool
guest_offload_alone(const struct vm *vm, size_t i)
{
	const struct vm_nic *nic = &vm->nics[i];

	return !allows(nic, OFFLOAD_GUEST_CSUM) &&
	       (allows(nic, OFFLOAD_GUEST_TSO4) || allows(nic, OFFLOAD_GUEST_TSO6) ||
		   allows(nic, OFFLOAD_GUEST_UFO));
}

static bool
host_offload_alone(const struct vm *vm, size_t i)
{
	const struct vm_nic *nic = &vm->nics[i];

	return !allows(nic, OFFLOAD_CSUM) &&
	       (allows(nic, OFFLOAD_GSO) || allows(nic, OFFLOAD_HOST_TSO4) ||
		   allows(nic, OFFLOAD_HOST_TSO6) || allows(nic, OFFLOAD_HOST_UFO));
}

static bool
guest_ecn_alone(const struct vm *vm, size_t i)
{
	const struct vm_nic *nic = &vm->nics[i];

	return allows(nic, OFFLOAD_GUEST_ECN) && !allows(nic, OFFLOAD_GUEST_TSO4) &&
	       !allows(nic, OFFLOAD_GUEST_TSO6);
}

static bool
host_ecn_alone(const struct vm *vm, size_t i)
{
	const struct vm_nic *nic = &vm->nics[i];

	return allows(nic, OFFLOAD_HOST_ECN) && !allows(nic, OFFLOAD_HOST_TSO4) &&
	       !allows(nic, OFFLOAD_HOST_TSO6);
}

static bool
same_place(const struct vm *vm, size_t i)
{
	const struct vm_pci_address *a = &vm->nics[i].pci_address;

	for (size_t k = 0; k < i && a->set; k++) {
		const struct vm_pci_address *b = &vm->nics[k].pci_address;

		if (b->set && a->slot == b->slot && a->function == b->function)
			return true;
	}
	return false;
}

static bool
same_index(const struct vm *vm, size_t i)
{
	int64_t index = vm->nics[i].boot_index;
	bool same = false;

	for (size_t k = 0; k < i; k++)
		same = same || vm->nics[k].boot_index == index;
	for (size_t k = 0; k < vm->ndisks; k++)
		same = same || vm->disks[k].boot_index == index;
	for (size_t k = 0; k < vm->ncdroms; k++)
		same = same || vm->cdroms[k].boot_index == index;
	for (size_t k = 0; k < vm->nfloppies; k++)
		same = same || vm->floppies[k].boot_index == index;
	return same && index != 0;
}

static bool
vlan_twice(const struct vm *vm, size_t i)
{
	const struct vm_nic *nic = &vm->nics[i];
	bool twice = false;

	for (size_t k = 0; k < nic->ntrunk; k++) {
		twice = twice || nic->trunk[k] == nic->vlan;
		for (size_t j = 0; j < k; j++)
			twice = twice || nic->trunk[k] == nic->trunk[j];
	}
	return twice;
}

static bool
burst_alone(const struct vm *vm, size_t i)
{
	const struct vm_nic_rate *rate = &vm->nics[i].rate;

	return rate->burst != 0 && rate->in == 0 && rate->out == 0;
}

static bool
mode_alone(const struct vm *vm, size_t i)
{
	const struct vm_macvtap *macvtap = &vm->nics[i].macvtap;

	return macvtap->mode != MACVTAP_BRIDGE && macvtap->uplink == NULL;
}

static bool
addresses_alone(const struct vm *vm, size_t i)
{
	return vm->nics[i].naddresses > 0 && !vm->nics[i].guard;
}

static const struct rule nic_rules[] = {
	{ "addresses", addresses_alone, "needs guard = true, which sees to it" },
	{ "rate.burst", burst_alone, "is of in or out, and neither is given" },
	{ "macvtap.mode", mode_alone, "is of an uplink, and none is given" },
	{ "trunk", vlan_twice, "a VLAN is in it once, and not if it is that of vlan" },
	{ "queues", queues_of_other, "several queues need model virtio" },
	{ "vhost", vhost_of_other, "needs model virtio" },
	{ "offloads", offloads_of_other, "can be chosen for model virtio only" },
	{ "offloads", host_offload_alone, "gso, host_tso4, host_tso6 and host_ufo need csum" },
	{ "offloads", host_ecn_alone, "host_ecn needs host_tso4 or host_tso6" },
	{ "offloads", guest_offload_alone, "guest_tso4, guest_tso6 and guest_ufo need guest_csum" },
	{ "offloads", guest_ecn_alone, "guest_ecn needs guest_tso4 or guest_tso6" },
	{ "pci_address", same_place, "another NIC has this address already" },
	{ "boot_index", same_index, "another disk, drive or NIC has this place already" },
	{ 0 },
};

void
rules_nics(struct rules *r)
{
	for (size_t i = 0; i < r->vm->nnics; i++) {
		rule_nic(r, i);
		rules_check(r, nic_rules, "nics", i);
	}
}
