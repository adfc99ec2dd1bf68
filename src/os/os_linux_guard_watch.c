/* Was the guard of a port removed, as by a program that flushes all of nftables? Fills os.h. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os.h"
#include "os/os_linux_bridge.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"

#define MESSAGE 8192 /* bytes; what is longer is cut, and removals are short */

int
os_guard_watch(struct diag *d)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK,
		.nl_groups = 1U << (NFNLGRP_NFTABLES - 1) };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (fd != -1 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fail_sys(d, "nftables cannot be watched");
	fd_close(&fd);
	return -1;
}

/* "netdev vmrun-web1.0-17" of a tap; the family is said in the message's header. */
static bool
is_of(const char *table, const struct os_tap *tap)
{
	struct buf b = { 0 };
	bool same;

	guard_add_table(&b, tap->index, tap->name);
	same = strcmp(strchr(b.s, ' ') + 1, table) == 0;
	buf_free(&b);
	return same;
}

static bool
removes(const struct nlmsghdr *message, const struct os_tap *taps, size_t n)
{
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	bool own = false;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) ||
	    family->nfgen_family != NFPROTO_NETDEV)
		return false;
	mnl_attr_for_each(attr, message, sizeof(*family))
	{
		if (mnl_attr_get_type(attr) != NFTA_TABLE_NAME ||
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == -1)
			continue;
		for (size_t i = 0; i < n; i++)
			own = own || is_of(mnl_attr_get_str(attr), &taps[i]);
	}
	return own;
}

/* Messages that were lost may have said so. */
bool
os_guard_removed(int fd, const struct os_tap *taps, size_t n)
{
	char buf[MESSAGE] __attribute__((aligned(8)));
	bool removed = false;

	for (;;) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return removed || errno == ENOBUFS;
		for (const struct nlmsghdr *m = (const void *)buf; mnl_nlmsg_ok(m, left);
		     m = mnl_nlmsg_next(m, &left))
			removed = removed || removes(m, taps, n);
	}
}

int
os_guard_there(struct diag *d, const struct os_tap *tap)
{
	struct buf table = { 0 };
	char *tables, *found;
	int result = 0;

	if (nft_ask(d, "list tables netdev", &tables) == -1)
		return -1;
	guard_add_table(&table, tap->index, tap->name);
	buf_addc(&table, '\n');
	found = strstr(tables, table.s);
	result = found != NULL;
	buf_free(&table);
	free(tables);
	return result;
}
