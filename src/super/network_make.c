/* Making a network, each step harmless if it was done before, and undoing it; see network.h. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "launch/context.h"
#include "net/ledger.h"
#include "net/network.h"
#include "os/os.h"
#include "super/network_internal.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define CONF_MAX (64u << 20) /* bytes of dnsmasq's configuration */

struct network_work
network_work(const struct context *c, const struct host_bridge *b)
{
	struct network_work w = { .c = c, .b = b, .dir = state_dir_of(c) };

	w.log = xasprintf("%s/networks/%s.log", c->log_dir, b->name);
	w.keeper = (struct keeper){ .dir = w.dir, .name = b->name, .log = w.log };
	return w;
}

void
network_work_free(struct network_work *w)
{
	free(w->warning);
	free(w->log);
	free(w->dir);
}

/* --- what it is made of, each step harmless if it was done before --- */

static int
salt_of(struct diag *d, const struct context *c, uint8_t ret[LEDGER_SALT])
{
	struct ledger *l;

	if (ledger_read(d, c->ledger, &l) == -1)
		return -1;
	if (!ledger_has_salt(l)) {
		ledger_close(l);
		if (ledger_lock(d, c->ledger, &l) == -1)
			return -1;
		if (ledger_commit(d, l) == -1) {
			ledger_close(l);
			return -1;
		}
	}
	memcpy(ret, ledger_salt(l), LEDGER_SALT);
	ledger_close(l);
	return 0;
}

static int
make_bridge(struct diag *d, struct network_work *w, struct os_link *ret)
{
	const struct host_bridge *b = w->b;
	struct os_bridge wish = { .name = b->name,
		.alias = NETWORK_ALIAS,
		.mac = b->mac,
		.mtu = (unsigned)b->mtu,
		.vlan_filtering = b->vlan_filtering,
		.stp = b->stp };
	uint8_t salt[LEDGER_SALT];

	if (mac_is_zero(wish.mac)) {
		if (salt_of(d, w->c, salt) == -1)
			return -1;
		wish.mac = network_mac(salt, b->name);
	}
	if (os_bridge_make(d, &wish, ret) == -1)
		return -1;
	for (size_t i = 0; i < b->naddress; i++) {
		if (os_addr_add(d, ret, &b->address[i]) == -1)
			return -1;
	}
	for (size_t i = 0; i < b->naddress6; i++) {
		if (os_addr_add(d, ret, &b->address6[i]) == -1)
			return -1;
	}
	return 0;
}

/* Says of which bridge the last message is. */
static int
at_bridge(struct diag *d, const struct network_work *w)
{
	diag_wrap(d, d->count - 1, "bridge %s", w->b->name);
	return -1;
}

/* Before any guest joins: the bridge's MTU sinks to that of the tunnel, if none is said. */
static int
make_tunnel(struct diag *d, struct network_work *w, const struct os_link *bridge)
{
	const struct bridge_uplink *u = &w->b->uplink;
	char name[IFNAME_SIZE];
	struct os_tunnel tunnel = { .name = name,
		.alias = NETWORK_ALIAS,
		.vni = (unsigned)u->vxlan,
		.port = (unsigned)u->port,
		.peers = u->peers,
		.npeers = u->npeers,
		.local = u->local,
		.device = u->device,
		.mtu = (unsigned)w->b->mtu };
	int result;

	network_tunnel(w->b->name, name);
	result = u->vxlan != 0 ? os_tunnel_make(d, &tunnel, bridge)
			       : os_tunnel_destroy(d, name, NETWORK_ALIAS);
	return result == -1 ? at_bridge(d, w) : 0;
}

int
network_make_filter(struct diag *d, struct network_work *w)
{
	struct buf b = { 0 };
	int result = 0;

	network_filter(&b, w->b);
	if (b.s != NULL && nft_run(d, b.s) == -1)
		result = at_bridge(d, w);
	buf_free(&b);
	if (result == 0)
		w->warning = network_look_filters(w->b);
	return result;
}

/* Whom dnsmasq becomes once it has its sockets: the user that distributions make for it, or nobody;
 * root only where there is no other. */
static const char *
server_user(void)
{
	static const char *const users[] = { "dnsmasq", "nobody" };

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		const struct passwd *pw = getpwnam(users[i]);

		if (pw != NULL && pw->pw_uid != 0 && os_uid_available(pw->pw_uid))
			return users[i];
	}
	return "root";
}

static char *
server_conf(const struct network_work *w, const struct network_hosts *hosts)
{
	char *leases = network_leases(w->c->state_dir, w->b->name);
	struct buf b = { 0 };

	network_dnsmasq(&b, w->b, hosts, leases, server_user());
	free(leases);
	return buf_steal(&b);
}

