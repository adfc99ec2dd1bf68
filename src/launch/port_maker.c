/* Ports that vmrun may not make itself; see port_maker.h. */
#include "launch/port_maker.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/bridge.h"
#include "net/wire.h"
#include "proto/request.h"
#include "proto/serve.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define QEMU_FD 3 /* of the socket that QEMU's helper is told */

static const char helper_path[] = VMRUN_LIBEXECDIR "/vmrun-net";

/* Where distributions put QEMU's. */
static const char *const qemu_paths[] = { "/usr/lib/qemu/qemu-bridge-helper",
	"/usr/libexec/qemu-bridge-helper", "/usr/lib/qemu-bridge-helper",
	"/usr/local/libexec/qemu-bridge-helper" };

/* As it is installed it often may do nothing. */
static bool
is_setuid_root(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_ISUID) != 0 &&
	       st.st_uid == 0 && access(path, X_OK) == 0;
}

struct port_maker
port_maker_find(void)
{
	if (!os_here()->helper)
		return (struct port_maker){ .name = NULL };
	if (access(helper_path, X_OK) == 0)
		return (struct port_maker){ MAKER_HELPER, helper_path };
	for (size_t i = 0; i < sizeof(qemu_paths) / sizeof(qemu_paths[0]); i++) {
		if (is_setuid_root(qemu_paths[i]))
			return (struct port_maker){ MAKER_QEMU, qemu_paths[i] };
	}
	return (struct port_maker){ .name = NULL };
}

const char *
port_maker_policy(void)
{
	return VMRUN_SYSCONFDIR "/vmrun.conf";
}

const char *
port_maker_name(const char *recorded)
{
	if (recorded == NULL)
		return NULL;
	return strcmp(recorded, MAKER_QEMU) == 0 ? MAKER_QEMU : MAKER_HELPER;
}

int
port_maker_missing(struct diag *d, const char *bridge)
{
	const struct passwd *pw = getpwuid(geteuid());
	char number[24];
	const char *qemu = qemu_paths[0];

	if (!os_here()->helper)
		return fail_as(d, DIAG_DENIED,
		    "joining bridge %s needs root; run vmrun as root, or write user = true for "
		    "QEMU's own network",
		    bridge);
	for (size_t i = sizeof(qemu_paths) / sizeof(qemu_paths[0]); i-- > 0;) {
		if (access(qemu_paths[i], F_OK) == 0)
			qemu = qemu_paths[i];
	}
	snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	return fail_as(d, DIAG_DENIED,
	    "joining bridge %s needs root, or a helper that root has allowed: vmrun-net (there is "
	    "no %s: build vmrun with -Dhelper=setuid; and in " VMRUN_SYSCONFDIR
	    "/vmrun.conf: allow = ( { user = \"%s\"; bridge = \"%s\"; } );) or QEMU's (chmod u+s "
	    "%s; and in /etc/qemu/bridge.conf: allow %s); user = true, QEMU's own network, needs "
	    "neither",
	    bridge, helper_path, pw != NULL ? pw->pw_name : number, bridge, qemu, bridge);
}

/* What a helper cannot do must not be left out without a word: the key, or NULL. Of a bridge's
 * spanning tree and groups no user may decide. */
static const char *
beyond_helper(const struct port_wish *w)
{
	const struct os_port_flags *f = &w->flags;

	return w->ntrunk > 0                         ? "trunk"
	       : w->in.bits != 0 || w->out.bits != 0 ? "rate"
	       : w->naddresses > 0                   ? "addresses"
	       : f->no_learning                      ? "learning"
	       : f->stp_cost != 0 || f->stp_priority != 0 || f->bpdu_guard || f->root_block ? "stp"
	       : f->no_multicast_flood || f->multicast_fast_leave || f->multicast_to_unicast ||
		       f->multicast_router != OS_ROUTER_AUTO
		   ? "multicast"
		   : NULL;
}

