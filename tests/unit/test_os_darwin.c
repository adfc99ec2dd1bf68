/* macOS's bridges, given taps and trial interfaces, on a fake XNU. */
#include "os_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_darwin.h"
#include "net/port.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"

static const struct os_port plain = {
	.mac = { { 0xfe, 0, 0, 0x12, 0x34, 0x56 } }, .mtu = 9000, .alias = "vmrun web1 nic 0"
};

/* A bridge of two Ethernets with jumbo frames, another one, and the device of a tap. */
static struct os_link
mac_with_bridge(void)
{
	struct diag d = { 0 };
	struct os_link bridge;
	unsigned index;

	darwin_reset();
	darwin_link_add("lo0", 0x18, 16384);
	darwin_link_add("en0", DARWIN_ETHER, 1500);
	index = darwin_link_add("bridge0", DARWIN_BRIDGE, 9000);
	darwin_link_add("bridge1", DARWIN_BRIDGE, 1500);
	for (unsigned i = 1; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "en%u", i);
		darwin_link_add(name, DARWIN_ETHER, 9000);
		darwin_link(name)->bridge = index;
	}
	darwin_tap_device("tap0");
	darwin_tap_device("tap1");
	assert_int_equal(os_link_find(&d, "bridge0", &bridge), 0);
	return bridge;
}

static void
assert_as_before(void)
{
	assert_int_equal(darwin_descriptors(), 0);
	assert_int_equal(darwin_links(), 6);
	assert_int_equal(darwin_members(), 2);
	assert_int_equal(darwin_link("bridge0")->mtu, 9000);
	assert_int_equal(darwin_link("bridge1")->mtu, 1500);
}

static void
a_given_tap_lives_on_a_bridge_until_it_is_closed(void **state)
{
	struct os_link bridge = mac_with_bridge(), link;
	struct diag d = { 0 };
	struct os_tap tap = { .fd = -1 }, again;
	unsigned index;

	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	assert_int_equal(fcntl(tap.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &again), -1);
	assert_int_equal(errno, EBUSY);
	assert_said(&d, "tap tap0: it is in use");
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), 0);
	assert_string_equal(darwin_log(),
	    "open tap0, open tap0!, mac tap0 fe:00:00:12:34:56, mtu tap0 9000, "
	    "add bridge0 tap0, up tap0");
	assert_int_equal(os_link_find(&d, "tap0", &link), 0);
	assert_int_equal(link.index, tap.index);
	assert_int_equal(link.master, bridge.index);
	assert_true(link.is_tap && link.up && !link.is_bridge);
	assert_int_equal(link.mtu, 9000);
	assert_true(mac_equal(link.mac, plain.mac));
	assert_string_equal(link.alias, "");
	index = tap.index;
	assert_int_equal(os_tap_leave(&d, index, "tap0", "of somebody else"), 0);
	assert_int_equal(os_tap_leave(&d, index, "tap0", ""), 0); /* it has left */
	assert_string_equal(darwin_log(), "delete bridge0 tap0");
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap0", plain.alias), 0);
	assert_string_equal(darwin_log(), "close tap0");
	assert_int_equal(os_tap_leave(&d, index, "tap0", ""), 0); /* it is gone */
	assert_as_before();
}

static void
a_join_that_fails_is_undone_in_the_opposite_order(void **state)
{
	static const char *const logs[] = {
		"up tap0!, delete bridge0 tap0, mtu tap0 1500, mac tap0 ",
		"add bridge0 tap0!, mtu tap0 1500, mac tap0 ",
		"mtu tap0 9000!, mac tap0 ",
	};
	struct os_link bridge = mac_with_bridge();
	struct diag d = { 0 };
	struct os_tap tap;
	unsigned seen = 0;

	for (unsigned n = 1;; n++) {
		char mac[32];
		const char *log;

		assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		    darwin_link("tap0")->mac[0], darwin_link("tap0")->mac[1],
		    darwin_link("tap0")->mac[2], darwin_link("tap0")->mac[3],
		    darwin_link("tap0")->mac[4], darwin_link("tap0")->mac[5]);
		(void)darwin_log();
		darwin_fail_at(n, EIO);
		if (os_tap_join(&d, &tap, &plain, &bridge) == 0 && !darwin_failed())
			break;
		assert_int_equal(errno, EIO);
		log = darwin_log();
		for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
			const char *p = strstr(log, logs[i]);

			if (p == NULL)
				continue;
			assert_string_equal(p + strlen(logs[i]), mac);
			seen |= 1u << i;
		}
		assert_int_equal(darwin_link("tap0")->mtu, 1500);
		assert_false(darwin_link("tap0")->flags & 1);
		assert_int_equal(darwin_members(), 2);
		assert_int_equal(darwin_descriptors(), 1);
		diag_free(&d);
		fd_close(&tap.fd);
	}
	darwin_fail_at(0, 0);
	fd_close(&tap.fd);
	assert_int_equal(seen, 7);
	assert_as_before();
}

