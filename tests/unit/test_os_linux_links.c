/* Rates of interfaces, and macvtap links, on a real Linux kernel, in a network namespace of the
 * test's own. */
#include "linux_fixture.h"

#include <linux/rtnetlink.h>

#include "os/os_linux_link.h"

static const struct mac nic_mac = { { 0x52, 0x54, 0x00, 0x9b, 0x01, 0x77 } };
static const struct os_rates both = { .sends = { 8000000, 0 },
	.receives = { 4000000, 20000 },
	.shaper = "web1.0~rate",
	.alias = "vmrun web1 nic 0" };

/* How many queues of an interface, or its filters, the kernel tells of that somebody has set. */
struct counted {
	unsigned index, n;
};

static void
count_each(const struct nlmsghdr *message, void *arg)
{
	const struct tcmsg *tc = (const struct tcmsg *)(message + 1);
	struct counted *c = arg;

	if ((unsigned)tc->tcm_ifindex == c->index && tc->tcm_handle != 0)
		c->n++;
}

static unsigned
queues_of(const char *name)
{
	struct {
		struct nlmsghdr head;
		struct tcmsg tc;
	} request = { .head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = RTM_GETQDISC,
			  .nlmsg_flags = NLM_F_DUMP } };
	struct counted c = { .index = link_of(name).index };
	char words[NETLINK_WORDS];

	assert_int_equal(netlink_ask(&request.head, count_each, &c, words), 0);
	return c.n;
}

static struct os_tap
given_make(const char *name)
{
	int fd = foreign_tap(name, 1);
	struct diag d = { 0 };
	struct os_tap tap;

	fd_close(&fd);
	if (os_tap_open_given(&d, name, 0, &tap) == -1)
		fail_msg("%s", d.text);
	return tap;
}

static void
given_remove(struct os_tap *tap)
{
	must(ioctl(tap->fd, TUNSETPERSIST, 0), tap->name);
	fd_close(&tap->fd);
}

static void
rates_are_set_and_taken_away_again(void **state)
{
	struct os_tap tap = given_make("tap7");
	struct diag d = { 0 };

	assert_int_equal(os_rates_check(&d, tap.index, tap.name), 0);
	assert_int_equal(os_rates_set(&d, tap.index, tap.name, &both), 0);
	assert_int_equal(queues_of("tap7"), 2);
	assert_int_equal(queues_of("web1.0~rate"), 1);
	assert_string_equal(link_of("web1.0~rate").alias, "vmrun web1 nic 0");
	assert_true(link_of("web1.0~rate").up);
	for (unsigned i = 0; i < 2; i++) { /* gone is no error */
		assert_int_equal(
		    os_rates_clear(&d, tap.index, tap.name, both.shaper, both.alias), 0);
		assert_int_equal(queues_of("tap7"), 0);
		assert_false(link_exists("web1.0~rate"));
	}
	assert_int_equal(os_rates_set(&d, tap.index, tap.name, &both), 0);
	given_remove(&tap);
	assert_int_equal(os_rates_clear(&d, tap.index, tap.name, both.shaper, both.alias), 0);
	assert_false(link_exists("web1.0~rate"));
	assert_int_equal(d.count, 0);
}

static void
one_direction_needs_no_link_of_its_own(void **state)
{
	const struct os_rates in = { .sends = { 8000000, 0 }, .shaper = "", .alias = "" };
	struct os_tap tap = tap_make("web1.0");
	struct diag d = { 0 };

	assert_int_equal(os_rates_set(&d, tap.index, tap.name, &in), 0);
	assert_int_equal(queues_of("web1.0"), 1);
	assert_false(link_exists("web1.0~rate"));
	fd_close(&tap.fd);
}

