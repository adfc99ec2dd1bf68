/* Whether a guest answers over the network; see reach.h. */
#include "cmd/reach.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "cmd/address.h"
#include "util/fd.h"
#include "util/inet.h"
#include "util/ip.h"
#include "util/loop.h"

#define CONNECT_MS 1000
#define PING_MS    1000
#define ASK_MS     1000
#define STEP_MS    20
/* QEMU's own network takes a connection before the guest has; whether it did is asked. */
#define USER_MS 1000
/* So does passt, which cannot be asked, and gives the guest 10 s for it. */
#define PASST_MS 11000
#define TRIED    16 /* addresses of one VM */

struct candidates {
	struct ip ip[TRIED];
	size_t n;
};

static void
add_address(struct candidates *c, const char *text)
{
	struct ip ip;

	/* Without the interface that it is on, an address of one link leads nowhere. */
	if (c->n < TRIED && strncmp(text, "fe80:", 5) != 0 && ip_parse(text, &ip) == 0)
		c->ip[c->n++] = ip;
}

/* The address that the file names, or all that are known. */
static int
gather(struct cmd *cmd, const char *name, const json_t *record, const struct vm_ready_sign *sign,
    struct candidates *ret, struct diag *d)
{
	struct address_view v;
	const json_t *nic, *known;
	json_t *vm;
	size_t i, k;

	*ret = (struct candidates){ 0 };
	if (sign->address.len != 0) {
		ret->ip[ret->n++] = sign->address;
		return 0;
	}
	if (address_look(d, &v) == -1)
		return -1;
	vm = addresses_find(cmd, &v, name, record);
	json_array_foreach(json_object_get(vm, "nics"), i, nic)
	{
		json_array_foreach(json_object_get(nic, "addresses"), k, known)
		{
			add_address(ret, json_text(known, "address"));
		}
	}
	json_decref(vm);
	address_view_free(&v);
	return 0;
}

/* Whichever is first. why: of the last one that is not to be reached. */
static bool
connect_one_of(const struct candidates *c, unsigned port, char why[IP_TEXT + 64])
{
	struct pollfd p[TRIED];
	int64_t deadline = now_ms() + CONNECT_MS, left;
	bool reached = false;

	for (size_t i = 0; i < c->n; i++) {
		char text[IP_TEXT];

		p[i] = (struct pollfd){ .fd = inet_connect(&c->ip[i], port), .events = POLLOUT };
		snprintf(why, IP_TEXT + 64, "%s: %s", ip_format(&c->ip[i], text),
		    p[i].fd != -1 ? "does not answer" : strerror(errno));
	}
	while (!reached && (left = deadline - now_ms()) > 0 && poll(p, c->n, (int)left) > 0) {
		for (size_t i = 0; i < c->n && !reached; i++) {
			int error = 0;
			socklen_t len = sizeof(error);
			char text[IP_TEXT];

			if (p[i].fd == -1 || p[i].revents == 0)
				continue;
			(void)getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &error, &len);
			reached = error == 0;
			snprintf(why, IP_TEXT + 64, "%s: %s", ip_format(&c->ip[i], text),
			    strerror(error));
			fd_close(&p[i].fd);
		}
	}
	for (size_t i = 0; i < c->n; i++)
		fd_close(&p[i].fd);
	return reached;
}

/* --- over a forward --- */

struct forward {
	const char *name;
	int nic;
	bool passt;
	unsigned port, guest_port;
	struct ip host;
};

static bool
ask_reached(struct cmd *cmd, const struct forward *f)
{
	json_t *request = json_pack("{s:s,s:s,s:i,s:i,s:i}", "do", "forward", "action", "reached",
	    "nic", f->nic, "port", (int)f->port, "guest_port", (int)f->guest_port);
	struct ask ask = { .name = f->name, .request = request, .patience = ASK_MS };
	bool reached;

	ask_all(cmd, &ask, 1, NULL);
	reached = json_is_true(json_object_get(ask.answer, "reached"));
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return reached;
}

/* 1: something came from it; 0: nothing so far; -1: it is closed. */
static int
hear(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	if (poll(&p, 1, STEP_MS) != 1)
		return 0;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1 ? 1 : -1;
}