static const char *
beyond_qemu(const struct port_wish *w, unsigned queues)
{
	const char *beyond = beyond_helper(w);

	return beyond != NULL      ? beyond
	       : w->vlan != 0      ? "vlan"
	       : w->isolated       ? "isolated"
	       : w->guard          ? "guard"
	       : w->ifname != NULL ? "ifname"
	       : queues > 1        ? "queues"
	       : w->mtu != 0       ? "mtu"
				   : NULL;
}

static int
fill_request(struct diag *d, const struct port_wish *w, unsigned queues, struct port_request *ret)
{
	const char *beyond = beyond_helper(w);
	struct port_request r;

	if (beyond != NULL)
		return fail_as(d, DIAG_DENIED,
		    "%s: vmrun-net does not do that for users; a vmrun that root runs does",
		    beyond);
	request_begin(&r);
	r.nic = w->nic;
	r.mtu = w->mtu;
	r.vlan = w->vlan;
	r.queues = queues;
	r.isolated = w->isolated;
	r.guard = w->guard;
	memcpy(r.mac, w->mac.b, sizeof(r.mac));
	strlcpy(r.bridge, w->bridge, sizeof(r.bridge));
	strlcpy(r.vm, w->vm, sizeof(r.vm));
	port_name(w->ifname, w->vm, w->nic, r.tap);
	if (request_check(d, &r, sizeof(r)) == -1) {
		diag_wrap(d, d->count - 1, "not possible through vmrun-net");
		return -1;
	}
	*ret = r;
	return 0;
}

/* As vmrun-net will decide, if its rules can be read. */
static int
would_allow(struct diag *d, const struct port_request *r)
{
	const struct policy_wish wish = { r->bridge, r->vlan };
	int ngids = getgroups(0, NULL);
	gid_t *gids = xcalloc((size_t)(ngids > 0 ? ngids : 0) + 1, sizeof(*gids));
	struct policy_caller caller = { .uid = getuid(), .gids = gids };
	struct os_link *links = NULL;
	struct serve_facts f;
	struct diag why = { 0 };
	size_t n;
	int result = -1;

	if (serve_load_rules(&why, port_maker_policy(), &f) == -1) {
		result = errno == EACCES ? 0 : -1;
		if (result == -1)
			diag_move(d, &why);
		diag_free(&why);
		free(gids);
		return result;
	}
	ngids = ngids > 0 ? getgroups(ngids, gids) : 0;
	caller.ngids = (size_t)(ngids > 0 ? ngids : 0) + 1;
	gids[caller.ngids - 1] = getgid();
	caller.passwd = f.passwd;
	caller.group = f.group;
	if (os_links(d, &links, &n) == 0 &&
	    policy_decide(d, &f.policy, f.policy_path, &caller, &wish, links, n) != NULL)
		result = 0;
	free(links);
	free(gids);
	serve_facts_free(&f);
	return result;
}

static int
beyond_qemu_fail(struct diag *d, const char *beyond)
{
	return fail_as(d, DIAG_DENIED,
	    "%s: QEMU's bridge helper cannot do that; vmrun-net can (build vmrun with "
	    "-Dhelper=setuid)",
	    beyond);
}

int
port_maker_would(
    struct diag *d, const struct port_maker *maker, const struct port_wish *wish, unsigned queues)
{
	static const struct mac none, given = { { 0x52, 0x54, 0x00, 0, 0, 1 } };
	struct port_wish w = *wish;
	struct port_request request;

	if (strcmp(maker->name, MAKER_QEMU) == 0)
		return beyond_qemu(&w, queues) == NULL
			   ? 0
			   : beyond_qemu_fail(d, beyond_qemu(&w, queues));
	if (mac_equal(w.mac, none))
		w.mac = given;
	return fill_request(d, &w, queues, &request) == -1 ? -1 : would_allow(d, &request);
}

static int
refused(struct diag *d, const struct port_answer *a)
{
	static const int status[] = { [ANSWER_BAD] = DIAG_FAILED,
		[ANSWER_DENIED] = DIAG_DENIED,
		[ANSWER_POLICY] = DIAG_CONFIG,
		[ANSWER_FAILED] = DIAG_FAILED };

	return fail_as(d, status[a->code], "%s", a->text);
}