/* What already is as it should be is not touched, and so not undone. */
static void
a_tap_that_is_up_with_the_right_mtu_only_joins(void **state)
{
	struct os_link bridge = mac_with_bridge();
	const struct os_port port = { .mtu = 9000 };
	struct diag d = { 0 };
	struct os_tap tap;

	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	darwin_link("tap0")->mtu = 9000;
	darwin_link("tap0")->flags |= 1;
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), 0);
	assert_string_equal(darwin_log(), "open tap0, add bridge0 tap0");
	fd_close(&tap.fd);
	assert_as_before();
}

static void
every_reason_not_to_join_is_a_sentence(void **state)
{
	struct os_link bridge = mac_with_bridge(), other = { .name = "bridge9", .mtu = 9000 };
	struct os_port port = plain;
	struct diag d = { 0 };
	struct os_tap tap, wrong;

	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &other), -1);
	assert_int_equal(errno, ENXIO);
	assert_said(&d, "bridge bridge9: there is no such interface");
	port.mtu = 1500;
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), -1);
	assert_int_equal(errno, EINVAL);
	assert_said(&d, "its MTU is not the bridge's, which is 9000");
	port.mtu = 65000;
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), -1);
	assert_said(&d, "cannot set its MTU to 65000");
	port = plain;
	port.vlan = 7;
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), -1);
	assert_said(&d, "no VLANs");
	port.vlan = 0;
	port.isolated = true;
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), -1);
	assert_said(&d, "no isolation");
	wrong = tap;
	wrong.index++;
	assert_int_equal(os_tap_join(&d, &wrong, &plain, &bridge), -1);
	assert_int_equal(errno, ENODEV);
	assert_said(&d, "another one by now");
	darwin_root(false);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(d.status, DIAG_DENIED);
	diag_free(&d);
	darwin_root(true);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), 0);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), -1);
	assert_int_equal(errno, EEXIST);
	assert_said(&d, "one of its ports already");
	strcpy(other.name, "bridge1");
	assert_int_equal(os_tap_join(&d, &tap, &plain, &other), -1);
	assert_int_equal(errno, EBUSY);
	assert_said(&d, "a port of another bridge");
	assert_int_equal(darwin_link("tap0")->bridge, bridge.index);
	fd_close(&tap.fd);
	assert_as_before();
}

static void
what_vmnet_made_is_left_where_it_is(void **state)
{
	struct os_link bridge = mac_with_bridge();
	struct os_tap tap = { .fd = -1, .name = "vmenet0" };
	struct diag d = { 0 };

	tap.index = darwin_link_add("vmenet0", DARWIN_ETHER, 9000);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), -1);
	assert_said(&d, "vmenet0 belongs to vmnet");
	assert_string_equal(darwin_log(), "");
	assert_int_equal(os_tap_open_given(&d, "vmenet0", 0, &tap), -1);
	assert_int_equal(errno, ENODEV);
	diag_free(&d);
}

static void
only_a_tap_with_a_device_can_be_given(void **state)
{
	static const char *const names[] = { "tap7", "tap", "tap0x", "../tap0", "tap0/", "en0", "",
		"tap0000000000000000" };
	struct diag d = { 0 };
	struct os_tap tap;
	char name[OS_IFNAME];

	(void)mac_with_bridge();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(os_tap_open_given(&d, names[i], 0, &tap), -1);
		assert_true(errno == ENOENT || errno == ENODEV);
		assert_said(&d, "macOS lacks");
	}
	darwin_root(false);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), -1);
	assert_int_equal(d.status, DIAG_DENIED);
	diag_free(&d);
	assert_int_equal(os_tap_choose(&d, "web1.0", name), -1);
	assert_said(&d, "write bridge = \"en0\"");
	assert_int_equal(os_tap_open(&d, "tap0", false, &tap), -1);
	assert_int_not_equal(errno, EEXIST);
	assert_said(&d, "macOS makes no taps");
	assert_as_before();
}