/* Somebody who is not the guest has taken the connection; wait until the guest has, or has not. */
static bool
await_guest(struct cmd *cmd, const struct forward *f, int fd)
{
	int64_t deadline = now_ms() + (f->passt ? PASST_MS : USER_MS);

	while (now_ms() < deadline) {
		int heard = hear(fd);

		if (heard != 0)
			return heard == 1;
		if (!f->passt && ask_reached(cmd, f))
			return true;
	}
	return f->passt;
}

static bool
try_forward(struct cmd *cmd, const struct forward *f)
{
	int fd = inet_connect(&f->host, f->port);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	bool reached = false;

	if (fd != -1 && poll(&p, 1, CONNECT_MS) == 1 && (p.revents & (POLLERR | POLLHUP)) == 0)
		reached = await_guest(cmd, f, fd);
	fd_close(&fd);
	return reached;
}

/* 1: it answers; 0: it does not; -1: there is no such forward. */
static int
try_forwards(struct cmd *cmd, const char *name, int nic, bool passt, unsigned port)
{
	json_t *request = json_pack("{s:s,s:s,s:i}", "do", "forward", "action", "list", "nic", nic);
	struct ask ask = { .name = name, .request = request, .patience = ASK_MS };
	const json_t *one;
	int result = -1;
	size_t i;

	ask_all(cmd, &ask, 1, NULL);
	json_array_foreach(json_object_get(ask.answer, "forwards"), i, one)
	{
		int64_t from = json_integer_value(json_object_get(one, "port"));
		int64_t last = json_integer_value(json_object_get(one, "last_port"));
		int64_t guest = json_integer_value(json_object_get(one, "guest_port"));
		struct forward f = { name, nic, passt, (unsigned)(from + port - guest), port,
			{ 0 } };

		if (strcmp(json_text(one, "protocol"), "tcp") != 0 || port < guest ||
		    port - guest > last - from || result == 1)
			continue;
		if (ip_parse(json_text(one, "address"), &f.host) == -1 ||
		    strcmp(json_text(one, "address"), "0.0.0.0") == 0)
			(void)ip_parse("127.0.0.1", &f.host);
		result = try_forward(cmd, &f);
	}
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return result;
}

/* Over each NIC in user mode; likewise. */
static int
reach_by_forward(struct cmd *cmd, const char *name, const json_t *record, unsigned port)
{
	const json_t *nic;
	int result = -1;
	size_t i;

	json_array_foreach(json_object_get(record, "nics"), i, nic)
	{
		bool passt = strcmp(json_text(nic, "network"), "passt") == 0;
		int one = -1;

		if (passt || strcmp(json_text(nic, "network"), "user") == 0)
			one = try_forwards(cmd, name, (int)i, passt, port);
		if (one > result)
			result = one;
		if (result == 1)
			break;
	}
	return result;
}

int
reach_tcp(struct cmd *cmd, const char *name, const json_t *record, const struct vm_ready_sign *sign,
    struct diag *d)
{
	struct candidates c;
	char why[IP_TEXT + 64] = "";
	int forward = -1;

	if (sign->address.len == 0)
		forward = reach_by_forward(cmd, name, record, sign->port);
	if (forward == 1)
		return 0;
	if (gather(cmd, name, record, sign, &c, d) == -1)
		return -1;
	if (c.n > 0 && connect_one_of(&c, sign->port, why))
		return 0;
	if (c.n > 0)
		return fail(d, "port %u of %s", sign->port, why);
	if (forward == 0)
		return fail(d, "port %u does not answer over its forward", sign->port);
	return fail(d, "no address of its guest is known");
}

int
reach_ping(struct cmd *cmd, const char *name, const json_t *record,
    const struct vm_ready_sign *sign, struct diag *d)
{
	struct candidates c;
	char text[IP_TEXT];

	if (gather(cmd, name, record, sign, &c, d) == -1)
		return -1;
	if (c.n == 0)
		return fail(d, "no address of its guest is known");
	for (size_t i = 0; i < c.n; i++) {
		if (inet_ping(&c.ip[i], PING_MS) == 0)
			return 0;
	}
	if (errno == ETIMEDOUT)
		return fail(d, "%s does not answer ping", ip_format(&c.ip[c.n - 1], text));
	return fail_sys(d, "ping %s", ip_format(&c.ip[c.n - 1], text));
}
