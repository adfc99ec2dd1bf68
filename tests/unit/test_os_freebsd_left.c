/* FreeBSD's taps that were left, given or taken, and its lists of interfaces, on a fake kernel. */
#include "os_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_freebsd.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"

#define ALIAS "vmrun web1 nic 0"

/* The unit where the search for a free one begins depends on the wish alone. */
static void
a_tap_gets_a_number_that_nobody_has(void **state)
{
	struct diag d = { 0 };
	char first[OS_IFNAME], name[OS_IFNAME], next[OS_IFNAME];
	unsigned unit;

	freebsd_reset();
	assert_int_equal(os_tap_choose(&d, "web1.0", first), 0);
	assert_int_equal(sscanf(first, "tap%u", &unit), 1);
	assert_in_range(unit, 10000, 32767);
	assert_int_equal(os_tap_choose(&d, "web1.0", name), 0);
	assert_string_equal(name, first);
	assert_int_equal(os_tap_choose(&d, "web2.0", name), 0);
	assert_string_not_equal(name, first);
	freebsd_tap_add(first, "");
	snprintf(next, sizeof(next), "tap%u", unit + 1);
	assert_int_equal(os_tap_choose(&d, "web1.0", name), 0);
	assert_string_equal(name, next);
	/* One that was renamed has its number still. */
	freebsd_tap_add(next, "");
	strcpy(freebsd_link_get(next)->name, "guest0");
	snprintf(next, sizeof(next), "tap%u", unit + 2);
	assert_int_equal(os_tap_choose(&d, "web1.0", name), 0);
	assert_string_equal(name, next);
	assert_string_equal(freebsd_log(), "");
}

