/* What an uplink and its bridge have, as text in a file, from which it can be restored. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_linux_uplink.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#define ITEM_MAX 65536 /* bytes of a message */

static const uint16_t types[] = { RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH };
static const char *const words[] = { "address", "route", "neighbour" };

static void
write_side(struct buf *b, const char *word, const struct uplink_side *s)
{
	char mac[MAC_TEXT];

	buf_addf(b, "%s %s %d %u %d %u %s %d\n", word, s->name, s->exists, s->index, s->up, s->mtu,
	    mac_format(s->mac, mac), s->gen_mode);
}

void
os_uplink_write(const struct os_uplink *u, struct buf *b)
{
	buf_addf(b, "boot %s %lld %d\n", u->boot[0] != '\0' ? u->boot : "-", (long long)u->read_at,
	    u->joined);
	write_side(b, "bridge", &u->bridge);
	write_side(b, "port", &u->port);
	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		for (size_t i = 0; i < u->items[what].n; i++) {
			const struct uplink_item *item = &u->items[what].v[i];
			const uint8_t *p = (const uint8_t *)item->m;

			buf_addf(b, "%s %u %u ", words[what], item->valid, item->preferred);
			for (size_t k = 0; k < item->m->nlmsg_len; k++)
				buf_addf(b, "%02x", p[k]);
			buf_addc(b, '\n');
		}
	}
	buf_add(b, "end\n");
}

static int
parse_side(const char *line, const char *word, struct uplink_side *ret)
{
	struct uplink_side s = { .exists = false };
	char got[8], mac[MAC_TEXT];
	int exists, up;

	if (sscanf(line, "%7s %15s %d %u %d %u %17s %d", got, s.name, &exists, &s.index, &up,
		&s.mtu, mac, &s.gen_mode) != 8 ||
	    strcmp(got, word) != 0 || mac_parse(mac, &s.mac) == -1)
		return -1;
	s.exists = exists != 0;
	s.up = up != 0;
	*ret = s;
	return 0;
}

/* Attributes that reach beyond their message would be read by everything that follows. */
static int
check_message(const struct nlmsghdr *m, size_t n, enum uplink_what what)
{
	const struct nlattr *attr;
	size_t used;

	if (n < MNL_NLMSG_HDRLEN || m->nlmsg_len != n || m->nlmsg_type != types[what])
		return -1;
	used = MNL_NLMSG_HDRLEN + MNL_ALIGN(uplink_header(m));
	if (n < used)
		return -1;
	mnl_attr_for_each(attr, m, uplink_header(m)) used += MNL_ALIGN(attr->nla_len);
	return used == n ? 0 : -1;
}

static int
parse_item(const char *hex, struct uplink_item *item, enum uplink_what what)
{
	size_t n = strspn(hex, "0123456789abcdef") / 2;
	uint8_t *bytes;

	if (n == 0 || n > ITEM_MAX || hex[2 * n] != '\0')
		return -1;
	bytes = xcalloc(1, n + MNL_NLMSG_HDRLEN);
	item->m = (struct nlmsghdr *)bytes;
	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return -1;
		bytes[i] = (uint8_t)byte;
	}
	return check_message(item->m, n, what);
}

static int
parse_line(struct os_uplink *u, const char *line)
{
	char word[10];
	int at = 0;

	for (unsigned what = 0; what < UPLINK_WHATS; what++) {
		unsigned valid, preferred;
		struct uplink_item *item;

		if (sscanf(line, "%9s %u %u %n", word, &valid, &preferred, &at) != 3 ||
		    strcmp(word, words[what]) != 0)
			continue;
		item = uplink_add(&u->items[what]);
		item->valid = valid;
		item->preferred = preferred;
		return parse_item(line + at, item, what);
	}
	return -1;
}

int
os_uplink_parse(struct diag *d, const char *text, struct os_uplink **ret)
{
	struct os_uplink *u = xcalloc(1, sizeof(*u));
	char *copy = xstrdup(text), *rest, *line;
	bool ended = false;
	unsigned number = 0;
	long long at;
	int joined;

	for (line = strtok_r(copy, "\n", &rest); line != NULL && !ended;
	     line = strtok_r(NULL, "\n", &rest), number++) {
		int bad = 0;

		if (number == 0)
			bad = sscanf(line, "boot %39s %lld %d", u->boot, &at, &joined) != 3;
		else if (number == 1)
			bad = parse_side(line, "bridge", &u->bridge);
		else if (number == 2)
			bad = parse_side(line, "port", &u->port);
		else if (strcmp(line, "end") == 0)
			ended = true;
		else
			bad = parse_line(u, line);
		if (bad != 0)
			break;
	}
	free(copy);
	if (!ended) {
		os_uplink_free(u);
		errno = EINVAL;
		return fail(d, "line %u: not what vmrun writes", number + 1);
	}
	u->read_at = at;
	u->joined = joined != 0;
	*ret = u;
	return 0;
}
