/* Tries what a start does to the network, step by step, and undoes it; see selftest.h. */
#include "net/selftest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/num.h"

#define OUR_ALIAS "vmrun self-test " /* and the pid */
#define TAP_MACS  0xfe5400000000     /* and the pid: two self-tests at once have two */

struct trial {
	int64_t began;
	bool alone;
	char alias[48];
	size_t links;                /* of the host, before */
	char bridge_name[OS_IFNAME]; /* "": none */
	struct os_link bridge;
	struct os_tap tap; /* name "": none */
	struct mac mac;    /* that the tap is to have */
	bool joined;
};

/* Where no tap can be made there are no descriptions of interfaces either. */
static bool
is_described(const struct os_link *link, const struct trial *t)
{
	return os_here()->vmnet || strcmp(link->alias, t->alias) == 0;
}

static int
count(struct diag *d, struct trial *t, struct buf *held)
{
	struct os_link *links;

	if (os_links(d, &links, &t->links) == -1)
		return -1;
	free(links);
	if (t->alone)
		buf_add(held, "tries in a network of its own, which goes with it");
	else
		buf_addf(held,
		    "tries beside this host's own interfaces: %s has no private networks",
		    os_here()->title);
	return 0;
}

static int
bridge_make(struct diag *d, struct trial *t, struct buf *held)
{
	if (os_bridge_create(d, "vmtrialbr", t->alias, t->bridge_name) == -1 ||
	    os_link_find(d, t->bridge_name, &t->bridge) == -1)
		return -1;
	if (!t->bridge.is_bridge)
		return fail(d, "%s was made and is not listed as a bridge", t->bridge_name);
	if (!t->bridge.up)
		return fail(d, "%s was made and is not up", t->bridge_name);
	if (!is_described(&t->bridge, t))
		return fail(d, "%s was made and its description is \"%s\"", t->bridge_name,
		    t->bridge.alias);
	buf_addf(held, "bridge %s made, mtu %u, up", t->bridge_name, t->bridge.mtu);
	return 0;
}

static int
tap_make(struct diag *d, struct trial *t, struct buf *held)
{
	struct os_link link;

	if (os_trial_open(d, &t->tap) == -1 || os_link_find(d, t->tap.name, &link) == -1)
		return -1;
	if (link.index != t->tap.index)
		return fail(d, "%s is interface %u, and is listed as %u", t->tap.name, t->tap.index,
		    link.index);
	if (t->tap.fd != -1 && !link.is_tap)
		return fail(d, "%s was made and is not listed as a tap", t->tap.name);
	if (link.master != 0)
		return fail(d, "%s was made and is a port already", t->tap.name);
	buf_addf(held, "%s %s made%s", t->tap.fd != -1 ? "tap" : "interface", t->tap.name,
	    t->tap.fd != -1 ? "" : ", which stands for a tap");
	return 0;
}

static int
join(struct diag *d, struct trial *t)
{
	struct os_port port = { .mac = t->mac, .mtu = t->bridge.mtu, .alias = t->alias };

	return os_tap_join(d, &t->tap, &port, &t->bridge);
}

static int
tap_join(struct diag *d, struct trial *t, struct buf *held)
{
	char text[MAC_TEXT];
	struct os_link link;

	if (join(d, t) == -1)
		return -1;
	t->joined = true;
	if (os_link_find(d, t->tap.name, &link) == -1)
		return -1;
	mac_format(link.mac, text);
	if (!mac_equal(link.mac, t->mac))
		return fail(d, "%s joined and its MAC is %s", t->tap.name, text);
	if (link.mtu != t->bridge.mtu)
		return fail(d, "%s joined and its MTU is %u, the bridge's %u", t->tap.name,
		    link.mtu, t->bridge.mtu);
	if (!is_described(&link, t))
		return fail(d, "%s joined and its description is \"%s\"", t->tap.name, link.alias);
	if (!link.up)
		return fail(d, "%s joined and is not up", t->tap.name);
	buf_addf(held, "%s joined: MAC %s, mtu %u, %sup", t->tap.name, text, link.mtu,
	    os_here()->vmnet ? "" : "description, ");
	return 0;
}

