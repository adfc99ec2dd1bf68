/* Ports that join no bridge, and rates of ports, on the fake kernel. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/port.h"
#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"

static const struct mac nic_mac = { { 0x52, 0x54, 0x00, 0x9b, 0x01, 0x77 } };
static const struct os_rate eight = { 8000000, 0 }, four = { 4000000, 20000 };

static int
empty_host(void **state)
{
	fake_reset();
	return 0;
}

static const struct port_wish on_bridge = { .vm = "web1", .bridge = "br0" },
			      on_tap = { .vm = "web1", .tap = "tap7" },
			      on_wire = { .vm = "web1", .macvtap = "eth0" };

static struct port_wish
of_nic(const struct port_wish *w)
{
	struct port_wish wish = *w;

	wish.mac = nic_mac;
	return wish;
}

static void
with_rates(const struct port_wish *w, struct port_wish *ret)
{
	*ret = of_nic(w);
	ret->in = eight;
	ret->out = four;
}

/* What the witness was last shown. */
static struct port shown;

static int
witness(struct diag *d, const struct port *p, unsigned nic, void *arg)
{
	shown = *p;
	return 0;
}

static const struct port_witness seen = { .fn = witness };

static void
host_make(void)
{
	fake_reset();
	fake_link_add("br0", "bridge", 1500);
	fake_link_add("tap7", "tun", 4000);
	fake_link_add("eth0", "", 9000);
	shown = (struct port)PORT_NONE;
}

/* What is there beside what host_make() makes. */
static bool
nothing_else(void)
{
	struct os_rate sends, receives;
	struct os_link *links;
	struct diag d = { 0 };
	size_t n;

	assert_int_equal(os_links(&d, &links, &n), 0);
	free(links);
	return n == 3 && fake_ports() == 0 &&
	       !fake_rates(fake_link("tap7")->index, &sends, &receives);
}

static void
rates_are_those_of_the_guest_whatever_its_port_is(void **state)
{
	const struct port_wish *wishes[] = { &on_bridge, &on_tap, &on_wire };

	for (size_t i = 0; i < 3; i++) {
		struct os_rate sends, receives;
		struct port p = PORT_NONE;
		struct port_wish w;
		struct diag d = { 0 };

		host_make();
		with_rates(wishes[i], &w);
		assert_int_equal(port_open(&d, &w, &seen, &p), 0);
		assert_string_equal(shown.shaper, "web1.0~rate");
		assert_true(shown.rated);
		assert_string_equal(fake_link("web1.0~rate")->kind, "ifb");
		assert_true(fake_rates(p.tap.index, &sends, &receives));
		/* The interface of a macvtap is the guest's own end. */
		assert_int_equal(sends.bits, i == 2 ? four.bits : eight.bits);
		assert_int_equal(receives.bits, i == 2 ? eight.bits : four.bits);
		assert_int_equal(port_leave(&d, &p), 0);
		assert_true(nothing_else());
		assert_int_equal(d.count, 0);
	}
}

static void
a_port_that_joins_again_keeps_its_rates(void **state)
{
	struct port p = PORT_NONE;
	struct port_wish w;
	struct diag d = { 0 };

	host_make();
	with_rates(&on_bridge, &w);
	assert_int_equal(port_open(&d, &w, &seen, &p), 0);
	fake_link("web1.0")->master = 0;
	assert_int_equal(port_join(&d, &p, &w), 0);
	assert_int_equal(fake_ports(), 1);
	assert_int_equal(port_leave(&d, &p), 0);
	assert_true(nothing_else());
}

static void
a_burst_lets_a_frame_of_the_mtu_pass(void **state)
{
	struct port p = PORT_NONE;
	struct port_wish w;
	struct diag d = { 0 };

	host_make();
	fake_link("br0")->mtu = 9000;
	with_rates(&on_bridge, &w);
	w.out.burst = 9013;
	assert_int_equal(port_open(&d, &w, &seen, &p), -1);
	assert_string_equal(d.text, "a burst of 9013 lets no frame of MTU 9000 pass (9014 bytes at "
				    "least; or leave it out)\n");
	diag_free(&d);
	assert_true(nothing_else());
	w.out.burst = 9014;
	assert_int_equal(port_open(&d, &w, &seen, &p), 0);
	assert_int_equal(port_leave(&d, &p), 0);
}

static void
rates_of_a_taps_owner_stay(void **state)
{
	struct os_rate sends, receives;
	struct port p = PORT_NONE;
	struct port_wish w;
	struct diag d = { 0 };

	host_make();
	fake_rate_owned(fake_link("tap7")->index);
	with_rates(&on_tap, &w);
	assert_int_equal(port_open(&d, &w, &seen, &p), -1);
	assert_string_equal(shown.tap.name, ""); /* nothing that a crash would leave */
	assert_true(fake_rates(fake_link("tap7")->index, &sends, &receives));
	diag_free(&d);
}

