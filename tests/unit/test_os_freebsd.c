/* FreeBSD's taps and bridges, on a fake kernel. */
#include "os_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_freebsd.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"

#define ALIAS "vmrun web1 nic 0"

static const struct os_port plain = {
	.mac = { { 0xfe, 0, 0, 0x12, 0x34, 0x56 } }, .mtu = 9000, .alias = ALIAS
};

/* bridge0 with jumbo frames and em1 on it, bridge1 without ports, em0 on neither. */
static struct os_link
host_with_bridge(void)
{
	freebsd_reset();
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	freebsd_link_add("em1", FREEBSD_ETHER, 9000);
	freebsd_link_add("lo0", FREEBSD_LOOP, 16384);
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 9000);
	freebsd_link_add("bridge1", FREEBSD_BRIDGE, 1500);
	freebsd_member_add("bridge0", "em1");
	return link_of("bridge0");
}

static void
assert_as_before(void)
{
	assert_int_equal(freebsd_descriptors(), 0);
	assert_int_equal(freebsd_taps(), 0);
	assert_int_equal(freebsd_members(), 1);
	assert_int_equal(freebsd_link_get("bridge0")->mtu, 9000);
	assert_int_equal(freebsd_link_get("bridge1")->mtu, 1500);
}

static struct os_tap
tap_make(const char *name)
{
	struct diag d = { 0 };
	struct os_tap tap;

	if (os_tap_open(&d, name, false, &tap) == -1)
		fail_msg("%s", d.text);
	return tap;
}

static void
join(const struct os_tap *tap, const struct os_port *port, const struct os_link *bridge)
{
	struct diag d = { 0 };

	if (os_tap_join(&d, tap, port, bridge) == -1)
		fail_msg("%s", d.text);
}

/* Everything that the log has since the reset. */
static void
assert_done(const char *what)
{
	assert_string_equal(freebsd_log(), what);
}

static void
a_tap_is_made_joined_and_destroyed_in_order(void **state)
{
	const struct os_link bridge = host_with_bridge();
	struct os_tap tap = tap_make("tap10000");
	struct diag d = { 0 };
	struct os_link link = link_of("tap10000");

	assert_int_equal(fcntl(tap.fd, F_GETFD), FD_CLOEXEC);
	assert_string_equal(tap.name, "tap10000");
	assert_int_equal(tap.index, link.index);
	assert_true(link.is_tap && !link.is_bridge && !link.up && link.master == 0);
	assert_string_equal(link.kind, "tap");
	join(&tap, &plain, &bridge);
	link = link_of("tap10000");
	assert_true(link.up && link.carrier);
	assert_int_equal(freebsd_link_get("tap10000")->flags, FREEBSD_UP | 0x40);
	assert_int_equal(link.master, bridge.index);
	assert_int_equal(link.mtu, 9000);
	assert_string_equal(link.alias, ALIAS);
	assert_true(mac_equal(link.mac, plain.mac));
	assert_int_equal(os_tap_leave(&d, tap.index, tap.name, ALIAS), 0);
	assert_int_equal(os_tap_leave(&d, tap.index, tap.name, ALIAS), 0);
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, tap.name, ALIAS), 0);
	assert_int_equal(os_tap_destroy(&d, tap.name, ALIAS), 0); /* gone is no error */
	assert_int_equal(os_tap_leave(&d, tap.index, tap.name, ALIAS), 0);
	assert_done("create tap10000, open tap10000, mac tap10000 fe:…:56, mtu tap10000 9000, "
		    "describe tap10000 \"" ALIAS "\", add bridge0 tap10000, up tap10000, "
		    "delete bridge0 tap10000, close tap10000, destroy tap10000");
	assert_int_equal(d.count, 0);
	assert_as_before();
}

static void
a_tap_goes_with_its_descriptor_where_the_kernel_can(void **state)
{
	const struct os_link bridge = host_with_bridge();
	struct diag d = { 0 };
	struct os_tap tap;

	freebsd.transient = true;
	tap = tap_make("tap10000");
	join(&tap, &plain, &bridge);
	fd_close(&tap.fd);
	assert_as_before();
	assert_int_equal(os_tap_destroy(&d, "tap10000", ALIAS), 0);
	assert_int_equal(d.count, 0);
}

/* Of the words: CAP_READ, CAP_WRITE, CAP_FCNTL and CAP_FSTAT; CAP_EVENT; F_GETFL and F_SETFL. */
static void
a_taps_descriptor_can_do_what_qemu_does(void **state)
{
	uint64_t rights[2];
	uint32_t fcntls;
	struct os_tap tap;

	(void)host_with_bridge();
	tap = tap_make("tap10000");
	assert_true(freebsd_limits(tap.fd, rights, &fcntls));
	assert_true(rights[0] == 0x0200000000088003 && rights[1] == 0x0400000000000020);
	assert_int_equal(fcntls, 0x18);
	fd_close(&tap.fd);
	freebsd.no_capsicum = true;
	tap = tap_make("tap10001");
	assert_false(freebsd_limits(tap.fd, rights, &fcntls));
	fd_close(&tap.fd);
}

