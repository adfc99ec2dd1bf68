/* Forwards: ports of the host that lead to ports of a guest on a network in user mode. Pure. */
#ifndef VMRUN_VM_FORWARD_H
#define VMRUN_VM_FORWARD_H

#include <stdbool.h>

#include "util/ip.h"

#define FORWARD_TEXT     (IP_TEXT + 40) /* bytes of one as text with its NUL */
#define FORWARD_PORT_MAX 65535
#define FORWARD_RANGE    256 /* ports of one forward at most */

enum vm_protocol { FORWARD_TCP, FORWARD_UDP };

struct vm_forward {
	int protocol;        /* enum vm_protocol */
	struct ip address;   /* of the host; none: all of its addresses */
	unsigned port, last; /* of the host: the first, and the last of a range or the same */
	unsigned guest;      /* the guest's port for the first, those that follow for the others */
};

/* "tcp:127.0.0.1:2222:22", "udp:53:5353", "tcp:8080" (the same port on both sides),
 * "tcp:[::1]:2222:22", "tcp:8000-8009:9000". -1: it is none, *ret untouched. */
int forward_parse(const char *s, struct vm_forward *ret);
/* The same in its one form, as short as it can be; returns text. */
const char *forward_format(const struct vm_forward *f, char text[FORWARD_TEXT]);
const char *forward_protocol(const struct vm_forward *f); /* "tcp" */
/* The host's address as in a forward: "127.0.0.1", "[::1]", "" for all; returns text. */
const char *forward_address(const struct vm_forward *f, char text[IP_TEXT + 2]);
/* Do they want the same port of the host? */
bool forward_clash(const struct vm_forward *a, const struct vm_forward *b);
/* Are they of the same port of the host, so that one can take the place of the other? */
bool forward_same_port(const struct vm_forward *a, const struct vm_forward *b);
bool forward_equal(const struct vm_forward *a, const struct vm_forward *b);

#endif
