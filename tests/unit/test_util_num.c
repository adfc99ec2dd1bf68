/* Sizes, durations and integers as people write them. */
#include "unit.h"

#include <stdlib.h>

#include "util/buf.h"
#include "util/num.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void
a_size_has_a_binary_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = { { "0", 0 }, { "1", 1 }, { "512M", 512ull << 20 }, { "1K", 1024 },
		{ "1k", 1024 }, { "2KiB", 2048 }, { "2KB", 2048 }, { "1G", 1ull << 30 },
		{ "3T", 3ull << 40 }, { "007", 7 }, { "18446744073709551615", UINT64_MAX },
		{ "16777215T", 16777215ull << 40 } };
	static const char *const bad[] = { "", "M", "-1", "+1", " 1", "1 ", "1 G", "1.5G", "1P",
		"1GG", "1Kib", "1B", "0x10", "1e3", "18446744073709551616", "16777216T", "1\n",
		"1,000", "\xd9\xa1" };
	uint64_t n;

	for (size_t i = 0; i < COUNT(good); i++) {
		if (size_parse(good[i].text, &n) == -1)
			fail_msg("\"%s\" was refused", good[i].text);
		assert_true(n == good[i].bytes);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		n = 4711;
		if (size_parse(bad[i], &n) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(n, 4711);
	}
}

static void
a_rate_has_a_decimal_unit(void **state)
{
	static const struct {
		const char *text, *shortest;
		uint64_t bits;
	} good[] = { { "0", "0", 0 }, { "999", "999", 999 }, { "8000", "8k", 8000 },
		{ "64K", "64k", 64000 }, { "100M", "100M", 100000000 },
		{ "2500M", "2500M", 2500000000 }, { "1000M", "1G", 1000000000 },
		{ "3T", "3T", UINT64_C(3000000000000) },
		{ "18446744T", "18446744T", UINT64_C(18446744000000000000) } };
	static const char *const bad[] = { "", "M", "-1", "1.5G", "100Mi", "100MB", "1 M", "1m", "1g",
		"18446745T", "1M\n" };
	uint64_t n;

	for (size_t i = 0; i < COUNT(good); i++) {
		struct buf b = { 0 };

		if (rate_parse(good[i].text, &n) == -1)
			fail_msg("\"%s\" was refused", good[i].text);
		assert_true(n == good[i].bits);
		buf_add_rate(&b, n);
		assert_string_equal(b.s, good[i].shortest);
		buf_free(&b);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		n = 4711;
		if (rate_parse(bad[i], &n) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(n, 4711);
	}
}

static void
a_duration_is_seconds_unless_it_says_otherwise(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = { { "0", 0 }, { "90", 90000 }, { "90s", 90000 }, { "2m", 120000 },
		{ "1h", 3600000 }, { "1d", 86400000 }, { "250ms", 250 },
		{ "9223372036854775807ms", INT64_MAX } };
	static const char *const bad[] = { "", "s", "-1", "-1s", "1.5s", "1 s", "1S", "1mss", "1w",
		"1m30s", "9223372036854775808ms", "9223372036854776s", "18446744073709551616" };
	int64_t ms;

	for (size_t i = 0; i < COUNT(good); i++) {
		if (duration_parse(good[i].text, &ms) == -1)
			fail_msg("\"%s\" was refused", good[i].text);
		assert_true(ms == good[i].ms);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		ms = 4711;
		if (duration_parse(bad[i], &ms) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(ms, 4711);
	}
}

static void
an_integer_lies_within_its_bounds(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max, n;
	} good[] = { { "0", 0, 0, 0 }, { "5", 1, 5, 5 }, { "1", 1, 5, 1 }, { "-3", -5, 5, -3 },
		{ "9223372036854775807", 0, INT64_MAX, INT64_MAX } };
	static const struct {
		const char *text;
		int64_t min, max;
	} bad[] = { { "", -9, 9 }, { "-", -9, 9 }, { "6", 1, 5 }, { "0", 1, 5 }, { "-1", 0, 5 },
		{ "+1", 0, 5 }, { " 1", 0, 5 }, { "1 ", 0, 5 }, { "1a", 0, 5 }, { "--1", -5, 5 },
		{ "0x1", 0, 5 }, { "9223372036854775808", 0, INT64_MAX },
		{ "18446744073709551617", 0, 5 } };
	int64_t n;

	for (size_t i = 0; i < COUNT(good); i++) {
		if (int_parse(good[i].text, good[i].min, good[i].max, &n) == -1)
			fail_msg("\"%s\" was refused", good[i].text);
		assert_true(n == good[i].n);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		n = 4711;
		if (int_parse(bad[i].text, bad[i].min, bad[i].max, &n) != -1)
			fail_msg("\"%s\" was taken", bad[i].text);
		assert_int_equal(n, 4711);
	}
}

static void
a_number_is_written_in_its_shortest_exact_form(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} size[] = { { 0, "0" }, { 1, "1" }, { 1023, "1023" }, { 1024, "1K" }, { 1536, "1536" },
		{ 1536 << 10, "1536K" }, { 512ull << 20, "512M" }, { 1ull << 30, "1G" },
		{ 2048ull << 40, "2048T" }, { UINT64_MAX, "18446744073709551615" } };
	static const struct {
		int64_t ms;
		const char *text;
	} duration[] = { { 0, "0s" }, { 250, "250ms" }, { 1500, "1500ms" }, { 90000, "90s" },
		{ 120000, "2m" }, { 3600000, "1h" }, { 86400000, "1d" }, { 129600000, "36h" } };
	struct buf b = { 0 };

	for (size_t i = 0; i < COUNT(size); i++) {
		buf_add_size(&b, size[i].bytes);
		assert_string_equal(b.s, size[i].text);
		buf_free(&b);
	}
	for (size_t i = 0; i < COUNT(duration); i++) {
		buf_add_duration(&b, duration[i].ms);
		assert_string_equal(b.s, duration[i].text);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_has_a_binary_unit),
		cmocka_unit_test(a_rate_has_a_decimal_unit),
		cmocka_unit_test(a_duration_is_seconds_unless_it_says_otherwise),
		cmocka_unit_test(an_integer_lies_within_its_bounds),
		cmocka_unit_test(a_number_is_written_in_its_shortest_exact_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
