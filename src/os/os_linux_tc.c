/*
 * Rates of an interface on Linux, by the kernel's traffic control; fills os.h.
 *
 * What it sends waits in a token bucket (tbf). What it receives cannot wait, because the kernel has
 * no queue there: it is sent through an interface of its own (ifb), which has a token bucket as
 * well and then lets it in. To drop what comes too fast instead would let a TCP that sends 64 KiB
 * at once fall far below its rate.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "os/os_linux_link.h"
#include "util/diag.h"

#define OUR_BUCKET 0x76720000U /* its handle, by which an owner's own is told apart */
#define INGRESS    0xffff0000U /* the only handle that an ingress queue can have */
#define BURST_LEAST                                                                                \
	65536            /* bytes: a frame of the largest MTU, or most of what TCP sends at once   \
			  */
#define BURST_PARTS  100 /* of a second */
#define WAIT_PARTS   20  /* of a second: how long a frame may wait before it is dropped */
#define HIGHEST_PRIO 1U

static struct tcmsg *
tc_request(void *buf, struct nlmsghdr **ret, unsigned type, unsigned flags, unsigned index)
{
	struct tcmsg *tc;

	*ret = mnl_nlmsg_put_header(buf);
	(*ret)->nlmsg_type = (uint16_t)type;
	(*ret)->nlmsg_flags = (uint16_t)flags;
	tc = mnl_nlmsg_put_extra_header(*ret, sizeof(*tc));
	tc->tcm_ifindex = (int)index;
	return tc;
}

static int
bucket_add(unsigned index, const struct os_rate *rate, char words[NETLINK_WORDS])
{
	uint64_t bytes = rate->bits / 8, burst = rate->burst, least = bytes / BURST_PARTS, limit;
	struct tc_tbf_qopt options = { .rate.linklayer = TC_LINKLAYER_ETHERNET };
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct nlattr *nest;
	struct tcmsg *tc;

	if (burst == 0)
		burst = least > BURST_LEAST ? least : BURST_LEAST;
	limit = bytes / WAIT_PARTS + burst;
	options.rate.rate = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
	options.limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
	tc = tc_request(buf, &request, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index);
	tc->tcm_parent = TC_H_ROOT;
	tc->tcm_handle = OUR_BUCKET;
	mnl_attr_put_strz(request, TCA_KIND, "tbf");
	nest = mnl_attr_nest_start(request, TCA_OPTIONS);
	mnl_attr_put(request, TCA_TBF_PARMS, sizeof(options), &options);
	if (bytes > UINT32_MAX)
		mnl_attr_put_u64(request, TCA_TBF_RATE64, bytes);
	mnl_attr_put_u32(request, TCA_TBF_BURST, (uint32_t)burst);
	mnl_attr_nest_end(request, nest);
	return netlink_ask(request, NULL, NULL, words);
}

/* Down and without an alias until it is said whose it is. */
static int
shaper_make(const struct os_rates *rates, struct os_link *ret, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct ifinfomsg *info;
	struct nlattr *nest;

	link_request(buf, &request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(request, IFLA_IFNAME, rates->shaper);
	nest = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "ifb");
	mnl_attr_nest_end(request, nest);
	if (netlink_ask(request, NULL, NULL, words) == -1 ||
	    link_get(rates->shaper, 0, ret, words) == -1)
		return -1;
	info = link_request(buf, &request, RTM_SETLINK, 0);
	info->ifi_index = (int)ret->index;
	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_strz(request, IFLA_IFALIAS, rates->alias);
	return netlink_ask(request, NULL, NULL, words);
}

static int
ingress_add(unsigned index, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct tcmsg *tc;

	tc = tc_request(buf, &request, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index);
	tc->tcm_parent = TC_H_INGRESS;
	tc->tcm_handle = INGRESS;
	mnl_attr_put_strz(request, TCA_KIND, "ingress");
	return netlink_ask(request, NULL, NULL, words);
}

/* Everything: a selector with one key that every frame fits. */
static void
put_selector(struct nlmsghdr *request)
{
	unsigned char selector[sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key)] = { 0 };
	const struct tc_u32_sel head = { .flags = TC_U32_TERMINAL, .nkeys = 1 };

	memcpy(selector, &head, sizeof(head));
	mnl_attr_put(request, TCA_U32_SEL, sizeof(selector), selector);
}

static int
redirect_add(unsigned index, unsigned shaper, char words[NETLINK_WORDS])
{
	const struct tc_mirred redirect = {
		.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = shaper
	};
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlattr *options, *actions, *first, *action;
	struct nlmsghdr *request;
	struct tcmsg *tc;

	tc = tc_request(buf, &request, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, index);
	tc->tcm_parent = INGRESS;
	tc->tcm_info = TC_H_MAKE(HIGHEST_PRIO << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(request, TCA_KIND, "u32");
	options = mnl_attr_nest_start(request, TCA_OPTIONS);
	put_selector(request);
	actions = mnl_attr_nest_start(request, TCA_U32_ACT);
	first = mnl_attr_nest_start(request, 1);
	mnl_attr_put_strz(request, TCA_ACT_KIND, "mirred");
	action = mnl_attr_nest_start(request, TCA_ACT_OPTIONS);
	mnl_attr_put(request, TCA_MIRRED_PARMS, sizeof(redirect), &redirect);
	mnl_attr_nest_end(request, action);
	mnl_attr_nest_end(request, first);
	mnl_attr_nest_end(request, actions);
	mnl_attr_nest_end(request, options);
	return netlink_ask(request, NULL, NULL, words);
}

/* A queue that somebody has set: what the kernel itself gives every interface has no handle. */
struct queue {
	unsigned index, parent, handle;
	char kind[16];
};

static void
queue_each(const struct nlmsghdr *message, void *list)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct queue *queue;

	if (message->nlmsg_type != RTM_NEWQDISC || tc->tcm_handle == 0)
		return;
	queue = netlink_list_add(list);
	*queue = (struct queue){ (unsigned)tc->tcm_ifindex, tc->tcm_parent, tc->tcm_handle, "" };
	mnl_attr_for_each(attr, message, sizeof(*tc))
	{
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) != -1)
			strlcpy(queue->kind, mnl_attr_get_str(attr), sizeof(queue->kind));
	}
}

