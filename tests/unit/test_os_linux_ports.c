/* Ports that are isolated, locked, told their MAC or in a VLAN, given taps, and what the self-test
 * is made of, on a real Linux kernel, in a network namespace of the test's own. */
#include "linux_fixture.h"

#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <poll.h>

#include "util/loop.h"

#define LOCAL_TYPE 0x88b5 /* an EtherType for experiments: nobody else sends it here */
#define ARRIVES    2000   /* ms; it comes at once */

static struct mac
mac_behind(const char *name)
{
	return mac_from_number(0x525400000000 + (unsigned char)name[0]);
}

/* One whose guest has the MAC of say(). */
static struct os_tap
port_like(const char *name, const struct os_link *bridge, struct os_port port)
{
	struct os_tap tap = tap_make(name);
	struct diag d = { 0 };

	port.mac = mac_from_number(0xfe5400000000 + (unsigned char)name[0]);
	port.guest = mac_behind(name);
	port.mtu = bridge->mtu;
	if (os_tap_join(&d, &tap, &port, bridge) == -1)
		fail_msg("%s", d.text);
	return tap;
}

static struct os_tap
port_make(const char *name, const struct os_link *bridge, bool isolated, unsigned vlan)
{
	const struct os_port port = { .isolated = isolated, .vlan = vlan };

	return port_like(name, bridge, port);
}

static size_t
put_type(unsigned char *at, unsigned type)
{
	at[0] = (unsigned char)(type >> 8);
	at[1] = (unsigned char)type;
	return 2;
}

/* A frame, as the guest behind the tap would send it; vlan 0: without a tag; mark tells it from
 * others. */
static void
say_frame(const struct os_tap *from, struct mac source, struct mac target, unsigned vlan,
    unsigned char mark)
{
	unsigned char frame[sizeof(struct virtio_net_hdr) + 64] = { 0 };
	unsigned char *ether = frame + sizeof(struct virtio_net_hdr);
	size_t n = 12;

	memcpy(ether, target.b, 6);
	memcpy(ether + 6, source.b, 6);
	if (vlan != 0) {
		n += put_type(ether + n, ETH_P_8021Q);
		n += put_type(ether + n, vlan);
	}
	n += put_type(ether + n, LOCAL_TYPE);
	ether[n] = mark;
	must((int)write(from->fd, frame, sizeof(frame) - (vlan != 0 ? 0 : 4)), from->name);
}

static void
say_as(const struct os_tap *from, struct mac source, struct mac target, unsigned char mark)
{
	say_frame(from, source, target, 0, mark);
}

/* A broadcast, by its own MAC. */
static void
say_tagged(const struct os_tap *from, unsigned vlan, unsigned char mark)
{
	say_frame(from, mac_behind(from->name), mac_from_number(0xffffffffffff), vlan, mark);
}

static void
say(const struct os_tap *from, unsigned char mark)
{
	say_tagged(from, 0, mark);
}

static bool
hears_in(const struct os_tap *at, unsigned vlan, unsigned char mark, int patience)
{
	const int64_t deadline = now_ms() + patience;
	unsigned char wanted[7];
	size_t n = 0;

	if (vlan != 0) {
		n += put_type(wanted, ETH_P_8021Q);
		n += put_type(wanted + n, vlan);
	}
	n += put_type(wanted + n, LOCAL_TYPE);
	wanted[n++] = mark;
	for (;;) {
		unsigned char frame[2048], *ether = frame + sizeof(struct virtio_net_hdr);
		struct pollfd p = { .fd = at->fd, .events = POLLIN };
		int64_t left = deadline - now_ms();

		if (poll(&p, 1, left > 0 ? (int)left : 0) != 1)
			return false;
		must((int)read(at->fd, frame, sizeof(frame)), at->name);
		if (memcmp(ether + 12, wanted, n) == 0)
			return true;
	}
}

