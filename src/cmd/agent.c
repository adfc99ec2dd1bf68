/* What the agent in a guest says; see agent.h. The protocol is that of qemu-ga: JSON, a line each
 * way. */
#include "cmd/agent.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

#define ANSWER_MAX (1u << 20) /* bytes; a guest can say anything */
#define SENTINEL   '\xff'     /* in no JSON text: what came before it is of another talk */

struct talk {
	int fd;
	int64_t deadline;
	struct buf got;
};

static int
await(struct diag *d, const struct talk *t, short events)
{
	struct pollfd p = { .fd = t->fd, .events = events };
	int64_t left = t->deadline - now_ms();
	int n = poll(&p, 1, left > 0 ? (int)left : 0);

	if (n == 1 || (n == -1 && errno == EINTR))
		return 0;
	return n == 0 ? fail(d, "the guest's agent does not answer") : fail_sys(d, "poll");
}

static int
say(struct diag *d, const struct talk *t, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t sent = send(t->fd, text, n, MSG_NOSIGNAL);

		if (sent == -1 && errno != EAGAIN && errno != EINTR)
			return fail_sys(d, "the guest's agent");
		if (sent == -1 && await(d, t, POLLOUT) == -1)
			return -1;
		if (sent > 0) {
			text += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

/* The next line, without its end, cut off from what was got; to be freed. NULL on failure. */
static char *
hear(struct diag *d, struct talk *t)
{
	for (;;) {
		char *end = t->got.len > 0 ? memchr(t->got.s, '\n', t->got.len) : NULL, part[4096];
		ssize_t n;

		if (end != NULL) {
			size_t length = (size_t)(end - t->got.s);
			struct buf line = { 0 }, rest = { 0 };

			buf_addn(&line, t->got.s, length);
			buf_addn(&rest, end + 1, t->got.len - length - 1);
			buf_free(&t->got);
			t->got = rest;
			return buf_steal(&line);
		}
		if (t->got.len > ANSWER_MAX) {
			fail(d, "the guest's agent says more than can be true");
			return NULL;
		}
		n = read(t->fd, part, sizeof(part));
		if (n > 0)
			buf_addn(&t->got, part, (size_t)n);
		else if (n == 0) {
			fail(d, "the guest's agent has gone");
			return NULL;
		} else if (errno != EAGAIN && errno != EINTR) {
			fail_sys(d, "the guest's agent");
			return NULL;
		} else if (await(d, t, POLLIN) == -1)
			return NULL;
	}
}

static json_t *
hear_json(struct diag *d, struct talk *t)
{
	json_error_t error;
	char *line = hear(d, t), *start;
	json_t *m;

	if (line == NULL)
		return NULL;
	start = strrchr(line, SENTINEL);
	m = json_loads(start != NULL ? start + 1 : line, JSON_REJECT_DUPLICATES, &error);
	free(line);
	return m != NULL ? m : json_null();
}

/* Until it answers with our number, what it says is the answer to somebody before us. */
static int
synchronize(struct diag *d, struct talk *t)
{
	bool ours = false;
	char text[120];
	uint32_t id;

	arc4random_buf(&id, sizeof(id));
	id >>= 1; /* the agent takes a signed one */
	snprintf(text, sizeof(text),
	    "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%u}}\n", (unsigned)id);
	if (say(d, t, text) == -1)
		return -1;
	while (!ours) {
		json_t *m = hear_json(d, t), *got;

		if (m == NULL)
			return -1;
		got = json_object_get(m, "return");
		ours = json_is_integer(got) && json_integer_value(got) == id;
		json_decref(m);
	}
	return 0;
}

int
agent_interfaces(struct diag *d, const char *path, int64_t ms, json_t **ret)
{
	struct talk t = { .fd = unix_connect(path, true), .deadline = now_ms() + ms };
	json_t *m = NULL;
	int result = -1;

	if (t.fd == -1)
		return fail_sys(d, "%s", path);
	if (synchronize(d, &t) == -1 ||
	    say(d, &t, "{\"execute\":\"guest-network-get-interfaces\"}\n") == -1)
		goto cleanup;
	m = hear_json(d, &t);
	if (m == NULL)
		goto cleanup;
	if (json_is_array(json_object_get(m, "return"))) {
		*ret = json_incref(json_object_get(m, "return"));
		result = 0;
	} else {
		fail(d, "the guest's agent does not tell its addresses");
	}
cleanup:
	json_decref(m);
	buf_free(&t.got);
	fd_close(&t.fd);
	return result;
}

int
agent_ping(struct diag *d, const char *path, int64_t ms)
{
	struct talk t = { .fd = unix_connect(path, true), .deadline = now_ms() + ms };
	int result;

	if (t.fd == -1)
		return fail_sys(d, "%s", path);
	result = synchronize(d, &t);
	buf_free(&t.got);
	fd_close(&t.fd);
	return result;
}
