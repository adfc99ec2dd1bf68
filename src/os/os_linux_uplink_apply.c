/*
 * Makes an uplink and its bridge what they are to be, from whatever they are; fills os.h.
 *
 * First all is made where it is to be, then the port joins or leaves, then what is too much goes:
 * so at every moment there is an address that answers and a route that leads out. A round begins
 * with reading what is there, and there is nothing left to do once a round finds no difference;
 * therefore it does not matter at which call another process was killed.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os_linux_link.h"
#include "os/os_linux_uplink.h"
#include "util/diag.h"
#include "util/mem.h"

#define ROUNDS 6 /* two are enough if nobody else changes anything */

/* --- rounds --- */

/* The goal in terms of the interfaces that there are now. */
static void
adopt_indexes(struct os_uplink *goal, const struct os_uplink *now)
{
	if (!now->bridge.exists || now->bridge.index == goal->bridge.index)
		return;
	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		for (size_t i = 0; i < goal->items[what].n; i++)
			uplink_reindex(
			    goal->items[what].v[i].m, goal->bridge.index, now->bridge.index);
	}
	goal->bridge.index = now->bridge.index;
}

static int
family_of(const struct uplink_item *item)
{
	return ((const struct rtgenmsg *)mnl_nlmsg_get_payload(item->m))->rtgen_family;
}

static bool
same_address(const struct uplink_item *a, const struct uplink_item *b)
{
	const struct ifaddrmsg *x = mnl_nlmsg_get_payload(a->m), *y = mnl_nlmsg_get_payload(b->m);
	char one[80], other[80];

	return x->ifa_family == y->ifa_family && x->ifa_index == y->ifa_index &&
	       strcmp(uplink_item_text(a, one, sizeof(one)),
		   uplink_item_text(b, other, sizeof(other))) == 0;
}

/* One that is there with other properties: IPv6 takes new ones, IPv4 some of them only. */
static int
address_add(const struct uplink_items *have, bool *extra, const struct uplink_item *item,
    int64_t elapsed, char words[NETLINK_WORDS])
{
	for (size_t i = 0; i < have->n; i++) {
		if (!extra[i] || !same_address(&have->v[i], item))
			continue;
		extra[i] = false;
		if (family_of(item) == AF_INET6)
			return uplink_item_send(item, UPLINK_REPLACE, elapsed, words);
		if (uplink_item_send(&have->v[i], UPLINK_DELETE, 0, words) == -1)
			return -1;
	}
	return uplink_item_send(item, UPLINK_ADD, elapsed, words);
}

static int
failed(struct diag *d, const char *words, const char *what, const struct uplink_item *item,
    const char *where)
{
	char text[80];

	return netlink_fail(
	    d, words, "%s: %s %s", where, uplink_item_text(item, text, sizeof(text)), what);
}

/* A gateway must be reached by a route without one. */
static bool
has_gateway(const struct uplink_item *item)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(item->m);

	return info->rtm_family == AF_INET6 ? uplink_attr(item->m, RTA_GATEWAY) != NULL
					    : info->rtm_scope < RT_SCOPE_LINK;
}

/* The kernel puts a new IPv4 address behind the others, a new IPv6 one before them. */
static bool
comes_second(const struct uplink_item *item, enum uplink_what what)
{
	return what == UPLINK_ADDRS ? family_of(item) == AF_INET6
				    : what == UPLINK_ROUTES && has_gateway(item);
}

static int
add_missing(struct diag *d, const struct os_uplink *now, const struct os_uplink *goal,
    struct uplink_difference *diff, enum uplink_what what)
{
	const struct uplink_items *want = &goal->items[what];
	int64_t elapsed = uplink_now() - goal->read_at;
	char words[NETLINK_WORDS];

	for (size_t turn = 0; turn < 2 * want->n; turn++) {
		bool second = turn >= want->n, backward = second && what == UPLINK_ADDRS;
		size_t i = backward ? 2 * want->n - 1 - turn : turn % want->n;
		const struct uplink_item *item = &want->v[i];
		int result;

		if (!diff->missing[i] || comes_second(item, what) != second)
			continue;
		result =
		    what == UPLINK_ADDRS
			? address_add(&now->items[what], diff->extra, item, elapsed, words)
			: uplink_item_send(item,
			      what == UPLINK_NEIGHS ? UPLINK_REPLACE : UPLINK_ADD, elapsed, words);
		if (result == -1)
			return failed(d, words, "cannot be set", item,
			    goal->joined ? goal->bridge.name : goal->port.name);
	}
	return 0;
}