static bool
hears(const struct os_tap *at, unsigned char mark, int patience)
{
	return hears_in(at, 0, mark, patience);
}

/* One after the other is told in the kernel before write() returns: what one port has heard, every
 * other that is to hear it has as well. */
static bool
hears_not(const struct os_tap *at, unsigned char mark)
{
	return !hears(at, mark, 50);
}

static void
isolated_ports_do_not_reach_each_other(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap a = port_make("a", &bridge, true, 0), b = port_make("b", &bridge, true, 0),
		      open = port_make("c", &bridge, false, 0);

	say(&a, 1);
	assert_true(hears(&open, 1, ARRIVES));
	assert_true(hears_not(&b, 1));
	say(&b, 2);
	assert_true(hears(&open, 2, ARRIVES));
	assert_true(hears_not(&a, 2));
	say(&open, 3);
	assert_true(hears(&a, 3, ARRIVES));
	assert_true(hears(&b, 3, ARRIVES));
	fd_close(&a.fd);
	fd_close(&b.fd);
	fd_close(&open.fd);
	bridge_remove("br0");
}

static void
a_guarded_port_lets_only_its_own_mac_in(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct diag d = { 0 };
	const struct os_port locked = { .guard = true };
	const struct mac all = mac_from_number(0xffffffffffff), forged = mac_behind("x");
	struct os_tap a = port_like("a", &bridge, locked), b = port_make("b", &bridge, false, 0);

	say(&a, 1);
	assert_true(hears(&b, 1, ARRIVES));
	say_as(&a, forged, all, 2);
	assert_true(hears_not(&b, 2));
	/* One that another port has cannot be taken from it. */
	say(&b, 3);
	assert_true(hears(&a, 3, ARRIVES));
	say_as(&a, mac_behind("b"), all, 4);
	assert_true(hears_not(&b, 4));
	say_as(&a, mac_behind("a"), mac_behind("b"), 5);
	assert_true(hears(&b, 5, ARRIVES));
	assert_int_equal(os_guard_remove(&d, a.index, a.name), 0);
	fd_close(&a.fd);
	fd_close(&b.fd);
	bridge_remove("br0");
}

static void
a_port_that_learns_nothing_knows_the_nic_all_the_same(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	const struct os_port deaf = { .flags = { .no_learning = true } };
	const struct mac all = mac_from_number(0xffffffffffff), nested = mac_behind("x");
	struct os_tap a = port_like("a", &bridge, deaf), b = port_make("b", &bridge, false, 0),
		      c = port_make("c", &bridge, false, 0);

	/* Before a has said a word. */
	say_as(&b, mac_behind("b"), mac_behind("a"), 1);
	assert_true(hears(&a, 1, ARRIVES));
	assert_true(hears_not(&c, 1));
	say_as(&a, nested, all, 2);
	assert_true(hears(&b, 2, ARRIVES));
	say_as(&b, mac_behind("b"), nested, 3);
	assert_true(hears(&a, 3, ARRIVES));
	assert_true(hears(&c, 3, ARRIVES));
	fd_close(&a.fd);
	fd_close(&b.fd);
	fd_close(&c.fd);
	bridge_remove("br0");
}

struct watch {
	unsigned index, up, up_and_open; /* messages of a port that is up; and not isolated */
};

static void
watch_info(const struct nlattr *info, bool *isolated)
{
	const struct nlattr *inner, *attr;

	mnl_attr_for_each_nested(inner, info)
	{
		if (mnl_attr_get_type(inner) != IFLA_INFO_SLAVE_DATA)
			continue;
		mnl_attr_for_each_nested(attr, inner)
		{
			if (mnl_attr_get_type(attr) == IFLA_BRPORT_ISOLATED)
				*isolated = mnl_attr_get_u8(attr) != 0;
		}
	}
}

