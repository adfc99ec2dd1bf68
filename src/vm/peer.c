/* Ends of links between NICs; see peer.h. */
#include "vm/peer.h"

#include <stdio.h>
#include <string.h>

#include "util/num.h"
#include "vm/internal.h"

const char *
vm_peer_format(const struct vm_peer *peer, char text[VM_PEER_TEXT])
{
	char ip[IP_TEXT];

	if (peer->kind == PEER_UNIX)
		strlcpy(text, peer->path, VM_PEER_TEXT);
	else if (peer->kind == PEER_INET)
		snprintf(text, VM_PEER_TEXT, peer->ip.len == IP6 ? "[%s]:%u" : "%s:%u",
		    ip_format(&peer->ip, ip), peer->port);
	else
		text[0] = '\0';
	return text;
}

bool
vm_peer_is_multicast(const struct vm_peer *peer)
{
	return peer->kind == PEER_INET && ip_is_multicast(&peer->ip);
}

static int
inet_parse(const char *s, struct vm_peer *ret)
{
	const char *colon = strrchr(s, ':');
	bool bracket = s[0] == '[';
	struct vm_peer peer = { .kind = PEER_INET };
	char text[IP_TEXT] = "";
	int64_t port;
	size_t n;

	if (colon == NULL || int_parse(colon + 1, 1, 65535, &port) == -1)
		return -1;
	n = (size_t)(colon - s);
	if (bracket && (n < 3 || s[n - 1] != ']'))
		return -1;
	n -= bracket ? 2 : 0;
	if (n >= sizeof(text))
		return -1;
	memcpy(text, s + bracket, n);
	if (ip_parse(text, &peer.ip) == -1 || (peer.ip.len == IP6) != bracket)
		return -1;
	peer.port = (unsigned)port;
	*ret = peer;
	return 0;
}

int
parse_peer(const char *s, void *field, const char **ret_expected)
{
	struct vm_peer peer = { .kind = PEER_UNIX };

	*ret_expected =
	    "ADDRESS:PORT or the absolute path of a UNIX socket, of at most 103 bytes (as "
	    "in \"192.0.2.1:5555\" or \"/run/link.sock\")";
	if (s[0] != '/')
		return inet_parse(s, field);
	if (strlcpy(peer.path, s, sizeof(peer.path)) >= sizeof(peer.path))
		return -1;
	*(struct vm_peer *)field = peer;
	return 0;
}