static void
an_owners_own_queue_is_seen_and_stays(void **state)
{
	struct os_tap tap = given_make("tap7");
	struct diag d = { 0 };

	/* As its owner: only that it is not cleared below shows that it is not ours. */
	assert_int_equal(os_rates_set(&d, tap.index, tap.name, &both), 0);
	assert_int_equal(os_rates_check(&d, tap.index, tap.name), -1);
	assert_int_equal(errno, EBUSY);
	assert_non_null(strstr(d.text, "tap7: its owner has given it a queue already ("));
	diag_free(&d);
	assert_int_equal(os_rates_set(&d, tap.index, tap.name, &both), -1);
	diag_free(&d);
	assert_int_equal(os_rates_clear(&d, tap.index, "other", both.shaper, both.alias), 0);
	assert_int_equal(queues_of("tap7"), 2);
	given_remove(&tap);
}

static void
only_a_link_that_says_so_is_destroyed(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap tap = tap_make("web1.0");
	struct diag d = { 0 };

	assert_int_equal(os_rates_set(&d, tap.index, tap.name, &both), 0);
	assert_int_equal(os_rates_clear(&d, 0, "web1.0", both.shaper, "vmrun web2 nic 0"), 0);
	assert_true(link_exists(both.shaper));
	assert_int_equal(os_rates_clear(&d, 0, "web1.0", "br0", ""), 0);
	assert_int_equal(link_of("br0").index, bridge.index);
	assert_int_equal(os_macvtap_destroy(&d, both.shaper, both.alias), 0);
	assert_true(link_exists(both.shaper));
	assert_int_equal(os_rates_clear(&d, 0, "web1.0", both.shaper, both.alias), 0);
	assert_false(link_exists(both.shaper));
	fd_close(&tap.fd);
	bridge_remove("br0");
}

static void
a_name_that_is_taken_gives_way(void **state)
{
	struct os_tap tap = tap_make("web1.0");
	char name[OS_IFNAME];
	struct diag d = { 0 };

	assert_int_equal(os_link_choose(&d, "web2.0", name), 0);
	assert_string_equal(name, "web2.0");
	assert_int_equal(os_link_choose(&d, "web1.0", name), 0);
	assert_string_not_equal(name, "web1.0");
	assert_false(link_exists(name));
	fd_close(&tap.fd);
}

/* A tap stands for an interface of the host: it has an address and carries frames. */
static struct os_tap
uplink_make(void)
{
	struct os_tap tap = tap_make("eth0");

	interface_ioctl(SIOCSIFFLAGS, "eth0", set_flags, IFF_UP);
	return tap;
}

static struct os_macvtap
wish(enum os_macvtap_mode mode)
{
	return (struct os_macvtap){ .uplink = "eth0",
		.mode = mode,
		.mac = nic_mac,
		.mtu = 1400,
		.alias = "vmrun web1 nic 0",
		.multi_queue = true };
}

static void
a_macvtap_has_the_nics_mac_in_every_mode(void **state)
{
	struct os_tap uplink = uplink_make();
	struct mac before = link_of("eth0").mac;

	for (unsigned mode = OS_MACVTAP_BRIDGE; mode <= OS_MACVTAP_PASSTHRU; mode++) {
		struct os_macvtap how = wish(mode);
		struct diag d = { 0 };
		struct ifreq r = { 0 };
		struct os_link link;
		struct os_tap tap;
		int more;

		if (os_macvtap_open(&d, "web1.0", &how, &tap) == -1)
			fail_msg("%s", d.text);
		link = link_of("web1.0");
		assert_int_equal(tap.index, link.index);
		assert_string_equal(link.kind, "macvtap");
		assert_string_equal(link.alias, "vmrun web1 nic 0");
		assert_memory_equal(link.mac.b, nic_mac.b, 6);
		assert_int_equal(link.mtu, 1400);
		assert_false(link.up);
		assert_int_equal(fcntl(tap.fd, F_GETFD), FD_CLOEXEC);
		must(ioctl(tap.fd, TUNGETIFF, &r), "TUNGETIFF");
		assert_string_equal(r.ifr_name, "web1.0");
		assert_true((r.ifr_flags & IFF_VNET_HDR) != 0);
		more = os_macvtap_queue(&d, &tap);
		assert_int_not_equal(more, -1);
		assert_int_equal(os_macvtap_up(&d, &tap), 0);
		assert_true(link_of("web1.0").up);
		fd_close(&more);
		fd_close(&tap.fd);
		assert_true(link_exists("web1.0"));
		assert_int_equal(os_macvtap_destroy(&d, "web1.0", "vmrun web2 nic 0"), 0);
		assert_true(link_exists("web1.0"));
		assert_int_equal(os_macvtap_destroy(&d, "web1.0", how.alias), 0);
		assert_false(link_exists("web1.0"));
		assert_int_equal(os_macvtap_destroy(&d, "web1.0", how.alias), 0);
		assert_int_equal(d.count, 0);
	}
	assert_memory_equal(link_of("eth0").mac.b, before.b, 6);
	fd_close(&uplink.fd);
}

