/* Rules of links between NICs; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "vm/internal.h"

static bool
two_ends(const struct vm *vm, size_t i)
{
	const struct vm_stream *s = &vm->nics[i].stream;

	return s->listen.kind != PEER_NONE && s->connect.kind != PEER_NONE;
}

static bool
stream_to_group(const struct vm *vm, size_t i)
{
	const struct vm_stream *s = &vm->nics[i].stream;

	return vm_peer_is_multicast(&s->listen) || vm_peer_is_multicast(&s->connect);
}

static bool
local_alone(const struct vm *vm, size_t i)
{
	const struct vm_dgram *g = &vm->nics[i].dgram;

	return g->local.kind != PEER_NONE && g->remote.kind == PEER_NONE;
}

static bool
remote_alone(const struct vm *vm, size_t i)
{
	const struct vm_dgram *g = &vm->nics[i].dgram;

	return g->remote.kind != PEER_NONE && g->local.kind == PEER_NONE &&
	       !vm_peer_is_multicast(&g->remote);
}

static bool
local_group(const struct vm *vm, size_t i)
{
	return vm_peer_is_multicast(&vm->nics[i].dgram.local);
}

static bool
with_group(const struct vm *vm, size_t i)
{
	const struct vm_dgram *g = &vm->nics[i].dgram;

	return vm_peer_is_multicast(&g->remote) && g->local.kind != PEER_NONE;
}

static bool
group_of_six(const struct vm *vm, size_t i)
{
	const struct vm_dgram *g = &vm->nics[i].dgram;

	return vm_peer_is_multicast(&g->remote) && g->remote.ip.len == IP6;
}

static bool
of_two_kinds(const struct vm *vm, size_t i)
{
	const struct vm_dgram *g = &vm->nics[i].dgram;

	return g->local.kind != PEER_NONE && g->remote.kind != PEER_NONE &&
	       (g->local.kind != g->remote.kind || g->local.ip.len != g->remote.ip.len);
}

static bool
to_itself(const struct vm *vm, size_t i)
{
	const struct vm_dgram *g = &vm->nics[i].dgram;

	return g->local.kind != PEER_NONE && g->local.kind == g->remote.kind &&
	       g->local.port == g->remote.port && ip_equal(&g->local.ip, &g->remote.ip) &&
	       strcmp(g->local.path, g->remote.path) == 0;
}

static const struct rule rules[] = {
	{ "stream.connect", two_ends,
	    "the NIC listens already: one VM listens, the other connects" },
	{ "stream", stream_to_group, "a group of hosts (multicast) needs dgram" },
	{ "dgram.local", local_alone, "needs a remote, where the other VM has its local" },
	{ "dgram.remote", remote_alone, "needs a local, where the other VM has its remote" },
	{ "dgram.local", local_group, "a group of hosts (multicast) is a remote" },
	{ "dgram.local", with_group, "whoever speaks to a group of hosts needs no local" },
	{ "dgram.remote", group_of_six, "QEMU knows groups of hosts (multicast) of IPv4 only" },
	{ "dgram.remote", of_two_kinds, "local and remote must be of one kind" },
	{ "dgram.remote", to_itself, "is the NIC's own local" },
	{ 0 },
};

/* A group without anything in it leads nowhere, which the table of ways takes for a mistake that
 * has been told. */
static void
rule_empty(struct rules *r, size_t i, const char *group, const char *one, const char *other)
{
	char *path = xasprintf("nics[%zu].%s", i, group);
	char *first = xasprintf("%s.%s", path, one), *second = xasprintf("%s.%s", path, other);

	if (rule_given(r, path) && !rule_bare(r, path) && !rule_given(r, first) &&
	    !rule_given(r, second))
		rule_broken(r, path, "needs %s or %s", one, other);
	free(first);
	free(second);
	free(path);
}

void
rules_peer(struct rules *r, size_t i)
{
	rule_empty(r, i, "stream", "listen", "connect");
	rule_empty(r, i, "dgram", "local", "remote");
	rules_check(r, rules, "nics", i);
}
