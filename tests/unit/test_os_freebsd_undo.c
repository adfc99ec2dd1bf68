/* Whatever call fails: what of FreeBSD's taps is said, undone, or noted for a later command; on a
 * fake kernel. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_freebsd.h"
#include "net/port.h"
#include "os/os.h"
#include "util/diag.h"

#define ALIAS "vmrun web1 nic 0"

static const struct port_wish wish = {
	.vm = "web1", .bridge = "bridge0", .mac = { { 0x52, 0x54, 0, 0x12, 0x34, 0x56 } }
};

/* What would be on disk if all ended here. */
static int
note_tap(struct diag *d, const struct port *port, unsigned nic, void *arg)
{
	struct port *noted = arg;

	assert_null(freebsd_link_get(port->tap.name));
	assert_int_equal(port->tap.index, 0);
	*noted = *port;
	return 0;
}

static void
a_nics_tap_is_noted_made_and_destroyed_when_it_is_closed(void **state)
{
	struct port port = PORT_NONE, noted = PORT_NONE;
	const struct port_witness witness = { note_tap, &noted };
	struct diag d = { 0 };
	char done[300];

	freebsd_reset();
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	if (port_open(&d, &wish, &witness, &port) == -1)
		fail_msg("%s", d.text);
	assert_string_equal(noted.tap.name, port.tap.name);
	assert_string_equal(noted.alias, freebsd_link_get(port.tap.name)->description);
	assert_int_equal(port_leave(&d, &port), 0);
	snprintf(done, sizeof(done),
	    "create %1$s, open %1$s, mac %1$s fe:…:56, describe %1$s \"" ALIAS "\", "
	    "add bridge0 %1$s, up %1$s, delete bridge0 %1$s, close %1$s, destroy %1$s",
	    port.tap.name);
	assert_string_equal(freebsd_log(), done);
	assert_int_equal(freebsd_descriptors() + freebsd_taps() + freebsd_members(), 0);
}

/* By its description it could be one that a start made and did not live to describe. */
static void
a_given_tap_that_nobody_described_is_kept(void **state)
{
	struct port_wish given = wish;
	struct port port = PORT_NONE;
	struct diag d = { 0 };

	freebsd_reset();
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	freebsd_tap_add("tap0", "");
	given.tap = "tap0";
	if (port_open(&d, &given, NULL, &port) == -1)
		fail_msg("%s", d.text);
	assert_int_equal(freebsd_members(), 1);
	assert_int_equal(port_leave(&d, &port), 0);
	assert_int_equal(freebsd_members(), 0);
	assert_int_equal(freebsd_taps(), 1);
	assert_int_equal(freebsd_descriptors(), 0);
}

/* Its owner has put it on a bridge: on the NIC's own it stays, from another it is not taken. */
static void
a_given_tap_stays_where_it_was_whatever_fails(void **state)
{
	struct port_wish given = wish;

	given.tap = "tap0";
	for (unsigned n = 1;; n++) {
		struct port port = PORT_NONE;
		struct diag d = { 0 };
		bool own = n % 2 == 0, failed, opened;

		freebsd_reset();
		freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
		freebsd_link_add("bridge1", FREEBSD_BRIDGE, 1500);
		freebsd_tap_add("tap0", "");
		freebsd_member_add(own ? "bridge0" : "bridge1", "tap0");
		freebsd_fail_at(n / 2 + 1, EIO);
		opened = port_open(&d, &given, NULL, &port) == 0;
		failed = freebsd_failed();
		if (!failed && !own)
			assert_string_equal(d.text, "tap tap0 is a port of another bridge\n");
		if (opened)
			(void)port_leave(&d, &port);
		assert_int_equal(freebsd_link_get("tap0")->bridge,
		    freebsd_link_get(own ? "bridge0" : "bridge1")->index);
		assert_int_equal(freebsd_descriptors(), 0);
		diag_free(&d);
		if (!failed && own) {
			assert_true(opened && n > 20);
			break;
		}
	}
}

static void
a_mac_that_is_live_keeps_a_tap_from_its_bridge(void **state)
{
	struct port port = PORT_NONE;
	struct diag d = { 0 };

	freebsd_reset();
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	memcpy(freebsd_link_get("em0")->mac, wish.mac.b, sizeof(wish.mac.b));
	if (port_make(&d, &wish, NULL, &port) == -1)
		fail_msg("%s", d.text);
	assert_int_equal(port_join(&d, &port, &wish), -1);
	assert_string_equal(
	    d.text, "MAC 52:54:00:12:34:56: interface em0 of this host has it already\n");
	assert_int_equal(freebsd_members(), 0);
	assert_int_equal(freebsd_descriptors(), 1);
	assert_int_equal(port_leave(&d, &port), 0);
	assert_int_equal(freebsd_taps(), 0);
	diag_free(&d);
}