static void
every_reason_not_to_make_a_tap_is_a_sentence(void **state)
{
	struct diag d = { 0 };
	struct os_tap tap = { .fd = -1 };

	freebsd_reset();
	freebsd_tap_add("tap10000", "");
	assert_int_equal(os_tap_open(&d, "tap10000", false, &tap), -1);
	assert_int_equal(errno, EEXIST);
	assert_said(&d, "tap tap10000: the name is taken");
	assert_int_equal(freebsd_taps(), 1); /* it is not ours to destroy */
	freebsd.no_root = true;
	assert_int_equal(os_tap_open(&d, "tap10001", false, &tap), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(d.status, DIAG_DENIED);
	assert_said(&d, "making one needs root, and in a jail a network of its own (vnet)");
	freebsd.no_root = false;
	freebsd.no_tap = true;
	assert_int_equal(os_tap_open(&d, "tap10001", false, &tap), -1);
	assert_said(&d, "this kernel has no tap(4) (kldload if_tuntap)");
	assert_int_equal(tap.fd, -1);
	assert_int_equal(freebsd_descriptors(), 0);
}

/* Between the making and the opening; a destroy would wait for him. */
static void
a_new_tap_that_another_opens_is_left_to_him(void **state)
{
	struct diag d = { 0 };
	struct os_tap tap = { .fd = -1 };

	freebsd_reset();
	freebsd.thief = 4711;
	assert_int_equal(os_tap_open(&d, "tap10000", false, &tap), -1);
	assert_int_equal(errno, EBUSY);
	assert_said(&d, "tap tap10000 is in use: process 4711 opened it");
	assert_string_equal(freebsd_log(), "create tap10000");
	assert_int_equal(tap.fd, -1);
	assert_int_equal(freebsd_descriptors(), 0);
}

static void
only_what_is_ours_or_nobodys_is_destroyed(void **state)
{
	struct diag d = { 0 };

	freebsd_reset();
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	freebsd_tap_add("tap10000", ALIAS);
	freebsd_tap_add("tap10001", "vmrun web2 nic 0");
	freebsd_tap_add("tap10002", "");
	freebsd_tap_add("tap10003", "")->opener = 4711;
	freebsd_tap_add("tap10004", ALIAS)->opener = 4711;
	memset(freebsd_tap_add("tap10005", "")->description, 'x', 1099);
	strcpy(freebsd_link_get("em0")->description, ALIAS);
	assert_int_equal(os_tap_destroy(&d, "em0", ALIAS), 0);
	assert_int_equal(os_tap_destroy(&d, "tap10000", ALIAS), 0);
	assert_int_equal(os_tap_destroy(&d, "tap10001", ALIAS), 0);
	assert_int_equal(os_tap_destroy(&d, "tap10002", ALIAS), 0);
	assert_int_equal(os_tap_destroy(&d, "tap10003", ALIAS), 0);
	assert_int_equal(os_tap_destroy(&d, "tap10005", ALIAS), 0);
	assert_int_equal(d.count, 0);
	assert_int_equal(os_tap_destroy(&d, "tap10004", ALIAS), -1);
	assert_int_equal(errno, EBUSY);
	assert_said(&d, "tap tap10004: it is still open (process 4711 opened it)");
	assert_string_equal(freebsd_log(), "destroy tap10000, destroy tap10002");
	freebsd_link_get("tap10004")->opener = 0;
	assert_int_equal(os_tap_destroy(&d, "tap10004", ALIAS), 0);
	assert_null(freebsd_link_get("tap10004"));
	assert_int_equal(freebsd_descriptors(), 0);
}

static void
without_ipv4_interfaces_are_asked_about_all_the_same(void **state)
{
	struct diag d = { 0 };
	struct os_link link;

	freebsd_reset();
	freebsd.no_inet = true;
	freebsd_tap_add("tap0", "");
	if (os_link_find(&d, "tap0", &link) == -1)
		fail_msg("%s", d.text);
	assert_true(link.is_tap);
}

static void
a_tap_leaves_by_its_index_or_by_its_description(void **state)
{
	struct diag d = { 0 };
	struct freebsd_link *tap;

	freebsd_reset();
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	tap = freebsd_tap_add("tap10000", ALIAS);
	freebsd_member_add("bridge0", "tap10000");
	assert_int_equal(os_tap_leave(&d, tap->index + 5, "tap10000", ALIAS), 0);
	assert_int_equal(os_tap_leave(&d, 0, "tap10000", "vmrun web2 nic 0"), 0);
	assert_int_equal(os_tap_leave(&d, 0, "tap10000", NULL), 0);
	assert_int_equal(os_tap_leave(&d, tap->index, "tap10001", ALIAS), 0);
	assert_int_equal(freebsd_members(), 1);
	assert_int_equal(os_tap_leave(&d, 0, "tap10000", ALIAS), 0);
	assert_int_equal(freebsd_members(), 0);
	freebsd_member_add("bridge0", "tap10000");
	assert_int_equal(os_tap_leave(&d, tap->index, "tap10000", NULL), 0);
	assert_int_equal(freebsd_members(), 0);
	/* A port that is no tap is nobody's to take away. */
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	freebsd_member_add("bridge0", "em0");
	assert_int_equal(os_tap_leave(&d, freebsd_link_get("em0")->index, "em0", NULL), 0);
	assert_int_equal(freebsd_members(), 1);
	assert_int_equal(d.count, 0);
	assert_int_equal(freebsd_descriptors(), 0);
}

static void
a_given_tap_is_opened_and_kept(void **state)
{
	const struct os_port port = { .mtu = 1500 };
	struct os_tap tap = { .fd = -1 };
	struct diag d = { 0 };
	struct os_link bridge;

	freebsd_reset();
	freebsd.transient = true;
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	freebsd_tap_add("tap0", "of the admin");
	freebsd_tap_add("tap1", "");
	strcpy(freebsd_link_get("tap1")->name, "guest1");
	assert_int_equal(os_link_find(&d, "bridge0", &bridge), 0);
	assert_int_equal(os_tap_open_given(&d, "tap7", 0, &tap), -1);
	assert_int_equal(errno, ENODEV);
	assert_said(&d, "tap7: there is no such interface");
	assert_int_equal(os_tap_open_given(&d, "em0", 0, &tap), -1);
	assert_said(&d, "em0 is not a tap");
	assert_int_equal(os_tap_open_given(&d, "guest1", 0, &tap), 0);
	assert_string_equal(tap.name, "guest1");
	fd_close(&tap.fd);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &(struct os_tap){ .fd = -1 }), -1);
	assert_int_equal(errno, EBUSY);
	assert_non_null(strstr(d.text, "tap tap0 is in use: process "));
	diag_free(&d);
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), 0);
	assert_int_equal(os_tap_leave(&d, tap.index, "tap0", NULL), 0);
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap0", ALIAS), 0);
	assert_string_equal(freebsd_log(),
	    "open guest1, close guest1, open tap0, add bridge0 tap0, up tap0, delete bridge0 tap0, "
	    "close tap0");
	assert_string_equal(freebsd_link_get("tap0")->description, "of the admin");
	assert_int_equal(freebsd_taps(), 2);
	assert_int_equal(freebsd_descriptors(), 0);
}

/* tap5 was renamed, and another got its name. */
static void
a_device_of_another_interface_is_not_taken(void **state)
{
	struct os_tap tap = { .fd = -1 };
	struct diag d = { 0 };

	freebsd_reset();
	freebsd_tap_add("tap5", "");
	strcpy(freebsd_link_get("tap5")->name, "guest5");
	freebsd_tap_add("tap7", "");
	strcpy(freebsd_link_get("tap7")->name, "tap5");
	assert_int_equal(os_tap_open_given(&d, "tap5", 0, &tap), -1);
	assert_int_equal(errno, EEXIST);
	assert_said(&d, "tap tap5: /dev/tap5 is interface guest5");
	assert_int_equal(tap.fd, -1);
	assert_int_equal(freebsd_descriptors(), 0);
	assert_int_equal(freebsd_taps(), 2);
}

