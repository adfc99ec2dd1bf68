/* Ports on bridges, on the fake kernel. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/picture.h"
#include "net/port.h"
#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"

static const struct mac nic_mac = { { 0x52, 0x54, 0x00, 0x9b, 0x01, 0x77 } };
static const struct mac other_mac = { { 0x52, 0x54, 0x00, 0x00, 0x00, 0x01 } };

static int
empty_host(void **state)
{
	fake_reset();
	return 0;
}

static struct port_wish
wish_for(const char *vm, unsigned nic, const char *bridge)
{
	return (struct port_wish){ .vm = vm, .nic = nic, .bridge = bridge, .mac = nic_mac };
}

static int
open_port(struct diag *d, const char *vm, unsigned nic, struct port *ret)
{
	struct port_wish wish = wish_for(vm, nic, "br0");

	return port_open(d, &wish, NULL, ret);
}

static void
assert_fails(const char *bridge, struct mac mac, unsigned mtu, const char *sentence)
{
	struct port p = PORT_NONE;
	struct port_wish wish = wish_for("web1", 0, bridge);
	struct diag d = { 0 };
	unsigned taps = fake_taps();

	wish.mac = mac;
	wish.mtu = mtu;
	assert_int_equal(port_open(&d, &wish, NULL, &p), -1);
	assert_int_equal(d.count, 1);
	assert_string_equal(d.text, sentence);
	assert_int_equal(p.tap.fd, -1);
	assert_int_equal(fake_taps(), taps);
	diag_free(&d);
}

static void
a_tap_is_named_after_its_vm_and_nic(void **state)
{
	char name[OS_IFNAME], twin[OS_IFNAME];

	port_name(NULL, "web1", 0, name);
	assert_string_equal(name, "web1.0");
	port_name(NULL, "exactly-13-ch", 7, name);
	assert_string_equal(name, "exactly-13-ch.7");
	port_name(NULL, "a-name-that-is-long-1", 0, name);
	port_name(NULL, "a-name-that-is-long-2", 0, twin);
	assert_int_equal(strlen(name), OS_IFNAME - 1);
	assert_memory_equal(name, "a-name-t~", 9);
	assert_string_equal(name + 13, ".0");
	assert_string_not_equal(name, twin);
	port_name("vm-%i", "web1", 2, name);
	assert_string_equal(name, "vm-2");
}

static void
a_port_is_a_tap_with_an_fe_address_on_the_bridge(void **state)
{
	unsigned bridge = fake_link_add("br0", "bridge", 9000);
	struct port p = PORT_NONE;
	struct diag d = { 0 };
	const struct os_link *tap;

	assert_int_equal(open_port(&d, "web1", 2, &p), 0);
	assert_string_equal(p.tap.name, "web1.2");
	assert_string_equal(p.bridge, "br0");
	assert_int_equal(p.mtu, 9000);
	assert_true(p.joined);
	tap = fake_link("web1.2");
	assert_non_null(tap);
	assert_int_equal(tap->master, bridge);
	assert_int_equal(tap->mtu, 9000);
	assert_int_equal(tap->mac.b[0], 0xfe);
	assert_memory_equal(tap->mac.b + 1, nic_mac.b + 1, 5);
	assert_string_equal(tap->alias, "vmrun web1 nic 2");
	assert_int_equal(port_leave(&d, &p), 0);
	assert_int_equal(p.tap.fd, -1);
	assert_int_equal(fake_taps(), 0);
	assert_int_equal(port_leave(&d, &p), 0); /* gone already is no error */
	assert_int_equal(d.count, 0);
}

static void
a_nic_that_wants_less_than_the_bridge_does_not_shrink_it(void **state)
{
	struct port p = PORT_NONE;
	struct diag d = { 0 };

	struct port_wish wish = wish_for("web1", 0, "br0");

	wish.mtu = 1500;
	fake_link_add("br0", "bridge", 9000);
	assert_int_equal(port_open(&d, &wish, NULL, &p), 0);
	assert_int_equal(fake_link(p.tap.name)->mtu, 9000);
	assert_int_equal(port_leave(&d, &p), 0);
}