static void
a_join_that_fails_is_undone_in_the_opposite_order(void **state)
{
	const struct os_port isolated = {
		.mac = plain.mac, .mtu = 9000, .alias = ALIAS, .isolated = true, .vlan = 12
	};
	struct os_link bridge = host_with_bridge(), link;
	struct os_tap tap = tap_make("tap10000");
	struct diag d = { 0 };

	/* No VLANs: found once it is a member. */
	assert_int_equal(os_tap_join(&d, &tap, &isolated, &bridge), -1);
	assert_int_equal(errno, EINVAL);
	assert_said(&d, "know no VLANs (FreeBSD 15");
	link = link_of("tap10000");
	assert_true(link.master == 0 && !link.up);
	assert_int_equal(link.mtu, 1500);
	assert_string_equal(link.alias, "");
	assert_int_equal(link.mac.b[0], 0x58);
	assert_done("create tap10000, open tap10000, mac tap10000 fe:…:56, mtu tap10000 9000, "
		    "describe tap10000 \"" ALIAS "\", add bridge0 tap10000, "
		    "flags bridge0 tap10000 0x803, delete bridge0 tap10000, "
		    "describe tap10000 \"\", mtu tap10000 1500, mac tap10000 58:…:06");
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap10000", NULL), 0);
	assert_as_before();
}

static void
ports_are_isolated_and_keep_vlans_apart(void **state)
{
	const struct os_port port = {
		.mac = plain.mac, .mtu = 9000, .alias = ALIAS, .isolated = true, .vlan = 4094
	};
	struct os_link bridge = host_with_bridge();
	struct os_tap tap = tap_make("tap10000");
	struct diag d = { 0 };

	freebsd.vlans = true;
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), -1);
	assert_said(&d, "bridge bridge0: it does not keep VLANs apart, and the NIC wants VLAN 4094 "
			"(ifconfig bridge0 vlanfilter)");
	freebsd_link_get("bridge0")->vlanfilter = true;
	join(&tap, &port, &bridge);
	assert_int_equal(freebsd_link_get("tap10000")->member_flags, 0x803);
	assert_int_equal(freebsd_link_get("tap10000")->pvid, 4094);
	assert_int_equal(freebsd_link_get("em1")->member_flags, 0x3);
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap10000", ALIAS), 0);
	assert_as_before();
}

static void
every_reason_not_to_join_is_a_sentence(void **state)
{
	static const struct {
		int error;
		const char *words;
	} reasons[] = {
		{ EPERM, "bridge bridge0: adding a port needs root" },
		{ EINVAL, "bridge bridge0: the kernel does not take tap tap10000" },
		{ ENXIO, "bridge bridge0: there is no such interface" },
		{ ENOENT, "tap tap10000: there is no such interface" },
		{ ENOTTY, "this kernel has no if_bridge (kldload if_bridge)" },
		{ EBUSY, "tap tap10000 is a port of another bridge" },
		{ EEXIST, "tap tap10000 is one of its ports already" },
		{ ENOMEM, "bridge bridge0: tap tap10000 cannot join: " },
	};
	struct os_link bridge = host_with_bridge(), other = link_of("bridge1");
	struct os_tap tap = tap_make("tap10000");
	struct os_port port = plain;
	struct diag d = { 0 };

	join(&tap, &plain, &bridge);
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), -1);
	assert_int_equal(errno, EEXIST);
	assert_said(&d, reasons[6].words);
	assert_int_equal(link_of("tap10000").master, bridge.index); /* the first join is whole */
	port.mtu = 1500;
	assert_int_equal(os_tap_join(&d, &tap, &port, &other), -1);
	assert_int_equal(errno, EBUSY);
	assert_said(&d, "bridge bridge1: tap tap10000 is a port of another bridge");
	assert_int_equal(link_of("tap10000").mtu, 9000);
	assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), -1);
	assert_int_equal(errno, EINVAL);
	assert_said(&d, "bridge bridge0: its MTU is 9000, and that of tap tap10000 1500");
	assert_int_equal(os_tap_leave(&d, tap.index, tap.name, NULL), 0);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		freebsd.add_error = reasons[i].error;
		assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), -1);
		assert_int_equal(errno, reasons[i].error);
		assert_int_equal(d.status, reasons[i].error == EPERM ? DIAG_DENIED : DIAG_FAILED);
		assert_said(&d, reasons[i].words);
	}
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap10000", ALIAS), 0);
	assert_as_before();
}

/* A tap that did not join is as it was made. */
static void
assert_untouched(const struct freebsd_link *tap)
{
	assert_true(tap->bridge == 0 && (tap->flags & FREEBSD_UP) == 0);
	assert_int_equal(tap->mtu, 1500);
	assert_int_equal(tap->mac[0], 0x58);
}