/* How many ports the bridge has, and how many of them are the tap. */
static int
ports(struct diag *d, const struct trial *t, unsigned *ret_all, unsigned *ret_ours)
{
	struct os_link *links;
	size_t n;

	if (os_links(d, &links, &n) == -1)
		return -1;
	*ret_all = *ret_ours = 0;
	for (size_t i = 0; i < n; i++) {
		if (links[i].master != t->bridge.index)
			continue;
		(*ret_all)++;
		*ret_ours +=
		    links[i].index == t->tap.index && strcmp(links[i].name, t->tap.name) == 0;
	}
	free(links);
	return 0;
}

static int
ports_list(struct diag *d, struct trial *t, struct buf *held)
{
	unsigned all, ours;

	if (ports(d, t, &all, &ours) == -1)
		return -1;
	if (all != 1 || ours != 1)
		return fail(d, "%s has %u ports, and %u of them are %s", t->bridge_name, all, ours,
		    t->tap.name);
	buf_addf(held, "%s is listed as the only port of %s", t->tap.name, t->bridge_name);
	return 0;
}

/* if_bridge refuses it, Linux has nothing to do; never is it a port twice. */
static int
join_again(struct diag *d, struct trial *t, struct buf *held)
{
	struct diag why = { 0 };
	unsigned all, ours;

	if (join(&why, t) == -1)
		buf_addf(
		    held, "joining again is refused: %.*s", (int)strcspn(why.text, "\n"), why.text);
	else
		buf_add(held, "joining again changes nothing");
	diag_free(&why);
	if (ports(d, t, &all, &ours) == -1)
		return -1;
	if (all > 1 || all != ours)
		return fail(d, "%s has %u ports now", t->bridge_name, all);
	return 0;
}

static int
tap_leave(struct diag *d, struct trial *t, struct buf *held)
{
	unsigned all, ours;

	if (!t->joined)
		return 0;
	if (os_tap_leave(d, t->tap.index, t->tap.name, t->alias) == -1 ||
	    ports(d, t, &all, &ours) == -1)
		return -1;
	if (all != 0)
		return fail(d, "%s left, and %s has %u ports", t->tap.name, t->bridge_name, all);
	buf_addf(held, "%s left, and is listed no more", t->tap.name);
	return 0;
}

static int
gone(struct diag *d, const char *name)
{
	struct diag why = { 0 };
	struct os_link link;

	if (os_link_find(&why, name, &link) == 0)
		return fail(d, "%s was destroyed and is there", name);
	if (errno != ENODEV) {
		diag_move(d, &why);
		return -1;
	}
	diag_free(&why);
	return 0;
}

static int
tap_destroy(struct diag *d, struct trial *t, struct buf *held)
{
	if (t->tap.name[0] == '\0')
		return 0;
	if (os_trial_close(d, &t->tap, t->alias) == -1 || gone(d, t->tap.name) == -1)
		return -1;
	buf_addf(held, "%s destroyed", t->tap.name);
	t->tap.name[0] = '\0';
	return 0;
}

static int
bridge_destroy(struct diag *d, struct trial *t, struct buf *held)
{
	if (t->bridge_name[0] == '\0')
		return 0;
	if (os_bridge_destroy(d, t->bridge_name) == -1 || gone(d, t->bridge_name) == -1)
		return -1;
	buf_addf(held, "%s destroyed", t->bridge_name);
	t->bridge_name[0] = '\0';
	return 0;
}

/* Beside a host's own interfaces, which may come and go, those count that are described as ours, or
 * could not be destroyed. */
