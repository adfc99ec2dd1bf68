/* Was the guard of a port, or another table of ours, removed, as by a program that flushes all of
 * nftables? Fills os.h. */
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

/* The table of that family that the message says is gone; NULL: another message. */
static const char *
removed_table(const struct nlmsghdr *message, uint8_t family)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE) ||
	    header->nfgen_family != family)
		return NULL;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) != -1)
			return mnl_attr_get_str(attr);
	}
	return NULL;
}

static bool
removes(const struct nlmsghdr *message, const struct os_tap *taps, size_t n)
{
	const char *table = removed_table(message, NFPROTO_NETDEV);
	bool own = false;

	for (size_t i = 0; table != NULL && i < n; i++)
		own = own || is_of(table, &taps[i]);
	return own;
}

static bool
removes_inet(const struct nlmsghdr *message, const char *prefix)
{
	const char *table = removed_table(message, NFPROTO_INET);

	return table != NULL && strncmp(table, prefix, strlen(prefix)) == 0;
}

/* Messages that were lost may have said so. */
bool
os_guard_removed(int fd, const struct os_tap *taps, size_t n, const char *prefix, bool *ret_tables)
{
	char buf[MESSAGE] __attribute__((aligned(8)));
	bool removed = false;

	*ret_tables = false;

	for (;;) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			*ret_tables |= errno == ENOBUFS;
			return removed || errno == ENOBUFS;
		}
		for (const struct nlmsghdr *m = (const void *)buf; mnl_nlmsg_ok(m, left);
		     m = mnl_nlmsg_next(m, &left)) {
			removed = removed || removes(m, taps, n);
			*ret_tables |= removes_inet(m, prefix);
		}
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

/* A socket of its own, closed at once: what is asked is one name, and the answer is whether there
 * is an error. */
int
os_table_there(struct diag *d, const char *table)
{
	char buf[MESSAGE] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), error = 0;
	ssize_t n = -1;

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	request->nlmsg_flags = NLM_F_REQUEST;
	*header = (struct nfgenmsg){ .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	mnl_attr_put_strz(request, NFTA_TABLE_NAME, table);
	if (fd != -1 && send(fd, buf, request->nlmsg_len, 0) != -1) {
		do
			n = recv(fd, buf, sizeof(buf), 0);
		while (n == -1 && errno == EINTR);
	}
	if (n != -1 && mnl_nlmsg_ok((const struct nlmsghdr *)(const void *)buf, (int)n) &&
	    ((const struct nlmsghdr *)(const void *)buf)->nlmsg_type == NLMSG_ERROR)
		error = -((const struct nlmsgerr *)mnl_nlmsg_get_payload((const void *)buf))->error;
	if (n == -1 || (error != 0 && error != ENOENT)) {
		errno = n == -1 ? errno : error;
		fail_sys(d, "nftables cannot be asked");
		error = -1;
	}
	fd_close(&fd);
	return error == -1 ? -1 : error == 0;
}