/* true: it was another one. */
static int
write_conf(struct diag *d, const struct network_work *w, const char *conf)
{
	char *path = xasprintf("%s/%s.conf", w->dir, w->b->name), *old = NULL;
	struct diag ignored = { 0 };
	size_t len;
	int result = 1;

	if (file_read(&ignored, path, CONF_MAX, &old, &len) == 0 && strcmp(old, conf) == 0)
		result = 0;
	else if (file_write(d, path, 0600, conf, strlen(conf)) == -1)
		result = -1;
	diag_free(&ignored);
	free(old);
	free(path);
	return result;
}

static int
leases_folder(struct diag *d, const struct network_work *w)
{
	char *leases = network_leases(w->c->state_dir, w->b->name), *folder = folder_of(leases);
	int result = dir_make(d, folder, 0755);

	free(folder);
	free(leases);
	return result;
}

/* 0: the keeper knows of it; 1: there is none any more, as it was killed meanwhile. */
static int
tell_keeper(struct diag *d, const struct network_work *w)
{
	struct diag own = { 0 };
	int result = keeper_again(&own, &w->keeper);

	if (result == -1 && !keeper_is_there(&w->keeper))
		result = 1;
	if (result == -1)
		diag_move(d, &own);
	diag_free(&own);
	return result;
}

static int
make_server(struct diag *d, struct network_work *w, const struct network_hosts *hosts)
{
	bool there = keeper_is_there(&w->keeper);
	char *conf;
	int changed, told;

	if (there && bridge_is_served(w->b) && !keeper_is_known(&w->keeper)) {
		if (keeper_end(d, &w->keeper) == -1)
			return at_bridge(d, w);
		there = false;
	}
	if (!bridge_is_served(w->b))
		return there ? keeper_end(d, &w->keeper) : 0;
	conf = server_conf(w, hosts);
	changed = leases_folder(d, w) == -1 ? -1 : write_conf(d, w, conf);
	free(conf);
	if (changed == -1)
		return -1;
	told = !there ? 1 : changed == 1 ? tell_keeper(d, w) : 0;
	if (told != 1)
		return told;
	if (keeper_start(d, &w->keeper) == -1)
		return at_bridge(d, w);
	return 0;
}

/* --- up and down --- */

static void
want_forwarding(const struct host_bridge *b, struct network_state *ret)
{
	ret->forward4 = b->nat && b->naddress > 0;
	ret->forward6 = b->nat && b->naddress6 > 0;
}

bool
network_bridge_find(const char *name, const struct network_state *state, struct os_link *ret)
{
	struct diag ignored = { 0 };
	struct os_link *links = NULL, *found = NULL;
	size_t n = 0;

	(void)os_links(&ignored, &links, &n);
	for (size_t i = 0; i < n; i++) {
		bool ours = strcmp(links[i].alias, NETWORK_ALIAS) == 0;
		bool named = strcmp(links[i].name, name) == 0;

		/* One that was killed between the making of a bridge and its alias. */
		if (named && !state->whole && !state->broken && links[i].alias[0] == '\0')
			ours = true;
		if (links[i].is_bridge && ours &&
		    (named || (found == NULL && links[i].index == state->index)))
			found = &links[i];
	}
	if (found != NULL)
		*ret = *found;
	free(links);
	diag_free(&ignored);
	return found != NULL;
}

/* With the lock: whatever is there of it goes, as the record says. */
int
network_undo(struct diag *d, struct network_work *w)
{
	struct buf b = { 0 };
	struct os_link link;
	struct diag own = { 0 };
	bool there = network_bridge_find(w->b->name, &w->state, &link);
	char tunnel[IFNAME_SIZE];
	int result = 0;

	/* A full disk stands in nothing's way: what needs no record goes, and then the record. */
	w->state.whole = false;
	(void)network_state_write(&own, w->c, w->b->name, &w->state);
	diag_free(&own);
	if (keeper_end(d, &w->keeper) == -1)
		result = -1;
	if (w->state.filtered) {
		network_filter_end(&b, w->b->name);
		if (nft_run(d, b.s) == -1)
			result = -1;
		buf_free(&b);
	}
	network_tunnel(w->b->name, tunnel);
	if (os_tunnel_destroy(d, tunnel, NETWORK_ALIAS) == -1)
		result = -1;
	if (there && os_bridge_destroy(d, link.name) == -1)
		result = -1;
	if (result == -1)
		return -1;
	network_use_remove(w->c, w->b->name);
	network_state_remove(w->c, w->b->name);
	return forwarding_settle(d, w->c);
}

