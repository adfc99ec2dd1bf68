/* Changing a running VM's NICs on the host; see nics_change.h. */
#include "launch/nics_change.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/hook.h"
#include "launch/launch.h"
#include "launch/nics.h"
#include "launch/plan.h"
#include "launch/port_record.h"
#include "launch/record.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define GUEST_MTU "guest_mtu" /* of a NIC in the record: what its guest was told, if that is not the
			       * MTU of its port any more */

static json_t *
nic_of(const struct launch *l, size_t i)
{
	return json_array_get(json_object_get(l->record, "nics"), i);
}

void
nics_plan(const json_t *record, const struct vm *vm, struct plan *ret)
{
	const json_t *nics = json_object_get(record, "nics"), *nic;
	struct plan p = { .os = os_here() };
	size_t i;

	p.member.vm = *vm;
	p.given.own_uid = json_is_true(json_object_get(record, "own_uid"));
	p.given.who.uid = (uid_t)json_integer_value(json_object_get(record, "uid"));
	p.given.macs = xcalloc(vm->nnics, sizeof(*p.given.macs));
	json_array_foreach(nics, i, nic)
	{
		const char *mac = json_string_value(json_object_get(nic, "mac"));

		if (i < vm->nnics && mac != NULL)
			(void)mac_parse(mac, &p.given.macs[i]);
	}
	*ret = p;
}

static unsigned
guest_mtu(const struct launch *l, const struct plan *was, size_t i)
{
	const json_t *told = json_object_get(nic_of(l, i), GUEST_MTU);

	if (was->member.vm.nics[i].mtu != 0)
		return (unsigned)was->member.vm.nics[i].mtu;
	return told != NULL ? (unsigned)json_integer_value(told) : l->ports[i].mtu;
}

static int
run_hook(struct diag *d, const char *program, const char *vm, const struct launch *l, size_t i,
    struct mac mac)
{
	const struct port *p = &l->ports[i];
	char text[MAC_TEXT];

	if (program == NULL)
		return 0;
	return hook_run(d, program, p->tap.name, vm, p->bridge, mac_format(mac, text), l->log);
}

/* Like a start, with the bridge: the hook of the old one, then that of the new. */
static int
move(struct diag *d, const struct plan *was, const struct plan *now, struct launch *l, size_t i,
    const struct port_wish *old, const struct port_wish *wish)
{
	const char *vm = now->member.vm.name;
	struct port *p = &l->ports[i];
	struct diag ignored = { 0 };
	unsigned told = guest_mtu(l, was, i), mtu = p->mtu;

	if (strcmp(old->bridge, wish->bridge) == 0)
		return port_change(d, p, old, wish, told);
	(void)run_hook(&ignored, was->member.vm.nics[i].down, vm, l, i, wish->mac);
	diag_free(&ignored);
	if (port_change(d, p, old, wish, told) == -1) {
		(void)run_hook(&ignored, was->member.vm.nics[i].up, vm, l, i, wish->mac);
		diag_free(&ignored);
		return -1;
	}
	if (run_hook(d, now->member.vm.nics[i].up, vm, l, i, wish->mac) == 0) {
		json_object_set_new(nic_of(l, i), GUEST_MTU, json_integer(told));
		return 0;
	}
	if (port_change(&ignored, p, wish, old, told) == -1)
		fail(d, "and it could not go back to bridge %s", old->bridge);
	else
		p->mtu = mtu;
	(void)run_hook(&ignored, was->member.vm.nics[i].up, vm, l, i, wish->mac);
	diag_free(&ignored);
	return -1;
}

int
nics_change_port(struct diag *d, const struct plan *was, const struct plan *now,
    struct launch *l, size_t i)
{
	struct port_wish old = nics_wish(was, (unsigned)i), wish = nics_wish(now, (unsigned)i);
	struct port *p = &l->ports[i];
	unsigned recorded = (unsigned)json_integer_value(
	    json_object_get(json_object_get(nic_of(l, i), "port"), "mtu"));

	if (!p->joined)
		return fail(d, "its port is on no bridge");
	if (recorded != 0) /* not known to who has adopted the VM */
		p->mtu = recorded;
	if (move(d, was, now, l, i, &old, &wish) == -1)
		return -1;
	record_nic(nic_of(l, i), &now->member.vm.nics[i]);
	json_object_del(nic_of(l, i), "guard");
	json_object_del(nic_of(l, i), "down");
	record_port(l->record, i, p, now->member.vm.nics[i].down);
	port_record(l->record, i, &wish, p->mtu);
	(void)nics_record_uplinks(d, l);
	return 0;
}

struct witness {
	const struct runtime *runtime;
	struct launch *launch;
	const struct plan *now;
};

/* A record that speaks of a shaper is read as one of a port with rates. */
static int
record_shaper(struct diag *d, const struct port *p, unsigned nic, void *arg)
{
	struct witness *w = arg;

	record_nic(nic_of(w->launch, nic), &w->now->member.vm.nics[nic]);
	record_port(w->launch->record, nic, p, NULL);
	return record_write(d, w->runtime, w->launch->record);
}

int
nics_change_rate(struct diag *d, const struct plan *was, const struct plan *now,
    const struct runtime *r, struct launch *l, size_t i)
{
	struct port_wish old = nics_wish(was, (unsigned)i), wish = nics_wish(now, (unsigned)i);
	struct witness arg = { r, l, now };
	const struct port_witness witness = { record_shaper, &arg };
	struct port *p = &l->ports[i];
	struct diag ignored = { 0 };
	int result;

	if (p->maker != NULL)
		return fail_as(d, DIAG_DENIED, "its port was made by %s, which changes none",
		    p->maker);
	if (p->tap.name[0] == '\0')
		return fail(d, "it has no port on this host");
	if (p->mtu == 0)
		p->mtu = (unsigned)json_integer_value(
		    json_object_get(json_object_get(nic_of(l, i), "port"), "mtu"));
	result = port_rates_change(d, p, &old, &wish, &witness);
	record_nic(nic_of(l, i), &(result == 0 ? now : was)->member.vm.nics[i]);
	if (p->shaper[0] == '\0')
		json_object_del(nic_of(l, i), "shaper");
	if (record_write(result == 0 ? d : &ignored, r, l->record) == -1)
		result = -1;
	diag_free(&ignored);
	return result;
}