static int
note_tap(struct diag *d, const struct port *port, unsigned nic, void *arg)
{
	struct port *noted = arg;

	assert_int_equal(port->tap.fd, -1);
	assert_null(darwin_link("tap0"));
	*noted = *port;
	return 0;
}

static const struct port_wish wish = { .vm = "web1",
	.bridge = "bridge0",
	.tap = "tap0",
	.mac = { { 0x52, 0x54, 0, 0x12, 0x34, 0x56 } } };

/* The interface of a tap is not there before somebody opens it. */
static void
a_nic_has_its_port_on_a_bridge(void **state)
{
	struct os_link bridge = mac_with_bridge();
	struct port port = PORT_NONE, noted = PORT_NONE;
	const struct port_witness witness = { note_tap, &noted };
	struct diag d = { 0 };

	if (port_open(&d, &wish, &witness, &port) == -1)
		fail_msg("%s", d.text);
	assert_string_equal(noted.tap.name, "tap0");
	assert_true(noted.given && noted.tap.index == 0);
	assert_int_equal(port.tap.index, darwin_link("tap0")->index);
	assert_int_equal(darwin_link("tap0")->bridge, bridge.index);
	assert_true(port.given && port.joined && !port.kept);
	assert_int_equal(port_leave(&d, &port), 0);
	assert_string_equal(darwin_log(),
	    "open tap0, mac tap0 fe:54:00:12:34:56, mtu tap0 9000, add bridge0 tap0, up tap0, "
	    "delete bridge0 tap0, close tap0");
	assert_int_equal(d.count, 0);
	assert_as_before();
	darwin_link_add("tap0", DARWIN_ETHER, 9000); /* open elsewhere */
	assert_int_equal(port_open(&d, &wish, NULL, &port), -1);
	assert_said(&d, "tap tap0: it is in use");
	darwin_link_remove("tap0");
	assert_as_before();
}

static void
a_call_that_fails_leaves_nothing_of_a_nics_port(void **state)
{
	static const int errors[] = { EPERM, ENXIO, EBUSY, ENOMEM };

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1;; n++) {
			struct port port = PORT_NONE;
			struct diag d = { 0 };
			int result;

			(void)mac_with_bridge();
			darwin_fail_at(n, errors[e]);
			result = port_open(&d, &wish, NULL, &port);
			assert_int_equal(d.count, result == -1);
			assert_int_equal(darwin_descriptors(), result == 0);
			if (result == 0)
				(void)port_leave(&d, &port);
			assert_as_before();
			diag_free(&d);
			if (!darwin_failed()) {
				assert_true(n > 20);
				break;
			}
		}
	}
}

/* The number of an interface is used once, its name again and again. */
static void
a_later_tap_of_the_same_name_stays_on_its_bridge(void **state)
{
	struct os_link bridge = mac_with_bridge();
	struct diag d = { 0 };
	struct os_tap tap, later;

	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), 0);
	fd_close(&tap.fd);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &later), 0);
	assert_int_equal(os_tap_join(&d, &later, &plain, &bridge), 0);
	(void)darwin_log();
	assert_int_equal(os_tap_leave(&d, tap.index, "tap0", ""), 0);
	assert_int_equal(os_tap_leave(&d, 0, "tap0", ""), 0);
	assert_string_equal(darwin_log(), "");
	assert_int_equal(darwin_link("tap0")->bridge, bridge.index);
	fd_close(&later.fd);
	assert_as_before();
}

