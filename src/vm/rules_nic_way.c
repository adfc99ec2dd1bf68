/* Where a NIC leads: exactly one place, and what makes sense there only; see internal.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/internal.h"

static bool
on_bridge(const struct vm_nic *nic)
{
	return nic->bridge != NULL;
}

static bool
on_user(const struct vm_nic *nic)
{
	return nic->user.enabled;
}

static bool
on_passt(const struct vm_nic *nic)
{
	return nic->passt.enabled;
}

static bool
on_stream(const struct vm_nic *nic)
{
	return nic->stream.listen.kind != PEER_NONE || nic->stream.connect.kind != PEER_NONE;
}

static bool
on_dgram(const struct vm_nic *nic)
{
	return nic->dgram.local.kind != PEER_NONE || nic->dgram.remote.kind != PEER_NONE;
}

static bool
on_vde(const struct vm_nic *nic)
{
	return nic->vde != NULL;
}

static bool
on_nothing(const struct vm_nic *nic)
{
	return nic->none;
}

static bool
on_vmnet(const struct vm_nic *nic)
{
	return nic->vmnet != VMNET_NONE;
}

static bool
on_socket(const struct vm_nic *nic)
{
	return nic->socket != NULL;
}

/* With a bridge it is the port that it says. */
static bool
on_tap(const struct vm_nic *nic)
{
	return nic->tap != NULL && nic->bridge == NULL;
}

static bool
on_macvtap(const struct vm_nic *nic)
{
	return nic->macvtap.uplink != NULL;
}

static const char *
bridge_name(const struct vm_nic *nic)
{
	return nic->bridge;
}

static const char *
socket_path(const struct vm_nic *nic)
{
	return nic->socket;
}

static const char *
tap_name(const struct vm_nic *nic)
{
	return nic->tap;
}

static const char *
macvtap_name(const struct vm_nic *nic)
{
	return nic->macvtap.uplink;
}

/* A new way is a row here, a word of enum vm_nic_way, and its netdev in qemu/nic.c. */
static const struct way {
	enum vm_nic_way way;
	const char *key;
	bool (*taken)(const struct vm_nic *nic);
	const char *words;                             /* for messages: "the NIC is …" */
	const char *(*name)(const struct vm_nic *nic); /* said behind the words; NULL: nothing is */
	bool is_bool;                                  /* key = false says nothing */
} ways[] = {
	{ WAY_BRIDGE, "bridge", on_bridge, "on bridge", bridge_name },
	{ WAY_USER, "user", on_user, "in user mode", .is_bool = true },
	{ WAY_PASST, "passt", on_passt, "on passt", .is_bool = true },
	{ WAY_STREAM, "stream", on_stream, "on a stream" },
	{ WAY_DGRAM, "dgram", on_dgram, "on dgram" },
	{ WAY_VDE, "vde", on_vde, "on vde" },
	{ WAY_NONE, "none", on_nothing, "on nothing", .is_bool = true },
	{ WAY_VMNET, "vmnet", on_vmnet, "on vmnet" },
	{ WAY_SOCKET, "socket", on_socket, "on socket", socket_path },
	{ WAY_MACVTAP, "macvtap", on_macvtap, "on macvtap of", macvtap_name },
	{ WAY_TAP, "tap", on_tap, "on tap", tap_name },
};
#define NWAYS (sizeof(ways) / sizeof(ways[0]))

enum vm_nic_way
vm_nic_way(const struct vm_nic *nic)
{
	for (size_t k = 0; k < NWAYS; k++) {
		if (ways[k].taken(nic))
			return ways[k].way;
	}
	return WAY_UNSAID;
}

bool
vm_nic_listens(const struct vm_nic *nic)
{
	enum vm_nic_way way = vm_nic_way(nic);

	return way == WAY_PASST || way == WAY_NONE;
}

const char *
vm_nic_socket(const struct vm_nic *nic)
{
	if (nic->stream.listen.kind == PEER_UNIX)
		return nic->stream.listen.path;
	return nic->stream.connect.kind == PEER_UNIX ? nic->stream.connect.path : nic->socket;
}

/* "on bridge br0" */
static char *
way_words(const struct way *way, const struct vm_nic *nic)
{
	const char *name = way->name != NULL ? way->name(nic) : NULL;
	struct buf b = { 0 };
	char *text;

	if (name == NULL)
		return xstrdup(way->words);
	buf_add_visible(&b, name, strlen(name));
	text = xasprintf("%s %.200s", way->words, b.s);
	buf_free(&b);
	return text;
}