static void
a_given_tap_that_cannot_be_opened_leaves_no_descriptor(void **state)
{
	for (unsigned n = 1;; n++) {
		struct os_tap tap = { .fd = -1 };
		struct diag d = { 0 };
		bool opened;

		freebsd_reset();
		freebsd_tap_add("tap0", "of the admin");
		freebsd_fail_at(n, EIO);
		opened = os_tap_open_given(&d, "tap0", 0, &tap) == 0;
		assert_int_equal(freebsd_descriptors(), opened);
		assert_int_equal(freebsd_taps(), 1);
		assert_int_equal(d.count, !opened);
		fd_close(&tap.fd);
		diag_free(&d);
		if (!freebsd_failed()) {
			assert_true(n > 9 && opened);
			break;
		}
	}
}

/* The list is asked for with more room until it fits; a port that only sees copies is none. */
static void
every_port_of_a_bridge_is_found(void **state)
{
	static const unsigned sizes[] = { 0, 1, 15, 16, 17, 32, 100 };
	struct diag d = { 0 };

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct os_link *links, link;
		unsigned index, ports = 0;
		char name[16];
		size_t n;

		freebsd_reset();
		index = freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
		for (unsigned i = 0; i < 100; i++) {
			snprintf(name, sizeof(name), "tap%u", i);
			freebsd_tap_add(name, "");
			if (i < sizes[s])
				freebsd_member_add("bridge0", name);
		}
		freebsd_link_add("em9", FREEBSD_ETHER, 1500);
		freebsd_member_add("bridge0", "em9");
		freebsd_link_get("em9")->member_flags = 0x8;
		assert_int_equal(os_links(&d, &links, &n), 0);
		assert_int_equal(n, 102);
		for (size_t i = 0; i < n; i++) {
			assert_true(
			    links[i].master == 0 || (links[i].master == index && links[i].is_tap));
			ports += links[i].master == index;
		}
		assert_int_equal(ports, sizes[s]);
		free(links);
		assert_int_equal(os_link_find(&d, "tap99", &link), 0);
		assert_int_equal(link.master, sizes[s] == 100 ? index : 0);
		assert_int_equal(freebsd_descriptors(), 0);
	}
}

static void
an_interface_is_described_whatever_its_name(void **state)
{
	static const struct {
		const char *driver, *kind;
		bool is_tap;
	} kinds[] = { { "em0", "", false }, { "epair3a", "epair", false }, { "lo0", "lo", false },
		{ "tap12", "tap", true }, { "vmnet1", "vmnet", true }, { "tun0", "tun", false },
		{ "vlan7", "vlan", false } };
	const size_t n = sizeof(kinds) / sizeof(kinds[0]);
	struct diag d = { 0 };
	struct os_link *links, link;
	size_t found;

	freebsd_reset();
	for (size_t i = 0; i < n; i++) {
		freebsd_link_add(kinds[i].driver, FREEBSD_ETHER, 1500 + (unsigned)i);
		/* 15 bytes, as long as a name can be */
		snprintf(freebsd_link_get(kinds[i].driver)->name, 16, "abcdefghijklmn%zu", i);
	}
	assert_int_equal(os_links(&d, &links, &found), 0);
	assert_int_equal(found, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(strlen(links[i].name), 15);
		assert_string_equal(links[i].kind, kinds[i].kind);
		assert_int_equal(links[i].is_tap, kinds[i].is_tap);
		assert_int_equal(links[i].mtu, 1500 + i);
		assert_int_equal(links[i].mac.b[5], links[i].index);
		assert_true(links[i].up);
	}
	free(links);
	assert_int_equal(os_link_find(&d, "abcdefghijklmn3", &link), 0);
	assert_true(link.is_tap);
	assert_int_equal(os_link_find(&d, "abcdefghijklmno3", &link), -1);
	assert_int_equal(errno, ENODEV);
	diag_free(&d);
	/* A kernel that does not tell the driver leaves the name to go by. */
	freebsd_reset();
	freebsd.no_driver_names = true;
	freebsd_tap_add("tap5", "");
	assert_int_equal(os_link_find(&d, "tap5", &link), 0);
	assert_true(link.is_tap && !link.carrier);
}

