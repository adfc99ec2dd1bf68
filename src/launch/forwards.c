/* Are the ports of forwards to be had? See forwards.h. */
#include "launch/forwards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/inet.h"
#include "util/mem.h"
#include "vm/vm.h"

/* Without an address all of IPv4 are meant; and of IPv6, but by whom depends on who forwards. */
static int
port_free(struct diag *d, const struct vm_forward *f, unsigned port)
{
	static const struct ip any = { .len = IP4 };
	const struct ip *ip = f->address.len != 0 ? &f->address : &any;
	const char *kind = f->protocol == FORWARD_UDP ? "UDP" : "TCP";
	char text[IP_TEXT];

	if (port < os_first_port())
		return fail_as(d, DIAG_DENIED,
		    "%s port %u is one of the first %u, which QEMU and its companions have no "
		    "right to: take a higher one, or lower the limit (on Linux: sysctl "
		    "net.ipv4.ip_unprivileged_port_start=%u)",
		    kind, port, os_first_port(), port);
	if (inet_port_try(f->protocol == FORWARD_UDP, ip, port) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return fail(d, "%s port %u of %s is taken by another program (%s shows by which)",
		    kind, port, f->address.len != 0 ? ip_format(ip, text) : "this host",
		    os_here()->port_list);
	if (errno == EADDRNOTAVAIL)
		return fail(d, "%s is not an address of this host", ip_format(ip, text));
	return fail_sys(d, "%s port %u", kind, port);
}

int
forward_free(struct diag *d, const struct vm_forward *f)
{
	for (unsigned port = f->port; port <= f->last; port++) {
		if (port_free(d, f, port) == -1)
			return -1;
	}
	return 0;
}

static int
check_one(struct conf_doc *doc, size_t nic, size_t i, const struct vm_forward *f)
{
	struct diag d = { 0 };
	char *path, text[FORWARD_TEXT];

	if (forward_free(&d, f) == 0)
		return 0;
	path = xasprintf("nics[%zu].forward[%zu]", nic, i);
	conf_fail(
	    doc, path, "%s: %.*s", forward_format(f, text), (int)strcspn(d.text, "\n"), d.text);
	free(path);
	diag_free(&d);
	return -1;
}

/* A port on which QEMU itself waits for the other end of a link. */
static int
check_peer(
    struct conf_doc *doc, size_t nic, const char *key, int protocol, const struct vm_peer *peer)
{
	struct vm_forward f = {
		.protocol = protocol, .address = peer->ip, .port = peer->port, .last = peer->port
	};
	struct diag d = { 0 };
	char *path;

	if (peer->kind != PEER_INET || forward_free(&d, &f) == 0)
		return 0;
	path = xasprintf("nics[%zu].%s", nic, key);
	conf_fail(doc, path, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	free(path);
	diag_free(&d);
	return -1;
}

int
forwards_check(struct conf_doc *doc, const struct vm *vm)
{
	int result = 0;

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct vm_nic *nic = &vm->nics[i];

		if (check_peer(doc, i, "stream.listen", FORWARD_TCP, &nic->stream.listen) == -1 ||
		    check_peer(doc, i, "dgram.local", FORWARD_UDP, &nic->dgram.local) == -1)
			result = -1;
		for (size_t k = 0; k < vm->nics[i].nforwards; k++) {
			if (check_one(doc, i, k, &vm->nics[i].forwards[k]) == -1)
				result = -1;
		}
	}
	return result;
}