bool
vm_nic_has_stp(const struct vm_nic_stp *stp)
{
	return stp->cost != 0 || stp->priority != 0 || stp->bpdu_guard || stp->root_block;
}

bool
vm_nic_has_multicast(const struct vm_nic_multicast *m)
{
	return !m->flood || m->fast_leave || m->to_unicast || m->router != OS_ROUTER_AUTO;
}

#define ON(way) (1U << (way))

/* What makes sense only for some ways. */
static void
rule_needs(struct rules *r, size_t i, const struct way *way)
{
	static const unsigned bridge = ON(WAY_BRIDGE), user = ON(WAY_USER) | ON(WAY_PASST),
			      port = ON(WAY_BRIDGE) | ON(WAY_TAP) | ON(WAY_MACVTAP);
	static const char any_port[] = "a bridge, tap or macvtap";
	const struct vm_nic *nic = &r->vm->nics[i];
	const struct {
		const char *key;
		bool given;
		unsigned ways;    /* that can have it */
		const char *what; /* "needs …" */
	} needs[] = {
		{ "mtu", nic->mtu != 0, port, any_port },
		{ "ifname", nic->ifname != NULL, port, any_port },
		{ "rate", nic->rate.in != 0 || nic->rate.out != 0, port, any_port },
		/* vmnet has isolation of its own. */
		{ "isolated", nic->isolated, bridge | ON(WAY_VMNET), "a bridge" },
		{ "vlan", nic->vlan != 0, bridge, "a bridge" },
		{ "trunk", nic->ntrunk > 0, bridge, "a bridge" },
		{ "guard", nic->guard, bridge, "a bridge" },
		{ "learning", !nic->learning, bridge, "a bridge" },
		{ "stp", vm_nic_has_stp(&nic->stp), bridge, "a bridge" },
		{ "multicast", vm_nic_has_multicast(&nic->multicast), bridge, "a bridge" },
		{ "up", nic->up != NULL, port, any_port },
		{ "down", nic->down != NULL, port, any_port },
		{ "queues", nic->queues > 1, port, any_port },
		{ "forward", nic->nforwards > 0, user, "a network in user mode" },
		{ "vhost", nic->vhost == SWITCH_ON, port, any_port },
	};

	for (size_t k = 0; k < sizeof(needs) / sizeof(needs[0]); k++) {
		char *path, *words;

		if (!needs[k].given || (needs[k].ways & ON(way->way)) != 0)
			continue;
		path = xasprintf("nics[%zu].%s", i, needs[k].key);
		words = way_words(way, nic);
		rule_broken(r, path, "needs %s, and the NIC is %s", needs[k].what, words);
		free(words);
		free(path);
	}
}

static void
rule_two(struct rules *r, const char *path, const struct vm_nic *nic, const struct way *first,
    const struct way *other)
{
	char *is = way_words(first, nic), *cannot = way_words(other, nic);

	rule_broken(r, path, "the NIC is %s; it cannot be %s as well", is, cannot);
	free(is);
	free(cannot);
}

static void
rule_nowhere(struct rules *r, const char *path)
{
	struct buf b = { 0 };

	for (size_t k = 0; k < NWAYS; k++)
		buf_addf(&b, "%s%s", k == 0 ? "" : k + 1 < NWAYS ? ", " : " or ", ways[k].key);
	rule_broken(r, path, "needs to lead somewhere: one of %s", b.s);
	buf_free(&b);
}

void
rules_nic_way(struct rules *r, size_t i)
{
	const struct vm_nic *nic = &r->vm->nics[i];
	char *whole = xasprintf("nics[%zu]", i);
	const struct way *first = NULL;
	bool wrong = false; /* what is given and yet not taken was refused by itself */

	for (size_t k = 0; k < NWAYS; k++) {
		char *path = xasprintf("nics[%zu].%s", i, ways[k].key);

		if (ways[k].taken(nic) && first != NULL)
			rule_two(r, path, nic, first, &ways[k]);
		else if (ways[k].taken(nic))
			first = &ways[k];
		else if (!ways[k].is_bool && (ways[k].name == NULL || ways[k].name(nic) == NULL) &&
			 rule_given(r, path))
			wrong = true;
		free(path);
	}
	if (first == NULL && !wrong && (conf_is_group(r->doc, whole) || !conf_has(r->doc, "nics")))
		rule_nowhere(r, whole);
	if (first != NULL && !wrong)
		rule_needs(r, i, first);
	free(whole);
}
