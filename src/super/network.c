/* Networks of the host's own: how a VM comes to be on one; see network.h. */
#include "super/network.h"

#include <stdlib.h>
#include <string.h>

#include "launch/context.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "net/network.h"
#include "net/uplink.h"
#include "os/os.h"
#include "super/network_internal.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

/* The NICs of a VM that are on a bridge. */
struct guest {
	const struct plan *plan;
	const char *bridge;
};

static bool
is_gone(const char *vm, void *arg)
{
	const struct context *c = arg;

	return !context_has_file(c, vm) && !runtime_is_held(c, vm);
}

/* The one that alone its guest may have there, if the NIC says so. */
static struct ip
address_of(const struct vm_nic *nic, const struct host_bridge *b)
{
	for (size_t i = 0; i < nic->naddresses; i++) {
		const struct ip_net *a = &nic->addresses[i];

		if (a->ip.len == IP4 && a->bits == 32 && ip_within(&a->ip, &b->address[0]))
			return a->ip;
	}
	return (struct ip){ .len = 0 };
}

/* true: there are addresses for them that were not there before. */
static int
take_addresses(struct diag *d, const struct context *c, const struct host_bridge *b,
    const struct guest *g, struct network_hosts *hosts)
{
	const struct vm *vm = g != NULL ? &g->plan->member.vm : NULL;
	struct network_hosts leased = { 0 };
	char *leases = network_leases(c->state_dir, b->name);
	int changed = network_leases_read(d, leases, &leased);

	for (unsigned i = 0;
	     vm != NULL && changed != -1 && b->dhcp.enabled == SWITCH_ON && i < vm->nnics; i++) {
		struct network_guest guest = {
			.nic = i, .gone = is_gone, .arg = (void *)c, .leased = &leased
		};
		int result;

		if (vm->nics[i].bridge == NULL || strcmp(vm->nics[i].bridge, b->name) != 0)
			continue;
		guest.vm = vm->name;
		guest.mac = g->plan->given.macs[i];
		guest.wish = address_of(&vm->nics[i], b);
		result = network_hosts_take(d, hosts, b, &guest);
		changed = result == -1 ? -1 : changed | result;
	}
	network_hosts_free(&leased);
	free(leases);
	return changed;
}

static int
read_hosts(struct diag *d, const struct context *c, const struct host_bridge *b,
    const struct guest *g, struct network_hosts *ret)
{
	if (network_hosts_known(d, c, b, ret) == -1)
		return -1;
	return take_addresses(d, c, b, g, ret);
}

static int
write_hosts(struct diag *d, const struct context *c, const struct host_bridge *b,
    const struct network_hosts *hosts)
{
	char *path = network_hosts(c->state_dir, b->name), *folder = folder_of(path);
	int result = dir_make(d, folder, 0755) == -1 ? -1 : network_hosts_write(d, path, hosts);

	free(folder);
	free(path);
	return result;
}

/* Makes what is missing, and takes part if ret is given. */
static int
bring_up(struct diag *d, struct network_work *w, const struct guest *g, struct network_uses *ret)
{
	struct network_hosts hosts = { 0 };
	int lock = networks_lock(d, w->c), result = -1, changed;

	if (lock == -1)
		return -1;
	changed = read_hosts(d, w->c, w->b, g, &hosts);
	if (changed == -1 || (changed == 1 && write_hosts(d, w->c, w->b, &hosts) == -1))
		goto cleanup;
	if (network_ensure(d, w, &hosts) == -1)
		goto cleanup;
	if (ret != NULL && w->state.whole && !network_use(w->c, w->b->name, true, ret))
		fail(d, "bridge %s: its lock cannot be taken", w->b->name);
	else
		result = 0;
cleanup:
	network_hosts_free(&hosts);
	networks_unlock(w->c, lock);
	return result;
}

/* 1: joined without a lock, because all of it is there. */
static int
join_whole(struct diag *d, struct network_work *w, const struct guest *g, struct network_uses *ret)
{
	struct network_hosts hosts = { 0 };
	int changed = read_hosts(d, w->c, w->b, g, &hosts);
	bool joined = changed == 0 && network_is_whole(w, &hosts) &&
		      network_use(w->c, w->b->name, false, ret);

	/* It may have been removed before it was ours to hold. */
	if (joined && !network_is_whole(w, &hosts)) {
		fd_close(&ret->v[--ret->n]);
		joined = false;
	}
	network_hosts_free(&hosts);
	return changed == -1 ? -1 : joined;
}

static bool
named_before(const struct vm *vm, size_t nic)
{
	for (size_t i = 0; i < nic; i++) {
		if (vm->nics[i].bridge != NULL &&
		    strcmp(vm->nics[i].bridge, vm->nics[nic].bridge) == 0)
			return true;
	}
	return false;
}

