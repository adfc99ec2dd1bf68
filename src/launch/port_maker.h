/*
 * Who makes a NIC's port where vmrun itself may not: vmrun-net, by the rules of root's host config,
 * or, where that is not installed, QEMU's bridge helper, by those of /etc/qemu/bridge.conf. Both
 * are programs with more rights than the caller; they hand the tap over as a descriptor, on its
 * bridge already, and it goes when the last of its descriptors is closed.
 */
#ifndef VMRUN_LAUNCH_PORT_MAKER_H
#define VMRUN_LAUNCH_PORT_MAKER_H

#include <stddef.h>

#include "net/port.h"

struct diag;

#define MAKER_HELPER "vmrun-net"
#define MAKER_QEMU   "qemu-bridge-helper"

struct port_maker {
	const char *name; /* NULL: nobody */
	const char *path;
};

/* What there is on this host for an ordinary user. */
struct port_maker port_maker_find(void);
/* The file of vmrun-net's rules. */
const char *port_maker_policy(void);
/* The name of a maker as a record has it, for good; NULL: vmrun itself. */
const char *port_maker_name(const char *recorded);
/* Why nobody makes a port on that bridge for this user, and what root could do. -1. */
int port_maker_missing(struct diag *d, const char *bridge);

/* Whether it would, as far as is known without making anything: what a helper can do at all, and
 * what the rules say if the caller may read them. A wish without a MAC is for one of the ledger. */
int port_maker_would(
    struct diag *d, const struct port_maker *maker, const struct port_wish *wish, unsigned queues);
/* The port, with all queues: fds[0] is ret->tap.fd as well, the caller owns all of them. On failure
 * nothing is left. */
int port_maker_make(struct diag *d, const struct port_maker *maker, const struct port_wish *wish,
    unsigned queues, struct port *ret, int *fds);

/* helper_call.c: run the program with one end of a socket of that type as its descriptor fd, give
 * it the message, and take its answer of at most size bytes with at most *nfds descriptors. -1 with
 * what it said on stderr. */
struct helper_call {
	char *const *argv;
	int type, fd;
	const void *request; /* NULL: none */
	size_t request_len;
	void *answer;
	size_t answer_size;
	int *fds;
	size_t max_fds;
	size_t answer_len, nfds; /* as they came */
};
int helper_call(struct diag *d, struct helper_call *call);

#endif
