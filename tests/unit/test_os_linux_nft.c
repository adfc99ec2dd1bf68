/* Packet filters through libnftables, in a network namespace of the test's own. */
#include "linux_fixture.h"

static void
commands_are_done_all_or_none(void **state)
{
	struct diag d = { 0 };
	char *text = NULL;

	if (nft_run(&d, "table inet one {\n chain c {\n counter\n }\n}\nadd table bridge two") ==
	    -1)
		fail_msg("%s", d.text);
	assert_int_equal(nft_ask(&d, "list tables", &text), 0);
	assert_string_equal(text, "table inet one\ntable bridge two\n");
	free(text);
	assert_int_equal(nft_run(&d, "delete table inet one; delete table inet absent"), -1);
	assert_non_null(strstr(d.text, "No such file or directory"));
	diag_free(&d);
	assert_int_equal(nft_run(&d, "tabel inet three"), -1);
	assert_non_null(strstr(d.text, "nftables: syntax error"));
	diag_free(&d);
	assert_int_equal(nft_ask(&d, "list tables", &text), 0);
	assert_string_equal(text, "table inet one\ntable bridge two\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_done_all_or_none),
	};

	if (!namespace_ready())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