/* Between the look and the leaving. */
static void
a_tap_that_goes_while_it_leaves_is_no_error(void **state)
{
	static const int errors[] = { ENOENT, ENXIO, EIO };

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		struct os_link bridge = mac_with_bridge();
		struct diag d = { 0 };
		struct os_tap tap;
		int result;

		assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
		assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), 0);
		for (unsigned n = 1; strstr(darwin_log(), "delete") == NULL; n++) {
			assert_true(n < 100);
			diag_free(&d);
			darwin_fail_at(n, errors[e]);
			result = os_tap_leave(&d, tap.index, "tap0", "");
		}
		assert_true(darwin_failed());
		assert_int_equal(result, errors[e] == EIO ? -1 : 0);
		assert_int_equal(d.count, errors[e] == EIO ? 1 : 0);
		diag_free(&d);
		fd_close(&tap.fd);
		assert_as_before();
	}
}

static void
a_call_that_fails_leaves_nothing_of_a_taps_life(void **state)
{
	static const int errors[] = { EPERM, ENXIO, ENOENT, EBUSY, EIO, ENOMEM, EMFILE };

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1;; n++) {
			struct os_link bridge = mac_with_bridge();
			struct os_tap tap = { .fd = -1 };
			struct diag d = { 0 };
			bool joined = false, opened;

			assert_true(n < 100);
			darwin_fail_at(n, errors[e]);
			opened = os_tap_open_given(&d, "tap0", 0, &tap) == 0;
			if (opened && os_tap_join(&d, &tap, &plain, &bridge) == 0) {
				joined = true;
				(void)os_tap_leave(&d, tap.index, "tap0", "");
			}
			if (opened && !joined)
				assert_int_equal(darwin_members(), 2);
			if (!joined)
				assert_int_equal(d.count, 1);
			assert_int_equal(darwin_descriptors(), opened);
			fd_close(&tap.fd);
			assert_as_before();
			diag_free(&d);
			if (!darwin_failed())
				break;
		}
	}
}

static void
a_trial_makes_joins_and_destroys(void **state)
{
	const struct os_port port = { .mtu = 1500 };
	struct diag d = { 0 };
	struct os_tap trial = { .fd = -1 };
	struct os_link bridge, link;
	char name[OS_IFNAME];

	(void)mac_with_bridge();
	assert_int_equal(os_network_alone(), 0);
	assert_int_equal(os_bridge_create(&d, "trial", "vmrun trial", name), 0);
	assert_string_equal(name, "bridge2");
	assert_int_equal(os_trial_open(&d, &trial), 0);
	assert_int_equal(trial.fd, -1);
	assert_string_equal(trial.name, "feth0");
	assert_int_equal(os_link_find(&d, name, &bridge), 0);
	assert_true(bridge.is_bridge && bridge.up);
	assert_int_equal(os_tap_join(&d, &trial, &port, &bridge), 0);
	assert_int_equal(os_link_find(&d, "feth0", &link), 0);
	assert_int_equal(link.master, bridge.index);
	assert_int_equal(os_tap_leave(&d, trial.index, trial.name, ""), 0);
	assert_int_equal(os_trial_close(&d, &trial, ""), 0);
	assert_int_equal(os_trial_close(&d, &trial, ""), 0); /* gone is no error */
	darwin_link_add("feth0", DARWIN_ETHER, 1500);        /* another's */
	darwin_link("feth0")->cloned = true;
	assert_int_equal(os_trial_close(&d, &trial, ""), 0);
	assert_non_null(darwin_link("feth0"));
	darwin_link_remove("feth0");
	assert_int_equal(os_bridge_destroy(&d, name), 0);
	assert_int_equal(os_bridge_destroy(&d, name), 0);
	assert_string_equal(darwin_log(),
	    "create bridge2, up bridge2, create feth0, add bridge2 feth0, up feth0, "
	    "delete bridge2 feth0, destroy feth0, destroy bridge2");
	assert_as_before();
	assert_int_equal(os_bridge_destroy(&d, "en0"), -1);
	assert_said(&d, "en0: cannot destroy it");
}

static void
a_bridge_that_cannot_be_made_leaves_nothing(void **state)
{
	for (unsigned n = 1;; n++) {
		char name[OS_IFNAME] = "untouched";
		struct diag d = { 0 };

		(void)mac_with_bridge();
		darwin_fail_at(n, EIO);
		if (os_bridge_create(&d, "trial", "", name) == 0) {
			assert_false(darwin_failed());
			assert_true(n > 3);
			break;
		}
		assert_int_equal(errno, EIO);
		assert_string_equal(name, "untouched");
		assert_as_before();
		diag_free(&d);
	}
}