static bool
is_there(const char *bridge)
{
	struct diag missing = { 0 };
	struct os_link link;
	bool there = os_link_find(&missing, bridge, &link) == 0;

	diag_free(&missing);
	return there;
}

/* None of its NICs there may be let through with an address that is another's by nature. */
static int
check_addresses(struct diag *d, const struct host_bridge *b, const struct vm *vm)
{
	char text[IP_TEXT];

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct vm_nic *nic = &vm->nics[i];

		for (size_t k = 0; k < nic->naddresses; k++) {
			const char *why = host_bridge_reserves(b, &nic->addresses[k]);

			if (why == NULL || nic->bridge == NULL || strcmp(nic->bridge, b->name) != 0)
				continue;
			return fail(d, "bridge %s: the address %s of nic %zu is %s", b->name,
			    ip_format(&nic->addresses[k].ip, text), i, why);
		}
	}
	return 0;
}

static int
join(struct diag *d, const struct context *c, const struct guest *g, struct network_uses *ret,
    char **ret_warning)
{
	const struct host_bridge *b = host_bridge_find(&c->host, g->bridge);
	const struct uplink_place place = { c->run_dir, c->host_root, NULL };
	struct network_state state = { 0 };
	struct network_work w;
	int result;

	if (b == NULL)
		return 0;
	if (check_addresses(d, b, &g->plan->member.vm) == -1)
		return -1;
	/* One that is not to be made by a start may have been made by hand. */
	if (b->create == CREATE_NO && !is_there(b->name))
		return fail(d,
		    "bridge %s: there is no such interface, and vmrun.conf does not say that a "
		    "start makes it (create = true does; vmrun net up %s makes it now)",
		    b->name, b->name);
	if (bridge_is_bridged(b))
		return b->create == CREATE_NO ? 0 : uplink_ensure(d, &place, b);
	if (b->create == CREATE_NO && !network_state_read(c, b->name, &state))
		return 0;
	w = network_work(c, b);
	result = join_whole(d, &w, g, ret);
	if (result == 0)
		result = bring_up(d, &w, g, ret);
	if (w.warning != NULL && *ret_warning == NULL) {
		*ret_warning = w.warning;
		w.warning = NULL;
	}
	network_work_free(&w);
	return result == -1 ? -1 : 0;
}

int
networks_join(struct diag *d, const struct context *c, const struct plan *p,
    struct network_uses *ret, char **ret_warning)
{
	const struct vm *vm = &p->member.vm;
	struct network_uses uses = { 0 };

	*ret_warning = NULL;
	for (size_t i = 0; i < vm->nnics && c->host.nbridges > 0; i++) {
		struct guest g = { p, vm->nics[i].bridge };

		if (g.bridge == NULL || named_before(vm, i))
			continue;
		if (join(d, c, &g, &uses, ret_warning) == -1) {
			networks_release(&uses);
			free(*ret_warning);
			*ret_warning = NULL;
			return -1;
		}
	}
	*ret = uses;
	return 0;
}

void
networks_adopt(const struct context *c, const json_t *record, struct network_uses *ret)
{
	struct network_uses uses = { 0 };
	const json_t *nic;
	size_t i;

	json_array_foreach(json_object_get(record, "nics"), i, nic)
	{
		const char *bridge = json_string_value(json_object_get(nic, "bridge"));

		if (bridge != NULL)
			(void)network_use(c, bridge, false, &uses);
	}
	*ret = uses;
}

int
networks_filter_again(struct diag *d, const struct context *c, const char *bridge)
{
	const struct host_bridge *b = host_bridge_find(&c->host, bridge);
	struct network_state state = { 0 };
	struct network_work w;
	int lock, result = 0;

	if (b == NULL || !network_state_read(c, bridge, &state))
		return 0;
	w = network_work(c, b);
	if (!network_filter_gone(&w, &state))
		goto cleanup;
	lock = networks_lock(d, c);
	if (lock == -1) {
		result = -1;
		goto cleanup;
	}
	/* Each VM on it has seen it, and the first one with the lock puts it back. */
	if (network_state_read(c, bridge, &state) && network_filter_gone(&w, &state))
		result = network_make_filter(d, &w) == -1 ? -1 : 1;
	networks_unlock(c, lock);
cleanup:
	network_work_free(&w);
	return result;
}

int
network_up(struct diag *d, const struct context *c, const struct host_bridge *b, bool *ret_already,
    char **ret_warning)
{
	struct network_hosts hosts = { 0 };
	struct network_work w = network_work(c, b);
	int result = network_hosts_known(d, c, b, &hosts);

	if (result != -1) {
		*ret_already = network_is_whole(&w, &hosts);
		result = bring_up(d, &w, NULL, NULL);
		*ret_warning = w.warning;
		w.warning = NULL;
	}
	network_hosts_free(&hosts);
	network_work_free(&w);
	return result;
}