static int
compare(struct diag *d, struct trial *t, struct buf *held)
{
	struct os_link *links;
	size_t n, left = 0;

	if (os_links(d, &links, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		left += strcmp(links[i].alias, t->alias) == 0 ||
			strcmp(links[i].name, t->tap.name) == 0 ||
			strcmp(links[i].name, t->bridge_name) == 0;
	free(links);
	if (t->alone && n > t->links)
		left = n - t->links;
	if (left > 0)
		return fail(d, "%zu interfaces are left", left);
	buf_addf(held, "nothing is left, after %lld ms", (long long)(now_ms() - t->began));
	return 0;
}

static const struct step {
	const char *name;
	int (*run)(struct diag *d, struct trial *t, struct buf *held);
	bool undo; /* done in any case, and tried twice; without a word where nothing is to be done
		    */
} steps[] = {
	{ "count the interfaces", count },
	{ "make a bridge", bridge_make },
	{ "make a tap", tap_make },
	{ "join", tap_join },
	{ "list the ports", ports_list },
	{ "join again", join_again },
	{ "leave", tap_leave, .undo = true },
	{ "destroy the tap", tap_destroy, .undo = true },
	{ "destroy the bridge", bridge_destroy, .undo = true },
	{ "count again", compare, .undo = true },
};

static void __attribute__((format(printf, 3, 4)))
tell(const struct selftest_listener *to, int level, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	to->fn(to->arg, level, text.s);
	buf_free(&text);
}

/* Of a diag: its first message. */
static void
tell_failure(const struct selftest_listener *to, int level, const char *what, struct diag *d)
{
	tell(to, level, "%s: %.*s", what, (int)strcspn(d->text, "\n"), d->text);
	diag_free(d);
}

static int
step_try(const struct selftest_listener *to, const struct step *s, struct trial *t)
{
	struct buf held = { 0 };
	struct diag d = { 0 };
	int result = s->run(&d, t, &held);

	if (result == -1)
		tell_failure(to, FINDING_BAD, s->name, &d);
	else if (held.len > 0)
		tell(to, FINDING_OK, "%s", held.s);
	buf_free(&held);
	return result;
}

/* 1: to itself; 0: beside the host's interfaces; -1: told why not. */
static int
find_place(const struct selftest_listener *to)
{
	int alone = os_network_alone();

	if (alone == 1 || (alone == 0 && os_privileged()))
		return alone;
	if (alone == 0 || !os_privileged())
		tell(to, FINDING_NOTE, "not tried: it needs root");
	else
		tell(to, FINDING_NOTE,
		    "not tried: this root may not have a network of its own: %s (in a container, "
		    "ask the host)",
		    strerror(errno));
	return -1;
}

void
selftest_steps(const struct selftest_listener *to)
{
	struct trial t = { .began = now_ms(), .tap.fd = -1 };
	int alone = find_place(to);
	bool failed = false;

	if (alone == -1)
		return;
	t.alone = alone == 1;
	snprintf(t.alias, sizeof(t.alias), "%s%ld", OUR_ALIAS, (long)getpid());
	t.mac = mac_from_number(TAP_MACS + ((uint64_t)getpid() & 0xffffff));
	if (!t.alone)
		selftest_sweep(to);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (failed && !steps[i].undo)
			continue;
		if (step_try(to, &steps[i], &t) == 0)
			continue;
		failed = true;
		if (steps[i].undo)
			(void)step_try(to, &steps[i], &t);
	}
	fd_close(&t.tap.fd);
}

/* Does it say that it is of a self-test whose process is no more? */
static bool
is_left(const struct os_link *link)
{
	struct diag ignored = { 0 };
	struct os_proc proc;
	int64_t pid;
	bool dead;

	if (strncmp(link->alias, OUR_ALIAS, strlen(OUR_ALIAS)) != 0 ||
	    int_parse(link->alias + strlen(OUR_ALIAS), 1, INT32_MAX, &pid) == -1)
		return false;
	dead = os_proc_find(&ignored, (pid_t)pid, &proc) == -1 && errno == ESRCH;
	diag_free(&ignored);
	return dead;
}

static int
remove_left(struct diag *d, const struct os_link *link)
{
	if (link->is_bridge)
		return os_bridge_destroy(d, link->name);
	if (os_tap_leave(d, link->index, link->name, link->alias) == -1)
		return -1;
	return os_tap_destroy(d, link->name, link->alias);
}

void
selftest_sweep(const struct selftest_listener *to)
{
	struct os_link *links;
	struct diag d = { 0 };
	size_t n;

	if (os_links(&d, &links, &n) == -1) {
		tell_failure(to, FINDING_NOTE, "look for what an earlier one left", &d);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_left(&links[i]))
			continue;
		if (remove_left(&d, &links[i]) == -1)
			tell_failure(to, FINDING_NOTE, "remove what an earlier one left", &d);
		else
			tell(to, FINDING_NOTE, "%s, left by an earlier one, was removed",
			    links[i].name);
	}
	free(links);
}
