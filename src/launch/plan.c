/* Deciding everything about a start; see plan.h. */
#include "launch/plan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "launch/demands.h"
#include "launch/forwards.h"
#include "launch/port_maker.h"
#include "launch/runtime.h"
#include "launch/resolved.h"
#include "launch/screen.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

static void
decide_accel(struct plan *p)
{
	static const char *const names[] = {
		[ACCEL_KVM] = "kvm", [ACCEL_TCG] = "tcg", [ACCEL_HVF] = "hvf"
	};
	int wanted = p->member.vm.accel;

	if (p->os == os_here()) {
		/* Asked in any case: QEMU may need a group to open the device. */
		os_accel(p->qemu.arch, p->given.own_uid, &p->accel);
	} else {
		/* As if that were such a machine as this one, and all well with it. */
		bool native = p->os->accel != NULL && strcmp(p->qemu.arch, os_arch()) == 0;

		p->accel = (struct os_accel){ .name = native ? p->os->accel : "tcg" };
	}
	if (wanted != ACCEL_AUTO) {
		p->accel.name = names[wanted];
		strlcpy(p->accel.why, "the VM file says so", sizeof(p->accel.why));
	}
	if (p->accel.has_group && strcmp(p->accel.name, "kvm") == 0) {
		p->given.who.groups[0] = p->accel.group;
		p->given.who.ngroups = 1;
	}
}

/* The record that a later supervisor goes by is JSON, which is UTF-8: a hook that it could not name
 * would never be run. */
static int
check_hooks(struct diag *d, const struct vm *vm)
{
	for (size_t i = 0; i < vm->nnics; i++) {
		json_t *s = vm->nics[i].down != NULL ? json_string(vm->nics[i].down) : NULL;

		if (vm->nics[i].down != NULL && s == NULL)
			return fail_as(d, DIAG_CONFIG, "nics[%zu].down: %s: the path is not UTF-8",
			    i, vm->nics[i].down);
		json_decref(s);
	}
	return 0;
}

bool
plan_starts_as_root(const struct plan *p)
{
	for (size_t i = 0; i < p->member.vm.nnics && p->given.own_uid; i++) {
		if (vm_nic_on_vmnet(&p->member.vm.nics[i], p->os))
			return true;
	}
	return false;
}

int
plan_nic_allowed(struct diag *d, const struct vm_nic *nic)
{
	if (os_privileged())
		return 0;
	if (vm_nic_on_vmnet(nic, os_here()))
		return fail_as(d, DIAG_DENIED,
		    "vmnet needs root; run vmrun as root, or write socket = \"PATH\" of a "
		    "socket_vmnet daemon, which needs none");
	/* A given tap may be on its bridge already, which needs no right. */
	if (nic->bridge == NULL || nic->tap != NULL || os_makes_taps() ||
	    port_maker_find().name != NULL)
		return 0;
	return port_maker_missing(d, nic->bridge);
}

static int
check_privileges(struct diag *d, const struct vm *vm)
{
	for (size_t i = 0; i < vm->nnics; i++) {
		if (plan_nic_allowed(d, &vm->nics[i]) == -1) {
			diag_wrap(d, d->count - 1, "nics[%zu]", i);
			return -1;
		}
	}
	return 0;
}

/* What only a look at the host tells, and QEMU would say after the start. */
static int
check_networks(struct diag *d, const struct context *c, const struct plan *p)
{
	const struct vm *vm = &p->member.vm;

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct vm_nic *nic = &vm->nics[i];
		bool vmnet = nic->bridge != NULL && vm_nic_on_vmnet(nic, os_here());

		if ((vmnet && os_vmnet_check(d, nic->bridge) == -1) ||
		    reserve_check(d, c, nic) == -1) {
			diag_wrap(d, d->count - 1, "nics[%zu]", i);
			return -1;
		}
	}
	return 0;
}

/* The VM's own file, once more only if the fleet does not hold it already: then its doc is lent. */
static int
load(struct diag *d, const struct context *c, const char *word, const struct fleet *fleet,
    struct fleet_member *ret, bool *ret_lent)
{
	const struct fleet_member *m = NULL;

	if (fleet != NULL && !context_is_path(word))
		m = fleet_find((struct fleet *)fleet, word);
	*ret_lent = m != NULL && m->loaded;
	if (!*ret_lent)
		return context_load(d, c, word, ret);
	*ret = (struct fleet_member){ .doc = m->doc };
	ret->loaded = vm_load(d, word, m->doc, c->host_doc, &ret->vm) == 0;
	return ret->loaded ? 0 : -1;
}

/* What a plan is for. */
struct making {
	const char *word;           /* what the VM is loaded by */
	struct fleet_member *kept;  /* in its place the VM as it ran, taken over: what was written into
				       other files since is their fault, and no reason against it */
	const struct fleet *fleet;  /* NULL: it is loaded */
	const struct os_facts *os;  /* NULL: this system */
	bool preview;
	bool runs; /* it does, and has what it needs of the host */
};