static void
a_missing_bridge_is_an_error_that_names_the_others(void **state)
{
	assert_fails("br0", nic_mac, 0,
	    "bridge br0: there is no such interface, and this host has no bridge (make it, or have "
	    "it made: bridges = ( { name = \"br0\"; create = true; } ) in vmrun.conf)\n");
	fake_link_add("lanbr", "bridge", 1500);
	fake_link_add("eth0", "", 1500);
	fake_link_add("virbr0", "bridge", 1500);
	assert_fails("br0", nic_mac, 0,
	    "bridge br0: there is no such interface (make it, or name another of this host: lanbr, "
	    "virbr0)\n");
	assert_fails("lanbr0", nic_mac, 0,
	    "bridge lanbr0: there is no such interface (did you mean lanbr?)\n");
}

static void
what_is_no_bridge_or_too_small_or_down_is_refused(void **state)
{
	fake_link_add("eth0", "", 1500);
	assert_fails("eth0", nic_mac, 0,
	    "eth0 is not a bridge: it can be the uplink of one (bridges = ( { name = \"br0\"; "
	    "uplink = \"eth0\"; } ) in vmrun.conf, then vmrun net up br0, and bridge = \"br0\" "
	    "here)\n");
	fake_link_add("br0", "bridge", 1500);
	assert_fails("eth0", nic_mac, 0, "eth0 is not a bridge (the bridges of this host: br0)\n");
	fake_link("eth0")->master = fake_link("br0")->index;
	assert_fails(
	    "eth0", nic_mac, 0, "eth0 is not a bridge: it is a port of one (bridge = \"br0\")\n");
	assert_fails("br0", nic_mac, 9000,
	    "bridge br0: its MTU is 1500, and the NIC wants 9000 (ip link set br0 mtu 9000, after "
	    "the same for each of its ports; or a smaller mtu for the NIC)\n");
	fake_link("br0")->up = false;
	assert_fails("br0", nic_mac, 0,
	    "bridge br0: it is down, so its guests would reach nobody (ip link set br0 up)\n");
}

static void
a_mac_that_lives_on_this_host_is_refused(void **state)
{
	struct port first = PORT_NONE;
	struct diag d = { 0 };

	fake_link_add("br0", "bridge", 1500);
	fake_link_add("eth0", "", 1500);
	assert_int_equal(open_port(&d, "web2", 0, &first), 0);
	assert_fails(
	    "br0", nic_mac, 0, "MAC 52:54:00:9b:01:77: tap web2.0 of this host has it already\n");
	fake_link("eth0")->mac = other_mac;
	assert_fails("br0", other_mac, 0,
	    "MAC 52:54:00:00:00:01: interface eth0 of this host has it already\n");
	assert_int_equal(fake_ports(), 1);
	assert_int_equal(port_leave(&d, &first), 0);
}

static void
a_mac_is_live_on_an_interface_and_behind_a_tap(void **state)
{
	struct os_link links[2] = { { .index = 1, .mac = other_mac },
		{ .index = 2, .mac = mac_of_tap(nic_mac), .is_tap = true } };

	assert_true(port_mac_live(links, 2, other_mac));
	assert_true(port_mac_live(links, 2, nic_mac));
	assert_false(port_mac_live(links, 1, nic_mac));
	assert_false(port_mac_live(links, 0, other_mac));
	links[1].is_tap = false;
	assert_false(port_mac_live(links, 2, nic_mac));
}

