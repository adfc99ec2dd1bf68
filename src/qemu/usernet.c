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

int
qemu_usernet(const char *text, const char *netdev, struct qemu_forward **ret, size_t *ret_n)
{
	char *copy = xstrdup(text), *title = xasprintf("(%s):", netdev), *rest = copy, *line;
	struct qemu_forward *all = NULL, one;
	bool inside = false, found = false;
	int got = 0;
	size_t n = 0;

	while (got != -1 && (line = strsep(&rest, "\r\n")) != NULL) {
		/* "Hub -1 (net0):" begins the lines of one. */
		if (line[0] != ' ' && line[0] != '\0') {
			inside = strstr(line, title) != NULL;
			found = found || inside;
		} else if (inside && (got = take_line(line, &one)) == 1) {
			all = xreallocarray(all, n + 1, sizeof(*all));
			all[n++] = one;
		}
	}
	free(title);
	free(copy);
	if (got == -1 || !found) {
		free(all);
		return -1;
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), in_order);
	*ret = all;
	*ret_n = n;
	return 0;
}
