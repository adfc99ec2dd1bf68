/* Rules of NICs; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

#define SOCKET_MAX 103 /* bytes of a socket's path: sun_path of the BSDs, less its NUL */

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
		{ "queues", nic->queues > 1 },
		{ "vhost", nic->vhost == SWITCH_ON },
	};

	for (size_t k = 0; k < sizeof(needs) / sizeof(needs[0]); k++) {
		char *path = xasprintf("nics[%zu].%s", i, needs[k].key);

		if (needs[k].given)
			rule_broken(r, path, "needs a bridge, and the NIC is %s", way->words);
		free(path);
	}
}

/* A NIC leads to exactly one place. */
static void
rule_way(struct rules *r, size_t i)
{
	char *whole = xasprintf("nics[%zu]", i);
	const struct nic_way *first = NULL;
	struct nic_way ways[NIC_WAYS];
	bool wrong = false; /* what is given and yet not taken was refused by itself */

	nic_ways(&r->vm->nics[i], ways);
	for (size_t k = 0; k < NIC_WAYS; k++) {
		char *path = xasprintf("nics[%zu].%s", i, ways[k].key);

		if (ways[k].taken && first != NULL)
			rule_broken(r, path, "the NIC is %s; it cannot be %s as well", first->words,
			    ways[k].words);
		else if (ways[k].taken)
			first = &ways[k];
		/* user = false says nothing. */
		else if (k != 1 &&
			 (rule_own(r, "nics") ? rule_own(r, path) : rule_in_defaults(r, path)))
			wrong = true;
		free(path);
	}
	if (first == NULL && !wrong && (conf_is_group(r->doc, whole) || !rule_own(r, "nics")))
		rule_broken(r, whole, "needs a bridge, a socket, vmnet, or user = true");
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
	char *bridge = xasprintf("nics[%zu].bridge", i), *mac = xasprintf("nics[%zu].mac", i);
	char *socket = xasprintf("nics[%zu].socket", i), *tap = xasprintf("nics[%zu].tap", i);
	char text[MAC_TEXT];
	bool mac_taken = false, tap_taken = false;

	rule_way(r, i);
	if (nic->bridge != NULL && !is_interface_name(nic->bridge))
		rule_broken(
		    r, bridge, "\"%s\" is not the name of a network interface", nic->bridge);
	if (nic->tap != NULL && !is_interface_name(nic->tap))
		rule_broken(r, tap, "\"%s\" is not the name of a network interface", nic->tap);
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
	free(bridge);
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

static const struct rule nic_rules[] = {
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