static int
ask_helper(struct diag *d, const struct port_maker *maker, const struct port_wish *w,
    unsigned queues, struct port *p, int *fds)
{
	char *argv[] = { (char *)maker->path, NULL };
	struct port_request request;
	struct port_answer answer = { .code = ANSWER_FAILED };
	struct helper_call call = { .argv = argv,
		.type = SOCK_SEQPACKET,
		.fd = STDIN_FILENO,
		.request = &request,
		.request_len = sizeof(request),
		.answer = &answer,
		.answer_size = sizeof(answer),
		.fds = fds,
		.max_fds = queues };

	if (fill_request(d, w, queues, &request) == -1 || helper_call(d, &call) == -1)
		return -1;
	if (answer_check(d, &answer, call.answer_len, call.nfds) == -1) {
		diag_wrap(d, d->count - 1, "%s", maker->path);
		goto fail;
	}
	if (answer.code != ANSWER_OK) {
		refused(d, &answer);
		goto fail;
	}
	if (call.nfds != queues) {
		fail(d, "%s: %zu queues, and not %u", maker->path, call.nfds, queues);
		goto fail;
	}
	if (w->ifname != NULL && strcmp(answer.tap, request.tap) != 0) {
		port_name_taken(d, request.tap);
		goto fail;
	}
	p->mtu = answer.mtu;
	p->guarded = answer.guard;
	return 0;
fail:
	for (size_t i = 0; i < call.nfds; i++)
		fd_close(&fds[i]);
	return -1;
}

static int
ask_qemu(struct diag *d, const struct port_maker *maker, const struct port_wish *w, unsigned queues,
    struct port *p, int *fds)
{
	char fd_word[16], bridge_word[OS_IFNAME + 8], byte;
	char *argv[] = { (char *)maker->path, "--use-vnet", fd_word, bridge_word, NULL };
	struct helper_call call = { .argv = argv,
		.type = SOCK_STREAM,
		.fd = QEMU_FD,
		.answer = &byte,
		.answer_size = 1,
		.fds = fds,
		.max_fds = 1 };
	const char *beyond = beyond_qemu(w, queues);
	struct diag why = { 0 };

	if (beyond != NULL)
		return beyond_qemu_fail(d, beyond);
	snprintf(fd_word, sizeof(fd_word), "--fd=%d", QEMU_FD);
	snprintf(bridge_word, sizeof(bridge_word), "--br=%s", w->bridge);
	if (helper_call(&why, &call) == -1) {
		if (strstr(why.text, "acl file") != NULL)
			diag_wrap(&why, 0, "/etc/qemu/bridge.conf has to say: allow %s", w->bridge);
		diag_move(d, &why);
		return -1;
	}
	return call.nfds == 1 ? 0 : fail(d, "%s: no descriptor came", maker->path);
}

int
port_maker_make(struct diag *d, const struct port_maker *maker, const struct port_wish *wish,
    unsigned queues, struct port *ret, int *fds)
{
	struct port p = PORT_NONE;
	struct os_link bridge;
	bool qemu = strcmp(maker->name, MAKER_QEMU) == 0;

	/* What is wrong with the bridge vmrun says better. */
	if (bridge_find(d, wish->bridge, &bridge) == -1 || bridge_fit(d, &bridge, wish->mtu) == -1)
		return -1;
	if (!wish->arriving && wire_check(d, &bridge, 0, wish->mac) == -1)
		return -1;
	p.mtu = bridge.mtu;
	if ((qemu ? ask_qemu : ask_helper)(d, maker, wish, queues, &p, fds) == -1)
		return -1;
	strlcpy(p.bridge, wish->bridge, sizeof(p.bridge));
	port_alias(wish->vm, wish->nic, p.alias);
	p.maker = maker->name;
	p.joined = true;
	/* QEMU's gives the tap any MAC; ours says which NIC is behind it. */
	if (os_tap_received(d, fds[0], mac_of_tap(wish->mac), &p.tap) == -1 ||
	    port_mac_check(d, &p, wish->mac) == -1) {
		for (unsigned i = 0; i < queues; i++)
			fd_close(&fds[i]);
		return -1;
	}
	*ret = p;
	return 0;
}
