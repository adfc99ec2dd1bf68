/* Taps and bridges on a real Linux kernel, in a network namespace of the test's own. */
#include "linux_fixture.h"

#include <sys/wait.h>

static int
join_as(struct diag *d, const struct os_tap *tap, unsigned mtu, const struct os_link *bridge)
{
	const struct os_port port = { .mac = tap_mac, .mtu = mtu, .alias = "" };

	return os_tap_join(d, tap, &port, bridge);
}

static void
a_joined_tap_is_all_that_it_should_be(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500), link;
	struct os_tap tap = tap_make("web1.0");
	struct ifreq r;

	assert_string_equal(tap.name, "web1.0");
	link = link_of("web1.0");
	assert_int_equal(link.index, tap.index);
	assert_true(link.is_tap);
	assert_false(link.up);
	assert_int_equal(link.master, 0);
	must(ioctl(tap.fd, TUNGETIFF, &r), "TUNGETIFF");
	assert_int_equal(r.ifr_flags & (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_PERSIST),
	    IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	assert_int_equal(fcntl(tap.fd, F_GETFD), FD_CLOEXEC);

	tap_join(&tap, tap_mac, &bridge);
	link = link_of("web1.0");
	assert_true(mac_equal(link.mac, tap_mac));
	assert_int_equal(link.mtu, 1500);
	assert_int_equal(link.master, bridge.index);
	assert_true(link.up);
	assert_string_equal(link.alias, "vmrun web1 nic 0");
	fd_close(&tap.fd);
	assert_false(link_exists("web1.0"));
	bridge_remove("br0");
}

static void
the_bridge_keeps_its_mac_and_mtu(void **state)
{
	struct os_link bridge = bridge_make("br0", 9000), link;
	int other = foreign_tap("aaa0", 0);
	struct os_tap first, second;

	/* A bridge that took its address from a port: it would take a lower one. The kernel's
	 * random address may begin with fe as well, so the port is given one. */
	interface_ioctl(SIOCSIFHWADDR, "aaa0", set_address, 10);
	interface_ioctl(SIOCBRADDIF, "br0", set_index, (int)link_of("aaa0").index);
	bridge = link_of("br0");
	assert_true(mac_equal(bridge.mac, link_of("aaa0").mac));
	first = tap_make("web1.0");
	second = tap_make("web2.0");
	tap_join(&first, tap_mac, &bridge);
	assert_true(mac_equal(link_of("br0").mac, bridge.mac));
	tap_join(&second, mac_from_number(0xfe0000000001), &bridge);
	link = link_of("br0");
	assert_true(mac_equal(link.mac, bridge.mac));
	assert_int_equal(link.mtu, 9000);
	assert_int_equal(link_of("web1.0").mtu, 9000);
	fd_close(&first.fd);
	fd_close(&second.fd);
	assert_true(mac_equal(link_of("br0").mac, bridge.mac));
	fd_close(&other);
	bridge_remove("br0");
}

static void
the_host_takes_no_address_on_a_tap(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap tap = tap_make("web1.0");
	struct diag d = { 0 };
	struct os_addr *addrs;
	size_t n;
	bool on_bridge = false;

	tap_join(&tap, tap_mac, &bridge);
	assert_int_equal(os_addrs(&d, &addrs, &n), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(addrs[i].index, tap.index);
		on_bridge |= addrs[i].index == bridge.index;
	}
	/* The bridge itself has its link-local one: addresses are there to be seen. */
	if (access("/proc/sys/net/ipv6/conf/br0", F_OK) == 0)
		assert_true(on_bridge);
	free(addrs);
	fd_close(&tap.fd);
	bridge_remove("br0");
}

static void
an_mtu_too_small_for_ipv6_is_taken(void **state)
{
	struct os_link bridge = bridge_make("br0", 600);
	struct os_tap tap = tap_make("web1.0");

	tap_join(&tap, tap_mac, &bridge);
	assert_int_equal(link_of("web1.0").mtu, 600);
	assert_int_equal(link_of("br0").mtu, 600);
	fd_close(&tap.fd);
	bridge_remove("br0");
}

static void
an_interface_of_that_name_is_never_taken_over(void **state)
{
	int fd = foreign_tap("web1.0", 1);
	struct os_tap tap;
	unsigned index = link_of("web1.0").index;

	fd_close(&fd); /* persistent and without an owner: TUNSETIFF would attach to it */
	tap = tap_make("web1.0");
	assert_int_equal(strncmp(tap.name, "vmtap", 5), 0);
	assert_int_not_equal(tap.index, index);
	fd_close(&tap.fd);
	must(ioctl(control, SIOCBRADDBR, "web2.0"), "web2.0");
	tap = tap_make("web2.0");
	assert_int_equal(strncmp(tap.name, "vmtap", 5), 0);
	fd_close(&tap.fd);
	bridge_remove("web2.0");
	fd = foreign_tap("web1.0", 0);
	fd_close(&fd);
	assert_false(link_exists("web1.0"));
}

static void
a_failed_join_leaves_nothing_joined_and_says_why(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500), gone = bridge;
	struct os_tap tap = tap_make("web1.0");
	struct diag d = { 0 };

	gone.index = 999999;
	assert_int_equal(join_as(&d, &tap, 1500, &gone), -1);
	assert_int_equal(d.count, 1);
	assert_non_null(strstr(d.text, "bridge br0: tap web1.0 cannot join: "));
	assert_int_equal(link_of("web1.0").master, 0);
	diag_free(&d);
	/* The kernel's own sentence, which errno alone (EINVAL) does not hold. */
	assert_int_equal(join_as(&d, &tap, 100000, &bridge), -1);
	if (strcasestr(d.text, "mtu greater than device maximum") == NULL)
		fail_msg("%s", d.text);
	assert_int_equal(link_of("web1.0").master, 0);
	diag_free(&d);
	fd_close(&tap.fd);
	bridge_remove("br0");
}

