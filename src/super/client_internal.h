/* A client of the control socket: of control.c, which takes in requests and gives out answers, and of requests.c. */
#ifndef VMRUN_SUPER_CLIENT_INTERNAL_H
#define VMRUN_SUPER_CLIENT_INTERNAL_H

#include "super/machine.h"

enum waited_for { WAIT_NOT, WAIT_STATUS, WAIT_COMMAND, WAIT_STATE, WAIT_TOLD, WAIT_ALL, WAIT_END };

struct client {
	struct super *s;
	unsigned place;
	uint64_t number; /* of this one alone: its place is taken by others after it */
	int fd;
	enum waited_for wait;
	enum state until;  /* of WAIT_STATE, and after WAIT_COMMAND; S_COUNT: nothing more */
	bool stops;        /* waits for a stop that it asked for */
	client_told *told; /* WAIT_TOLD: what takes QEMU's answer, */
	json_t *about;     /* and to which request */
	client_request *what; /* WAIT_ALL: with whom it waits */
	int given;         /* descriptor that came with the request; -1: none */
	size_t len;
	char request[REQUEST_MAX];
};

/* Takes the request, of len bytes. */
void client_take(struct client *k, size_t len);
/* Both answer: that all is well; or with the record, and state as QEMU said it just now, or "unknown" where it says
 * nothing; reason NULL: it needs none. */
void client_ok(struct client *k, const char *how);
void client_status(struct client *k, const char *state, const char *reason);
void client_silence(void *arg); /* timer: the status is unknown */
void client_wait_state(struct client *k, enum state until);
/* As QEMU said it last; NULL: it is not paused, or somebody paused it. */
const char *client_pause_reason(const struct super *s);

#endif
