/* The other end of the control socket, for any number of VMs at once: a silent one delays no other.
 */
#ifndef VMRUN_SUPER_CLIENT_H
#define VMRUN_SUPER_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context;
struct loop;

enum call_outcome {
	CALL_PENDING,
	CALL_ANSWERED, /* answer is there; its "ok" says how it went */
	CALL_NOBODY,   /* no supervisor: the folder or the socket is missing, or nobody listens */
	CALL_DIED,     /* it went away before it answered */
	CALL_SILENT,   /* the deadline came */
	CALL_DENIED,   /* not permitted to ask; errno in error */
};

struct under_way;

struct call {
	const char *name; /* the VM */
	json_t *request;  /* owned by the caller */
	const int *descriptor; /* sent along with it; NULL: none */
	int64_t patience; /* ms for the answer, from when all have been asked; 0: for ever */
	void (*done)(struct call *call, void *arg); /* as each is done; may be NULL */
	void *arg;
	/* The outcome: */
	enum call_outcome outcome;
	json_t *answer; /* owned by the caller */
	int error;
	/* While it is under way: */
	int64_t deadline; /* now_ms() terms */
	int fd;
	char *text;
	size_t len;
	struct under_way *under_way; /* of client_begin() */
};

/* One in the caller's loop: done is called once it is over, perhaps before this returns. The patience
 * begins now. */
void client_begin(const struct context *c, struct loop *loop, struct call *call);
/* What client_begin() began is of no interest any more: done is not called. */
void client_drop(struct call *call);
/* All of them side by side; returns when none is pending. */
void client_run(const struct context *c, struct call *calls, size_t n);

#endif
