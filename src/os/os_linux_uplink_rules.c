/* Rules of packet filters and of routing that speak of an interface by its name, which is another
 * once its place in the network has moved; fills os.h. */
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_netlink.h"
#include "util/buf.h"
#include "util/diag.h"

/* --- packet filters, as nft(8) lists them --- */

/* Does a name in quotes mean the interface? nft has "eth*" for all that begin so. */
static bool
names(const char *quoted, size_t n, const char *interface)
{
	if (n > 0 && quoted[n - 1] == '*')
		return strncmp(quoted, interface, n - 1) == 0;
	return strlen(interface) == n && strncmp(quoted, interface, n) == 0;
}

/* What people have written for other people, and what a rule writes into the log. */
static bool
is_remark(const char *line, const char *quote)
{
	static const char *const before[] = { "comment ", "prefix ", "helper ", NULL };

	for (size_t i = 0; before[i] != NULL; i++) {
		size_t n = strlen(before[i]);

		if ((size_t)(quote - line) >= n && strncmp(quote - n, before[i], n) == 0)
			return true;
	}
	return false;
}

/* Once: a rule that has it on both sides is about what is bridged there. */
static bool
line_names(const char *line, const char *interface)
{
	const char *end = line + strcspn(line, "\n");
	unsigned n = 0;

	for (const char *open = line; (open = memchr(open, '"', (size_t)(end - open))) != NULL;) {
		const char *close = memchr(open + 1, '"', (size_t)(end - open - 1));

		if (close == NULL)
			break;
		n += !is_remark(line, open) &&
		     names(open + 1, (size_t)(close - open - 1), interface);
		open = close + 1;
	}
	return n == 1;
}

/* One chain, set or map: those of families that see frames, which the port goes on to have, are
 * left out. */
struct object {
	char family[8], table[64], kind[8], name[64];
	bool from, to; /* speaks of the one, of the other */
};

static void
object_end(struct object *o, struct buf *ret)
{
	if (o->from && !o->to && strcmp(o->family, "netdev") != 0 &&
	    strcmp(o->family, "bridge") != 0)
		buf_addf(ret, "%s%s %s of table %s %s", ret->len > 0 ? ", " : "", o->kind, o->name,
		    o->family, o->table);
	o->from = o->to = false;
}

static void
filters_scan(const char *ruleset, const char *from, const char *to, struct buf *ret)
{
	struct object o = { .family = "" };
	char first[8], second[64];

	for (const char *line = ruleset; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		if (sscanf(line, " %7[a-z] %63s", first, second) == 2 &&
		    (strcmp(first, "table") == 0 || strcmp(first, "chain") == 0 ||
			strcmp(first, "set") == 0 || strcmp(first, "map") == 0)) {
			object_end(&o, ret);
			if (sscanf(line, " table %7s %63s {", o.family, o.table) == 2)
				continue;
			strlcpy(o.kind, first, sizeof(o.kind));
			strlcpy(o.name, second, sizeof(o.name));
			continue;
		}
		o.from |= line_names(line, from);
		o.to |= line_names(line, to);
	}
	object_end(&o, ret);
}

/* --- ip rule --- */

struct rule {
	char name[OS_IFNAME];
	uint32_t priority, table;
	bool out;
	unsigned family;
};

static void
rule_each(const struct nlmsghdr *m, void *arg)
{
	const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(m);
	struct rule r = { .table = header->table, .family = header->family };
	struct netlink_list *list = arg;
	const struct nlattr *attr;

	if (m->nlmsg_type != RTM_NEWRULE)
		return;
	mnl_attr_for_each(attr, m, sizeof(*header))
	{
		switch (mnl_attr_get_type(attr)) {
		case FRA_IIFNAME:
		case FRA_OIFNAME:
			r.out = mnl_attr_get_type(attr) == FRA_OIFNAME;
			strlcpy(r.name, mnl_attr_get_str(attr), sizeof(r.name));
			break;
		case FRA_PRIORITY:
			r.priority = mnl_attr_get_u32(attr);
			break;
		case FRA_TABLE:
			r.table = mnl_attr_get_u32(attr);
			break;
		default:
			break;
		}
	}
	if (r.name[0] != '\0')
		memcpy(netlink_list_add(list), &r, sizeof(r));
}

static bool
has_twin(const struct netlink_list *list, const struct rule *r, const char *to)
{
	const struct rule *v = list->items;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(v[i].name, to) == 0 && v[i].out == r->out && v[i].table == r->table &&
		    v[i].family == r->family)
			return true;
	}
	return false;
}

static int
routing_scan(struct diag *d, const char *from, const char *to, struct buf *ret)
{
	char buf[NETLINK_REQUEST] __attribute__((aligned(8)));
	struct netlink_list list = { .size = sizeof(struct rule) };
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	const struct rule *v;

	request->nlmsg_type = RTM_GETRULE;
	request->nlmsg_flags = NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(request, sizeof(struct fib_rule_hdr));
	if (netlink_dump(d, request, rule_each, &list, "routing rules") == -1)
		return -1;
	v = list.items;
	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(v[i].name, from) == 0 && !has_twin(&list, &v[i], to))
			buf_addf(ret, "%sip %srule %u", ret->len > 0 ? ", " : "",
			    v[i].family == AF_INET6 ? "-6 " : "", v[i].priority);
	}
	free(list.items);
	return 0;
}

int
os_uplink_rules(struct diag *d, const char *from, const char *to, struct buf *ret)
{
	struct diag own = { 0 };
	char *ruleset = NULL;

	/* A host without the library has no nft(8) either. */
	if (nft_ask(&own, "list ruleset", &ruleset) == 0)
		filters_scan(ruleset, from, to, ret);
	free(ruleset);
	diag_free(&own);
	return routing_scan(d, from, to, ret);
}
