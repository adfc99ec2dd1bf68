/* Forwards in QEMU's words, both ways; see usernet.h. */
#include "qemu/usernet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/num.h"

const char *
qemu_hostfwd_end(const struct vm_forward *f, char text[QEMU_HOSTFWD])
{
	char address[IP_TEXT + 2];

	snprintf(text, QEMU_HOSTFWD, "%s:%s:%u", forward_protocol(f), forward_address(f, address),
	    f->port);
	return text;
}

const char *
qemu_hostfwd(const struct vm_forward *f, char text[QEMU_HOSTFWD])
{
	size_t n;

	qemu_hostfwd_end(f, text);
	n = strlen(text);
	snprintf(text + n, QEMU_HOSTFWD - n, "-:%u", f->guest);
	return text;
}

static int
port_of(const char *word, unsigned *ret)
{
	int64_t port;

	if (int_parse(word, 1, FORWARD_PORT_MAX, &port) == -1)
		return -1;
	*ret = (unsigned)port;
	return 0;
}

/*
 *	  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
 *	  TCP[HOST_FORWARD]  12       127.0.0.1  2222       10.0.2.15    22     0     0
 *
 * 1: a forward; 0: another line; -1: a forward that is not understood.
 */
static int
take_line(const char *line, struct qemu_forward *ret)
{
	char kind[32], address[64], port[8], guest[64], guest_port[8];
	struct qemu_forward q = { 0 };

	if (strstr(line, "[HOST_FORWARD]") == NULL)
		return 0;
	if (sscanf(line, " %31s %*d %63s %7s %63s %7s", kind, address, port, guest, guest_port) !=
	    5)
		return -1;
	q.forward.protocol = strncmp(kind, "UDP", 3) == 0 ? FORWARD_UDP : FORWARD_TCP;
	if ((strcmp(address, "*") != 0 && ip_parse(address, &q.forward.address) == -1) ||
	    port_of(port, &q.forward.port) == -1 || ip_parse(guest, &q.guest) == -1 ||
	    port_of(guest_port, &q.forward.guest) == -1)
		return -1;
	q.forward.last = q.forward.port;
	*ret = q;
	return 1;
}

/* QEMU's own order is that of its lists of sockets. */
static int
in_order(const void *a, const void *b)
{
	const struct vm_forward *x = &((const struct qemu_forward *)a)->forward;
	const struct vm_forward *y = &((const struct qemu_forward *)b)->forward;

	if (x->protocol != y->protocol)
		return x->protocol - y->protocol;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return memcmp(x->address.b, y->address.b, sizeof(x->address.b));
}

/* Lines of one netdev among those of all: "Hub -1 (net0):" begins the lines of one. */
struct lines {
	char *copy, *rest, *title;
	bool inside, found;
};

static struct lines
lines_of(const char *text, const char *netdev)
{
	struct lines l = { .copy = xstrdup(text), .title = xasprintf("(%s):", netdev) };

	l.rest = l.copy;
	return l;
}

static const char *
next_line(struct lines *l)
{
	const char *line;

	while ((line = strsep(&l->rest, "\r\n")) != NULL) {
		if (line[0] != ' ' && line[0] != '\0') {
			l->inside = strstr(line, l->title) != NULL;
			l->found = l->found || l->inside;
		} else if (l->inside) {
			return line;
		}
	}
	return NULL;
}

static void
lines_free(struct lines *l)
{
	free(l->copy);
	free(l->title);
}

int
qemu_usernet(const char *text, const char *netdev, struct qemu_forward **ret, size_t *ret_n)
{
	struct lines lines = lines_of(text, netdev);
	struct qemu_forward *all = NULL, one;
	const char *line;
	int got = 0;
	size_t n = 0;

	while (got != -1 && (line = next_line(&lines)) != NULL) {
		if ((got = take_line(line, &one)) == 1) {
			all = xreallocarray(all, n + 1, sizeof(*all));
			all[n++] = one;
		}
	}
	lines_free(&lines);
	if (got == -1 || !lines.found) {
		free(all);
		return -1;
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), in_order);
	*ret = all;
	*ret_n = n;
	return 0;
}

/*	  TCP[ESTABLISHED]   23       127.0.0.1  2222       10.0.2.15    22     0     0	*/
bool
qemu_usernet_reached(const char *text, const char *netdev, unsigned port, unsigned guest_port)
{
	struct lines lines = lines_of(text, netdev);
	bool reached = false;
	const char *line;

	while (!reached && (line = next_line(&lines)) != NULL) {
		char from[8], to[8];
		unsigned from_port, to_port;

		if (strncmp(line + strspn(line, " "), "TCP[ESTABLISHED]", 16) == 0 &&
		    sscanf(line, " %*s %*d %*s %7s %*s %7s", from, to) == 2 &&
		    port_of(from, &from_port) == 0 && port_of(to, &to_port) == 0)
			reached = from_port == port && to_port == guest_port;
	}
	lines_free(&lines);
	return reached;
}