/* The netmask is as long as it has bits; link-local addresses may have the interface inside. */
static void
addresses_have_their_prefix(void **state)
{
	static const unsigned char inet[16] = { 16, 2, 0, 0, 10, 1, 2, 3 },
				   mask20[16] = { 7, 0, 0, 0, 255, 255, 240 }, none[16] = { 0 },
				   inet6[28] = { 28, 28, [8] = 0xfe, 0x80, 0, 5, [23] = 1 },
				   mask64[28] = { 28, 28, [8] = 255, 255, 255, 255, 255, 255, 255,
					   255 };
	static const char *const texts[] = { "10.1.2.3/20", "10.1.2.3/0", "fe80::1/64" };
	struct diag d = { 0 };
	struct os_addr *addrs;
	size_t n;

	freebsd_reset();
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	freebsd_link_add("em1", FREEBSD_ETHER, 1500);
	freebsd_addr_add("em0", inet, mask20);
	freebsd_addr_add("em1", inet, none);
	freebsd_addr_add("em1", inet6, mask64);
	assert_int_equal(os_addrs(&d, &addrs, &n), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(addrs[i].text, texts[i]);
		assert_int_equal(addrs[i].index, i == 0 ? 1 : 2);
	}
	free(addrs);
}

static void
a_trial_bridge_is_made_and_destroyed(void **state)
{
	struct os_tap trial = { .fd = -1 };
	struct diag d = { 0 };
	char name[OS_IFNAME];
	struct os_link link;

	freebsd_reset();
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	assert_int_equal(os_network_alone(), 0);
	assert_int_equal(os_bridge_create(&d, "trial", ALIAS, name), 0);
	assert_string_equal(name, "bridge1");
	assert_int_equal(os_link_find(&d, name, &link), 0);
	assert_true(link.is_bridge && link.up);
	assert_string_equal(link.alias, ALIAS);
	assert_int_equal(os_trial_open(&d, &trial), 0);
	assert_true(trial.fd != -1);
	assert_int_equal(os_trial_close(&d, &trial, ALIAS), 0);
	assert_int_equal(os_trial_close(&d, &trial, ALIAS), 0);
	assert_int_equal(os_bridge_destroy(&d, name), 0);
	assert_int_equal(os_bridge_destroy(&d, name), 0);
	/* A name that is too long for one is not that of an interface which begins like it. */
	freebsd_tap_add("tap345678901234", "");
	assert_int_equal(os_bridge_destroy(&d, "tap3456789012345"), 0);
	assert_int_equal(freebsd_taps(), 1);
	assert_int_equal(os_bridge_destroy(&d, "tap345678901234"), 0);
	assert_string_equal(
	    strstr(freebsd_log(), "destroy bridge1"), "destroy bridge1, destroy tap345678901234");
	assert_int_equal(freebsd_taps(), 0);
	assert_null(freebsd_link_get(name));
	freebsd.no_bridge = true;
	assert_int_equal(os_bridge_create(&d, "trial", ALIAS, name), -1);
	assert_said(&d, "this kernel has no if_bridge (kldload if_bridge)");
	assert_int_equal(os_vmnet_check(&d, "em0"), -1);
	assert_said(&d, "em0: FreeBSD has no vmnet: give the NIC a bridge");
	assert_int_equal(freebsd_descriptors(), 0);
}

static void
a_bridge_that_cannot_be_made_leaves_nothing(void **state)
{
	for (unsigned n = 1;; n++) {
		char name[OS_IFNAME] = "untouched";
		struct diag d = { 0 };

		freebsd_reset();
		freebsd_fail_at(n, EIO);
		if (os_bridge_create(&d, "trial", ALIAS, name) == 0) {
			assert_false(freebsd_failed());
			assert_true(n > 4);
			break;
		}
		assert_int_equal(errno, EIO);
		assert_string_equal(name, "untouched");
		assert_null(freebsd_link_get("bridge0"));
		assert_int_equal(freebsd_descriptors(), 0);
		diag_free(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tap_gets_a_number_that_nobody_has),
		cmocka_unit_test(every_reason_not_to_make_a_tap_is_a_sentence),
		cmocka_unit_test(a_new_tap_that_another_opens_is_left_to_him),
		cmocka_unit_test(only_what_is_ours_or_nobodys_is_destroyed),
		cmocka_unit_test(without_ipv4_interfaces_are_asked_about_all_the_same),
		cmocka_unit_test(a_tap_leaves_by_its_index_or_by_its_description),
		cmocka_unit_test(a_given_tap_is_opened_and_kept),
		cmocka_unit_test(a_device_of_another_interface_is_not_taken),
		cmocka_unit_test(a_given_tap_that_cannot_be_opened_leaves_no_descriptor),
		cmocka_unit_test(every_port_of_a_bridge_is_found),
		cmocka_unit_test(an_interface_is_described_whatever_its_name),
		cmocka_unit_test(addresses_have_their_prefix),
		cmocka_unit_test(a_trial_bridge_is_made_and_destroyed),
		cmocka_unit_test(a_bridge_that_cannot_be_made_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
