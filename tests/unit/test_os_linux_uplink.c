/* What an uplink and its bridge have, moved and written down, without a kernel: what comes of it is
 * what the kernel is told. */
#include "unit.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "os/os_linux_uplink.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#define PORT 3 /* index of the uplink */

static struct nlmsghdr *
message(struct os_uplink *u, enum uplink_what what, unsigned type, const void *header, size_t n)
{
	struct uplink_item *item = uplink_add(&u->items[what]);

	item->m = xcalloc(1, 1024);
	mnl_nlmsg_put_header(item->m);
	item->m->nlmsg_type = (uint16_t)type;
	memcpy(mnl_nlmsg_put_extra_header(item->m, n), header, n);
	return item->m;
}

static void
address(struct os_uplink *u, const char *text, const char *label)
{
	const struct ifaddrmsg info = { AF_INET, 24, 0, RT_SCOPE_UNIVERSE, PORT };
	struct nlmsghdr *m = message(u, UPLINK_ADDRS, RTM_NEWADDR, &info, sizeof(info));

	mnl_attr_put_u32(m, IFA_ADDRESS, inet_addr(text));
	mnl_attr_put_u32(m, IFA_LOCAL, inet_addr(text));
	mnl_attr_put_strz(m, IFA_LABEL, label);
	mnl_attr_put_u32(m, IFA_FLAGS, 0);
}

static void
hop(struct nlmsghdr *m, unsigned index, const char *gateway)
{
	struct {
		struct rtnexthop hop;
		struct rtattr attr;
		uint32_t address;
	} one = { { sizeof(one), 0, 0, (int)index }, { 8, RTA_GATEWAY }, inet_addr(gateway) };

	memcpy((char *)m + m->nlmsg_len, &one, sizeof(one));
	m->nlmsg_len += sizeof(one);
}

/* An uplink with two addresses, a default route by one gateway, one by two (of which the second is
 * behind another interface), and a bridge that is not there. */
static struct os_uplink *
host(void)
{
	struct os_uplink *u = xcalloc(1, sizeof(*u));
	struct rtmsg info = { .rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_type = RTN_UNICAST };
	struct nlattr *nest;
	struct nlmsghdr *m;

	strlcpy(u->boot, "0b0f", sizeof(u->boot));
	u->port = (struct uplink_side){ true, true, true, PORT, 1500, 0, "eth0",
		mac_from_number(0x020000000002), 0 };
	u->bridge = (struct uplink_side){ .index = UPLINK_NO_INDEX, .name = "br0", .gen_mode = -1 };
	address(u, "10.0.0.2", "eth0");
	address(u, "10.0.0.3", "eth0:web");
	m = message(u, UPLINK_ROUTES, RTM_NEWROUTE, &info, sizeof(info));
	mnl_attr_put_u32(m, RTA_OIF, PORT);
	mnl_attr_put_u32(m, RTA_GATEWAY, inet_addr("10.0.0.1"));
	m = message(u, UPLINK_ROUTES, RTM_NEWROUTE, &info, sizeof(info));
	nest = mnl_attr_nest_start(m, RTA_MULTIPATH);
	hop(m, PORT, "10.0.0.9");
	hop(m, 7, "10.9.0.9");
	mnl_attr_nest_end(m, nest);
	u->items[UPLINK_ROUTES].v[1].valid = 77;
	return u;
}

static char *
text_of(const struct os_uplink *u)
{
	struct buf b = { 0 };

	os_uplink_write(u, &b);
	return buf_steal(&b);
}

static struct os_uplink *
moved(struct os_uplink *u, const struct os_bridge_wish *wish)
{
	struct diag d = { 0 };
	struct os_uplink *to;

	if (os_uplink_moved(&d, u, wish, &to) == -1)
		fail_msg("%s", d.text);
	return to;
}

/* What is read back is what was written; anything shorter is refused, and nothing makes it fall. */
static void
test_text(void **state)
{
	struct os_uplink *u = host(), *back;
	char *text = text_of(u), *again;
	struct diag d = { 0 };
	size_t n = strlen(text);

	assert_int_equal(os_uplink_parse(&d, text, &back), 0);
	again = text_of(back);
	assert_string_equal(again, text);
	os_uplink_free(back);
	for (size_t cut = 0; cut < n - 1; cut++) {
		char *part = xstrndup(text, cut);

		assert_int_equal(os_uplink_parse(&d, part, &back), -1);
		free(part);
	}
	for (size_t at = 0; at < n; at++) {
		char was = again[at];

		for (unsigned bit = 0; bit < 7; bit++) {
			again[at] = (char)(was ^ (1 << bit));
			if (again[at] != '\0' && os_uplink_parse(&d, again, &back) == 0)
				os_uplink_free(back);
		}
		again[at] = was;
	}
	diag_free(&d);
	free(again);
	free(text);
	os_uplink_free(u);
}

static void
test_there_and_back(void **state)
{
	const struct os_bridge_wish wish = { .mtu = 0 };
	struct os_uplink *u = host(), *up = moved(u, &wish), *down = moved(up, NULL);
	char *before = text_of(u), *after = text_of(down);
	const struct nlmsghdr *m = up->items[UPLINK_ADDRS].v[1].m;

	assert_true(up->joined && up->bridge.exists && up->bridge.up && up->bridge.mtu == 1500);
	assert_true(mac_equal(up->bridge.mac, u->port.mac));
	assert_string_equal(mnl_attr_get_str(uplink_attr(m, IFA_LABEL)), "br0:web");
	/* But for the bridge, which is not taken away here. */
	assert_string_equal(strstr(after, "\nport "), strstr(before, "\nport "));
	free(before);
	free(after);
	os_uplink_free(u);
	os_uplink_free(up);
	os_uplink_free(down);
}

static void
test_gateways(void **state)
{
	const struct os_bridge_wish wish = { .mtu = 0 };
	struct os_uplink *u = host(), *up = moved(u, &wish);
	struct os_gateways gateways;

	os_uplink_gateways(up, &gateways);
	assert_int_equal(gateways.n, 2);
	assert_string_equal(gateways.v[0].text, "10.0.0.1");
	assert_string_equal(gateways.v[1].text, "10.0.0.9");
	os_uplink_free(u);
	os_uplink_free(up);
}

static void
test_obstacles(void **state)
{
	const struct os_bridge_wish large = { .mtu = 9000 }, wish = { .mtu = 0 };
	struct os_uplink *u = host(), *to;
	struct diag d = { 0 };

	assert_int_equal(os_uplink_moved(&d, u, &large, &to), -1);
	strlcpy(u->obstacle, "not now", sizeof(u->obstacle));
	u->passes = true;
	diag_free(&d);
	assert_int_equal(os_uplink_moved(&d, u, &wish, &to), -1);
	assert_int_equal(d.status, DIAG_BUSY);
	diag_free(&d);
	os_uplink_free(u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_obstacles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
