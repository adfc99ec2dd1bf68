/*
 * The host's network as people think of it: bridges and their ports, who is behind each, and the
 * VMs' NICs that are on none. One model, made once from what kernel and supervisors say, and a
 * writer for each language. Pure: no clock, no system.
 */
#ifndef VMRUN_NET_PICTURE_H
#define VMRUN_NET_PICTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "os/os.h"

struct buf;

/* What a supervisor says of one NIC of its VM. */
struct picture_nic {
	const char *vm;
	unsigned nic;
	struct mac mac;
	const char *state;   /* of the VM: "running" */
	const char *network; /* "bridge", "user", …: the word of `status` */
	const char *detail;  /* what more is to be known of that, as a socket's path; "": nothing */
	char interface[OS_IFNAME]; /* its tap, or what else it has on the host; "": nothing */
	char place[OS_IFNAME];     /* the bridge that it should be on; "": none */
	unsigned vlan;             /* 0: none */
	bool isolated, guarded;
	bool link_down; /* the guest sees no carrier, whatever its port has */
};

/* The uplink that a bridge is to have, as vmrun.conf says. */
struct picture_uplink {
	const char *bridge, *uplink;
};

struct picture_facts {
	const struct os_link *links;
	size_t nlinks;
	const struct os_addr *addrs;
	size_t naddrs;
	const struct os_traffic *traffic;
	size_t ntraffic;
	const struct os_vlan *vlans;
	size_t nvlans;
	const struct picture_nic *nics;
	size_t nnics;
	const struct picture_uplink *uplinks;
	size_t nuplinks;
};

struct picture_port {
	const struct os_link *link;
	const struct picture_nic *nic;    /* NULL: it is no VM's */
	const struct os_traffic *traffic; /* NULL: not known */
	bool uplink;                      /* the way out of the host */
};

/* A bridge, or an interface that macvtaps are made on. */
struct picture_place {
	const struct os_link *link;
	const struct picture_port *ports; /* uplinks first, then by name */
	size_t nports;
	const char *lost; /* the uplink that vmrun.conf gives it and that it has not; NULL: none */
};

struct picture {
	const struct picture_facts *facts;
	struct picture_place *places; /* bridges first, by name */
	size_t nplaces;
	struct picture_port *ports;
	size_t nports;
	/* Of NICs that are in no place: a port that is gone or on no bridge, or no interface at
	 * all. */
	struct picture_port *others; /* link NULL: it has none */
	size_t nothers;
};

/* The first port of that bridge that is a way out of the host by its kind; NULL: none. */
const char *picture_uplink(const struct os_link *links, size_t n, const char *bridge);

/* Lends facts. */
void picture_make(const struct picture_facts *facts, struct picture *ret);
void picture_free(struct picture *p);

/* A tree for people. */
void picture_text(struct buf *b, const struct picture *p);
/* An array, see vmrun(1). */
json_t *picture_json(const struct picture *p);
/* A graph for Graphviz. */
void picture_dot(struct buf *b, const struct picture *p);
/* A picture of itself, for light and dark backgrounds. */
void picture_svg(struct buf *b, const struct picture *p);

/* --- for the writers --- */

/* "web1 nic 0", and the VM's state if it is not running. */
void picture_add_owner(struct buf *b, const struct picture_nic *nic);
/* "up", "down", "no carrier". */
const char *picture_state(const struct os_link *link);
/* VLANs and isolation of a port, "vlan 10, isolated"; nothing where there is nothing to say. */
void picture_add_rules(struct buf *b, const struct picture *p, const struct picture_port *port);
/* "to guest 1.2 MiB, from guest 3.4 KiB"; nothing where it is not known. */
void picture_add_traffic(struct buf *b, const struct picture_port *port);
/* What is wrong with where a NIC is: "should be on br0, is on none"; false: nothing. */
bool picture_add_stray(struct buf *b, const struct picture *p, const struct picture_port *port);
/* The addresses of a place with sep between them, but not those that every interface has. */
void picture_add_addresses(
    struct buf *b, const struct picture *p, const struct picture_place *place, const char *sep);

#endif
