/* MACs, uid and uuid of a VM, from the ledger; see reserve.h. */
#include "launch/reserve.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/context.h"
#include "net/ledger.h"
#include "net/port.h"
#include "util/diag.h"
#include "util/mem.h"

struct taken {
	const struct fleet *fleet;
	const struct vm *vm;
	struct os_link *links; /* of this host */
	size_t nlinks;
	struct ledger *roots; /* root's, where somebody else may read it; NULL */
};

static bool
mac_taken(struct mac m, void *arg)
{
	const struct taken *t = arg;

	for (size_t i = 0; i < t->vm->nnics; i++) {
		if (mac_equal(t->vm->nics[i].mac, m))
			return true;
	}
	return fleet_mac_owner(t->fleet, m, t->vm) != NULL ||
	       port_mac_live(t->links, t->nlinks, m) ||
	       (t->roots != NULL && ledger_mac_owner(t->roots, m, NULL) != NULL);
}

/* What is known of the host when a MAC is chosen. */
static int
look_around(struct diag *d, struct taken *t)
{
	struct diag ignored = { 0 };

	if (t->links != NULL)
		return 0;
	/* Its file is one that everybody may read unless somebody changed that; vmrun-net, which
	 * makes an ordinary user's ports, refuses a MAC that is in it. */
	if (geteuid() != 0)
		(void)ledger_read(&ignored, VMRUN_STATEDIR "/ledger", &t->roots);
	diag_free(&ignored);
	return os_links(d, &t->links, &t->nlinks);
}

static bool
uid_taken(uid_t uid, void *arg)
{
	return getpwuid(uid) != NULL;
}

/* Whether everything that vm needs is in the ledger already, so that no lock is needed. */
static bool
complete(const struct ledger *l, const struct vm *vm, bool wants_uid)
{
	if (!ledger_has_salt(l) || (wants_uid && ledger_uid_find(l, vm->name) == (uid_t)-1))
		return false;
	for (size_t i = 0; i < vm->nnics; i++) {
		if (mac_is_zero(vm->nics[i].mac) &&
		    mac_is_zero(ledger_mac_find(l, vm->name, (unsigned)i)))
			return false;
	}
	return true;
}

/* A CID that is not written is the VM's uid, which no other has, whether QEMU runs as that or not:
 * one number to keep, and far above those that people choose. */
static bool
wants_cid(const struct vm *vm)
{
	return vm->vsock.enabled && vm->vsock.cid == 0;
}

static int
take_cid(struct diag *d, struct ledger *l, const struct vm *vm, struct reservation *r)
{
	uid_t uid;

	r->cid = (uint32_t)vm->vsock.cid;
	if (!wants_cid(vm))
		return 0;
	if (ledger_uid_get(d, l, vm->name, uid_taken, NULL, &uid) == -1)
		return -1;
	r->cid = uid;
	return 0;
}

static int
check_written(struct diag *d, const struct ledger *l, const struct vm *vm, unsigned nic)
{
	char text[MAC_TEXT];
	const char *owner = ledger_mac_owner(l, vm->nics[nic].mac, NULL);

	if (owner == NULL || strcmp(owner, vm->name) == 0)
		return 0;
	return fail_as(d, DIAG_CONFIG,
	    "nics[%u].mac: %s was given to %s (vmrun mac release %s, if that VM is gone for good)",
	    nic, mac_format(vm->nics[nic].mac, text), owner, owner);
}

static int
take_macs(struct diag *d, struct ledger *l, const struct context *c, struct taken *t,
    struct reservation *r)
{
	const struct vm *vm = t->vm;

	r->macs = xcalloc(vm->nnics, sizeof(*r->macs));
	for (unsigned i = 0; i < vm->nnics; i++) {
		if (!mac_is_zero(vm->nics[i].mac)) {
			if (check_written(d, l, vm, i) == -1)
				return -1;
			r->macs[i] = vm->nics[i].mac;
			continue;
		}
		r->macs[i] = ledger_mac_find(l, vm->name, i);
		if (!mac_is_zero(r->macs[i])) {
			const char *owner = fleet_mac_owner(t->fleet, r->macs[i], vm);
			char text[MAC_TEXT];

			if (owner == NULL)
				continue;
			return fail_as(d, DIAG_CONFIG,
			    "nic %u: its MAC %s is written in the file of %s", i,
			    mac_format(r->macs[i], text), owner);
		}
		if (look_around(d, t) == -1)
			return -1;
		if (ledger_mac_get(d, l, vm->name, i, c->host.mac.first, c->host.mac.last,
			mac_taken, t, &r->macs[i]) == -1)
			return -1;
	}
	return 0;
}

