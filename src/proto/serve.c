/* The work of vmrun-net; see serve.h. */
#include "proto/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/text.h"
#include "proto/trusted.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define LEDGER_MAX   (64u << 20)
#define ACCOUNTS_MAX (16u << 20)
#define TRIES        12 /* against others that are made at the same time */

/* *ret is "" where the file is missing. */
static int
load(struct diag *d, const char *path, size_t max, char **ret, size_t *ret_len)
{
	struct diag why = { 0 };
	int fd = trusted_open(&why, path);

	if (fd == -1 && errno == ENOENT) {
		diag_free(&why);
		*ret = xstrdup("");
		*ret_len = 0;
		return 0;
	}
	diag_move(d, &why);
	return fd == -1 ? -1 : trusted_read(d, &fd, path, max, ret, ret_len);
}

int
serve_load_rules(struct diag *d, const char *policy_path, struct serve_facts *ret)
{
	struct serve_facts f = { .policy_path = policy_path };
	char *text = NULL;
	size_t len;
	int result = -1;

	if (load(d, policy_path, TEXT_MAX, &text, &len) == -1)
		return -1; /* with errno */
	if (policy_read(d, policy_path, text, len, &f.policy) == 0 &&
	    load(d, "/etc/passwd", ACCOUNTS_MAX, &f.passwd, &len) == 0 &&
	    load(d, "/etc/group", ACCOUNTS_MAX, &f.group, &len) == 0) {
		*ret = f;
		f = (struct serve_facts){ .policy_path = NULL };
		result = 0;
	} else {
		errno = EINVAL;
	}
	serve_facts_free(&f);
	free(text);
	return result;
}

int
serve_load(struct diag *d, const char *policy_path, const char *state_dir, struct serve_facts *ret)
{
	struct serve_facts f;
	char *ledger;
	size_t len;
	int result;

	if (serve_load_rules(d, policy_path, &f) == -1)
		return -1;
	ledger =
	    xasprintf("%s/ledger", f.policy.state_dir != NULL ? f.policy.state_dir : state_dir);
	result = load(d, ledger, LEDGER_MAX, &f.ledger, &len);
	if (result == 0)
		*ret = f;
	else
		serve_facts_free(&f);
	free(ledger);
	return result;
}

void
serve_facts_free(struct serve_facts *f)
{
	policy_free(&f->policy);
	free(f->passwd);
	free(f->group);
	free(f->ledger);
	*f = (struct serve_facts){ .policy_path = NULL };
}

void
served_close(struct served *s)
{
	for (size_t i = 0; i < s->nfds; i++)
		fd_close(&s->fds[i]);
	s->nfds = 0;
}

/* "mac web1 0 52:54:00:9b:01:77": the fields are never empty, and a MAC ends its line. */
static int
check_ledger(struct diag *d, const char *ledger, struct mac mac)
{
	char wanted[MAC_TEXT + 2] = " ", text[MAC_TEXT];
	const char *found, *line;

	strlcat(wanted, mac_format(mac, text), sizeof(wanted));
	strlcat(wanted, "\n", sizeof(wanted));
	found = strstr(ledger, wanted);
	if (found == NULL)
		return 0;
	for (line = found; line > ledger && line[-1] != '\n';)
		line--;
	line += strcspn(line, " \n");
	line += *line == ' ';
	return fail_as(d, DIAG_DENIED,
	    "MAC %s was given to %.*s of root (vmrun mac release VM, and the next start takes "
	    "another)",
	    text, (int)strcspn(line, " \n"), line);
}

static bool
holds_mac(const struct os_link *link, struct mac mac)
{
	return mac_equal(link->mac, mac) || (link->is_tap && mac_equal(link->mac, mac_of_tap(mac)));
}

static int
check_live(struct diag *d, struct mac mac, unsigned own, const struct os_link *links, size_t n)
{
	char text[MAC_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (links[i].index != own && holds_mac(&links[i], mac))
			return fail_as(d, DIAG_DENIED, "MAC %s: %s of this host has it already",
			    mac_format(mac, text), links[i].name);
	}
	return 0;
}

/* "eth0.10" is what a VLAN of eth0 would be called. */
static int
check_name(struct diag *d, const char *tap, const struct os_link *links, size_t n)
{
	size_t stem = (size_t)(strrchr(tap, '.') - tap);

	for (size_t i = 0; i < n; i++) {
		if (strlen(links[i].name) == stem && strncmp(links[i].name, tap, stem) == 0)
			return fail_as(d, DIAG_DENIED,
			    "a tap cannot be called %s, because %s is an interface of this host",
			    tap, links[i].name);
	}
	return 0;
}

struct work {
	const struct serve_facts *facts;
	const struct port_request *request;
	uid_t uid;
	gid_t *gids;
	size_t ngids;
};

static int
find_bridge(struct diag *d, const struct port_request *r, struct os_link *ret)
{
	struct os_link link;

	if (os_link_find(d, r->bridge, &link) == -1)
		return -1;
	/* An interface can have other names, which no rule is about. */
	if (strcmp(link.name, r->bridge) != 0)
		return fail(d, "%s is another name of bridge %s", r->bridge, link.name);
	if (!link.is_bridge)
		return fail(d, "%s is not a bridge", r->bridge);
	if (r->mtu > link.mtu)
		return fail(d,
		    "bridge %s: its MTU is %u, and the NIC wants %u (raise the one or lower the "
		    "other)",
		    r->bridge, link.mtu, (unsigned)r->mtu);
	*ret = link;
	return 0;
}

