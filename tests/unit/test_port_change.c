/* Ports that become others while their VM runs, on the fake kernel. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "net/port.h"
#include "os/os_fake.h"
#include "util/diag.h"

static const struct mac nic_mac = { { 0x52, 0x54, 0x00, 0x9b, 0x01, 0x77 } };
static unsigned br0, br1;

static int
two_bridges(void **state)
{
	fake_reset();
	br0 = fake_link_add("br0", "bridge", 1500);
	br1 = fake_link_add("br1", "bridge", 1500);
	return 0;
}

static struct port_wish
wish_for(const char *bridge)
{
	return (struct port_wish){ .vm = "web1", .bridge = bridge, .mac = nic_mac };
}

static struct port
opened(const struct port_wish *w)
{
	struct port p = PORT_NONE;
	struct diag d = { 0 };

	assert_int_equal(port_open(&d, w, NULL, &p), 0);
	return p;
}

static void
closed(struct port *p)
{
	struct diag d = { 0 };

	assert_int_equal(port_leave(&d, p), 0);
	assert_int_equal(fake_taps(), 0);
	diag_free(&d);
}

static void
a_port_moves_to_another_bridge(void **state)
{
	struct port_wish was = wish_for("br0"), now = wish_for("br1");
	struct port p = opened(&was);
	struct diag d = { 0 };

	assert_int_equal(port_change(&d, &p, &was, &now, 1500), 0);
	assert_int_equal(fake_link("web1.0")->master, br1);
	assert_string_equal(p.bridge, "br1");
	assert_true(p.joined);
	closed(&p);
}

static void
a_bridge_that_is_missing_leaves_the_port_where_it_is(void **state)
{
	struct port_wish was = wish_for("br0"), now = wish_for("br7");
	struct port p = opened(&was);
	struct diag d = { 0 };

	assert_int_equal(port_change(&d, &p, &was, &now, 1500), -1);
	assert_non_null(strstr(d.text, "br7"));
	assert_int_equal(fake_link("web1.0")->master, br0);
	assert_string_equal(p.bridge, "br0");
	diag_free(&d);
	closed(&p);
}

static void
a_guest_is_not_moved_to_where_its_frames_do_not_fit(void **state)
{
	struct port_wish was = wish_for("br0"), now = wish_for("br1");
	struct port p = opened(&was);
	struct diag d = { 0 };

	fake_link("br1")->mtu = 1400;
	assert_int_equal(port_change(&d, &p, &was, &now, 1500), -1);
	assert_string_equal(d.text,
	    "bridge br1: its MTU is 1400, and the guest was told 1500 when it started (start it "
	    "anew)\n");
	assert_int_equal(fake_link("web1.0")->master, br0);
	diag_free(&d);
	closed(&p);
}

/* Wherever it breaks off: on the old bridge, or the message says that it is on none. */
static void
whichever_call_fails_the_message_says_where_the_port_is(void **state)
{
	struct port_wish was = wish_for("br0"), now = wish_for("br1");
	bool failed = true;

	for (unsigned n = 1; failed; n++) {
		struct port p;
		struct diag d = { 0 };
		int result;

		two_bridges(state);
		p = opened(&was);
		fake_fail_at(n, EIO);
		result = port_change(&d, &p, &was, &now, 1500);
		failed = fake_failed();
		fake_fail_at(0, 0);
		if (result == 0)
			assert_int_equal(fake_link("web1.0")->master, br1);
		else if (strstr(d.text, "it is on none") == NULL)
			assert_int_equal(fake_link("web1.0")->master, br0);
		assert_true(result == 0 || d.count > 0);
		diag_free(&d);
		closed(&p);
	}
}

static void
rates_are_changed_added_and_taken_away(void **state)
{
	struct port_wish was = wish_for("br0"), now = wish_for("br0"), none = wish_for("br0");
	struct os_rate sends, receives;
	struct port p;
	struct diag d = { 0 };

	was.in.bits = 1000000;
	now.in.bits = 2000000;
	now.out.bits = 3000000;
	p = opened(&was);
	assert_int_equal(port_rates_change(&d, &p, &was, &now, NULL), 0);
	assert_true(fake_rates(p.tap.index, &sends, &receives));
	assert_int_equal(sends.bits, 2000000);
	assert_int_equal(receives.bits, 3000000);
	assert_non_null(fake_link(p.shaper));
	assert_int_equal(port_rates_change(&d, &p, &now, &none, NULL), 0);
	assert_false(fake_rates(p.tap.index, &sends, &receives));
	assert_string_equal(p.shaper, "");
	assert_int_equal(port_rates_change(&d, &p, &none, &was, NULL), 0);
	assert_true(fake_rates(p.tap.index, &sends, &receives));
	closed(&p);
}

static void
a_rate_that_cannot_be_had_leaves_the_old_one(void **state)
{
	struct port_wish was = wish_for("br0"), now = wish_for("br0");
	struct os_rate sends, receives;
	struct port p;
	struct diag d = { 0 };

	was.in.bits = 1000000;
	now.in = (struct os_rate){ 2000000, 1514 - 14 };
	p = opened(&was);
	assert_int_equal(port_rates_change(&d, &p, &was, &now, NULL), -1);
	assert_true(fake_rates(p.tap.index, &sends, &receives));
	assert_int_equal(sends.bits, 1000000);
	diag_free(&d);
	now.in.burst = 0;
	fake_fail_at(2, EIO); /* taken away, and not set */
	assert_int_equal(port_rates_change(&d, &p, &was, &now, NULL), -1);
	assert_true(fake_failed());
	assert_true(fake_rates(p.tap.index, &sends, &receives));
	assert_int_equal(sends.bits, 1000000);
	diag_free(&d);
	closed(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_port_moves_to_another_bridge, two_bridges),
		cmocka_unit_test_setup(
		    a_bridge_that_is_missing_leaves_the_port_where_it_is, two_bridges),
		cmocka_unit_test_setup(
		    a_guest_is_not_moved_to_where_its_frames_do_not_fit, two_bridges),
		cmocka_unit_test_setup(
		    whichever_call_fails_the_message_says_where_the_port_is, two_bridges),
		cmocka_unit_test_setup(rates_are_changed_added_and_taken_away, two_bridges),
		cmocka_unit_test_setup(a_rate_that_cannot_be_had_leaves_the_old_one, two_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