static int
remove_extra(struct diag *d, const struct os_uplink *now, const struct os_uplink *goal,
    const struct uplink_difference *diff, enum uplink_what what)
{
	const struct uplink_items *have = &now->items[what];
	char words[NETLINK_WORDS];

	for (size_t turn = 0; turn < 2 * have->n; turn++) {
		bool second = turn >= have->n;
		size_t i = second ? 2 * have->n - 1 - turn : turn;

		if (!diff->extra[i] || (family_of(&have->v[i]) != AF_INET6) != second)
			continue;
		if (uplink_item_send(&have->v[i], UPLINK_DELETE, 0, words) == -1)
			return failed(d, words, "cannot be removed", &have->v[i],
			    goal->joined ? goal->port.name : goal->bridge.name);
	}
	return 0;
}

static int
links_make(struct diag *d, const struct os_uplink *now, const struct os_uplink *goal)
{
	char words[NETLINK_WORDS];

	if (goal->bridge.exists && uplink_side_set(&now->bridge, &goal->bridge, words) == -1)
		return netlink_fail(d, words, "bridge %s", goal->bridge.name);
	if (goal->port.up && uplink_link_up(&now->port, words) == -1)
		return netlink_fail(d, words, "%s cannot be brought up", goal->port.name);
	return 0;
}

static int
port_make(struct diag *d, const struct os_uplink *now, const struct os_uplink *goal)
{
	char words[NETLINK_WORDS];

	if (goal->joined != now->joined) {
		if (uplink_master_set(
			now->port.index, goal->joined ? now->bridge.index : 0, words) == -1)
			return netlink_fail(d, words, "bridge %s: %s cannot %s it",
			    goal->bridge.name, goal->port.name, goal->joined ? "join" : "leave");
		if (goal->joined)
			uplink_wait_running(goal->bridge.name);
	}
	return 0;
}

static bool
links_differ(const struct os_uplink *now, const struct os_uplink *goal)
{
	return now->joined != goal->joined || uplink_side_differs(&now->port, &goal->port) ||
	       (goal->bridge.exists && uplink_side_differs(&now->bridge, &goal->bridge)) ||
	       (goal->port.gen_mode != -1 && now->port.gen_mode != goal->port.gen_mode) ||
	       (goal->bridge.exists && goal->bridge.gen_mode != -1 &&
		   now->bridge.gen_mode != goal->bridge.gen_mode);
}

/* 1: there was nothing to do. */
static int
round_make(struct diag *d, const struct os_uplink *now, const struct os_uplink *goal)
{
	struct uplink_difference diff[UPLINK_WHATS];
	char words[NETLINK_WORDS];
	int result = -1;
	size_t n = links_differ(now, goal);

	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		diff[what] = uplink_difference(&now->items[what], &goal->items[what]);
		n += diff[what].n;
	}
	if (n == 0) {
		result = 1;
		goto cleanup;
	}
	if (links_make(d, now, goal) == -1 ||
	    add_missing(d, now, goal, &diff[UPLINK_ADDRS], UPLINK_ADDRS) == -1 ||
	    add_missing(d, now, goal, &diff[UPLINK_ROUTES], UPLINK_ROUTES) == -1 ||
	    add_missing(d, now, goal, &diff[UPLINK_NEIGHS], UPLINK_NEIGHS) == -1 ||
	    port_make(d, now, goal) == -1 ||
	    remove_extra(d, now, goal, &diff[UPLINK_ROUTES], UPLINK_ROUTES) == -1 ||
	    remove_extra(d, now, goal, &diff[UPLINK_ADDRS], UPLINK_ADDRS) == -1 ||
	    remove_extra(d, now, goal, &diff[UPLINK_NEIGHS], UPLINK_NEIGHS) == -1)
		goto cleanup;
	if (uplink_gen_mode_set(&now->port, &goal->port, words) == -1 ||
	    (goal->bridge.exists &&
		uplink_gen_mode_set(&now->bridge, &goal->bridge, words) == -1) ||
	    uplink_side_set(&now->port, &goal->port, words) == -1) {
		netlink_fail(d, words, "%s", goal->port.name);
		goto cleanup;
	}
	result = 0;
cleanup:
	for (unsigned what = 0; what < UPLINK_WHATS; what++)
		uplink_difference_free(&diff[what]);
	return result;
}