static void
whichever_call_fails_nothing_is_left(void **state)
{
	unsigned calls = 1;

	fake_link_add("br0", "bridge", 1500);
	for (;; calls++) {
		struct port p = PORT_NONE;
		struct diag d = { 0 };
		int result;

		fake_fail_at(calls, EPERM);
		result = open_port(&d, "web1", 0, &p);
		if (!fake_failed()) {
			assert_int_equal(result, 0);
			fake_fail_at(0, 0);
			assert_int_equal(port_leave(&d, &p), 0);
			break;
		}
		assert_int_equal(result, -1);
		assert_int_equal(d.count, 1);
		assert_int_equal(d.status, DIAG_DENIED);
		assert_int_equal(p.tap.fd, -1);
		assert_false(p.joined);
		assert_int_equal(fake_taps(), 0);
		assert_int_equal(fake_ports(), 0);
		diag_free(&d);
	}
	assert_true(calls > 4); /* find, open, join, list: each of them was tried */
}

static void
a_port_joins_again_when_its_bridge_is_back(void **state)
{
	struct port p = PORT_NONE;
	struct port_wish wish = wish_for("web1", 0, "br0");
	struct diag d = { 0 };
	unsigned again;

	fake_link_add("br0", "bridge", 1500);
	assert_int_equal(open_port(&d, "web1", 0, &p), 0);
	fake_link_remove("br0");
	assert_int_equal(fake_ports(), 0);
	assert_int_equal(port_join(&d, &p, &wish), -1);
	diag_free(&d);
	again = fake_link_add("br0", "bridge", 1400);
	assert_int_equal(port_join(&d, &p, &wish), 0);
	assert_int_equal(fake_link("web1.0")->master, again);
	assert_int_equal(p.mtu, 1400);
	assert_int_equal(port_leave(&d, &p), 0);
}

static void
a_port_whose_guard_cannot_be_had_again_leaves_its_bridge(void **state)
{
	struct port_wish wish = wish_for("web1", 0, "br0");
	struct port p = PORT_NONE;
	struct diag d = { 0 };

	fake_link_add("br0", "bridge", 1500);
	wish.guard = true;
	assert_int_equal(port_open(&d, &wish, NULL, &p), 0);
	assert_true(p.guarded);
	assert_int_equal(port_guard_again(&d, &p, &wish), 0);
	assert_int_equal(fake_ports(), 1);
	fake_fail_at(1, EPERM);
	assert_int_equal(port_guard_again(&d, &p, &wish), -1);
	assert_int_equal(fake_ports(), 0);
	assert_int_equal(port_leave(&d, &p), 0);
	assert_false(p.guarded);
	diag_free(&d);
}

static void
a_taken_name_gives_way(void **state)
{
	struct port p = PORT_NONE;
	struct diag d = { 0 };

	fake_link_add("br0", "bridge", 1500);
	fake_link_add("web1.0", "veth", 1500);
	assert_int_equal(open_port(&d, "web1", 0, &p), 0);
	assert_string_not_equal(p.tap.name, "web1.0");
	assert_int_equal(fake_link("web1.0")->master, 0);
	assert_int_equal(port_leave(&d, &p), 0);
}

static void
a_name_that_was_chosen_does_not(void **state)
{
	struct port_wish wish = wish_for("web1", 0, "br0");
	struct port p = PORT_NONE;
	struct diag d = { 0 };

	fake_link_add("br0", "bridge", 1500);
	wish.ifname = "vm-%n";
	assert_int_equal(port_open(&d, &wish, NULL, &p), 0);
	assert_string_equal(p.tap.name, "vm-web1");
	assert_int_equal(port_leave(&d, &p), 0);
	fake_link_add("vm-web1", "veth", 1500);
	assert_int_equal(port_open(&d, &wish, NULL, &p), -1);
	assert_string_equal(d.text, "tap vm-web1: another interface of this host has that name "
				    "(choose one by ifname)\n");
	assert_int_equal(fake_taps(), 0);
	diag_free(&d);
}

