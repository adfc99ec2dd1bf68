/* One QMP connection: bytes in, messages out, both bounded; see qmp.h. */
#include "qemu/qmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define READ_SIZE 4096 /* bytes at once: nearly every message fits, and the stack stays small */

struct qmp {
	int fd;
	struct buf in;
	size_t start;   /* of in: where the next message begins */
	size_t scanned; /* of in: no line ends between start and here */
	struct buf out;
	size_t written; /* bytes of out */
};

struct qmp *
qmp_new(int fd)
{
	struct qmp *q = xcalloc(1, sizeof(*q));

	fd_set_nonblock(fd, true);
	q->fd = fd;
	return q;
}

void
qmp_free(struct qmp *q)
{
	if (q == NULL)
		return;
	fd_close(&q->fd);
	buf_free(&q->in);
	buf_free(&q->out);
	free(q);
}

int
qmp_fd(const struct qmp *q)
{
	return q->fd;
}

/* Forget what qmp_next() has handed out. */
static void
compact(struct qmp *q)
{
	size_t left = q->in.len - q->start;

	if (q->start == 0)
		return;
	if (left == 0) {
		buf_free(&q->in);
	} else {
		memmove(q->in.s, q->in.s + q->start, left);
		q->in.len = left;
	}
	q->scanned -= q->start;
	q->start = 0;
}

int
qmp_fill(struct diag *d, struct qmp *q)
{
	char text[READ_SIZE];
	ssize_t n;

	compact(q);
	if (q->in.len > QMP_LINE_MAX) {
		errno = EMSGSIZE;
		return fail(d, "QMP: a message of more than %u bytes", QMP_LINE_MAX);
	}
	do
		n = read(q->fd, text, sizeof(text));
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n == -1)
		return fail_sys(d, "QMP");
	if (n == 0) {
		fail(d, "QMP: QEMU has closed the connection");
		errno = 0;
		return -1;
	}
	buf_addn(&q->in, text, (size_t)n);
	return 1;
}

/* The next line without its end; NULL: none yet. Lives until the next qmp_fill(). */
static const char *
next_line(struct qmp *q, size_t *ret_len)
{
	const char *line, *end;

	if (q->in.len == q->scanned)
		return NULL;
	end = memchr(q->in.s + q->scanned, '\n', q->in.len - q->scanned);
	if (end == NULL) {
		q->scanned = q->in.len;
		return NULL;
	}
	line = q->in.s + q->start;
	*ret_len = (size_t)(end - line);
	q->start = q->scanned = (size_t)(end - q->in.s) + 1;
	return line;
}

static bool
is_blank(const char *s, size_t n)
{
	while (n > 0 && (s[n - 1] == '\r' || s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return n == 0;
}

json_t *
qmp_next(struct qmp *q, bool *ret_bad)
{
	const char *line;
	json_t *message;
	size_t n;

	*ret_bad = false;
	do {
		line = next_line(q, &n);
		if (line == NULL) {
			*ret_bad = q->in.len - q->start > QMP_LINE_MAX;
			return NULL;
		}
	} while (is_blank(line, n));
	message = n <= QMP_LINE_MAX ? json_loadb(line, n, 0, NULL) : NULL;
	if (!json_is_object(message)) {
		json_decref(message);
		*ret_bad = true;
		return NULL;
	}
	return message;
}

/* A line without its end, or NULL with errno; takes over args. */
static char *
command_line(const char *command, json_t *args, uint64_t id)
{
	json_t *message = json_pack(
	    "{s:s, s:o*, s:I}", "execute", command, "arguments", args, "id", (json_int_t)id);
	char *text = message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;

	json_decref(message);
	if (text == NULL)
		errno = EINVAL;
	return text;
}

int
qmp_send(struct qmp *q, const char *command, json_t *args, uint64_t id)
{
	char *text = command_line(command, args, id);
	int result = -1;

	if (text != NULL && q->out.len + strlen(text) > QMP_LINE_MAX) {
		errno = EMSGSIZE;
	} else if (text != NULL) {
		buf_add(&q->out, text);
		buf_addc(&q->out, '\n');
		result = 0;
	}
	free(text);
	return result;
}

int
qmp_send_fd(struct qmp *q, const char *command, json_t *args, uint64_t id, int fd)
{
	char *text = command_line(command, args, id), *line;
	int result = -1;

	if (text != NULL && q->written < q->out.len) {
		errno = EAGAIN;
	} else if (text != NULL) {
		line = xasprintf("%s\n", text);
		result = os_send_fds(q->fd, line, strlen(line), &fd, 1);
		free(line);
	}
	free(text);
	return result;
}

int
qmp_flush(struct qmp *q)
{
	while (q->written < q->out.len) {
		ssize_t n =
		    send(q->fd, q->out.s + q->written, q->out.len - q->written, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n == -1)
			return -1;
		q->written += (size_t)n;
	}
	buf_free(&q->out);
	q->written = 0;
	return 1;
}