static int
make_all(struct diag *d, struct network_work *w, const struct network_hosts *hosts)
{
	struct os_link link;

	if (make_bridge(d, w, &link) == -1 || make_tunnel(d, w, &link) == -1 ||
	    network_make_filter(d, w) == -1 || forwarding_settle(d, w->c) == -1 ||
	    make_server(d, w, hosts) == -1)
		return -1;
	w->state.index = link.index;
	w->state.tunnel = network_tunnel_mark(w->b);
	w->state.whole = true;
	return network_state_write(d, w->c, w->b->name, &w->state);
}

/* Somebody else's bridge of that name is used as it is, but not given what only ours can have. */
static int
check_foreign(struct diag *d, const struct network_work *w, bool recorded, bool *ret_foreign)
{
	struct diag own = { 0 };
	struct os_link link;
	bool there = os_link_find(&own, w->b->name, &link) == 0;

	diag_free(&own);
	*ret_foreign = there && !recorded && strcmp(link.alias, NETWORK_ALIAS) != 0;
	if (*ret_foreign && network_is_managed(w->b))
		return fail(d,
		    "bridge %s: there is an interface of that name that vmrun has not made, so it "
		    "gives it no addresses and no servers (remove it: ip link del %s; or let "
		    "vmrun.conf say no more of it than its name)",
		    w->b->name, w->b->name);
	return 0;
}

/* It would be made a second time, beside the first. */
static int
check_renamed(struct diag *d, const struct network_work *w)
{
	struct os_link link;

	if (!network_bridge_find(w->b->name, &w->state, &link) ||
	    strcmp(link.name, w->b->name) == 0)
		return 0;
	return fail(d,
	    "bridge %s: somebody has renamed it to %s, and its guests with it: give it its name "
	    "back (ip link set %s name %s), or remove it once nobody uses it (vmrun net down %s)",
	    w->b->name, link.name, link.name, w->b->name, w->b->name);
}

/* With the lock: makes what is missing. hosts are those that the server is to know. */
int
network_ensure(struct diag *d, struct network_work *w, const struct network_hosts *hosts)
{
	bool before = network_state_read(w->c, w->b->name, &w->state);
	bool recorded = before && !w->state.broken, foreign;
	unsigned from = d->count;

	if (check_renamed(d, w) == -1 || check_foreign(d, w, recorded, &foreign) == -1)
		return -1;
	if (foreign)
		return 0;
	if (!os_here()->networks)
		return fail(d,
		    "bridge %s: it does not exist, and vmrun makes networks of the "
		    "host's own on Linux only",
		    w->b->name);
	/* Before it is written down: what was never made nobody has to undo. */
	if (!recorded && !os_makes_taps())
		return fail_as(d, DIAG_DENIED,
		    "bridge %s: there is none, and to make one needs root (vmrun net up %s, with "
		    "such an entry in root's vmrun.conf)",
		    w->b->name, w->b->name);
	if (network_look_addresses(d, w->b) == -1 ||
	    (w->state.addresses != 0 && w->state.addresses != network_addresses_mark(w->b) &&
		network_look_changed(d, w->b) == -1))
		return -1;
	w->state.whole = false;
	w->state.filtered |= w->b->naddress > 0 || w->b->naddress6 > 0;
	w->state.create = w->b->create;
	w->state.addresses = network_addresses_mark(w->b);
	want_forwarding(w->b, &w->state);
	if (network_state_write(d, w->c, w->b->name, &w->state) == 0 && make_all(d, w, hosts) == 0)
		return 0;
	if (!before) {
		struct diag ignored = { 0 };

		(void)network_undo(&ignored, w);
		diag_free(&ignored);
	}
	if (d->count == from)
		fail(d, "bridge %s: it cannot be made", w->b->name);
	return -1;
}

/* Is all of it there, by a look that takes no lock? */
bool
network_is_whole(const struct network_work *w, const struct network_hosts *hosts)
{
	struct network_state state = { 0 };
	struct diag ignored = { 0 };
	bool whole = network_state_read(w->c, w->b->name, &state) && state.whole &&
		     state.create == w->b->create &&
		     state.addresses == network_addresses_mark(w->b) && network_look_whole(w, &state);

	if (whole && bridge_is_served(w->b)) {
		char *conf = server_conf(w, hosts), *old = NULL;
		char *path = xasprintf("%s/%s.conf", w->dir, w->b->name);
		size_t len;

		whole = keeper_is_there(&w->keeper) && keeper_is_known(&w->keeper) &&
			file_read(&ignored, path, CONF_MAX, &old, &len) == 0 &&
			strcmp(conf, old) == 0;
		diag_free(&ignored);
		free(path);
		free(old);
		free(conf);
	}
	return whole;
}

int
network_hosts_known(
    struct diag *d, const struct context *c, const struct host_bridge *b, struct network_hosts *ret)
{
	char *path = network_hosts(c->state_dir, b->name);
	int result = network_hosts_read(d, path, ret);

	free(path);
	return result;
}