static void
a_tap_leaves_once_and_again(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap tap = tap_make("web1.0");
	struct diag d = { 0 };

	tap_join(&tap, tap_mac, &bridge);
	assert_int_equal(os_tap_leave(&d, tap.index, "web1.0", "vmrun web1 nic 0"), 0);
	assert_int_equal(link_of("web1.0").master, 0);
	assert_int_equal(os_tap_leave(&d, tap.index, "web1.0", "vmrun web1 nic 0"), 0);
	tap_join(&tap, tap_mac, &bridge);
	bridge_remove("br0");
	assert_int_equal(os_tap_leave(&d, tap.index, "web1.0", "vmrun web1 nic 0"), 0);
	fd_close(&tap.fd);
	assert_int_equal(os_tap_leave(&d, tap.index, "web1.0", "vmrun web1 nic 0"), 0);
	assert_int_equal(d.count, 0);
}

static void
leaving_never_touches_another_interface(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500);
	struct os_tap tap = tap_make("web1.0"), heir;
	struct diag d = { 0 };

	tap_join(&tap, tap_mac, &bridge);
	fd_close(&tap.fd);
	heir = tap_make("web1.0"); /* the name is free at once */
	tap_join(&heir, tap_mac, &bridge);
	assert_int_equal(os_tap_leave(&d, tap.index, "web1.0", "vmrun web1 nic 0"), 0);
	assert_int_equal(link_of("web1.0").master, bridge.index);
	/* The index of another, as it would be after it wrapped. */
	assert_int_equal(os_tap_leave(&d, heir.index, "web2.0", ""), 0);
	assert_int_equal(link_of("web1.0").master, bridge.index);
	fd_close(&heir.fd);
	bridge_remove("br0");
}

static void
two_hundred_taps_are_all_listed_and_all_go(void **state)
{
	struct os_link bridge = bridge_make("br0", 1500), *links;
	struct os_tap taps[200];
	struct diag d = { 0 };
	unsigned joined = 0;
	size_t n;

	for (unsigned i = 0; i < 200; i++) {
		char name[OS_IFNAME];

		snprintf(name, sizeof(name), "vm%u.0", i);
		taps[i] = tap_make(name);
		tap_join(&taps[i], mac_from_number(0xfe5400000000 + i), &bridge);
	}
	assert_int_equal(os_links(&d, &links, &n), 0);
	for (size_t i = 0; i < n; i++)
		joined += links[i].master == bridge.index;
	assert_int_equal(joined, 200);
	free(links);
	for (unsigned i = 0; i < 200; i++)
		fd_close(&taps[i].fd);
	assert_int_equal(os_links(&d, &links, &n), 0);
	for (size_t i = 0; i < n; i++)
		assert_false(links[i].is_tap);
	free(links);
	bridge_remove("br0");
}

/* A child talks to the kernel on its own: both ask at once, and each reads its own answers. */
static void
parent_and_child_ask_at_once(void **state)
{
	unsigned wrong = 0;
	pid_t child;
	int status;

	bridge_make("br0", 1500);
	child = fork();
	for (unsigned i = 0; i < 5000; i++) {
		const char *name = child == 0 ? "lo" : "br0";
		struct diag d = { 0 };
		struct os_link link = { 0 };

		wrong += os_link_find(&d, name, &link) == -1 || strcmp(link.name, name) != 0;
		diag_free(&d);
	}
	if (child == 0)
		_exit(wrong != 0);
	assert_int_equal(wrong, 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	bridge_remove("br0");
}

/* As a supervisor does: what it then opens has the numbers of what it closed. */
static void
a_child_that_closed_everything_asks_again(void **state)
{
	pid_t child;
	int status;

	link_of("lo");
	child = fork();
	if (child == 0) {
		int fds[64], bad = 0;

		closefrom(3);
		for (unsigned i = 0; i < 64; i++)
			fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		link_of("lo");
		for (unsigned i = 0; i < 64; i++)
			bad += write(fds[i], "x", 1) != 1;
		_exit(bad);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
the_host_check_sees_a_bridge(void **state)
{
	struct os_finding found[32];
	bool bridge = false;
	size_t n;

	bridge_make("br0", 1400);
	n = os_check(found, 32);
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(found[i].text) > 0);
		bridge |= strncmp(found[i].text, "br0, mtu 1400, up, ", 19) == 0;
	}
	assert_true(bridge);
	assert_int_equal(os_check(found, 2), 2);
	bridge_remove("br0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_joined_tap_is_all_that_it_should_be),
		cmocka_unit_test(the_bridge_keeps_its_mac_and_mtu),
		cmocka_unit_test(the_host_takes_no_address_on_a_tap),
		cmocka_unit_test(an_mtu_too_small_for_ipv6_is_taken),
		cmocka_unit_test(an_interface_of_that_name_is_never_taken_over),
		cmocka_unit_test(a_failed_join_leaves_nothing_joined_and_says_why),
		cmocka_unit_test(a_tap_leaves_once_and_again),
		cmocka_unit_test(leaving_never_touches_another_interface),
		cmocka_unit_test(two_hundred_taps_are_all_listed_and_all_go),
		cmocka_unit_test(parent_and_child_ask_at_once),
		cmocka_unit_test(a_child_that_closed_everything_asks_again),
		cmocka_unit_test(the_host_check_sees_a_bridge),
	};

	if (!namespace_ready())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
