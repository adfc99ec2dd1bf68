/* One QMP command from connect to answer, for the command line; see qmp.h. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "qemu/qmp.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

/* The answers that are awaited, in order; a negotiation is answered before anything else is taken.
 */
enum stage { GREETING, NEGOTIATION, ANSWER };

/* A message that is not an event; a reference of the caller's. */
static int
next_message(struct diag *d, struct qmp *q, int64_t deadline, json_t **ret)
{
	for (;;) {
		struct pollfd p = { .fd = qmp_fd(q), .events = POLLIN };
		int64_t left = deadline - now_ms();
		json_t *message;
		bool bad;
		int flushed;

		message = qmp_next(q, &bad);
		if (bad)
			return fail(d, "QMP: not a message of the protocol");
		if (message != NULL) {
			if (json_object_get(message, "event") == NULL) {
				*ret = message;
				return 0;
			}
			json_decref(message);
			continue;
		}
		flushed = qmp_flush(q);
		if (flushed == -1)
			return fail_sys(d, "QMP");
		if (flushed == 0)
			p.events |= POLLOUT;
		if (left <= 0)
			return fail_as(d, DIAG_BUSY, "QMP: no answer in time");
		if (poll(&p, 1, left > 1000000 ? 1000000 : (int)left) == -1 && errno != EINTR)
			return fail_sys(d, "poll");
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && qmp_fill(d, q) == -1)
			return -1;
	}
}

/* Is it what the stage waits for? An error to the negotiation is one of ours. */
static int
check_message(struct diag *d, enum stage stage, const json_t *message)
{
	if (stage == GREETING && json_object_get(message, "QMP") == NULL)
		return fail(d, "QMP: no greeting");
	if (stage == NEGOTIATION && json_object_get(message, "return") == NULL)
		return fail(d, "QMP: the negotiation was refused");
	if (stage == ANSWER && json_object_get(message, "return") == NULL &&
	    json_object_get(message, "error") == NULL)
		return fail(d, "QMP: neither an answer nor an error");
	return 0;
}

static int
converse(struct diag *d, struct qmp *q, const char *command, json_t *args, int64_t deadline,
    json_t **ret)
{
	for (enum stage stage = GREETING;; stage++) {
		json_t *message = NULL;
		int sent;

		if (next_message(d, q, deadline, &message) == -1)
			return -1;
		if (check_message(d, stage, message) == -1) {
			json_decref(message);
			return -1;
		}
		if (stage == ANSWER) {
			*ret = message;
			return 0;
		}
		json_decref(message);
		if (stage == GREETING)
			sent = qmp_send(q, "qmp_capabilities", NULL, 1);
		else
			sent = qmp_send(q, command, json_incref(args), 2);
		if (sent == -1)
			return fail_sys(d, "QMP: %s", command);
	}
}

int
qmp_call(struct diag *d, const char *path, const char *command, json_t *args, int64_t deadline,
    json_t **ret)
{
	int fd = unix_connect(path, true), result = -1;
	struct qmp *q;

	if (fd == -1) {
		fail_sys(d, "QMP: %s", path);
	} else {
		q = qmp_new(fd);
		result = converse(d, q, command, args, deadline, ret);
		qmp_free(q);
	}
	json_decref(args);
	return result;
}