static int
make(struct diag *d, const struct context *c, const struct making *m, struct plan *ret,
    char **ret_note)
{
	const struct fleet *fleet = m->fleet;
	bool preview = m->preview;
	struct plan p = { .os = m->os != NULL ? m->os : os_here() };
	struct fleet own = { 0 };
	struct diag missing = { 0 }, others = { 0 };
	int result = -1;

	if (m->kept != NULL)
		p.member = *m->kept;
	else if (load(d, c, m->word, fleet, &p.member, &p.lent) == -1)
		goto cleanup;
	if (vm_system_check(p.member.doc, &p.member.vm, p.os) == -1 ||
	    (!preview && demands_check(p.member.doc, &p.member.vm, !m->runs) == -1)) {
		conf_report(d, p.member.doc);
		goto cleanup;
	}
	/* What is wrong with other files is for `check` to say, it does not stop this VM. */
	if (fleet == NULL && context_fleet(&others, c, &own) == -1) {
		diag_move(d, &others);
		goto cleanup;
	}
	if (fleet == NULL)
		fleet = &own;
	if (!preview &&
	    (check_privileges(d, &p.member.vm) == -1 || check_hooks(d, &p.member.vm) == -1 ||
		(m->kept == NULL && fleet_check(d, fleet, &p.member) == -1)))
		goto cleanup;
	if (!preview && !m->runs && forwards_check(p.member.doc, &p.member.vm) == -1) {
		conf_report(d, p.member.doc);
		goto cleanup;
	}
	if (qemu_probe(preview ? &missing : d, c, &p.member.vm, !preview, &p.qemu) == -1) {
		if (!preview)
			goto cleanup;
		p.qemu.path = qemu_wanted(&p.member.vm);
		p.qemu.arch = xstrdup(qemu_guest_arch(&p.member.vm, p.qemu.path));
		p.qemu.version = (struct qemu_version){ 7, 2 };
		p.qemu.sandbox = p.os->seccomp;
		missing.text[missing.len - 1] = '\0';
		*ret_note = xasprintf("%s; this is the line for version 7.2", missing.text);
	} else if (qemu_check(p.member.doc, &p.member.vm, p.qemu.arch, p.qemu.version) == -1) {
		conf_report(d, p.member.doc);
		goto cleanup;
	}
	if (reserve(d, c, fleet, &p.member.vm, preview, &p.given) == -1)
		goto cleanup;
	if (firmware_find(d, c, &p.member.vm, &p.qemu, &p.firmware) == -1 ||
	    (!preview && (check_networks(d, c, &p) == -1 || screen_check(d, &p) == -1)))
		goto cleanup;
	decide_accel(&p);
	*ret = p;
	p = (struct plan){ 0 };
	result = 0;
cleanup:
	diag_free(&missing);
	diag_free(&others);
	fleet_free(&own);
	plan_free(&p);
	return result;
}

int
plan_make(struct diag *d, const struct context *c, const char *word, const struct fleet *fleet,
    struct plan *ret)
{
	const struct making m = { .word = word, .fleet = fleet };

	return make(d, c, &m, ret, NULL);
}

int
plan_try(struct diag *d, const struct context *c, const char *word, const struct fleet *fleet)
{
	const struct making m = { .word = word, .fleet = fleet, .runs = true };
	struct plan p;

	if (make(d, c, &m, &p, NULL) == -1)
		return -1;
	plan_free(&p);
	return 0;
}

static int
make_kept(struct diag *d, const struct context *c, const char *name, const char *word,
    struct plan *ret)
{
	char *file;
	struct conf_trail runs;
	struct fleet_member kept;
	const struct making m = { .kept = &kept };
	struct buf text = { 0 };
	int result = -1;

	if (resolved_read(d, c, name, &runs) == -1)
		return -1;
	file = context_file_of(c, word);
	if (resolved_load(d, &runs, name, file, &kept) == 0)
		result = make(d, c, &m, ret, NULL);
	free(file);
	if (result == 0) { /* where each value was said stays known */
		conf_trail_write(&text, &runs);
		ret->kept = buf_steal(&text);
	}
	conf_trail_free(&runs);
	return result;
}

int
plan_again(struct diag *d, const struct context *c, const char *name, const char *word,
    struct plan *ret, char **ret_note)
{
	struct diag wrong = { 0 }, kept = { 0 };
	char *file;
	int result;

	*ret_note = NULL;
	if (plan_make(&wrong, c, word, NULL, ret) == 0)
		return 0;
	file = context_file_of(c, word);
	result = wrong.status == DIAG_CONFIG ? make_kept(&kept, c, name, file, ret) : -1;
	free(file);
	if (result == 0) {
		wrong.text[wrong.len - 1] = '\0';
		*ret_note = xstrdup(wrong.text);
		diag_free(&wrong);
		return 0;
	}
	diag_free(&kept);
	diag_move(d, &wrong);
	return -1;
}

int
plan_preview(struct diag *d, const struct context *c, const char *word, const struct fleet *fleet,
    const struct os_facts *os, struct plan *ret, char **ret_note)
{
	const struct making m = { .word = word, .fleet = fleet, .os = os, .preview = true };

	*ret_note = NULL;
	return make(d, c, &m, ret, ret_note);
}

void
plan_free(struct plan *p)
{
	vm_free(&p->member.vm);
	if (p->member.doc != NULL && !p->lent)
		conf_close(p->member.doc);
	qemu_binary_free(&p->qemu);
	reservation_free(&p->given);
	firmware_free(&p->firmware);
	free(p->kept);
	json_decref(p->history);
	*p = (struct plan){ 0 };
}

int
plan_resolve(
    struct diag *d, const struct context *c, const struct plan *p, const struct runtime *r)
{
	char *now = p->kept == NULL ? resolved_text(c, &p->member) : NULL;
	int result = resolved_write(d, r, now != NULL ? now : p->kept);

	free(now);
	return result;
}