static int
watch_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	struct watch *w = data;
	bool isolated = false, port = false;

	if (message->nlmsg_type != RTM_NEWLINK || info->ifi_family != AF_UNSPEC ||
	    (unsigned)info->ifi_index != w->index)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		port |= mnl_attr_get_type(attr) == IFLA_MASTER;
		if (mnl_attr_get_type(attr) == IFLA_LINKINFO)
			watch_info(attr, &isolated);
	}
	if (port && (info->ifi_flags & IFF_UP) != 0) {
		w->up++;
		w->up_and_open += !isolated;
	}
	return MNL_CB_OK;
}

static struct mnl_socket *
watch_begin(void)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (s == NULL || mnl_socket_bind(s, RTMGRP_LINK, MNL_SOCKET_AUTOPID) == -1)
		fail_msg("netlink: %s", strerror(errno));
	return s;
}

static void
watch_end(struct mnl_socket *s, struct watch *w)
{
	char buf[32768];
	ssize_t n;

	while ((n = mnl_socket_recvfrom(s, buf, sizeof(buf))) > 0)
		mnl_cb_run(buf, (size_t)n, 0, 0, watch_link, w);
	mnl_socket_close(s);
}

/* Also one that was up before it was given. */
static void
a_port_is_isolated_before_it_is_up(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	const struct os_port port = { .mac = tap_mac, .mtu = 1500, .isolated = true };
	struct os_tap made = tap_make("a"), given;
	struct diag d = { 0 };
	int fd = foreign_tap("b", 1);

	fd_close(&fd);
	interface_ioctl(SIOCSIFFLAGS, "b", set_flags, IFF_UP);
	assert_int_equal(os_tap_open_given(&d, "b", 0, &given), 0);
	for (unsigned i = 0; i < 2; i++) {
		const struct os_tap *tap = i == 0 ? &made : &given;
		struct watch w = { .index = tap->index };
		struct mnl_socket *s = watch_begin();

		assert_int_equal(os_tap_join(&d, tap, &port, &bridge), 0);
		watch_end(s, &w);
		assert_true(link_of(tap->name).up);
		assert_true(w.up > 0);
		assert_int_equal(w.up_and_open, 0);
	}
	fd_close(&made.fd);
	must(ioctl(given.fd, TUNSETPERSIST, 0), "b");
	fd_close(&given.fd);
	bridge_remove("br0");
}

/* -1 with errno EOPNOTSUPP where the kernel cannot. */
static int
bridge_filters(const struct os_link *bridge, uint8_t on)
{
	char buf[4096] __attribute__((aligned(8)));
	struct mnl_socket *s = watch_begin();
	struct nlmsghdr *m = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;
	struct nlattr *outer, *inner;
	ssize_t n = -1;

	m->nlmsg_type = RTM_NEWLINK;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->nlmsg_seq = 77;
	info = mnl_nlmsg_put_extra_header(m, sizeof(*info));
	info->ifi_index = (int)bridge->index;
	outer = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "bridge");
	inner = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_u8(m, IFLA_BR_VLAN_FILTERING, on);
	mnl_attr_nest_end(m, inner);
	mnl_attr_nest_end(m, outer);
	must((int)mnl_socket_sendto(s, m, m->nlmsg_len), "send");
	/* Notifications have no number; the answer has ours. */
	while ((n = mnl_socket_recvfrom(s, buf, sizeof(buf))) > 0) {
		m = (struct nlmsghdr *)buf;
		if (m->nlmsg_type == NLMSG_ERROR && m->nlmsg_seq == 77)
			break;
	}
	must((int)n, "no answer");
	errno = -((struct nlmsgerr *)mnl_nlmsg_get_payload(m))->error;
	mnl_socket_close(s);
	return errno == 0 ? 0 : -1;
}

