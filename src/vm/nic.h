/* What a VM file says of NICs; part of vm.h. */
#ifndef VMRUN_VM_NIC_H
#define VMRUN_VM_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/mac.h"

enum vm_nic_model { NIC_VIRTIO, NIC_E1000, NIC_E1000E, NIC_RTL8139 };
enum vm_vmnet { VMNET_NONE, VMNET_SHARED, VMNET_HOST };

struct vm_nic {
	/* Exactly one of these four says where it leads. */
	char *bridge; /* NULL: not on a bridge */
	bool user;    /* QEMU's own user-mode network */
	int vmnet;    /* enum vm_vmnet */
	char *socket; /* absolute path of a daemon's UNIX stream socket; NULL: none */

	char *tap;       /* an interface that is there already, to be the port; NULL: a new tap */
	struct mac mac;  /* zero: to be given by the ledger */
	int model;       /* enum vm_nic_model */
	int64_t mtu;     /* bytes; 0: that of the bridge */
	bool isolated;   /* exchanges no frames with other isolated ports */
	int64_t vlan;    /* 802.1Q ID of its untagged frames; 0: none */
	char *up, *down; /* hook programs, called with the tap's name; NULL: none */
};

#endif