/* At the two places where ours go: 0 is the handle of none. */
struct found {
	unsigned root, ingress;
	char kind[16]; /* of the last of them */
};

static int
queues_find(struct diag *d, unsigned index, struct found *ret)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(struct queue) };
	const struct queue *queues;
	struct nlmsghdr *request;

	*ret = (struct found){ .root = 0 };
	tc_request(buf, &request, RTM_GETQDISC, NLM_F_DUMP, index);
	if (netlink_dump(d, request, queue_each, &list, "queues") == -1)
		return -1;
	queues = list.items;
	for (size_t i = 0; i < list.n; i++) {
		if (queues[i].index != index ||
		    (queues[i].parent != TC_H_ROOT && queues[i].parent != TC_H_INGRESS))
			continue;
		*(queues[i].parent == TC_H_ROOT ? &ret->root : &ret->ingress) = queues[i].handle;
		strlcpy(ret->kind, queues[i].kind, sizeof(ret->kind));
	}
	free(list.items);
	return 0;
}

int
os_rates_check(struct diag *d, unsigned index, const char *name)
{
	struct found found;

	if (queues_find(d, index, &found) == -1)
		return -1;
	if (found.root == 0 && found.ingress == 0)
		return 0;
	fail(d,
	    "%s: its owner has given it a queue already (%s), so its rate cannot be set (tc qdisc "
	    "show dev %s)",
	    name, found.kind, name);
	errno = EBUSY;
	return -1;
}

/* What a kernel that was built without it calls by a number. */
static int
rates_fail(struct diag *d, const char *words, const char *name, const char *module)
{
	bool unknown = errno == ENOENT || errno == EOPNOTSUPP || errno == EINVAL;

	if (errno == EPERM)
		return netlink_fail(d, words, "%s: its rate cannot be set without root", name);

	return netlink_fail(d, words, "%s: its rate cannot be set%s%s%s", name,
	    unknown ? " (is the kernel module " : "", unknown ? module : "",
	    unknown ? " there?)" : "");
}

int
os_rates_set(struct diag *d, unsigned index, const char *name, const struct os_rates *rates)
{
	struct os_link shaper = { 0 };
	char words[NETLINK_WORDS];

	if (rates->sends.bits != 0 && bucket_add(index, &rates->sends, words) == -1)
		return rates_fail(d, words, name, "sch_tbf");
	if (rates->receives.bits == 0)
		return 0;
	if (shaper_make(rates, &shaper, words) == -1)
		return rates_fail(d, words, rates->shaper, "ifb");
	if (bucket_add(shaper.index, &rates->receives, words) == -1)
		return rates_fail(d, words, rates->shaper, "sch_tbf");
	if (ingress_add(index, words) == -1)
		return rates_fail(d, words, name, "sch_ingress");
	if (redirect_add(index, shaper.index, words) == -1)
		return rates_fail(d, words, name, "cls_u32 or act_mirred");
	return 0;
}

static int
queue_remove(unsigned index, unsigned parent, unsigned handle, char words[NETLINK_WORDS])
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct nlmsghdr *request;
	struct tcmsg *tc = tc_request(buf, &request, RTM_DELQDISC, 0, index);

	tc->tcm_parent = parent;
	tc->tcm_handle = handle;
	return netlink_ask(request, NULL, NULL, words);
}

/* Only what is there: a process without rights may well have set nothing. */
static int
queues_remove(struct diag *d, unsigned index, const char *name, bool ingress)
{
	char words[NETLINK_WORDS];
	struct found found;

	if (queues_find(d, index, &found) == -1)
		return -1;
	if ((found.root != OUR_BUCKET || queue_remove(index, TC_H_ROOT, OUR_BUCKET, words) == 0) &&
	    (found.ingress == 0 || !ingress ||
		queue_remove(index, TC_H_INGRESS, INGRESS, words) == 0))
		return 0;
	return errno == ENODEV ? 0
			       : netlink_fail(d, words, "%s: its rate cannot be taken away", name);
}

int
os_rates_clear(
    struct diag *d, unsigned index, const char *name, const char *shaper, const char *alias)
{
	char words[NETLINK_WORDS];
	struct os_link link = { 0 };

	if (index != 0 && link_get(NULL, index, &link, words) == 0 &&
	    strcmp(link.name, name) == 0 && queues_remove(d, index, name, shaper[0] != '\0') == -1)
		return -1;
	return shaper[0] != '\0' ? link_destroy(d, shaper, "ifb", alias) : 0;
}