/* What a start that fails leaves, its note undoes: a tap that could not be destroyed then. */
static void
a_call_that_fails_leaves_no_tap_that_is_not_noted(void **state)
{
	static const int errors[] = { EIO, EPERM, EBUSY, ENXIO, EEXIST, ENOMEM };

	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1;; n++) {
			struct port port = PORT_NONE, noted = PORT_NONE;
			const struct port_witness witness = { note_tap, &noted };
			struct diag d = { 0 }, ignored = { 0 };
			bool failed, opened;

			freebsd_reset();
			freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
			freebsd_fail_at(n, errors[e]);
			opened = port_open(&d, &wish, &witness, &port) == 0;
			assert_int_equal(d.count, !opened);
			assert_int_equal(freebsd_descriptors(), opened);
			assert_int_equal(freebsd_members(), opened);
			if (opened)
				(void)port_leave(&ignored, &port);
			assert_int_equal(freebsd_descriptors(), 0);
			failed = freebsd_failed();
			freebsd_fail_at(0, 0);
			assert_int_equal(os_tap_destroy(&ignored, noted.tap.name, noted.alias), 0);
			assert_int_equal(freebsd_taps(), 0);
			diag_free(&d);
			diag_free(&ignored);
			if (!failed) {
				assert_true(n > 30);
				break;
			}
		}
	}
}

/* How often it fails and says so, of all calls that fail with that error; the last of them is the
 * one that changes something: its result is left in *ret_last. */
static unsigned
failures(int (*undo)(struct diag *d), int error, int *ret_last)
{
	unsigned failed = 0;

	for (unsigned n = 1;; n++) {
		struct diag d = { 0 };
		int result;

		freebsd_reset();
		freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
		freebsd_tap_add("tap10000", ALIAS);
		freebsd_member_add("bridge0", "tap10000");
		freebsd_fail_at(n, error);
		result = undo(&d);
		assert_int_equal(d.count, result == -1);
		assert_int_equal(freebsd_descriptors(), 0);
		if (!freebsd_failed()) {
			assert_int_equal(result, 0);
			return failed;
		}
		if (result == -1)
			assert_int_equal(errno, error);
		failed += result == -1;
		*ret_last = result;
		diag_free(&d);
	}
}

static int
destroy(struct diag *d)
{
	return os_tap_destroy(d, "tap10000", ALIAS);
}

static int
leave(struct diag *d)
{
	return os_tap_leave(d, 0, "tap10000", ALIAS);
}

/* ENXIO: it went between the look and the undoing; ENOENT: it left. */
static void
what_cannot_be_undone_is_said_and_what_is_gone_is_no_error(void **state)
{
	int last = 1;

	/* Two sockets, the lists of interfaces and of members, who has it open, and the destroy. */
	assert_int_equal(failures(destroy, EIO, &last), 6);
	assert_int_equal(last, -1);
	assert_int_equal(failures(destroy, ENXIO, &last), 3);
	assert_int_equal(last, 0);
	/* The name of the bridge and the leaving, instead of the last two. */
	assert_int_equal(failures(leave, EIO, &last), 6);
	assert_int_equal(last, -1);
	assert_int_equal(failures(leave, ENXIO, &last), 3);
	assert_int_equal(last, 0);
	assert_int_equal(failures(leave, ENOENT, &last), 4);
	assert_int_equal(last, 0);
}

static int
list(struct diag *d)
{
	struct os_link *links = NULL;
	size_t n;

	if (os_links(d, &links, &n) == -1)
		return -1;
	free(links);
	return 0;
}

/* ENOMEM: more than was asked for a moment before. */
static void
a_list_is_whole_whatever_comes_and_goes(void **state)
{
	int last;

	/* A socket, the list of interfaces, and that of the bridge's members. */
	assert_int_equal(failures(list, EIO, &last), 3);
	assert_int_equal(failures(list, ENOMEM, &last), 2);
	assert_int_equal(failures(list, ENXIO, &last), 2);
	assert_int_equal(failures(list, ENOENT, &last), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nics_tap_is_noted_made_and_destroyed_when_it_is_closed),
		cmocka_unit_test(a_given_tap_that_nobody_described_is_kept),
		cmocka_unit_test(a_given_tap_stays_where_it_was_whatever_fails),
		cmocka_unit_test(a_mac_that_is_live_keeps_a_tap_from_its_bridge),
		cmocka_unit_test(a_call_that_fails_leaves_no_tap_that_is_not_noted),
		cmocka_unit_test(what_cannot_be_undone_is_said_and_what_is_gone_is_no_error),
		cmocka_unit_test(a_list_is_whole_whatever_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
