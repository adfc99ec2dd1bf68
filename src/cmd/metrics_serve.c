/*
 * vmrun metrics --listen: HTTP/1.0 on a UNIX socket, as much of it as a scrape needs.
 *
 * A client has a place, a request of bounded size and a deadline; one without a place is told to come again.
 * What is given out is at most a second old, however many ask.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/interrupt.h"
#include "cmd/metrics.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define READERS_MAX 16
#define REQUEST_MAX 8192  /* bytes, with headers */
#define READER_MS   10000 /* from its connection to the last byte of its answer */
#define FRESH_MS    1000

struct server;

struct reader {
	struct server *server;
	int fd; /* -1: the place is free */
	char request[REQUEST_MAX + 1];
	size_t len;
	struct buf answer;
	size_t sent;
};

struct server {
	struct cmd *cmd;
	struct loop *loop;
	int listener;
	struct reader readers[READERS_MAX];
	struct buf text; /* of the last look */
	int64_t looked;  /* now_ms() of it; 0: never */
};

/* --- one who reads --- */

static void on_late(void *arg);

static void
leave(struct reader *r)
{
	loop_timer_cancel(r->server->loop, on_late, r);
	loop_remove(r->server->loop, r->fd);
	fd_close(&r->fd);
	buf_free(&r->answer);
	r->len = r->sent = 0;
}

static void
on_late(void *arg)
{
	leave(arg);
}

static void
on_room(int fd, short revents, void *arg)
{
	struct reader *r = arg;
	ssize_t n = send(fd, r->answer.s + r->sent, r->answer.len - r->sent, MSG_NOSIGNAL);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		r->sent += (size_t)n;
	if (n <= 0 || r->sent == r->answer.len)
		leave(r);
}

static void
answer(struct reader *r, const char *status, const char *more, const char *body, bool with_body)
{
	buf_addf(&r->answer,
	    "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n%sConnection: close\r\n\r\n",
	    status, strlen(body), more);
	if (with_body)
		buf_add(&r->answer, body);
	loop_add(r->server->loop, r->fd, POLLOUT, on_room, r);
	on_room(r->fd, POLLOUT, r);
}

static const char *
fresh_text(struct server *s)
{
	if (s->looked == 0 || now_ms() - s->looked > FRESH_MS) {
		buf_free(&s->text);
		if (metrics_text(s->cmd, false, &s->text) == -1)
			buf_free(&s->text);
		s->looked = now_ms();
	}
	return s->text.s;
}

static void
take_request(struct reader *r)
{
	char method[16], path[256];
	bool head;

	if (sscanf(r->request, "%15s %255s", method, path) != 2) {
		answer(r, "400 Bad Request", "", "no request of HTTP\n", true);
		return;
	}
	path[strcspn(path, "?")] = '\0';
	head = strcmp(method, "HEAD") == 0;
	if (!head && strcmp(method, "GET") != 0) {
		answer(r, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "GET or HEAD\n", true);
	} else if (strcmp(path, "/") != 0 && strcmp(path, "/metrics") != 0) {
		answer(r, "404 Not Found", "", "/metrics is what there is\n", !head);
	} else {
		const char *text = fresh_text(r->server);

		if (text != NULL)
			answer(r, "200 OK", "", text, !head);
		else
			answer(r, "500 Internal Server Error", "", "see vmrun's messages\n", !head);
	}
}

static void
on_request(int fd, short revents, void *arg)
{
	struct reader *r = arg;
	ssize_t n = read(fd, r->request + r->len, REQUEST_MAX - r->len);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		leave(r);
		return;
	}
	r->len += (size_t)n;
	r->request[r->len] = '\0';
	if (strstr(r->request, "\r\n\r\n") != NULL || strstr(r->request, "\n\n") != NULL)
		take_request(r);
	else if (r->len == REQUEST_MAX)
		answer(r, "400 Bad Request", "", "too long\n", true);
}

static void
on_connection(int fd, short revents, void *arg)
{
	struct server *s = arg;
	int peer = accept(fd, NULL, NULL);

	if (peer == -1)
		return;
	fd_set_cloexec(peer, true);
	fd_set_nonblock(peer, true);
	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *r = &s->readers[i];

		if (r->fd != -1)
			continue;
		r->fd = peer;
		loop_add(s->loop, peer, POLLIN, on_request, r);
		loop_timer(s->loop, now_ms() + READER_MS, on_late, r);
		return;
	}
	{
		static const char full[] = "HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n";

		(void)!send(peer, full, sizeof(full) - 1, MSG_NOSIGNAL);
	}
	fd_close(&peer);
}

/* --- the socket --- */

/* One that nobody listens on any more was left by a crash; anything else is not ours to remove. */
static int
check_place(struct diag *d, const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : fail_sys(d, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return fail(d, "%s is there already, and no socket", path);
	fd = unix_connect(path, true);
	if (fd == -1 && errno == ECONNREFUSED)
		return 0;
	if (fd == -1 && errno != EAGAIN)
		return fail_sys(d, "%s", path);
	fd_close(&fd);
	return fail_as(d, DIAG_BUSY, "%s: somebody listens there already", path);
}

static int
listen_at(struct diag *d, const char *path, mode_t mode, struct stat *ret)
{
	int fd;

	if (check_place(d, path) == -1)
		return -1;
	fd = unix_listen(path);
	if (fd == -1)
		return fail_sys(d, "%s", path);
	fd_set_nonblock(fd, true);
	if (chmod(path, mode) == -1 || lstat(path, ret) == -1) {
		fail_sys(d, "%s", path);
		fd_close(&fd);
		(void)unlink(path);
	}
	return fd;
}

/* Somebody may have put another in its place. */
static void
remove_own(const char *path, const struct stat *own)
{
	struct stat now;

	if (lstat(path, &now) == 0 && now.st_dev == own->st_dev && now.st_ino == own->st_ino)
		(void)unlink(path);
}

static void
on_interrupt(void *arg)
{
	loop_stop(((struct server *)arg)->loop);
}

int
metrics_serve(struct cmd *cmd, struct diag *d, const char *path, mode_t mode)
{
	struct server *s = xcalloc(1, sizeof(*s));
	struct stat own;
	int result = -1;

	s->cmd = cmd;
	s->loop = loop_new();
	for (size_t i = 0; i < READERS_MAX; i++)
		s->readers[i] = (struct reader){ .server = s, .fd = -1 };
	interrupt_catch(s->loop, on_interrupt, s);
	s->listener = listen_at(d, path, mode, &own);
	if (s->listener != -1) {
		loop_add(s->loop, s->listener, POLLIN, on_connection, s);
		result = loop_run(s->loop);
		if (result == -1)
			fail_sys(d, "poll");
		for (size_t i = 0; i < READERS_MAX; i++) {
			if (s->readers[i].fd != -1)
				leave(&s->readers[i]);
		}
		remove_own(path, &own);
	}
	interrupt_release(s->loop);
	fd_close(&s->listener);
	buf_free(&s->text);
	loop_free(s->loop);
	free(s);
	return result;
}