/* Before anything is made; *ret is lent by the rules. */
static int
allow(struct diag *d, const struct work *w, const struct policy_rule **ret)
{
	const struct port_request *r = w->request;
	const struct policy_caller caller = { w->uid, w->gids, w->ngids, w->facts->passwd,
		w->facts->group };
	const struct policy_wish wish = { r->bridge, r->vlan };
	const struct policy_rule *rule;
	struct os_link *links;
	size_t n;
	int result = -1;

	if (os_links(d, &links, &n) == -1)
		return -1;
	rule = policy_decide(d, &w->facts->policy, w->facts->policy_path, &caller, &wish, links, n);
	if (rule != NULL && check_ledger(d, w->facts->ledger, request_mac(r)) == 0 &&
	    check_live(d, request_mac(r), 0, links, n) == 0 &&
	    check_name(d, r->tap, links, n) == 0) {
		*ret = rule;
		result = 0;
	}
	free(links);
	return result;
}

/* What others may have done meanwhile: 0, 1 to try again, -1. */
static int
check_after(struct diag *d, const struct work *w, const struct policy_rule *rule, unsigned index)
{
	struct os_link *links;
	size_t n;
	int result;

	if (os_links(d, &links, &n) == -1)
		return -1;
	result = check_live(d, request_mac(w->request), index, links, n);
	if (result == 0 && policy_ports(rule, w->uid, links, n) > (uint64_t)rule->ports)
		result = 1;
	free(links);
	return result;
}

static int
open_tap(struct diag *d, const struct port_request *r, struct os_tap *tap, struct served *s)
{
	if (os_tap_open(d, r->tap, r->queues > 1, tap) == -1)
		return -1;
	s->fds[s->nfds++] = tap->fd;
	while (s->nfds < r->queues) {
		int fd = os_tap_queue(d, tap);

		if (fd == -1)
			return -1;
		s->fds[s->nfds++] = fd;
	}
	return 0;
}

/* 0: made and on its bridge; 1: taken back, to be tried again; -1. */
static int
make(struct diag *d, const struct work *w, struct served *s)
{
	const struct port_request *r = w->request;
	const struct policy_rule *rule;
	char alias[POLICY_ALIAS];
	struct os_port port = { .mac = mac_of_tap(request_mac(r)),
		.guest = request_mac(r),
		.vlan = r->vlan,
		.alias = alias };
	struct os_link bridge;
	struct os_tap tap;
	int result;

	if (allow(d, w, &rule) == -1 || find_bridge(d, r, &bridge) == -1 ||
	    open_tap(d, r, &tap, s) == -1)
		return -1;
	policy_alias(r->vm, r->nic, w->uid, alias);
	port.mtu = bridge.mtu;
	port.isolated = r->isolated || rule->isolated;
	port.guard = r->guard || rule->guard;
	/* A guard outlives its tap, and whose it was could not take it away. */
	if (port.guard && os_guard_sweep(d) == -1)
		return -1;
	if (os_tap_join(d, &tap, &port, &bridge) == -1)
		return -1;
	result = check_after(d, w, rule, tap.index);
	if (result != 0)
		return result;
	s->answer.index = tap.index;
	s->answer.mtu = port.mtu;
	s->answer.isolated = port.isolated;
	s->answer.guard = port.guard;
	strlcpy(s->answer.tap, tap.name, sizeof(s->answer.tap));
	return 0;
}

static void
pause_a_little(void)
{
	uint8_t random;

	arc4random_buf(&random, sizeof(random));
	sleep_ms(1 + random % 40);
}

static int
try(struct diag *d, const struct work *w, struct served *s)
{
	for (unsigned i = 0; i < TRIES; i++) {
		int result = make(d, w, s);

		if (result == 0)
			return 0;
		served_close(s); /* the taps go with their descriptors */
		if (result == -1)
			return -1;
		pause_a_little();
	}
	return fail_as(d, DIAG_BUSY, "bridge %s: too many ports are being made at once; try again",
	    w->request->bridge);
}

static int
groups(struct diag *d, struct work *w)
{
	int n = getgroups(0, NULL);

	w->gids = xcalloc((size_t)(n > 0 ? n : 0) + 1, sizeof(*w->gids));
	if (n > 0)
		n = getgroups(n, w->gids);
	if (n == -1)
		return fail_sys(d, "groups of the caller");
	w->gids[n] = getgid();
	w->ngids = (size_t)n + 1;
	return 0;
}

/* The first message, as an answer. */
static void
tell(struct served *s, enum answer_code code, const struct diag *d)
{
	size_t n = strcspn(d->text, "\n");

	if (n >= sizeof(s->answer.text))
		n = sizeof(s->answer.text) - 1;
	answer_begin(&s->answer, code);
	memcpy(s->answer.text, d->text, n);
}

void
serve(const struct serve_facts *f, const struct diag *loaded, const struct port_request *r,
    size_t n, struct served *ret)
{
	struct work w = { .facts = f, .request = r, .uid = getuid() };
	struct diag d = { 0 };

	*ret = (struct served){ .nfds = 0 };
	answer_begin(&ret->answer, ANSWER_OK);
	if (request_check(&d, r, n) == -1) {
		diag_wrap(&d, 0, "the request");
		tell(ret, ANSWER_BAD, &d);
	} else if (loaded->count > 0) {
		tell(ret, ANSWER_POLICY, loaded);
	} else if (groups(&d, &w) == -1 || try(&d, &w, ret) == -1) {
		tell(ret,
		    d.status == DIAG_DENIED   ? ANSWER_DENIED
		    : d.status == DIAG_CONFIG ? ANSWER_POLICY
					      : ANSWER_FAILED,
		    &d);
	}
	ret->answer.queues = (uint32_t)ret->nfds;
	free(w.gids);
	diag_free(&d);
}