static void
assert_refused(const struct os_macvtap *how, const char *words)
{
	struct os_tap tap = { .fd = -1 };
	struct diag d = { 0 };

	assert_int_equal(os_macvtap_open(&d, "web2.0", how, &tap), -1);
	if (strstr(d.text, words) == NULL)
		fail_msg("%s", d.text);
	assert_int_equal(tap.fd, -1);
	assert_int_equal(os_macvtap_destroy(&d, "web2.0", how->alias), 0);
	assert_false(link_exists("web2.0"));
	diag_free(&d);
}

static void
an_uplink_must_be_there_and_be_free(void **state)
{
	struct os_macvtap how = wish(OS_MACVTAP_PASSTHRU), shared = wish(OS_MACVTAP_BRIDGE);
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap uplink, tap;
	struct diag d = { 0 };

	assert_refused(&how, "eth0: there is no such interface");
	uplink = tap_make("eth0");
	tap_join(&uplink, tap_mac, &bridge);
	assert_refused(&shared, "eth0 is a port of br0: a NIC joins that with bridge = \"br0\"");
	assert_int_equal(os_tap_leave(&d, uplink.index, "eth0", ""), 0);
	assert_int_equal(os_macvtap_open(&d, "web1.0", &shared, &tap), 0);
	assert_refused(&how, "eth0 cannot be passed through: another macvtap is on it");
	fd_close(&tap.fd);
	assert_int_equal(os_macvtap_destroy(&d, "web1.0", shared.alias), 0);
	assert_int_equal(os_macvtap_open(&d, "web1.0", &how, &tap), 0);
	assert_refused(&shared, "eth0 cannot be shared: another macvtap has it for itself (passthru)");
	fd_close(&tap.fd);
	assert_int_equal(os_macvtap_destroy(&d, "web1.0", how.alias), 0);
	fd_close(&uplink.fd);
	bridge_remove("br0");
}

/* Root of a user namespace may make a macvtap, but no file of its device. */
int
main(void)
{
	const struct CMUnitTest rates[] = {
		cmocka_unit_test(rates_are_set_and_taken_away_again),
		cmocka_unit_test(one_direction_needs_no_link_of_its_own),
		cmocka_unit_test(an_owners_own_queue_is_seen_and_stays),
		cmocka_unit_test(only_a_link_that_says_so_is_destroyed),
		cmocka_unit_test(a_name_that_is_taken_gives_way),
	};
	const struct CMUnitTest macvtaps[] = {
		cmocka_unit_test(a_macvtap_has_the_nics_mac_in_every_mode),
		cmocka_unit_test(an_uplink_must_be_there_and_be_free),
	};
	bool root = geteuid() == 0;
	int failed;

	if (!namespace_ready())
		return SKIPPED;
	failed = cmocka_run_group_tests(rates, NULL, NULL);
	return root ? failed + cmocka_run_group_tests(macvtaps, NULL, NULL) : failed;
}
