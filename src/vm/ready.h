/* When a VM is up, to those that wait for it; part of vm.h. */
#ifndef VMRUN_VM_READY_H
#define VMRUN_VM_READY_H

#include <stdint.h>

#include "util/ip.h"

enum vm_ready_by {
	READY_QMP,   /* its QEMU runs */
	READY_TCP,   /* a port of the guest takes connections */
	READY_PING,  /* the guest answers ICMP echo requests */
	READY_AGENT, /* the guest's agent answers */
	READY_AFTER, /* it has run for some time */
};

struct vm_ready_sign {
	enum vm_ready_by by;
	unsigned port;     /* READY_TCP */
	struct ip address; /* READY_TCP, READY_PING: none is whatever is known to be the guest's */
	int64_t after;     /* READY_AFTER, ms */
};

struct vm_ready {
	struct vm_ready_sign sign;
	int64_t timeout; /* ms */
};

/* As in a file. */
int vm_ready_parse(const char *text, struct vm_ready_sign *ret);
#define READY_TEXT (IP_TEXT + 16)
/* "tcp:10.0.0.5:22", "ping", "30s": as in a file; returns text. */
const char *vm_ready_text(const struct vm_ready_sign *sign, char text[READY_TEXT]);

#endif