/* What differs first, for people. A router's announcement may bring something more at any time. */
static int
tell_difference(
    struct diag *d, const struct os_uplink *now, const struct os_uplink *goal, bool more_is_right)
{
	const char *where = goal->joined ? goal->bridge.name : goal->port.name;
	char text[80];

	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		struct uplink_difference diff =
		    uplink_difference(&now->items[what], &goal->items[what]);
		const struct uplink_item *missing = NULL, *extra = NULL;

		for (size_t i = 0; i < goal->items[what].n && missing == NULL; i++)
			missing = diff.missing[i] ? &goal->items[what].v[i] : NULL;
		for (size_t i = 0; i < now->items[what].n && extra == NULL; i++)
			extra = diff.extra[i] ? &now->items[what].v[i] : NULL;
		uplink_difference_free(&diff);
		if (missing != NULL)
			return fail(d, "%s: %s is missing, or is another than it was", where,
			    uplink_item_text(missing, text, sizeof(text)));
		if (extra != NULL && !more_is_right)
			return fail(d, "%s: %s should not be there", where,
			    uplink_item_text(extra, text, sizeof(text)));
	}
	if (links_differ(now, goal))
		return fail(d, "%s: its MAC, MTU or state is another than it should be", where);
	return 0;
}

/* Now, with the goal's terms made those of now. */
static int
look(struct diag *d, struct os_uplink *goal, struct os_uplink **ret)
{
	struct os_uplink *now;

	if (os_uplink_read(d, goal->bridge.name, goal->port.name, &now) == -1)
		return -1;
	if (now->port.index != goal->port.index || strcmp(now->boot, goal->boot) != 0) {
		fail(d, "%s: it is another interface than it was", goal->port.name);
		errno = ENODEV;
		os_uplink_free(now);
		return -1;
	}
	adopt_indexes(goal, now);
	*ret = now;
	return 0;
}

/* A bridge that was not there before goes, unless it is not ours or guests have joined it since. */
static int
bridge_remove(struct diag *d, const struct os_uplink *now, const struct os_uplink *goal)
{
	struct os_link *links;
	bool ports = false;
	size_t n;

	if (!mac_equal(now->bridge.mac, goal->bridge.mac))
		return 0;
	if (os_links(d, &links, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		ports |= links[i].master == now->bridge.index;
	free(links);
	return ports ? 0 : os_bridge_destroy(d, now->bridge.name);
}

int
os_uplink_apply(struct diag *d, const struct os_uplink *wish)
{
	struct os_uplink *goal = uplink_clone(wish), *now = NULL;
	char words[NETLINK_WORDS];
	bool made = false;
	int result = -1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		os_uplink_free(now);
		now = NULL;
		if (look(d, goal, &now) == -1)
			break;
		if (goal->bridge.exists && !now->bridge.exists) {
			if (uplink_bridge_make(goal, words) == -1) {
				netlink_fail(
				    d, words, "bridge %s cannot be made", goal->bridge.name);
				break;
			}
			made = true;
			continue;
		}
		result = round_make(d, now, goal);
		if (result != 0)
			break;
	}
	if (result == 0)
		result = tell_difference(d, now, goal, false);
	else if (result == 1)
		result =
		    now->bridge.exists && !goal->bridge.exists ? bridge_remove(d, now, goal) : 0;
	if (result == 0 && made)
		uplink_settings_last(goal);
	os_uplink_free(now);
	os_uplink_free(goal);
	return result;
}

int
os_uplink_check(struct diag *d, const struct os_uplink *wish)
{
	struct os_uplink *goal = uplink_clone(wish), *now;
	int result = look(d, goal, &now);

	if (result == 0) {
		result = tell_difference(d, now, goal, true);
		if (result == 0 && goal->joined && !now->bridge.running) {
			fail(d, "%s sends nothing: %s has no carrier", goal->bridge.name,
			    goal->port.name);
			result = -1;
		}
		os_uplink_free(now);
	}
	os_uplink_free(goal);
	return result;
}

bool
os_uplink_is_current(const struct os_uplink *u)
{
	struct diag ignored = { 0 };
	struct os_link link;
	struct os_proc self;
	bool is = os_proc_find(&ignored, getpid(), &self) == 0 && strcmp(self.boot, u->boot) == 0 &&
		  os_link_find(&ignored, u->port.name, &link) == 0 && link.index == u->port.index;

	diag_free(&ignored);
	return is;
}