static void
a_port_that_was_dropped_is_put_back_with_its_mtu(void **state)
{
	struct port_wish wish = wish_for("web1", 0, "br0");
	unsigned bridge = fake_link_add("br0", "bridge", 9000), other;
	struct port p = PORT_NONE;
	struct diag d = { 0 };

	assert_int_equal(open_port(&d, "web1", 0, &p), 0);
	assert_int_equal(port_rejoin(&d, &p, &wish), 0);
	fake_link("web1.0")->master = 0;
	fake_link("br0")->mtu = 1500;
	assert_int_equal(port_rejoin(&d, &p, &wish), 1);
	assert_int_equal(fake_link("web1.0")->master, bridge);
	assert_int_equal(fake_link("web1.0")->mtu, 9000);
	/* A bridge that is larger now does not sink to it. */
	fake_link("br0")->mtu = 9216;
	fake_link("web1.0")->master = 0;
	assert_int_equal(port_rejoin(&d, &p, &wish), 1);
	assert_int_equal(fake_link("web1.0")->mtu, 9216);

	other = fake_link_add("br1", "bridge", 1500);
	fake_link("web1.0")->master = other;
	assert_int_equal(port_rejoin(&d, &p, &wish), -1);
	assert_int_equal(fake_link("web1.0")->master, other);
	fake_link_remove("br0");
	assert_int_equal(port_rejoin(&d, &p, &wish), -1);
	assert_int_equal(port_leave(&d, &p), 0);
	fake_link_add("br0", "bridge", 1500);
	assert_int_equal(port_rejoin(&d, &p, &wish), -1);
	/* Another one of that name is not touched. */
	fake_link_add("web1.0", "tun", 1500);
	assert_int_equal(port_rejoin(&d, &p, &wish), -1);
	assert_int_equal(fake_link("web1.0")->master, 0);
	diag_free(&d);
}

static void
a_bridges_uplink_is_hardware_or_made_of_it(void **state)
{
	unsigned bridge = fake_link_add("br0", "bridge", 1500);
	struct os_link *links;
	struct diag d = { 0 };
	size_t n;

	fake_link_add("veth0", "veth", 1500);
	fake_link("veth0")->master = bridge;
	fake_link_add("eth1", "", 1500);
	fake_link_add("bond0", "bond", 1500);
	assert_int_equal(os_links(&d, &links, &n), 0);
	assert_null(picture_uplink(links, n, "br0"));
	assert_null(picture_uplink(links, n, "br1"));
	free(links);
	fake_link("bond0")->master = bridge;
	assert_int_equal(os_links(&d, &links, &n), 0);
	assert_string_equal(picture_uplink(links, n, "br0"), "bond0");
	free(links);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_tap_is_named_after_its_vm_and_nic, empty_host),
		cmocka_unit_test_setup(
		    a_port_is_a_tap_with_an_fe_address_on_the_bridge, empty_host),
		cmocka_unit_test_setup(
		    a_nic_that_wants_less_than_the_bridge_does_not_shrink_it, empty_host),
		cmocka_unit_test_setup(
		    a_missing_bridge_is_an_error_that_names_the_others, empty_host),
		cmocka_unit_test_setup(
		    what_is_no_bridge_or_too_small_or_down_is_refused, empty_host),
		cmocka_unit_test_setup(a_mac_that_lives_on_this_host_is_refused, empty_host),
		cmocka_unit_test_setup(a_mac_is_live_on_an_interface_and_behind_a_tap, empty_host),
		cmocka_unit_test_setup(whichever_call_fails_nothing_is_left, empty_host),
		cmocka_unit_test_setup(a_port_joins_again_when_its_bridge_is_back, empty_host),
		cmocka_unit_test_setup(
		    a_port_whose_guard_cannot_be_had_again_leaves_its_bridge, empty_host),
		cmocka_unit_test_setup(a_taken_name_gives_way, empty_host),
		cmocka_unit_test_setup(a_name_that_was_chosen_does_not, empty_host),
		cmocka_unit_test_setup(a_bridges_uplink_is_hardware_or_made_of_it, empty_host),
		cmocka_unit_test_setup(
		    a_port_that_was_dropped_is_put_back_with_its_mtu, empty_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
