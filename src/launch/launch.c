/* The stages of a start and their undoing; see launch.h. */
#include "launch/launch.h"

#include <errno.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/devices.h"
#include "launch/handles.h"
#include "launch/hostdevs.h"
#include "launch/log_fifo.h"
#include "launch/media.h"
#include "launch/nics.h"
#include "launch/passt.h"
#include "launch/peers.h"
#include "launch/quota.h"
#include "launch/record.h"
#include "launch/screen.h"
#include "launch/shares.h"
#include "launch/tpm.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

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
	struct os_process_limits limits;
	struct intset cpus;
	struct child_wish wish = { .name = "QEMU",
		.argv = &l->argv,
		.log = l->log,
		.dir = -1,
		.cpus = intset_count(&vm->cpus.emulator_pin) > 0 ? &vm->cpus.emulator_pin : NULL,
		.nice = (int)vm->nice,
		.limits = &limits,
		.locks_memory = vm->memory.lock || vm->nhostdevs > 0,
		.terminal = vm_uses_stdio(vm) };
	struct child child = CHILD_NONE;
	int result = -1, *fds;
	char **environment;

	quota_process(l->record, true, &limits, &cpus);
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
	if (nics_join(d, p, l) == -1 || os_proc_find(d, child.pid, &l->proc) == -1)
		goto cleanup;
	l->ours = true;
	record_process(l);
	if (record_write(d, r, l->record) == -1 || quota_enter(d, l->record) == -1)
		goto cleanup;
	result = passt_wait(d, l) == -1 ? -1 : child_go(d, &child);
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
	    media_open(d, c, p, false, &l.facts) == -1 || peers_connect(d, p, &l.facts) == -1 ||
	    usb_open(d, p, &l.facts) == -1 || screen_open(d, p, r, &l.facts) == -1 ||
	    sockets_bind(d, &p->member.vm, &l.facts) == -1 || devices_open(d, p, &l.facts) == -1 ||
	    peers_bind(d, p, &l.facts) == -1)
		goto fail;
	l.log = log_fifo_writer(d, r->dir, LOG_FIFO);
	l.record = record_make(c, p, &l.facts);
	if (l.log == -1 || nics_make(d, p, r, &l) == -1 || tpm_start(d, c, p, r, &l) == -1 ||
	    shares_start(d, p, r, &l) == -1 || passt_start(d, p, r, &l) == -1 || hostdevs_lend(d, p, r, &l) == -1 ||
	    qemu_argv(d, &p->member.vm, &l.facts.f, &l.argv) == -1 || start_qemu(d, p, r, &l) == -1)
		goto fail;
	close_handed_over(&l);
	*ret = l;
	return 0;
fail:
	launch_down(d, &l, r);
	return -1;
}

/* The record without its process, and without the hooks that have run. */
static void
record_leftover(struct diag *d, struct launch *l, struct runtime *r)
{
	json_t *nic;
	size_t i;

	json_object_del(l->record, "pid");
	json_object_del(l->record, "restarting");
	json_array_foreach(json_object_get(l->record, "nics"), i, nic) json_object_del(nic, "down");
	r->keep = true;
	(void)record_write(d, r, l->record);
}

void
launch_hear(struct launch *l, const struct runtime *r)
{
	struct diag ignored = { 0 };

	if (l->log == -1)
		l->log = log_fifo_writer(&ignored, r->dir, LOG_FIFO);
	diag_free(&ignored);
}

int
launch_down(struct diag *d, struct launch *l, struct runtime *r)
{
	bool left;

	launch_hear(l, r);
	left = nics_leave(d, l);
	close_handed_over(l);
	peers_leave(l->record);
	if (companions_end(d, l->record, &l->companions) == -1)
		left = true;
	if (hostdevs_give_back(d, l->record) == -1)
		left = true;
	if (quota_leave(d, l->record) == -1)
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
	struct launch l = LAUNCH_NONE;

	l.record = json_deep_copy(record);
	l.proc = record_proc(record);
	companions_adopt(record, &l.companions);
	nics_adopt(record, &l);
	*ret = l;
}
