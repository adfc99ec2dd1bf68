/* The other end of a link, or our own: a UNIX socket or a port. Pure. */
#ifndef VMRUN_VM_PEER_H
#define VMRUN_VM_PEER_H

#include <stdbool.h>

#include "util/ip.h"

#define VM_PEER_PATH 104 /* bytes of a socket's path with its NUL: sun_path of the BSDs */
#define VM_PEER_TEXT (VM_PEER_PATH) /* bytes of one as text with its NUL */

enum vm_peer_kind { PEER_NONE, PEER_UNIX, PEER_INET };

struct vm_peer {
	int kind; /* enum vm_peer_kind */
	char path[VM_PEER_PATH];
	struct ip ip;
	unsigned port;
};

/* "/run/link.sock", "192.0.2.1:5555", "[::1]:5555"; returns text. */
const char *vm_peer_format(const struct vm_peer *peer, char text[VM_PEER_TEXT]);
bool vm_peer_is_multicast(const struct vm_peer *peer);

#endif