/* A whole life, of which the nth call fails; false: it has not so many. */
static bool
life_ends_clean(unsigned n, int error, bool transient, bool same_mtu)
{
	const struct os_port port = {
		.mac = plain.mac, .mtu = 9000, .alias = ALIAS, .isolated = true, .vlan = 7
	};
	struct os_link bridge = host_with_bridge();
	struct os_tap tap = { .fd = -1 };
	struct diag d = { 0 }, ignored = { 0 };
	bool opened = false, joined = false, failed;
	char name[OS_IFNAME];

	freebsd.transient = transient;
	freebsd.same_mtu = same_mtu;
	freebsd.vlans = freebsd_link_get("bridge0")->vlanfilter = true;
	freebsd_fail_at(n, error);
	if (os_tap_choose(&d, "web1.0", name) == 0)
		opened = os_tap_open(&d, name, false, &tap) == 0;
	assert_int_equal(freebsd_taps(), opened);
	assert_int_equal(freebsd_descriptors(), opened);
	if (opened)
		joined = os_tap_join(&d, &tap, &port, &bridge) == 0;
	if (opened && !joined)
		assert_untouched(freebsd_link_get(name));
	assert_int_equal(d.count, !joined);
	assert_int_equal(freebsd_descriptors(), opened);
	if (joined)
		(void)os_tap_leave(&ignored, tap.index, name, ALIAS);
	fd_close(&tap.fd);
	if (opened && os_tap_destroy(&ignored, name, ALIAS) == -1)
		assert_int_equal(freebsd_taps(), !transient);
	assert_int_equal(freebsd_descriptors(), 0);
	/* What could not be undone can be once more. */
	failed = freebsd_failed();
	freebsd_fail_at(0, 0);
	if (opened)
		assert_int_equal(os_tap_destroy(&d, name, ALIAS), 0);
	assert_as_before();
	diag_free(&d);
	diag_free(&ignored);
	assert_true(failed || joined);
	return failed;
}

static void
a_call_that_fails_leaves_nothing_of_a_taps_life(void **state)
{
	static const int errors[] = { EIO, EPERM, EBUSY, ENXIO, EINVAL, ENOENT, EEXIST, ENOMEM };

	for (unsigned kernel = 0; kernel < 3; kernel++) {
		for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
			unsigned n = 1;

			while (life_ends_clean(n, errors[e], kernel == 2, kernel == 0))
				n++;
			assert_true(n > 40);
		}
	}
}

/* Destroyed and made again by somebody else since it was opened. */
static void
a_tap_that_only_has_the_name_does_not_join(void **state)
{
	const struct os_link bridge = host_with_bridge();
	struct os_tap tap = tap_make("tap10000"), other = tap;
	struct diag d = { 0 };

	other.index++;
	assert_int_equal(os_tap_join(&d, &other, &plain, &bridge), -1);
	assert_int_equal(errno, ENODEV);
	assert_said(&d, "tap tap10000: another interface has its name now");
	assert_untouched(freebsd_link_get("tap10000"));
	assert_done("create tap10000, open tap10000");
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap10000", NULL), 0);
	assert_as_before();
}

static void
an_empty_bridge_keeps_its_mtu(void **state)
{
	struct os_link other;
	struct os_tap tap;
	struct diag d = { 0 };

	(void)host_with_bridge();
	other = link_of("bridge1");
	tap = tap_make("tap10000");
	assert_int_equal(os_tap_join(&d, &tap, &plain, &other), -1);
	assert_said(&d, "its MTU is 1500, and that of tap tap10000 9000");
	assert_int_equal(freebsd_link_get("bridge1")->mtu, 1500);
	fd_close(&tap.fd);
	assert_int_equal(os_tap_destroy(&d, "tap10000", ALIAS), 0);
	assert_as_before();
}

/* FreeBSD 13: a bridge whose MTU was changed since it was looked at. */
static void
a_bridge_that_changed_its_mtu_refuses(void **state)
{
	struct os_link bridge = host_with_bridge();
	struct os_tap tap = tap_make("tap10000");
	struct diag d = { 0 };

	freebsd.same_mtu = true;
	freebsd_link_get("bridge0")->mtu = freebsd_link_get("em1")->mtu = 4000;
	assert_int_equal(os_tap_join(&d, &tap, &plain, &bridge), -1);
	assert_int_equal(errno, EINVAL);
	assert_said(&d, "the kernel does not take tap tap10000 as a port (another MTU");
	assert_int_equal(freebsd_members(), 1);
	fd_close(&tap.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tap_is_made_joined_and_destroyed_in_order),
		cmocka_unit_test(a_tap_goes_with_its_descriptor_where_the_kernel_can),
		cmocka_unit_test(a_taps_descriptor_can_do_what_qemu_does),
		cmocka_unit_test(a_join_that_fails_is_undone_in_the_opposite_order),
		cmocka_unit_test(ports_are_isolated_and_keep_vlans_apart),
		cmocka_unit_test(every_reason_not_to_join_is_a_sentence),
		cmocka_unit_test(a_call_that_fails_leaves_nothing_of_a_taps_life),
		cmocka_unit_test(a_tap_that_only_has_the_name_does_not_join),
		cmocka_unit_test(an_empty_bridge_keeps_its_mtu),
		cmocka_unit_test(a_bridge_that_changed_its_mtu_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
