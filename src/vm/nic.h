/* What a VM file says of NICs; part of vm.h. */
#ifndef VMRUN_VM_NIC_H
#define VMRUN_VM_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ifname.h"
#include "util/ip.h"
#include "util/mac.h"
#include "vm/nic_way.h"

enum vm_nic_model {
	NIC_VIRTIO,
	NIC_E1000,
	NIC_E1000E,
	NIC_IGB,
	NIC_RTL8139,
	NIC_VMXNET3,
	NIC_PCNET,
	NIC_NE2K
};
/* Where a NIC leads; rules_nic_way.c has the table. */
enum vm_nic_way { WAY_UNSAID, WAY_BRIDGE, WAY_USER, WAY_PASST, WAY_STREAM, WAY_DGRAM, WAY_VDE, WAY_NONE, WAY_VMNET, WAY_SOCKET, WAY_TAP, WAY_MACVTAP };
enum vm_vmnet { VMNET_NONE, VMNET_SHARED, VMNET_HOST };
/* Work on packets that a virtio NIC's two sides may leave to each other. */
enum vm_offload {
	OFFLOAD_CSUM,
	OFFLOAD_GSO,
	OFFLOAD_HOST_TSO4,
	OFFLOAD_HOST_TSO6,
	OFFLOAD_HOST_ECN,
	OFFLOAD_HOST_UFO,
	OFFLOAD_GUEST_CSUM,
	OFFLOAD_GUEST_TSO4,
	OFFLOAD_GUEST_TSO6,
	OFFLOAD_GUEST_ECN,
	OFFLOAD_GUEST_UFO,
	NOFFLOADS
};

/* QEMU's words for them; ended by NULL. */
extern const char *const vm_nic_models[], *const vm_offloads[];

/* Where a device of the guest sits on its PCI bus. */
struct vm_pci_address {
	bool set;
	unsigned slot, function;
};

/* The spanning tree at the NIC's port of its bridge. */
struct vm_nic_stp {
	int64_t cost;     /* 0: by the link's speed */
	int64_t priority; /* 0: every port's */
	bool bpdu_guard;  /* a BPDU from the guest shuts the port */
	bool root_block;  /* the guest's bridge never becomes the root */
};

/* Multicast there. */
struct vm_nic_multicast {
	bool flood; /* also groups that the guest is not known to have joined */
	bool fast_leave;
	bool to_unicast;
	int router; /* enum os_router */
};

/* Do they say anything but what holds without them? */
bool vm_nic_has_stp(const struct vm_nic_stp *stp);
bool vm_nic_has_multicast(const struct vm_nic_multicast *m);

/* enum os_macvtap_mode has the same order. */
enum vm_macvtap_mode { MACVTAP_BRIDGE, MACVTAP_PRIVATE, MACVTAP_VEPA, MACVTAP_PASSTHRU };
struct vm_macvtap {
	char *uplink; /* NULL: none */
	int mode;     /* enum vm_macvtap_mode */
};

struct vm_nic_rate {
	uint64_t in, out; /* bits a second that the guest receives and sends; 0: no bound */
	uint64_t burst;   /* bytes; 0: as suits the rate */
};

struct vm_nic {
	/* Exactly one of these says where it leads: vm_nic_way(). */
	char *bridge; /* NULL: not on a bridge */
	struct vm_user user;
	struct vm_passt passt;
	struct vm_stream stream;
	struct vm_dgram dgram;
	char *vde; /* absolute path of a switch's folder; NULL: none */
	bool none; /* to nothing */
	int vmnet;    /* enum vm_vmnet */
	char *socket; /* absolute path of a daemon's UNIX stream socket; NULL: none */

	struct vm_forward *forwards; /* of a network in user mode */
	size_t nforwards;
	struct vm_macvtap macvtap;

	char *tap;       /* an interface that is there already, to be the port or, without a bridge,
			    where the NIC leads; NULL: a new tap */
	bool link; /* is the cable in when the VM starts? */
	struct vm_nic_rate rate;
	struct mac mac;  /* zero: to be given by the ledger */
	int model;       /* enum vm_nic_model */
	int64_t mtu;     /* bytes; 0: that of the bridge */
	bool isolated;   /* exchanges no frames with other isolated ports */
	int64_t vlan;    /* 802.1Q ID of its untagged frames; 0: none */
	char *up, *down; /* hook programs, called with the tap's name; NULL: none */
	int64_t queues;  /* pairs of them in the guest's NIC, and of the tap */
	int vhost;       /* enum conf_switch: unsaid is where it can be had */
	int *offloads;   /* enum vm_offload: those that are allowed */
	size_t noffloads;
	int64_t boot_index; /* 0: by the VM's order of kinds */
	char *rom;          /* NULL: QEMU's own if the NIC is booted from, else none */
	struct vm_pci_address pci_address;

	/* Of its port of the bridge. */
	char *ifname;   /* pattern for the tap's name; NULL: "%n.%i" */
	int64_t *trunk; /* 802.1Q IDs of its tagged frames */
	size_t ntrunk;
	bool learning; /* the bridge learns who is behind it */
	struct vm_nic_stp stp;
	struct vm_nic_multicast multicast;
	bool guard; /* frames that claim to be another's are dropped */
	struct ip_net *addresses; /* that alone the guest may claim; bits within a network are 0 */
	size_t naddresses;
};

struct vm;
/* The name that the file chooses for the tap of nics[i]; false if it chooses none. */
bool vm_nic_ifname(const struct vm *vm, size_t i, char ret[IFNAME_SIZE]);

#endif