static void
a_trial_that_cannot_be_made_leaves_nothing(void **state)
{
	for (unsigned n = 1;; n++) {
		struct os_tap trial = { .fd = -1 };
		struct diag d = { 0 };

		(void)mac_with_bridge();
		darwin_fail_at(n, EIO);
		if (os_trial_open(&d, &trial) == 0) {
			assert_false(darwin_failed());
			assert_true(n > 2);
			break;
		}
		assert_int_equal(errno, EIO);
		assert_string_equal(trial.name, "");
		assert_as_before();
		diag_free(&d);
	}
}

static void
an_interface_is_what_its_name_says(void **state)
{
	static const struct {
		const char *name, *kind;
		bool is_tap;
	} kinds[] = { { "en0", "", false }, { "bridge100", "bridge", false },
		{ "vmenet0", "vmenet", false }, { "utun3", "utun", false },
		{ "tap12", "tap", true }, { "tapestry0", "tapestry", false },
		{ "tap", "tap", false }, { "feth1", "feth", false },
		{ "abcdefghijklmn1", "abcdefghijklmn", false } };
	const size_t n = sizeof(kinds) / sizeof(kinds[0]);
	struct diag d = { 0 };
	struct os_link *links;
	size_t found;

	darwin_reset();
	for (size_t i = 0; i < n; i++)
		darwin_link_add(kinds[i].name, DARWIN_ETHER, 1500);
	assert_int_equal(os_links(&d, &links, &found), 0);
	assert_int_equal(found, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(links[i].name, kinds[i].name);
		assert_string_equal(links[i].kind, kinds[i].kind);
		assert_int_equal(links[i].is_tap, kinds[i].is_tap);
		assert_true(links[i].carrier);
	}
	free(links);
	assert_int_equal(darwin_descriptors(), 0);
}

/* The list is asked for with more room until all of it fits. */
static void
every_port_of_a_bridge_is_found(void **state)
{
	static const unsigned sizes[] = { 0, 1, 15, 16, 17, 100 };
	struct diag d = { 0 };

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct os_link *links;
		unsigned index, ports = 0;
		size_t n;

		darwin_reset();
		index = darwin_link_add("bridge0", DARWIN_BRIDGE, 1500);
		for (unsigned i = 0; i < 100; i++) {
			char name[16];

			snprintf(name, sizeof(name), "vmenet%u", i);
			darwin_link_add(name, DARWIN_ETHER, 1500);
			darwin_link(name)->bridge = i < sizes[s] ? index : 0;
		}
		assert_int_equal(os_links(&d, &links, &n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(links[i].master == 0 || links[i].master == index);
			ports += links[i].master == index;
		}
		assert_int_equal(ports, sizes[s]);
		free(links);
		assert_int_equal(darwin_descriptors(), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_given_tap_lives_on_a_bridge_until_it_is_closed),
		cmocka_unit_test(a_join_that_fails_is_undone_in_the_opposite_order),
		cmocka_unit_test(a_tap_that_is_up_with_the_right_mtu_only_joins),
		cmocka_unit_test(every_reason_not_to_join_is_a_sentence),
		cmocka_unit_test(what_vmnet_made_is_left_where_it_is),
		cmocka_unit_test(only_a_tap_with_a_device_can_be_given),
		cmocka_unit_test(a_nic_has_its_port_on_a_bridge),
		cmocka_unit_test(a_call_that_fails_leaves_nothing_of_a_nics_port),
		cmocka_unit_test(a_later_tap_of_the_same_name_stays_on_its_bridge),
		cmocka_unit_test(a_tap_that_goes_while_it_leaves_is_no_error),
		cmocka_unit_test(a_call_that_fails_leaves_nothing_of_a_taps_life),
		cmocka_unit_test(a_trial_makes_joins_and_destroys),
		cmocka_unit_test(a_bridge_that_cannot_be_made_leaves_nothing),
		cmocka_unit_test(a_trial_that_cannot_be_made_leaves_nothing),
		cmocka_unit_test(an_interface_is_what_its_name_says),
		cmocka_unit_test(every_port_of_a_bridge_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
