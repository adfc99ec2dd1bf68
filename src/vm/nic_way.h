/* What a VM file says of the ways a NIC can lead that have keys of their own; part of vm.h. */
#ifndef VMRUN_VM_NIC_WAY_H
#define VMRUN_VM_NIC_WAY_H

#include <stdbool.h>
#include <stddef.h>

#include "util/ip.h"
#include "vm/forward.h"
#include "vm/peer.h"

/* QEMU's own network in user mode. What is not said is 10.0.2.0/24 and fec0::/64: the host is .2,
 * its DNS .3, the guest .15. */
struct vm_user {
	bool enabled;
	bool restricted; /* nothing but forwards gets in or out */
	char *hostname;  /* that the guest is told by DHCP */
	struct ip_net network, network6;
	struct ip address, dns, dns6;
	char **search;
	size_t nsearch;
	char *domain;
	char *tftp, *bootfile;
};

/* passt's: what is not said is what the host itself has. */
struct vm_passt {
	bool enabled;
	char *interface;
	struct ip_net address;
	struct ip gateway, address6, gateway6;
	bool map_gateway; /* the gateway's address leads to the host */
	struct ip *dns;
	size_t ndns;
	char **search;
	size_t nsearch;
};

/* A link to one other NIC: one of them listens, the other connects. */
struct vm_stream {
	struct vm_peer listen, connect; /* one of them */
};

/* A link of single datagrams, which neither end begins. */
struct vm_dgram {
	struct vm_peer local, remote; /* local is none if remote is a group of hosts */
};

struct vm_nic;
/* Does QEMU listen on a socket of the runtime folder for whoever carries the NIC's frames? */
bool vm_nic_listens(const struct vm_nic *nic);
/* The UNIX stream socket that it is linked by, whoever listens there; NULL: none. */
const char *vm_nic_socket(const struct vm_nic *nic);
/* The network that a user-mode NIC is in, with the host's own address of it. */
struct ip_net vm_user_network(const struct vm_user *user);

#endif
