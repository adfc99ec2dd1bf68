/*
 * A network of the host's own: what its bridge, its packet filter and its server are to be, in
 * their own languages, and which guest has which address. Decisions only: nothing here touches the
 * system. What vmrun.conf says of it is a struct host_bridge; who makes it is super/network.c.
 *
 * Files below state_dir, which outlive it:
 *
 *	networks/br0.hosts     the addresses of VMs' NICs, kept for good: a line each, "MAC ADDRESS
 *	                       VM NIC"
 *	networks/br0.leases    what dnsmasq has given out, in its own form: a line each, "EXPIRY MAC
 *	                       ADDRESS NAME CLIENT-ID", EXPIRY in seconds since 1970, 0 for ever
 */
#ifndef VMRUN_NET_NETWORK_H
#define VMRUN_NET_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ifname.h"
#include "util/ip.h"
#include "util/mac.h"

struct buf;
struct diag;
struct host_bridge;

/* Paths, to be freed by the caller. */
char *network_leases(const char *state_dir, const char *bridge);
char *network_hosts(const char *state_dir, const char *bridge);

/* What the bridge says of itself in listings, "vmrun network". */
#define NETWORK_ALIAS "vmrun network"

/* "br0.vxlan": the name of the tunnel that leads to other hosts. */
void network_tunnel(const char *bridge, char ret[IFNAME_SIZE]);
/* A number that is another one when the tunnel is to be another; 0: none is to be there. */
int64_t network_tunnel_mark(const struct host_bridge *b);
/* Likewise of its addresses, and never 0. */
int64_t network_addresses_mark(const struct host_bridge *b);

/* One that is always the same on this host, and no other host's. */
struct mac network_mac(const uint8_t *salt, const char *bridge);

/* Is there anything that only a bridge of vmrun's own can have: addresses, a server, a tunnel? */
bool network_is_managed(const struct host_bridge *b);

/* Before a bridge's name: its table. */
#define NETWORK_TABLE "vmrun-"

/* Commands for nft(8), which make the table anew, or end it: "vmrun-br0", of family inet. Nothing
 * is added for a bridge without addresses. */
void network_filter(struct buf *b, const struct host_bridge *bridge);
void network_filter_end(struct buf *b, const char *bridge);
/* From what "nft list chains" says: a chain at that hook that drops whatever it does not accept
 * itself, so that an accept of ours does not help; to be freed; NULL: none. */
char *network_blocked(const char *chains, const char *hook);

/* A NIC of a VM that has an address for good. */
struct network_host {
	struct mac mac;
	struct ip ip;
	char vm[65];
	unsigned nic;
};
struct network_hosts {
	struct network_host *v;
	size_t n;
};
/* A line that cannot be read is skipped: the next address is chosen anew. */
int network_hosts_read(struct diag *d, const char *path, struct network_hosts *ret);
/* From dnsmasq's own file: who has an address now, without the names of VMs. */
int network_leases_read(struct diag *d, const char *path, struct network_hosts *ret);
int network_hosts_write(struct diag *d, const char *path, const struct network_hosts *hosts);
void network_hosts_free(struct network_hosts *hosts);
/* The address of that NIC of a VM: wish, if it is one; else the one that it has, if the network
 * still has it, or one that nobody has, or one of a VM that is gone(). 1: hosts was changed. -1:
 * the wish is another NIC's, or the range is full. */
struct network_guest {
	const char *vm;
	unsigned nic;
	struct mac mac;
	struct ip wish;                     /* len 0: none */
	const struct network_hosts *leased; /* addresses that others have just now */
	bool (*gone)(const char *vm, void *arg);
	void *arg;
};
int network_hosts_take(struct diag *d, struct network_hosts *hosts, const struct host_bridge *b,
    const struct network_guest *guest);

/* The configuration of dnsmasq; user: whom it becomes. */
void network_dnsmasq(struct buf *b, const struct host_bridge *bridge,
    const struct network_hosts *hosts, const char *leases, const char *user);

#endif
