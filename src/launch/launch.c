/* The stages of a start and their undoing; see launch.h. */
#include "launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/devices.h"
#include "launch/handles.h"
#include "launch/hook.h"
#include "launch/hostdevs.h"
#include "launch/log_fifo.h"
#include "launch/media.h"
#include "launch/record.h"
#include "launch/screen.h"
#include "launch/shares.h"
#include "launch/tpm.h"
#include "util/buf.h"
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

/* A NIC that gets a port of a bridge, and not only by QEMU's own means. */
static bool
has_port(const struct vm_nic *nic)
{
	return nic->bridge != NULL && (!os_here()->vmnet || nic->tap != NULL);
}

static struct port_wish
wish_of(const struct plan *p, unsigned i)
{
	const struct vm_nic *nic = &p->member.vm.nics[i];

	return (struct port_wish){ .vm = p->member.vm.name,
		.nic = i,
		.bridge = nic->bridge,
		.tap = nic->tap,
		.mac = p->given.macs[i],
		.mtu = (unsigned)nic->mtu,
		.isolated = nic->isolated,
		.vlan = (unsigned)nic->vlan,
		.multi_queue = nic->queues > 1 };
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
open_queues(struct diag *d, struct plan_facts *pf, unsigned i, unsigned n, const struct os_tap *tap)
{
	struct qemu_nic_facts *fact = &pf->f.nics[i];

	fact->queues = xcalloc(n, sizeof(*fact->queues));
	fact->queues[0] = tap->fd;
	for (unsigned k = 1; k < n; k++) {
		fact->queues[k] = plan_keep_fd(pf, os_tap_queue(d, tap));
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

/* Stage 3: the taps. QEMU's process has to be born with them. */
static int
make_taps(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l)
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
		struct port_wish wish = wish_of(p, i);
		unsigned queues;

		if (!has_port(&vm->nics[i]))
			continue;
		queues = (unsigned)vm->nics[i].queues;
		if (port_make(d, &wish, &witness, &l->ports[i]) == -1 ||
		    open_queues(d, &l->facts, i, queues, &l->ports[i].tap) == -1 ||
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

/* Stage 5: bridges and hooks, while QEMU's process makes itself ready. */
static int
join_bridges(struct diag *d, const struct plan *p, struct launch *l)
{
	const struct vm *vm = &p->member.vm;

	for (unsigned i = 0; i < vm->nnics; i++) {
		const struct vm_nic *nic = &vm->nics[i];
		struct port_wish wish = wish_of(p, i);

		if (!has_port(nic))
			continue;
		if (port_join(d, &l->ports[i], &wish) == -1 ||
		    (nic->up != NULL &&
			run_hook(d, nic->up, vm->name, &l->ports[i], wish.mac, l->log) == -1)) {
			diag_wrap(d, d->count - 1, "nics[%u]", i);
			return -1;
		}
		record_port(l->record, i, &l->ports[i], nic->down);
	}
	return 0;
}

static void
record_process(struct launch *l)
{
	json_t *r = l->record;

	json_object_set_new(r, "pid", json_integer(l->proc.pid));
	json_object_set_new(r, "start", json_integer((json_int_t)l->proc.start));
	record_string(r, "boot", l->proc.boot);
	json_object_set_new(r, "started", json_integer((json_int_t)time(NULL)));
}

static size_t
add_fd(int *fds, size_t n, int fd)
{
	if (fd != -1)
		fds[n++] = fd;
	return n;
}

static size_t
add_chain(int *fds, size_t n, const struct qemu_disk_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		n = add_fd(fds, n, chain->image[i].handle.fd);
	return n;
}

/* Every descriptor that QEMU is to have, beside stdin, stdout and stderr; freed by the caller. */
static int *
handed_over(const struct launch *l, size_t *ret_n)
{
	const struct plan_facts *pf = &l->facts;
	size_t n = 0, most = pf->nfds + l->nports;
	int *fds;

	for (size_t i = 0; i < pf->nchains; i++)
		most += pf->chains[i].n;
	fds = xcalloc(most, sizeof(*fds));
	for (size_t i = 0; i < pf->nfds; i++)
		n = add_fd(fds, n, pf->fds[i]);
	for (size_t i = 0; i < l->nports; i++)
		n = add_fd(fds, n, l->ports[i].tap.fd);
	for (size_t i = 0; i < pf->nchains; i++)
		n = add_chain(fds, n, &pf->chains[i]);
	*ret_n = n;
	return fds;
}

/* Stages 4 to 6: fork; join; record and go. */
static int
start_qemu(struct diag *d, const struct plan *p, const struct runtime *r, struct launch *l)
{
	const struct vm *vm = &p->member.vm;
	struct child_wish wish = { .name = "QEMU",
		.argv = &l->argv,
		.log = l->log,
		.dir = -1,
		.cpus = intset_count(&vm->cpus.emulator_pin) > 0 ? &vm->cpus.emulator_pin : NULL,
		.nice = (int)vm->nice,
		.locks_memory = vm->memory.lock || vm->nhostdevs > 0,
		.terminal = vm_uses_stdio(vm) };
	struct child child = CHILD_NONE;
	int result = -1, *fds;
	char **environment;

	screen_environment(vm, &environment, &wish.nenvironment);
	wish.environment = environment;
	if (p->given.own_uid && !plan_starts_as_root(p))
		wish.who = &p->given.who;
	wish.fds = fds = handed_over(l, &wish.nfds);
	result = child_fork(d, &wish, &child);
	free(fds);
	free(environment);
	if (result == -1)
		return -1;
	result = -1;
	if (join_bridges(d, p, l) == -1 || os_proc_find(d, child.pid, &l->proc) == -1)
		goto cleanup;
	l->ours = true;
	record_process(l);
	if (record_write(d, r, l->record) == -1)
		goto cleanup;
	result = child_go(d, &child);
cleanup:
	if (result == -1) {
		child_kill(&child); /* its copies of the taps as well */
		l->proc = (struct os_proc){ 0 };
		l->ours = false;
	}
	child_close(&child);
	return result;
}

/* Taps, images and listening sockets are QEMU's alone from now on. */
static void
close_handed_over(struct launch *l)
{
	for (size_t i = 0; i < l->nports; i++)
		fd_close(&l->ports[i].tap.fd);
	plan_facts_free(&l->facts);
	argv_free(&l->argv);
	fd_close(&l->log);
}

int
launch_up(struct diag *d, const struct context *c, const struct plan *p, struct runtime *r,
    struct launch *ret)
{
	struct launch l = LAUNCH_NONE;

	if (plan_facts(d, c, p, false, &l.facts) == -1 || files_open(d, p, r, &l.facts) == -1 ||
	    media_open(d, c, p, false, &l.facts) == -1 || sockets_connect(d, p, &l.facts) == -1 ||
	    usb_open(d, p, &l.facts) == -1 || screen_open(d, p, r, &l.facts) == -1 ||
	    sockets_bind(d, &p->member.vm, &l.facts) == -1 || devices_open(d, p, &l.facts) == -1)
		goto fail;
	l.log = log_fifo_writer(d, r->dir, LOG_FIFO);
	l.record = record_make(c, p, &l.facts);
	if (l.log == -1 || make_taps(d, p, r, &l) == -1 || tpm_start(d, c, p, r, &l) == -1 ||
	    shares_start(d, p, r, &l) == -1 || hostdevs_lend(d, p, r, &l) == -1 ||
	    qemu_argv(d, &p->member.vm, &l.facts.f, &l.argv) == -1 || start_qemu(d, p, r, &l) == -1)
		goto fail;
	close_handed_over(&l);
	*ret = l;
	return 0;
fail:
	launch_down(d, &l, r);
	return -1;
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
	int null;

	if (down == NULL || mac == NULL || vm == NULL)
		return;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	hook_run(d, down, l->ports[i].tap.name, vm, l->ports[i].bridge, mac, null);
	fd_close(&null);
}

/* The record without its process, and without the hooks that have run. */
static void
record_leftover(struct diag *d, struct launch *l, struct runtime *r)
{
	json_t *nic;
	size_t i;

	json_object_del(l->record, "pid");
	json_array_foreach(json_object_get(l->record, "nics"), i, nic) json_object_del(nic, "down");
	r->keep = true;
	(void)record_write(d, r, l->record);
}

int
launch_down(struct diag *d, struct launch *l, struct runtime *r)
{
	bool left = false;

	for (size_t i = 0; i < l->nports; i++) {
		struct port *p = &l->ports[i];

		if (p->tap.name[0] == '\0')
			continue;
		if (l->record != NULL)
			run_down(d, l, i);
		if (port_leave(d, p) == -1 && (os_here()->taps_outlive || p->given))
			left = true;
		fd_close(&p->tap.fd);
	}
	close_handed_over(l);
	if (companions_end(d, l->record, &l->companions) == -1)
		left = true;
	if (hostdevs_give_back(d, l->record) == -1)
		left = true;
	if (left && l->record != NULL)
		record_leftover(d, l, r);
	free(l->ports);
	json_decref(l->record);
	*l = (struct launch)LAUNCH_NONE;
	return left ? -1 : 0;
}

void
launch_adopt(const json_t *record, struct launch *ret)
{
	const json_t *nics = json_object_get(record, "nics");
	const char *vm = json_string_value(json_object_get(record, "name"));
	struct launch l = LAUNCH_NONE;

	l.record = json_deep_copy(record);
	l.proc = record_proc(record);
	companions_adopt(record, &l.companions);
	l.nports = json_array_size(nics);
	l.ports = xcalloc(l.nports, sizeof(*l.ports));
	for (size_t i = 0; i < l.nports; i++) {
		const json_t *nic = json_array_get(nics, i);
		const char *tap = nic_string(record, i, "tap"),
			   *bridge = nic_string(record, i, "bridge");

		l.ports[i] = (struct port)PORT_NONE;
		if (tap == NULL || bridge == NULL)
			continue;
		strlcpy(l.ports[i].tap.name, tap, sizeof(l.ports[i].tap.name));
		strlcpy(l.ports[i].bridge, bridge, sizeof(l.ports[i].bridge));
		if (vm != NULL)
			port_alias(vm, (unsigned)i, l.ports[i].alias);
		l.ports[i].tap.index = (unsigned)json_integer_value(json_object_get(nic, "index"));
		l.ports[i].given = json_is_true(json_object_get(nic, "given"));
		l.ports[i].kept = json_is_true(json_object_get(nic, "kept"));
		l.ports[i].joined = true;
	}
	*ret = l;
}
