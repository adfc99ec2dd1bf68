/* Failures as data: how messages are made, counted, wrapped and moved. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "util/diag.h"

static void
nothing_failed_yet(void **state)
{
	struct diag d = { 0 };

	assert_null(d.text);
	assert_int_equal(d.status, 0);
	diag_wrap(&d, 0, "web1");
	assert_null(d.text);
	diag_free(&d);
	diag_free(&d);
}

static void
each_failure_is_a_line_and_the_first_sets_the_status(void **state)
{
	struct diag d = { 0 };

	assert_int_equal(fail_as(&d, DIAG_CONFIG, "%s: no such key", "memroy"), -1);
	assert_int_equal(fail(&d, "second"), -1);
	assert_string_equal(d.text, "memroy: no such key\nsecond\n");
	assert_int_equal(d.len, strlen(d.text));
	assert_int_equal(d.count, 2);
	assert_int_equal(d.status, DIAG_CONFIG);
	diag_free(&d);
	assert_null(d.text);
	assert_int_equal(d.count, 0);
}

static void
a_failed_call_is_told_with_its_reason(void **state)
{
	static const struct {
		int err, status;
		const char *text;
	} call[] = {
		{ ENOENT, DIAG_FAILED, "/x: No such file or directory\n" },
		{ EACCES, DIAG_DENIED, "/x: Permission denied\n" },
		{ EPERM, DIAG_DENIED, "/x: Operation not permitted\n" },
	};

	for (size_t i = 0; i < sizeof(call) / sizeof(call[0]); i++) {
		struct diag d = { 0 };

		errno = call[i].err;
		assert_int_equal(fail_sys(&d, "/%s", "x"), -1);
		assert_int_equal(errno, call[i].err);
		assert_string_equal(d.text, call[i].text);
		assert_int_equal(d.status, call[i].status);
		diag_free(&d);
	}
}

static void
a_message_cannot_take_over_the_terminal_or_look_like_two(void **state)
{
	struct diag d = { 0 };

	fail(&d, "key \"%s\"", "\033[2J\nvmrun: web1: running");
	assert_string_equal(d.text, "key \"\\033[2J\\nvmrun: web1: running\"\n");
	assert_int_equal(d.count, 1);
	diag_wrap(&d, 0, "a\nb");
	assert_string_equal(d.text, "a\\nb: key \"\\033[2J\\nvmrun: web1: running\"\n");
	diag_free(&d);
}

static void
a_wrap_reaches_the_messages_from_a_count_on(void **state)
{
	struct diag d = { 0 };

	fail(&d, "one");
	fail(&d, "two");
	fail(&d, "three");
	diag_wrap(&d, 1, "web%d", 1);
	assert_string_equal(d.text, "one\nweb1: two\nweb1: three\n");
	assert_int_equal(d.len, strlen(d.text));
	assert_int_equal(d.count, 3);
	diag_wrap(&d, 3, "none");
	assert_string_equal(d.text, "one\nweb1: two\nweb1: three\n");
	fail(&d, "four");
	diag_wrap(&d, 0, "all");
	assert_string_equal(d.text, "all: one\nall: web1: two\nall: web1: three\nall: four\n");
	diag_free(&d);
}

static void
messages_move_and_keep_their_order(void **state)
{
	struct diag a = { 0 }, b = { 0 };

	diag_move(&a, &b);
	assert_null(a.text);
	fail_as(&b, DIAG_BUSY, "busy");
	diag_move(&a, &b);
	assert_null(b.text);
	assert_int_equal(b.count, 0);
	fail(&b, "failed");
	diag_move(&a, &b);
	assert_string_equal(a.text, "busy\nfailed\n");
	assert_int_equal(a.count, 2);
	assert_int_equal(a.len, strlen(a.text));
	assert_int_equal(a.status, DIAG_BUSY);
	diag_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_failed_yet),
		cmocka_unit_test(each_failure_is_a_line_and_the_first_sets_the_status),
		cmocka_unit_test(a_failed_call_is_told_with_its_reason),
		cmocka_unit_test(a_message_cannot_take_over_the_terminal_or_look_like_two),
		cmocka_unit_test(a_wrap_reaches_the_messages_from_a_count_on),
		cmocka_unit_test(messages_move_and_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
