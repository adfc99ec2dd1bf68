/* What the NICs of a VM need on the host: taps, bridges, hooks; see nics.h. */
#include "launch/nics.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/hook.h"
#include "launch/launch.h"
#include "launch/port_maker.h"
#include "launch/port_record.h"
#include "launch/record.h"
#include "net/picture.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static int
run_hook(struct diag *d, const char *program, const char *vm, const struct port *p, struct mac mac,
    int log)
{
	char text[MAC_TEXT];

	return hook_run(d, program, p->tap.name, vm, p->bridge, mac_format(mac, text), log);
}

static bool
has_port(const struct vm_nic *nic)
{
	return vm_nic_has_port(nic, os_here());
}

static struct os_port_flags
flags_of(const struct vm_nic *nic)
{
	const struct vm_nic_stp *stp = &nic->stp;
	const struct vm_nic_multicast *multicast = &nic->multicast;

	return (struct os_port_flags){ .no_learning = !nic->learning,
		.stp_cost = (unsigned)stp->cost,
		.stp_priority = (unsigned)stp->priority,
		.bpdu_guard = stp->bpdu_guard,
		.root_block = stp->root_block,
		.no_multicast_flood = !multicast->flood,
		.multicast_fast_leave = multicast->fast_leave,
		.multicast_to_unicast = multicast->to_unicast,
		.multicast_router = (enum os_router)multicast->router };
}

struct port_wish
nics_wish_of(const struct vm *vm, unsigned i)
{
	const struct vm_nic *nic = &vm->nics[i];

	return (struct port_wish){ .vm = vm->name,
		.nic = i,
		.bridge = nic->bridge,
		.ifname = nic->ifname,
		.tap = nic->tap,
		.mac = nic->mac,
		.mtu = (unsigned)nic->mtu,
		.isolated = nic->isolated,
		.vlan = (unsigned)nic->vlan,
		.trunk = nic->trunk,
		.ntrunk = nic->ntrunk,
		.flags = flags_of(nic),
		.guard = nic->guard,
		.addresses = nic->addresses,
		.naddresses = nic->naddresses,
		.macvtap = nic->macvtap.uplink,
		.mode = (enum os_macvtap_mode)nic->macvtap.mode,
		.in = { nic->rate.in, nic->rate.burst },
		.out = { nic->rate.out, nic->rate.burst },
		.arriving = vm->incoming != NULL,
		.multi_queue = nic->queues > 1 };
}

struct port_wish
nics_wish(const struct plan *p, unsigned i)
{
	struct port_wish wish = nics_wish_of(&p->member.vm, i);

	wish.mac = p->given.macs[i];
	wish.qemu = p->given.own_uid ? p->given.who.uid : geteuid();
	return wish;
}

struct witness {
	const struct runtime *runtime;
	json_t *record;
};

/* A record without a process: what a start that does not live to finish would leave. */
static int
record_tap(struct diag *d, const struct port *p, unsigned nic, void *arg)
{
	struct witness *w = arg;

	record_port(w->record, nic, p, NULL);
	return record_write(d, w->runtime, w->record);
}

/* The first queue is the tap's own descriptor. */
static int
open_queues(struct diag *d, struct plan_facts *pf, unsigned i, unsigned n, const struct port *port)
{
	struct qemu_nic_facts *fact = &pf->f.nics[i];

	fact->queues = xcalloc(n, sizeof(*fact->queues));
	fact->queues[0] = port->tap.fd;
	for (unsigned k = 1; k < n; k++) {
		fact->queues[k] = plan_keep_fd(pf, port_queue(d, port));
		if (fact->queues[k] == -1)
			return -1;
	}
	return 0;
}

static int
open_vhosts(struct diag *d, struct plan_facts *pf, unsigned i, unsigned n)
{
	struct qemu_nic_facts *fact = &pf->f.nics[i];

	if (!fact->vhost)
		return 0;
	fact->vhosts = xcalloc(n, sizeof(*fact->vhosts));
	for (unsigned k = 0; k < n; k++) {
		fact->vhosts[k] = plan_keep_fd(pf, os_vhost_net_open(d));
		if (fact->vhosts[k] == -1)
			return -1;
	}
	return 0;
}