/* what: in words, of the VLANs that the port wants. */
static void
vlans_are_refused(const struct os_port *port, const char *what)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap tap = tap_make("a");
	const char *form = "bridge br0: its VLAN filtering is off, so it cannot keep %s apart "
			   "(ip link set br0 type bridge vlan_filtering 1)\n";
	struct diag d = { 0 };
	char reason[256];

	if (bridge_filters(&bridge, 1) == -1) {
		assert_int_equal(errno, EOPNOTSUPP);
		form = "bridge br0: this kernel lacks VLAN filtering, so it cannot keep %s apart "
		       "(CONFIG_BRIDGE_VLAN_FILTERING)\n";
	} else {
		must(bridge_filters(&bridge, 0), "br0");
	}
	snprintf(reason, sizeof(reason), form, what);
	assert_int_equal(os_tap_join(&d, &tap, port, &bridge), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_string_equal(d.text, reason);
	assert_int_equal(link_of("a").master, 0);
	assert_false(link_of("a").up);
	diag_free(&d);
	fd_close(&tap.fd);
	bridge_remove("br0");
}

static void
a_vlan_is_refused_with_its_reason_where_nothing_would_keep_it(void **state)
{
	const int64_t vlans[] = { 20, 30 };
	const struct os_port tagged = { .mac = tap_mac, .mtu = 1500, .vlan = 10 };
	const struct os_port trunk = { .mac = tap_mac, .mtu = 1500, .trunk = vlans, .ntrunk = 2 };

	vlans_are_refused(&tagged, "vlan 10");
	vlans_are_refused(&trunk, "the VLANs of trunk");
}

static void
a_vlan_is_kept_apart_from_others_and_from_the_default(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap a, b, other, none, dflt;

	if (bridge_filters(&bridge, 1) == -1) {
		bridge_remove("br0");
		printf("kernel lacks VLAN filtering: %s\n", strerror(errno));
		skip();
	}
	a = port_make("a", &bridge, false, 10);
	b = port_make("b", &bridge, false, 10);
	other = port_make("c", &bridge, false, 4094);
	none = port_make("d", &bridge, false, 0);
	dflt = port_make("e", &bridge, false, 1);
	say(&a, 1);
	assert_true(hears(&b, 1, ARRIVES));
	assert_true(hears_not(&other, 1));
	assert_true(hears_not(&none, 1));
	assert_true(hears_not(&dflt, 1));
	say(&none, 2);
	assert_true(hears(&dflt, 2, ARRIVES));
	assert_true(hears_not(&a, 2));
	assert_true(hears_not(&other, 2));
	say(&dflt, 3);
	assert_true(hears(&none, 3, ARRIVES));
	assert_true(hears_not(&b, 3));
	fd_close(&a.fd);
	fd_close(&b.fd);
	fd_close(&other.fd);
	fd_close(&none.fd);
	fd_close(&dflt.fd);
	bridge_remove("br0");
}

static void
a_trunk_has_its_vlans_by_tag_and_nothing_without(void **state)
{
	static const int64_t vlans[] = { 10, 1 };
	struct os_link bridge = bridge_make("br0", 1500);
	const struct os_port trunk = { .trunk = vlans, .ntrunk = 2 },
			     native = { .trunk = vlans, .ntrunk = 1, .vlan = 20 };
	struct os_tap a, b, access, other, dflt;

	if (bridge_filters(&bridge, 1) == -1) {
		bridge_remove("br0");
		printf("kernel lacks VLAN filtering: %s\n", strerror(errno));
		skip();
	}
	a = port_like("a", &bridge, trunk);
	b = port_like("b", &bridge, native);
	access = port_make("c", &bridge, false, 10);
	other = port_make("d", &bridge, false, 20);
	dflt = port_make("e", &bridge, false, 0);
	say(&access, 1);
	assert_true(hears_in(&a, 10, 1, ARRIVES));
	assert_true(hears_in(&b, 10, 1, ARRIVES));
	assert_true(hears_not(&other, 1));
	say_tagged(&a, 10, 2);
	assert_true(hears(&access, 2, ARRIVES));
	assert_true(hears_in(&b, 10, 2, ARRIVES));
	say_tagged(&a, 1, 3);
	assert_true(hears(&dflt, 3, ARRIVES));
	assert_true(hears_not(&access, 3));
	say_tagged(&a, 20, 4); /* not in its trunk */
	assert_true(hears_not(&other, 4));
	say(&a, 5); /* without a tag */
	assert_true(hears_not(&dflt, 5));
	assert_true(hears_not(&access, 5));
	say(&b, 6);
	assert_true(hears(&other, 6, ARRIVES));
	assert_true(hears_not(&dflt, 6));
	fd_close(&a.fd);
	fd_close(&b.fd);
	fd_close(&access.fd);
	fd_close(&other.fd);
	fd_close(&dflt.fd);
	bridge_remove("br0");
}

