/* MAC addresses as text, bytes and numbers. */
#include "unit.h"

#include "util/mac.h"

static const struct mac example = { { 0x52, 0x54, 0x00, 0x9b, 0x01, 0x77 } };

static void
text_in_any_case_and_with_either_separator_is_taken(void **state)
{
	static const char *const good[] = { "52:54:00:9b:01:77", "52:54:00:9B:01:77",
		"52-54-00-9b-01-77" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct mac m = { 0 };

		assert_int_equal(mac_parse(good[i], &m), 0);
		assert_true(mac_equal(m, example));
	}
}

static void
anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const bad[] = { "", "52:54:00:9b:01",
		"52:54:00:9b:01:77:", "52:54:00:9b:01:7", "52:54:00:9b:01:777",
		"52:54:00:9b:01:77 ", " 52:54:00:9b:01:77", "5254009b0177", "52:54:00:9b:01:7g",
		"5:254:00:9b:01:77", "52:54:00:9b:01:77\n", "0x:54:00:9b:01:77",
		"52.54.00.9b.01.77", "+2:54:00:9b:01:77", "52::54:00:9b:01:77" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mac m = example;

		if (mac_parse(bad[i], &m) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(mac_equal(m, example));
	}
}

static void
text_is_lower_case_with_colons(void **state)
{
	char text[MAC_TEXT];

	assert_string_equal(mac_format(example, text), "52:54:00:9b:01:77");
}

static void
a_number_is_the_bytes_in_network_order(void **state)
{
	assert_true(mac_number(example) == 0x5254009b0177);
	assert_true(mac_equal(mac_from_number(0x5254009b0177), example));
	assert_true(mac_number(mac_from_number(0xffffffffffff)) == 0xffffffffffff);
}

static void
zero_and_multicast_are_told_apart(void **state)
{
	assert_true(mac_is_zero(mac_from_number(0)));
	assert_false(mac_is_zero(mac_from_number(1)));
	assert_true(mac_is_multicast(mac_from_number(0x010000000000)));
	assert_true(mac_is_multicast(mac_from_number(0xffffffffffff)));
	assert_false(mac_is_multicast(example));
}

static void
a_tap_differs_from_its_nic_in_the_first_byte_only(void **state)
{
	assert_true(mac_number(mac_of_tap(example)) == 0xfe54009b0177);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_in_any_case_and_with_either_separator_is_taken),
		cmocka_unit_test(anything_else_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(text_is_lower_case_with_colons),
		cmocka_unit_test(a_number_is_the_bytes_in_network_order),
		cmocka_unit_test(zero_and_multicast_are_told_apart),
		cmocka_unit_test(a_tap_differs_from_its_nic_in_the_first_byte_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
