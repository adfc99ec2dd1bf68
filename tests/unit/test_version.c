/* QEMU's version from its own words, and what each version has. */
#include "unit.h"

#include "qemu/version.h"

static void
the_version_is_read_from_the_text_of_each_packager(void **state)
{
	static const struct {
		const char *text;
		struct qemu_version v;
	} good[] = {
		{ "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright",
		    { 7, 2 } },
		{ "QEMU emulator version 10.0.2 (qemu-10.0.2-1.fc42)", { 10, 0 } },
		{ "QEMU emulator version 8.2", { 8, 2 } },
		{ "warning: something\nQEMU emulator version 9.1.50 (v9.1.0-1-gabc)\n", { 9, 1 } },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct qemu_version v = { 0 };

		assert_int_equal(qemu_version_parse(good[i].text, &v), 0);
		assert_int_equal(v.major, good[i].v.major);
		assert_int_equal(v.minor, good[i].v.minor);
	}
}

static void
anything_else_is_no_version_and_leaves_the_result_alone(void **state)
{
	static const char *const bad[] = { "", "QEMU emulator version ",
		"QEMU emulator version x.2", "QEMU emulator version 7", "QEMU emulator version 7.",
		"QEMU emulator version 7.x", "QEMU emulator version 99999999999.1",
		"QEMU emulator version -1.0", "bash 7.2" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct qemu_version v = { 1, 2 };

		if (qemu_version_parse(bad[i], &v) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(v.major, 1);
		assert_int_equal(v.minor, 2);
	}
}

static void
a_feature_is_there_from_its_version_on(void **state)
{
	assert_false(qemu_has((struct qemu_version){ 7, 1 }, QEMU_SUPPORTED));
	assert_false(qemu_has((struct qemu_version){ 6, 9 }, QEMU_SUPPORTED));
	assert_true(qemu_has((struct qemu_version){ 7, 2 }, QEMU_SUPPORTED));
	assert_true(qemu_has((struct qemu_version){ 8, 0 }, QEMU_SUPPORTED));
	assert_false(qemu_has((struct qemu_version){ 7, 2 }, QEMU_STREAM_RECONNECT));
	assert_true(qemu_has((struct qemu_version){ 8, 0 }, QEMU_STREAM_RECONNECT));
	assert_false(qemu_has((struct qemu_version){ 8, 2 }, QEMU_RISCV_SMBIOS));
	assert_true(qemu_has((struct qemu_version){ 9, 0 }, QEMU_RISCV_SMBIOS));
	assert_false(qemu_has((struct qemu_version){ 9, 0 }, QEMU_RUN_WITH_USER));
	assert_true(qemu_has((struct qemu_version){ 9, 1 }, QEMU_RUN_WITH_USER));
	assert_true(qemu_has((struct qemu_version){ 10, 0 }, QEMU_RUN_WITH_USER));
	assert_true(qemu_has((struct qemu_version){ 9, 2 }, QEMU_RECONNECT_MS));
	assert_true(qemu_has((struct qemu_version){ 10, 0 }, QEMU_RECONNECT_MS));
	assert_false(qemu_has((struct qemu_version){ 9, 1 }, QEMU_RECONNECT_MS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_read_from_the_text_of_each_packager),
		cmocka_unit_test(anything_else_is_no_version_and_leaves_the_result_alone),
		cmocka_unit_test(a_feature_is_there_from_its_version_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
