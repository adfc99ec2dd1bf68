/*
 * What vmrun and vmrun-net say to each other: one request and one answer over a UNIX socket, each
 * one message of a fixed size, the answer with the tap's descriptors.
 *
 * Both sides check every byte of what they get: length, magic, version, strings that end and hold
 * nothing after their end, ranges, and bytes that must be zero. Numbers are the host's own: both
 * ends are one host, and of one build, which the version says.
 */
#ifndef VMRUN_PROTO_REQUEST_H
#define VMRUN_PROTO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os.h"
#include "util/mac.h"

struct diag;

#define PROTO_MAGIC      "VMRUNNET" /* without a NUL */
#define PROTO_VERSION    1
#define PROTO_VM         65 /* bytes of a VM's name with its NUL */
#define PROTO_QUEUES_MAX 64 /* one message carries no more than 253 descriptors */
#define PROTO_NIC_MAX    65535
#define PROTO_SECONDS    30 /* that vmrun-net takes at most */

/* A port on a bridge for one NIC. */
struct port_request {
	char magic[8];
	uint32_t version;
	uint32_t nic;  /* its index in the VM */
	uint32_t mtu;  /* that the NIC wants, bytes; 0: the bridge's own */
	uint32_t vlan; /* 1 to 4094; 0: none */
	uint32_t queues;
	uint8_t mac[6];   /* of the NIC */
	uint8_t isolated; /* 0 or 1, as is the next */
	uint8_t guard;
	char bridge[OS_IFNAME];
	char tap[OS_IFNAME]; /* a wish: where it is taken, another is chosen */
	char vm[PROTO_VM];
	uint8_t zero[123];
};

enum answer_code {
	ANSWER_OK,
	ANSWER_BAD,    /* the request itself is wrong */
	ANSWER_DENIED, /* no rule allows it, or one denies it */
	ANSWER_POLICY, /* the rules cannot be trusted, read or understood */
	ANSWER_FAILED, /* the host does not let it happen */
	ANSWER_CODES
};

struct port_answer {
	char magic[8];
	uint32_t version;
	uint32_t code;           /* enum answer_code */
	uint32_t index;          /* of the tap */
	uint32_t queues;         /* descriptors that come with it */
	uint32_t mtu;            /* of the tap, bytes */
	uint8_t isolated, guard; /* a rule may want them of every port */
	uint8_t zero[2];
	char tap[OS_IFNAME];
	char text[464]; /* a sentence; "" where code is ANSWER_OK */
};

/* Magic and version, all else zero. */
void request_begin(struct port_request *r);
void answer_begin(struct port_answer *a, enum answer_code code);
/* 0, or -1 with what is wrong. n is the length that came. */
int request_check(struct diag *d, const struct port_request *r, size_t n);
int answer_check(struct diag *d, const struct port_answer *a, size_t n, size_t descriptors);

/* Of an interface: 1 to 15 letters, digits and ".", "_", "~", "-", the first a letter or digit. */
bool proto_interface(const char *name);
/* "web1.0": what is asked for as a tap must end like this, so that no user takes the name of an
 * interface that the system or a person would make. */
bool proto_tap(const char *name);
struct mac request_mac(const struct port_request *r);

#endif