/* One of the range stands for all: a namespace maps it, or it does not. */
static bool
gives_own_uids(const struct context *c)
{
	return strcmp(c->host.qemu_user, "auto") == 0 && os_uid_available(LEDGER_UID_FIRST);
}

int
reserve_check(struct diag *d, const struct context *c, const struct vm_nic *nic)
{
	if (nic->dgram.local.kind != PEER_UNIX || !gives_own_uids(c))
		return 0;
	return fail_as(d, DIAG_CONFIG,
	    "each QEMU has a user of its own here, and by a UNIX socket neither of the two could "
	    "send to the other (a port of UDP: local = \"127.0.0.1:5001\"; or stream in place of "
	    "dgram; or one qemu_user for both in vmrun.conf)");
}

/* "auto": a uid of the VM's own; a name: that user. As the caller where no other can be taken. */
static int
take_uid(struct diag *d, struct ledger *l, const struct context *c, const struct vm *vm,
    struct reservation *r)
{
	const struct passwd *pw;

	r->who = (struct os_identity){ .uid = geteuid(), .gid = getegid() };
	r->own_uid = false;
	if (strcmp(c->host.qemu_user, "auto") == 0) {
		uid_t uid;

		if (!gives_own_uids(c))
			return 0;
		if (ledger_uid_get(d, l, vm->name, uid_taken, NULL, &uid) == -1)
			return -1;
		r->who = (struct os_identity){ .uid = uid, .gid = uid };
		r->own_uid = true;
		return 0;
	}
	pw = getpwnam(c->host.qemu_user);
	if (pw == NULL)
		return fail_as(d, DIAG_CONFIG, "qemu_user: there is no user %s", c->host.qemu_user);
	if (pw->pw_uid == 0)
		return fail_as(d, DIAG_CONFIG, "qemu_user: %s is root; QEMU never runs as root",
		    c->host.qemu_user);
	if (!os_uid_available(pw->pw_uid))
		return 0;
	r->who = (struct os_identity){ .uid = pw->pw_uid, .gid = pw->pw_gid };
	r->own_uid = true;
	return 0;
}

int
reserve(struct diag *d, const struct context *c, const struct fleet *fleet, const struct vm *vm,
    bool preview, struct reservation *ret)
{
	struct taken t = { .fleet = fleet, .vm = vm };
	struct reservation r = { 0 };
	struct ledger *l;
	bool locked = false;
	int result = -1;

	if (ledger_read(d, c->ledger, &l) == -1)
		return -1;
	if (!complete(l, vm, wants_cid(vm) || gives_own_uids(c))) {
		r.preview = preview;
		if (!preview) {
			ledger_close(l);
			if (ledger_lock(d, c->ledger, &l) == -1)
				return -1;
			locked = true;
		}
	}
	r.salted = ledger_has_salt(l);
	if (take_macs(d, l, c, &t, &r) == -1 || take_uid(d, l, c, vm, &r) == -1 ||
	    take_cid(d, l, vm, &r) == -1)
		goto cleanup;
	if (vm->uuid.set)
		memcpy(r.uuid, vm->uuid.b, sizeof(r.uuid));
	else
		uuid_of_vm(ledger_salt(l), vm->name, r.uuid);
	if (locked && ledger_commit(d, l) == -1)
		goto cleanup;
	*ret = r;
	r = (struct reservation){ 0 };
	result = 0;
cleanup:
	reservation_free(&r);
	free(t.links);
	ledger_close(t.roots);
	ledger_close(l);
	return result;
}

void
reservation_free(struct reservation *r)
{
	free(r->macs);
	*r = (struct reservation){ 0 };
}