static void
isolation_and_a_vlan_go_together(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap a, b, open;

	if (bridge_filters(&bridge, 1) == -1) {
		bridge_remove("br0");
		printf("kernel lacks VLAN filtering: %s\n", strerror(errno));
		skip();
	}
	a = port_make("a", &bridge, true, 10);
	b = port_make("b", &bridge, true, 10);
	open = port_make("c", &bridge, false, 10);
	say(&a, 1);
	assert_true(hears(&open, 1, ARRIVES));
	assert_true(hears_not(&b, 1));
	fd_close(&a.fd);
	fd_close(&b.fd);
	fd_close(&open.fd);
	bridge_remove("br0");
}

static struct os_traffic
traffic_of(unsigned index)
{
	struct os_traffic *all, found = { 0 };
	struct diag d = { 0 };
	size_t n;

	assert_int_equal(os_traffic(&d, &all, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (all[i].index == index)
			found = all[i];
	}
	free(all);
	assert_int_equal(found.index, index);
	return found;
}

static void
what_a_guest_says_is_received_by_the_host(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap a = port_make("a", &bridge, false, 0), b = port_make("b", &bridge, false, 0);
	struct os_traffic before = traffic_of(a.index), after;

	say(&a, 1);
	assert_true(hears(&b, 1, ARRIVES));
	after = traffic_of(a.index);
	assert_int_equal(after.rx_packets - before.rx_packets, 1);
	assert_int_equal(after.rx_bytes - before.rx_bytes, 60);
	assert_true(traffic_of(b.index).tx_packets >= 1);
	fd_close(&a.fd);
	fd_close(&b.fd);
	bridge_remove("br0");
}

static void
vlans_are_told_where_a_bridge_has_them(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_vlan *all;
	struct diag d = { 0 };
	struct os_tap a;
	size_t n, of_port = 0;

	assert_int_equal(os_vlans(&d, &all, &n), 0);
	free(all);
	assert_false(bridge.vlan_filtering);
	if (bridge_filters(&bridge, 1) == -1) {
		bridge_remove("br0");
		printf("kernel lacks VLAN filtering: %s\n", strerror(errno));
		skip();
	}
	assert_true(link_of("br0").vlan_filtering);
	a = port_make("a", &bridge, false, 10);
	assert_int_equal(os_vlans(&d, &all, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (all[i].index != a.index)
			continue;
		of_port++;
		assert_int_equal(all[i].first, 10);
		assert_int_equal(all[i].last, 10);
		assert_true(all[i].pvid && all[i].untagged);
	}
	assert_int_equal(of_port, 1);
	free(all);
	fd_close(&a.fd);
	bridge_remove("br0");
}

/* Both ways of asking: for the one entry, and for all of the bridge, as VLANs need it. */
static void
a_bridge_tells_where_it_heard_a_mac(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500), other = bridge_make("br1", 1500);
	struct os_tap a = port_make("a", &bridge, false, 0), b = port_make("b", &bridge, false, 0);
	const struct mac mac = { { 0x52, 0x54, 0, 0, 0, 'a' } };
	struct os_heard heard;
	struct diag d = { 0 };

	say(&a, 1);
	assert_true(hears(&b, 1, ARRIVES));
	for (int all = 0; all < 2; all++) {
		bridge.vlan_filtering = other.vlan_filtering = all;
		assert_int_equal(os_bridge_heard(&d, &bridge, mac, 0, &heard), 0);
		assert_int_equal(heard.port, a.index);
		assert_in_range(heard.age, 0, ARRIVES);
		assert_int_equal(os_bridge_heard(&d, &bridge, mac, a.index, &heard), 0);
		assert_int_equal(heard.port, 0);
		assert_int_equal(os_bridge_heard(&d, &other, mac, 0, &heard), 0);
		assert_int_equal(heard.port, 0);
		assert_int_equal(
		    os_bridge_heard(&d, &bridge, mac_from_number(0x525400000001), 0, &heard), 0);
		assert_int_equal(heard.port, 0);
	}
	fd_close(&a.fd);
	fd_close(&b.fd);
	bridge_remove("br0");
	bridge_remove("br1");
}

/* Whose MAC is known in each VLAN, and whose tags are looked behind. */
static void
a_guard_holds_in_vlans_as_well(void **state)
{
	static const int64_t vlans[] = { 10 };
	struct os_link bridge = bridge_make("br0", 1500);
	const struct os_port trunk = { .trunk = vlans, .ntrunk = 1, .guard = true },
			     access = { .vlan = 10, .guard = true };
	const struct mac all = mac_from_number(0xffffffffffff), forged = mac_behind("x");
	struct diag d = { 0 };
	struct os_tap a, b, open;

	if (bridge_filters(&bridge, 1) == -1) {
		bridge_remove("br0");
		printf("kernel lacks VLAN filtering: %s\n", strerror(errno));
		skip();
	}
	a = port_like("a", &bridge, trunk);
	b = port_like("b", &bridge, access);
	open = port_make("c", &bridge, false, 10);
	say_tagged(&a, 10, 1);
	assert_true(hears(&open, 1, ARRIVES));
	say(&b, 2);
	assert_true(hears(&open, 2, ARRIVES));
	assert_true(hears_in(&a, 10, 2, ARRIVES));
	say_frame(&a, forged, all, 10, 3);
	assert_true(hears_not(&open, 3));
	say_as(&b, forged, all, 4);
	assert_true(hears_not(&open, 4));
	say_tagged(&b, 10, 5); /* a tag where none is to be */
	assert_true(hears_not(&open, 5));
	say_as(&open, mac_behind("c"), mac_behind("b"), 6);
	assert_true(hears(&b, 6, ARRIVES));
	assert_false(hears_in(&a, 10, 6, 50));
	assert_int_equal(os_guard_remove(&d, a.index, a.name), 0);
	assert_int_equal(os_guard_remove(&d, b.index, b.name), 0);
	fd_close(&a.fd);
	fd_close(&b.fd);
	fd_close(&open.fd);
	bridge_remove("br0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(isolated_ports_do_not_reach_each_other),
		cmocka_unit_test(a_guarded_port_lets_only_its_own_mac_in),
		cmocka_unit_test(a_port_that_learns_nothing_knows_the_nic_all_the_same),
		cmocka_unit_test(a_port_is_isolated_before_it_is_up),
		cmocka_unit_test(a_vlan_is_refused_with_its_reason_where_nothing_would_keep_it),
		cmocka_unit_test(a_vlan_is_kept_apart_from_others_and_from_the_default),
		cmocka_unit_test(isolation_and_a_vlan_go_together),
		cmocka_unit_test(a_trunk_has_its_vlans_by_tag_and_nothing_without),
		cmocka_unit_test(a_guard_holds_in_vlans_as_well),
		cmocka_unit_test(what_a_guest_says_is_received_by_the_host),
		cmocka_unit_test(vlans_are_told_where_a_bridge_has_them),
		cmocka_unit_test(a_bridge_tells_where_it_heard_a_mac),
	};

	if (!namespace_ready())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
