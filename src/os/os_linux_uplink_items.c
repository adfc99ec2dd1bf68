/* Single steps of a move: one address, route or neighbour, and what is to be done of them at all.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os_linux_netlink.h"
#include "os/os_linux_uplink.h"
#include "util/mem.h"

#define LATE_S 60 /* what was to end while nobody was there to renew it still has this long */

static int
item_compare(const struct uplink_item *a, const struct uplink_item *b)
{
	if (a->m->nlmsg_len != b->m->nlmsg_len)
		return a->m->nlmsg_len < b->m->nlmsg_len ? -1 : 1;
	return memcmp(a->m, b->m, a->m->nlmsg_len);
}

static int
by_item(const void *a, const void *b)
{
	const struct uplink_item *const *x = a, *const *y = b;

	return item_compare(*x, *y);
}

static const struct uplink_item **
sorted(const struct uplink_items *items)
{
	const struct uplink_item **v = xcalloc(items->n + 1, sizeof(*v));

	for (size_t i = 0; i < items->n; i++)
		v[i] = &items->v[i];
	qsort(v, items->n, sizeof(*v), by_item);
	return v;
}

struct uplink_difference
uplink_difference(const struct uplink_items *have, const struct uplink_items *want)
{
	const struct uplink_item **h = sorted(have), **w = sorted(want);
	struct uplink_difference diff = { xcalloc(have->n + 1, sizeof(bool)),
		xcalloc(want->n + 1, sizeof(bool)), 0 };
	size_t i = 0, k = 0;

	while (i < have->n || k < want->n) {
		int order = i == have->n ? 1 : k == want->n ? -1 : item_compare(h[i], w[k]);

		if (order < 0)
			diff.extra[h[i] - have->v] = true;
		else if (order > 0)
			diff.missing[w[k] - want->v] = true;
		diff.n += order != 0;
		i += order <= 0;
		k += order >= 0;
	}
	free(h);
	free(w);
	return diff;
}

void
uplink_difference_free(struct uplink_difference *diff)
{
	free(diff->extra);
	free(diff->missing);
}

static uint32_t
time_left(uint32_t seconds, int64_t elapsed)
{
	if (seconds == UPLINK_EVER || elapsed <= 0)
		return seconds;
	return seconds > elapsed + LATE_S ? (uint32_t)(seconds - elapsed) : LATE_S;
}

static void
put_times(struct nlmsghdr *m, const struct uplink_item *item, int64_t elapsed)
{
	if (m->nlmsg_type == RTM_NEWADDR) {
		struct ifa_cacheinfo info = { .ifa_valid = time_left(item->valid, elapsed),
			.ifa_prefered =
			    item->preferred == 0 ? 0 : time_left(item->preferred, elapsed) };

		mnl_attr_put(m, IFA_CACHEINFO, sizeof(info), &info);
	} else if (m->nlmsg_type == RTM_NEWROUTE && item->valid != UPLINK_EVER) {
		mnl_attr_put_u32(m, RTA_EXPIRES, time_left(item->valid, elapsed));
	}
}

/* Without looking for a duplicate, which would keep an address from working for a second or two;
 * the next round takes the flag away. */
static void
put_no_dad(struct nlmsghdr *m)
{
	struct ifaddrmsg *info = mnl_nlmsg_get_payload(m);
	struct nlattr *attr;
	uint32_t flags;

	if (m->nlmsg_type != RTM_NEWADDR || info->ifa_family != AF_INET6)
		return;
	mnl_attr_for_each(attr, m, sizeof(*info))
	{
		if (mnl_attr_get_type(attr) != IFA_FLAGS)
			continue;
		flags = mnl_attr_get_u32(attr) | IFA_F_NODAD;
		memcpy(mnl_attr_get_payload(attr), &flags, sizeof(flags));
	}
}

int
uplink_item_send(
    const struct uplink_item *item, enum uplink_act act, int64_t elapsed, char words[NETLINK_WORDS])
{
	struct nlmsghdr *m = xcalloc(1, item->m->nlmsg_len + 64);
	int result;

	memcpy(m, item->m, item->m->nlmsg_len);
	if (act == UPLINK_DELETE) {
		m->nlmsg_type++; /* RTM_DELADDR, RTM_DELROUTE, RTM_DELNEIGH */
	} else {
		put_times(m, item, elapsed);
		m->nlmsg_flags = NLM_F_CREATE;
		if (act == UPLINK_REPLACE)
			m->nlmsg_flags |= NLM_F_REPLACE;
		else if (m->nlmsg_type == RTM_NEWROUTE)
			m->nlmsg_flags |= NLM_F_APPEND;
		if (act == UPLINK_ADD)
			put_no_dad(m);
	}
	result = netlink_ask(m, NULL, NULL, words);
	free(m);
	if (result == 0)
		return 0;
	if (act == UPLINK_DELETE)
		return errno == ESRCH || errno == ENOENT || errno == EADDRNOTAVAIL ? 0 : -1;
	return errno == EEXIST ? 0 : -1;
}