/* By a program that may, with all of its queues. */
static int
make_by(struct diag *d, const struct port_maker *maker, const struct port_wish *wish,
    struct plan_facts *pf, unsigned n, struct port *ret)
{
	struct qemu_nic_facts *fact = &pf->f.nics[wish->nic];
	int *fds = xcalloc(n, sizeof(*fds));

	if (port_maker_make(d, maker, wish, n, ret, fds) == -1) {
		free(fds);
		return -1;
	}
	for (unsigned k = 1; k < n; k++)
		(void)plan_keep_fd(pf, fds[k]);
	fact->queues = fds;
	return 0;
}

/* The port itself, and the tap's descriptors. */
static int
make_port(struct diag *d, const struct port_wish *wish, const struct port_witness *witness,
    struct plan_facts *pf, unsigned n, struct port *ret)
{
	if (wish->bridge != NULL && wish->tap == NULL && !os_makes_taps()) {
		struct port_maker maker = port_maker_find();

		return maker.name != NULL ? make_by(d, &maker, wish, pf, n, ret)
					  : port_maker_missing(d, wish->bridge);
	}
	if (port_make(d, wish, witness, ret) == -1)
		return -1;
	return open_queues(d, pf, wish->nic, n, ret);
}

int
nics_make(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l)
{
	const struct vm *vm = &p->member.vm;
	struct witness arg = { r, l->record };
	const struct port_witness witness = { record_tap, &arg };

	l->ports = xcalloc(vm->nnics, sizeof(*l->ports));
	l->nports = vm->nnics;
	for (unsigned i = 0; i < vm->nnics; i++)
		l->ports[i] = (struct port)PORT_NONE;
	for (unsigned i = 0; i < vm->nnics; i++) {
		struct qemu_nic_facts *fact = &l->facts.f.nics[i];
		struct port_wish wish = nics_wish(p, i);
		unsigned queues;

		if (!has_port(&vm->nics[i]))
			continue;
		queues = (unsigned)vm->nics[i].queues;
		if (make_port(d, &wish, &witness, &l->facts, queues, &l->ports[i]) == -1 ||
		    open_vhosts(d, &l->facts, i, queues) == -1) {
			diag_wrap(d, d->count - 1, "nics[%u]", i);
			return -1;
		}
		fact->tap.fd = l->ports[i].tap.fd;
		if (fact->mtu == 0)
			fact->mtu = l->ports[i].mtu;
	}
	return 0;
}

int
nics_record_uplinks(struct diag *d, struct launch *l)
{
	struct os_link *links = NULL;
	size_t nlinks = 0;

	for (size_t i = 0; i < l->nports; i++) {
		const char *uplink;

		if (!l->ports[i].joined)
			continue;
		if (links == NULL && os_links(d, &links, &nlinks) == -1)
			return -1;
		uplink = picture_uplink(links, nlinks, l->ports[i].bridge);
		json_object_del(
		    json_array_get(json_object_get(l->record, "nics"), i), "bridge_uplink");
		record_string(json_array_get(json_object_get(l->record, "nics"), i),
		    "bridge_uplink", uplink);
	}
	free(links);
	return 0;
}

int
nics_join(struct diag *d, const struct plan *p, struct launch *l)
{
	const struct vm *vm = &p->member.vm;

	for (unsigned i = 0; i < vm->nnics; i++) {
		const struct vm_nic *nic = &vm->nics[i];
		struct port_wish wish = nics_wish(p, i);

		if (!has_port(nic))
			continue;
		if ((l->ports[i].maker == NULL && port_join(d, &l->ports[i], &wish) == -1) ||
		    (nic->up != NULL &&
			run_hook(d, nic->up, vm->name, &l->ports[i], wish.mac, l->log) == -1)) {
			diag_wrap(d, d->count - 1, "nics[%u]", i);
			return -1;
		}
		record_port(l->record, i, &l->ports[i], nic->down);
		if (l->ports[i].joined)
			port_record(l->record, i, &wish, l->ports[i].mtu);
	}
	return nics_record_uplinks(d, l);
}

