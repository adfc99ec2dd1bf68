/* Sets of small numbers as people write them. */
#include "unit.h"

#include "util/buf.h"
#include "util/intset.h"

static void
prints(const char *written, const char *expected)
{
	struct intset s;
	struct buf b = { 0 };

	assert_int_equal(intset_parse(written, &s), 0);
	buf_add_intset(&b, &s);
	assert_string_equal(b.s, expected);
	buf_free(&b);
}

static void
a_set_is_printed_in_its_shortest_form(void **state)
{
	prints("0", "0");
	prints("0-3,7", "0-3,7");
	prints("7,3,1,2,0", "0-3,7");
	prints("4095", "4095");
	prints("0-4095", "0-4095");
	prints("62,63,64,65", "62-65");
	prints("5-5", "5");
}

static void
what_is_no_set_is_refused(void **state)
{
	static const char *const wrong[] = { "", ",", "1,", ",1", "1,,2", "-1", "1-", "3-1", "a",
		"1 ", " 1", "1-2-3", "4096", "0-4096", "99999999999999999999", "0x1", "1,1",
		"0-3,2", "+1" };
	struct intset s = { { 5 } };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(intset_parse(wrong[i], &s), -1);
	assert_int_equal(s.bits[0], 5);
}

static void
numbers_are_found_counted_and_compared(void **state)
{
	struct intset part, whole;
	unsigned missing = 99, first, last;

	assert_int_equal(intset_parse("1,64-66", &part), 0);
	assert_int_equal(intset_parse("0-65", &whole), 0);
	assert_true(intset_has(&part, 64));
	assert_false(intset_has(&part, 63));
	assert_false(intset_has(&part, 1u << 30));
	assert_int_equal(intset_count(&part), 4);
	assert_false(intset_within(&part, &whole, &missing));
	assert_int_equal(missing, 66);
	intset_add(&whole, 66);
	assert_true(intset_within(&part, &whole, &missing));
	assert_true(intset_run(&part, 2, &first, &last));
	assert_int_equal(first, 64);
	assert_int_equal(last, 66);
	assert_false(intset_run(&part, 67, &first, &last));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_is_printed_in_its_shortest_form),
		cmocka_unit_test(what_is_no_set_is_refused),
		cmocka_unit_test(numbers_are_found_counted_and_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
