/* The record of a launch; see record.h. */
#include "launch/record.h"

#include <stdlib.h>
#include <string.h>

#include "launch/channels.h"
#include "launch/differs.h"
#include "launch/peers.h"
#include "launch/plan.h"
#include "launch/quota.h"
#include "launch/runtime.h"
#include "launch/screen.h"
#include "net/port.h"
#include "util/buf.h"
#include "util/mem.h"

static const char *
network_of(const struct vm_nic *nic)
{
	switch (vm_nic_way(nic)) {
	case WAY_BRIDGE:
		return "bridge";
	case WAY_SOCKET:
		return "socket";
	case WAY_VMNET:
		return nic->vmnet == VMNET_SHARED ? "vmnet-shared" : "vmnet-host";
	case WAY_TAP:
		return "tap";
	case WAY_MACVTAP:
		return "macvtap";
	case WAY_PASST:
		return "passt";
	case WAY_STREAM:
		return "stream";
	case WAY_DGRAM:
		return "dgram";
	case WAY_VDE:
		return "vde";
	case WAY_NONE:
		return "none";
	case WAY_USER:
	case WAY_UNSAID:
		break;
	}
	return "user";
}

void
record_said(json_t *object, const char *key, bool said, json_t *value)
{
	if (said)
		json_object_set(object, key, value);
	else
		json_object_del(object, key);
	json_decref(value);
}

static void
rate_record(json_t *nic, const struct vm_nic_rate *rate)
{
	json_t *o = json_object();

	record_said(o, "in", rate->in != 0, json_integer((json_int_t)rate->in));
	record_said(o, "out", rate->out != 0, json_integer((json_int_t)rate->out));
	record_said(nic, "rate", json_object_size(o) > 0, o);
}

void
record_nic(json_t *nic, const struct vm_nic *n)
{
	record_string(nic, "bridge", n->bridge);
	record_said(nic, "vlan", n->vlan != 0, json_integer(n->vlan));
	record_said(nic, "isolated", n->isolated, json_true());
	rate_record(nic, &n->rate);
}

static json_t *
nics_record(const struct plan *p)
{
	const struct vm *vm = &p->member.vm;
	json_t *nics = json_array();

	for (size_t i = 0; i < vm->nnics; i++) {
		json_t *nic = json_object();
		char text[MAC_TEXT];

		record_string(nic, "mac", mac_format(p->given.macs[i], text));
		record_string(nic, "network", network_of(&vm->nics[i]));
		record_nic(nic, &vm->nics[i]);
		record_string(nic, "socket",
		    vm->nics[i].vde != NULL ? vm->nics[i].vde : vm_nic_socket(&vm->nics[i]));
		peers_record(nic, p, i);
		record_string(nic, "uplink", vm->nics[i].macvtap.uplink);
		json_object_set_new(nic, "link", json_boolean(vm->nics[i].link));
		json_array_append_new(nics, nic);
	}
	return nics;
}

void
record_port(json_t *record, size_t i, const struct port *p, const char *down)
{
	json_t *nic = json_array_get(json_object_get(record, "nics"), i);

	record_string(nic, "tap", p->tap.name);
	json_object_set_new(nic, "index", json_integer(p->tap.index));
	if (p->shaper[0] != '\0')
		record_string(nic, "shaper", p->shaper);
	if (p->given)
		json_object_set_new(nic, "given", json_true());
	if (p->kept)
		json_object_set_new(nic, "kept", json_true());
	if (p->guarded)
		json_object_set_new(nic, "guard", json_true());
	record_string(nic, "maker", p->maker);
	record_string(nic, "down", down);
}

void
record_balloon(json_t *record, const struct vm *vm)
{
	record_said(record, "balloon", vm->balloon.target != 0,
	    json_integer((json_int_t)vm->balloon.target));
}

/* For the supervisor, which binds QEMU's threads once it knows them. */
static json_t *
pin_record(const struct vm_cpus *cpus)
{
	json_t *pin = json_array();

	for (size_t i = 0; i < cpus->npin; i++) {
		struct buf b = { 0 };

		buf_add_intset(&b, &cpus->pin[i].cpus);
		json_array_append_new(pin, json_string(b.s));
		buf_free(&b);
	}
	return pin;
}

json_t *
record_make(const struct context *c, const struct plan *p, const struct plan_facts *pf)
{
	const struct vm *vm = &p->member.vm;
	char *log = context_log(c, vm->name);
	json_t *r = json_object();

	record_string(r, "name", vm->name);
	record_string(r, "file", vm->file);
	json_object_set_new(r, "uid", json_integer((json_int_t)p->given.who.uid));
	json_object_set_new(r, "own_uid", json_boolean(p->given.own_uid));
	record_string(r, "qemu", p->qemu.path);
	json_object_set_new(
	    r, "version", json_sprintf("%d.%d", p->qemu.version.major, p->qemu.version.minor));
	record_string(r, "accel", p->accel.name);
	record_string(r, "accel_why", p->accel.why);
	json_object_set_new(r, "memory", json_integer((json_int_t)vm->memory.size));
	record_balloon(r, vm);
	json_object_set_new(r, "cpus", json_integer(vm_cpu_count(vm)));
	if (vm->boot.nonce > 0)
		json_object_set_new(r, "boot_later", qemu_boot_later(vm));
	if (vm->cpus.npin > 0)
		json_object_set_new(r, "pin", pin_record(&vm->cpus));
	screen_record(r, c, vm);
	differs_record(r, vm);
	record_policy(r, vm);
	json_object_set_new(r, "nics", nics_record(p));
	if (p->given.cid != 0)
		json_object_set_new(r, "cid", json_integer(p->given.cid));
	if (vm->gdb.kind == GDB_TCP)
		json_object_set_new(r, "gdb",
		    json_sprintf(strchr(vm->gdb.address, ':') != NULL ? "[%s]:%u" : "%s:%u",
			vm->gdb.address, vm->gdb.port));
	else if (vm->gdb.kind == GDB_SOCKET)
		record_string(r, "gdb", pf->f.gdb.name);
	json_object_set_new(r, "channels", channels_record(vm, pf));
	quota_record(r, c, vm, strcmp(p->accel.name, "tcg") == 0);
	record_string(r, "log", log);
	json_object_update(r, p->history);
	free(log);
	return r;
}