static const char *
nic_string(const json_t *record, size_t i, const char *key)
{
	return json_string_value(
	    json_object_get(json_array_get(json_object_get(record, "nics"), i), key));
}

/* The down hook of a NIC, as the record says: the VM file may say another by now. */
static void
run_down(struct diag *d, const struct launch *l, size_t i)
{
	const char *down = nic_string(l->record, i, "down"), *mac = nic_string(l->record, i, "mac");
	const char *vm = json_string_value(json_object_get(l->record, "name"));

	if (down != NULL && mac != NULL && vm != NULL)
		hook_run(d, down, l->ports[i].tap.name, vm, l->ports[i].bridge, mac, l->log);
}

bool
nics_leave(struct diag *d, struct launch *l)
{
	bool left = false;

	for (size_t i = 0; i < l->nports; i++) {
		struct port *p = &l->ports[i];

		if (p->tap.name[0] == '\0')
			continue;
		if (l->record != NULL)
			run_down(d, l, i);
		if (port_leave(d, p) == -1 && port_outlives(p))
			left = true;
		fd_close(&p->tap.fd);
	}
	return left;
}

static void
adopt_port(const json_t *record, size_t i, struct port *ret)
{
	const json_t *nic = json_array_get(json_object_get(record, "nics"), i);
	const char *vm = json_string_value(json_object_get(record, "name"));
	const struct {
		const char *key;
		char *name;
	} names[] = { { "tap", ret->tap.name }, { "bridge", ret->bridge },
		{ "uplink", ret->uplink }, { "shaper", ret->shaper } };

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		const char *name = nic_string(record, i, names[k].key);

		if (name != NULL)
			strlcpy(names[k].name, name, OS_IFNAME);
	}
	if (vm != NULL)
		port_alias(vm, (unsigned)i, ret->alias);
	ret->tap.index = (unsigned)json_integer_value(json_object_get(nic, "index"));
	ret->given = json_is_true(json_object_get(nic, "given"));
	ret->kept = json_is_true(json_object_get(nic, "kept"));
	ret->guarded = json_is_true(json_object_get(nic, "guard"));
	ret->maker = port_maker_name(nic_string(record, i, "maker"));
	ret->rated = ret->rates_set = json_object_get(nic, "rate") != NULL;
	ret->joined = ret->bridge[0] != '\0';
}

void
nics_adopt(const json_t *record, struct launch *l)
{
	l->nports = json_array_size(json_object_get(record, "nics"));
	l->ports = xcalloc(l->nports, sizeof(*l->ports));
	for (size_t i = 0; i < l->nports; i++) {
		l->ports[i] = (struct port)PORT_NONE;
		if (nic_string(record, i, "tap") != NULL)
			adopt_port(record, i, &l->ports[i]);
	}
}

int
nics_rejoin(struct diag *d, struct launch *l, json_t *rejoined)
{
	int result = 0;

	for (size_t i = 0; i < l->nports; i++) {
		struct port *p = &l->ports[i];
		struct diag own = { 0 };
		struct port_wish wish;
		int done;

		if (!p->joined || !port_recorded(l->record, i, &wish, &p->mtu))
			continue;
		done = port_rejoin(&own, p, &wish);
		port_recorded_free(&wish);
		if (done == 1)
			json_array_append_new(rejoined,
			    json_pack("{s:i,s:s,s:s}", "nic", (int)i, "tap", p->tap.name, "bridge",
				p->bridge));
		if (done == -1) {
			diag_wrap(&own, 0, "nic %zu", i);
			diag_move(d, &own);
			result = -1;
		}
		diag_free(&own);
	}
	return result;
}

int
nics_guard_again(struct diag *d, struct launch *l, size_t i)
{
	struct port *p = &l->ports[i];
	struct port_wish wish;
	int result;

	if (!p->guarded || !port_recorded(l->record, i, &wish, &p->mtu))
		return 0;
	result = port_guard_again(d, p, &wish);
	port_recorded_free(&wish);
	return result;
}