static void
a_tap_without_a_bridge_is_used_as_it_is(void **state)
{
	struct port p = PORT_NONE;
	struct port_wish w = of_nic(&on_tap);
	struct diag d = { 0 };
	struct os_link before;

	host_make();
	before = *fake_link("tap7");
	assert_int_equal(port_open(&d, &w, &seen, &p), 0);
	assert_int_equal(p.mtu, 4000);
	assert_string_equal(p.bridge, "");
	assert_memory_equal(fake_link("tap7"), &before, sizeof(before));
	assert_int_equal(port_leave(&d, &p), 0);
	assert_memory_equal(fake_link("tap7"), &before, sizeof(before));
	w.mtu = 4001;
	assert_int_equal(port_open(&d, &w, &seen, &p), -1);
	assert_string_equal(d.text,
	    "tap tap7: its MTU is 4000, and the NIC wants 4001 (raise the one or lower the "
	    "other)\n");
	diag_free(&d);
	w.mtu = 0;
	fake_link("tap7")->up = false;
	assert_int_equal(port_open(&d, &w, &seen, &p), -1);
	assert_string_equal(d.text,
	    "tap tap7 is down, so that no frame could pass; its owner has to bring it up (ip link "
	    "set tap7 up)\n");
	diag_free(&d);
}

static void
a_macvtap_has_the_nics_mac_and_goes_with_the_port(void **state)
{
	struct port p = PORT_NONE;
	struct port_wish w = of_nic(&on_wire);
	struct diag d = { 0 };

	host_make();
	w.mtu = 1400;
	assert_int_equal(port_open(&d, &w, &seen, &p), 0);
	assert_string_equal(shown.tap.name, "web1.0");
	assert_string_equal(shown.uplink, "eth0");
	assert_memory_equal(fake_link("web1.0")->mac.b, nic_mac.b, 6);
	assert_int_equal(fake_link("web1.0")->mtu, 1400);
	assert_true(fake_link("web1.0")->up);
	assert_true(port_outlives(&p));
	assert_int_equal(port_leave(&d, &p), 0);
	assert_true(nothing_else());
}

static void
assert_unfit(const char *name, unsigned mtu, const char *sentence)
{
	struct os_link link = { .index = 4711 };
	struct diag d = { 0 };

	assert_int_equal(port_uplink(&d, name, mtu, &link), -1);
	if (strncmp(d.text, sentence, strlen(sentence)) != 0)
		fail_msg("%s", d.text);
	assert_int_equal(link.index, 4711);
	diag_free(&d);
}

static void
an_uplink_must_fit(void **state)
{
	struct diag d = { 0 };
	struct os_link link;

	host_make();
	assert_int_equal(port_uplink(&d, "eth0", 9000, &link), 0);
	assert_int_equal(link.index, fake_link("eth0")->index);
	assert_unfit("eth0", 9001, "eth0: its MTU is 9000, and the NIC wants 9001 (raise the one ");
	assert_unfit("br0", 0, "br0 is a bridge: a NIC joins it with bridge = \"br0\"\n");
	strlcpy(fake_link("eth0")->kind, "wlan", sizeof(fake_link("eth0")->kind));
	assert_unfit(
	    "eth0", 0, "eth0 is Wi-Fi, whose access point takes frames from the host's own ");
	fake_link("eth0")->up = false;
	assert_unfit(
	    "eth0", 0, "eth0 is down, so that no frame could pass (ip link set eth0 up)\n");
}

/* As after a crash: only what the witness was shown is known. */
static void
whichever_call_fails_nothing_is_left(void **state)
{
	const struct port_wish *wishes[] = { &on_bridge, &on_tap, &on_wire };

	for (size_t i = 0; i < 3; i++) {
		struct port_wish w;
		unsigned calls = 1;

		with_rates(wishes[i], &w);
		for (bool failed = true; failed; calls++) {
			struct port p = PORT_NONE;
			struct diag d = { 0 };
			int result;

			host_make();
			fake_fail_at(calls, EPERM);
			result = port_open(&d, &w, &seen, &p);
			failed = fake_failed();
			fake_fail_at(0, 0);
			assert_int_equal(result, failed ? -1 : 0);
			assert_int_equal(d.count, failed ? 1 : 0);
			diag_free(&d);
			if (!failed) {
				shown.tap.index = p.tap.index;
				fd_close(&p.tap.fd);
			}
			shown.tap.fd = -1;
			assert_int_equal(port_leave(&d, &shown), 0);
			assert_true(nothing_else());
		}
		assert_true(calls > 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    rates_are_those_of_the_guest_whatever_its_port_is, empty_host),
		cmocka_unit_test_setup(a_port_that_joins_again_keeps_its_rates, empty_host),
		cmocka_unit_test_setup(a_burst_lets_a_frame_of_the_mtu_pass, empty_host),
		cmocka_unit_test_setup(rates_of_a_taps_owner_stay, empty_host),
		cmocka_unit_test_setup(a_tap_without_a_bridge_is_used_as_it_is, empty_host),
		cmocka_unit_test_setup(
		    a_macvtap_has_the_nics_mac_and_goes_with_the_port, empty_host),
		cmocka_unit_test_setup(an_uplink_must_fit, empty_host),
		cmocka_unit_test_setup(whichever_call_fails_nothing_is_left, empty_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
