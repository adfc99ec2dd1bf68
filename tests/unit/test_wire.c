/* Whose a MAC on the wire is, decided by what the kernel of the fake has heard. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/wire.h"
#include "os/os_fake.h"
#include "util/diag.h"
#include "util/loop.h"

static const struct mac nic_mac = { { 0x52, 0x54, 0x00, 0x9b, 0x01, 0x77 } };
static const struct mac other_mac = { { 0x52, 0x54, 0x00, 0x00, 0x00, 0x01 } };
static unsigned bridge, lan, uplink, tap, eth1;

static int
a_host(void **state)
{
	fake_reset();
	bridge = fake_link_add("br0", "bridge", 1500);
	lan = fake_link_add("lan", "bridge", 1500);
	uplink = fake_link_add("eth0", "", 1500);
	tap = fake_link_add("web1.0", "tun", 1500);
	eth1 = fake_link_add("eth1", "", 1500);
	fake_link("eth0")->master = bridge;
	return 0;
}

/* sentence NULL: it is free. */
static void
assert_says(const char *sentence)
{
	struct diag d = { 0 };
	int result = wire_check(&d, fake_link("br0"), tap, nic_mac);

	if (sentence == NULL) {
		assert_int_equal(d.count, 0);
		assert_int_equal(result, 0);
	} else {
		assert_int_equal(result, -1);
		assert_string_equal(d.text, sentence);
	}
	diag_free(&d);
}

static void
a_mac_that_nobody_has_heard_is_free(void **state)
{
	assert_says(NULL);
	fake_heard(bridge, uplink, other_mac, 0);
	fake_heard(lan, uplink, nic_mac, 0);
	fake_neighbour_add(bridge, "10.0.0.9", other_mac, true);
	assert_says(NULL);
}

static void
a_mac_that_another_port_has_just_heard_is_refused(void **state)
{
	fake_heard(bridge, uplink, nic_mac, 2900);
	assert_says("MAC 52:54:00:9b:01:77 is in use on the network: behind port eth0 of bridge "
		    "br0, heard 2 s ago (if that was this VM, which has moved here: try again in "
		    "28 s)\n");
	fake_neighbour_add(bridge, "10.0.0.5", nic_mac, false);
	strlcpy(fake_link("eth0")->alias, "to the \033 rack", 96);
	assert_says("MAC 52:54:00:9b:01:77 is in use on the network: 10.0.0.5 has it, behind port "
		    "eth0 (to the \\033 rack) of bridge br0, heard 2 s ago (if that was this VM, "
		    "which has moved here: try again in 28 s)\n");
}

static void
a_mac_that_the_bridge_was_told_of_is_refused(void **state)
{
	fake_heard(bridge, uplink, nic_mac, -1);
	assert_says(
	    "MAC 52:54:00:9b:01:77 is in use on the network: behind port eth0 of bridge br0\n");
}

static void
ones_own_port_says_nothing(void **state)
{
	fake_heard(bridge, tap, nic_mac, 0);
	fake_neighbour_add(tap, "10.0.0.5", nic_mac, true);
	assert_says(NULL);
}

static void
what_the_vm_left_in_the_neighbour_table_does_not_hold_up_its_next_start(void **state)
{
	int64_t before = now_ms();

	fake_neighbour_add(bridge, "10.0.0.5", nic_mac, true);
	fake_neighbour_add(lan, "10.1.0.5", nic_mac, true);
	assert_says(NULL);
	assert_true(now_ms() - before < 300);
}

static void
a_mac_heard_long_ago_is_free_unless_somebody_answers(void **state)
{
	fake_heard(bridge, uplink, nic_mac, 31000);
	assert_says(NULL);
	fake_neighbour_add(bridge, "10.0.0.5", nic_mac, false);
	assert_says(NULL);
	fake_neighbour_add(bridge, "10.0.0.6", nic_mac, true);
	assert_says("MAC 52:54:00:9b:01:77 is in use on the network: 10.0.0.6 has it, behind port "
		    "eth0 of bridge br0, heard 31 s ago\n");
}

static void
a_mac_on_another_network_of_the_host_is_free_unless_somebody_answers(void **state)
{
	fake_neighbour_add(eth1, "192.0.2.7", nic_mac, false);
	assert_says(NULL);
	fake_neighbour_add(eth1, "2001:db8::7", nic_mac, true);
	assert_says(
	    "MAC 52:54:00:9b:01:77 is in use on the network: 2001:db8::7 has it, behind eth1\n");
}

static void
a_question_that_fails_is_no_permission(void **state)
{
	fake_heard(bridge, uplink, nic_mac, 31000);
	for (unsigned i = 1; i <= 2; i++) {
		struct diag d = { 0 };

		fake_fail_at(i, ENOBUFS);
		assert_int_equal(wire_check(&d, fake_link("br0"), tap, nic_mac), -1);
		assert_true(fake_failed());
		diag_free(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_mac_that_nobody_has_heard_is_free, a_host),
		cmocka_unit_test_setup(a_mac_that_another_port_has_just_heard_is_refused, a_host),
		cmocka_unit_test_setup(a_mac_that_the_bridge_was_told_of_is_refused, a_host),
		cmocka_unit_test_setup(ones_own_port_says_nothing, a_host),
		cmocka_unit_test_setup(
		    what_the_vm_left_in_the_neighbour_table_does_not_hold_up_its_next_start,
		    a_host),
		cmocka_unit_test_setup(
		    a_mac_heard_long_ago_is_free_unless_somebody_answers, a_host),
		cmocka_unit_test_setup(
		    a_mac_on_another_network_of_the_host_is_free_unless_somebody_answers, a_host),
		cmocka_unit_test_setup(a_question_that_fails_is_no_permission, a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
