/* The head of a qcow2 image: what is believed, and what is not. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "qemu/image.h"
#include "util/diag.h"

#define CLUSTER 65536u

static uint8_t image[CLUSTER];

static void
put32(size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		image[at + (size_t)i] = (uint8_t)(v >> (24 - 8 * i));
}

static void
put64(size_t at, uint64_t v)
{
	put32(at, (uint32_t)(v >> 32));
	put32(at + 4, (uint32_t)v);
}

/* A fresh image as qemu-img makes it, without a backing file. */
static void
fresh(uint32_t version)
{
	memset(image, 0, sizeof(image));
	put32(0, 0x514649fb);
	put32(4, version);
	put32(20, 16);
	put64(24, 1 << 20);
	if (version == 3)
		put32(100, 104);
}

static void
put_backing(size_t at, const char *name)
{
	put64(8, at);
	put32(16, (uint32_t)strlen(name));
	memcpy(image + at, name, strlen(name));
}

static size_t
put_extension(size_t at, uint32_t type, const char *data)
{
	put32(at, type);
	put32(at + 4, (uint32_t)strlen(data));
	memcpy(image + at + 8, data, strlen(data));
	return at + 8 + ((strlen(data) + 7) & ~(size_t)7);
}

static struct qcow2_info
good(size_t n)
{
	struct diag d = { 0 };
	struct qcow2_info info;

	memset(&info, 0xff, sizeof(info));
	if (qcow2_parse(&d, image, n, &info) == -1)
		fail_msg("refused: %s", d.text);
	assert_int_equal(d.count, 0);
	return info;
}

static void
bad(size_t n, const char *why)
{
	struct diag d = { 0 };
	struct qcow2_info info, before;

	memset(&info, 0xa5, sizeof(info));
	before = info;
	assert_int_equal(qcow2_parse(&d, image, n, &info), -1);
	assert_memory_equal(&info, &before, sizeof(info));
	assert_int_equal(d.count, 1);
	if (strstr(d.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", d.text, why);
	diag_free(&d);
}

static void
both_versions_without_a_backing_file_are_read(void **state)
{
	for (uint32_t version = 2; version <= 3; version++) {
		struct qcow2_info info;

		fresh(version);
		info = good(CLUSTER);
		assert_string_equal(info.backing, "");
		assert_string_equal(info.backing_format, "");
		assert_false(info.data_file);
		assert_false(info.encrypted);
	}
}

static void
the_backing_file_and_its_format_are_read(void **state)
{
	struct qcow2_info info;

	fresh(2);
	put_extension(put_extension(72, 0x12345678, "unknown, skipped"), 0xe2792aca, "raw");
	put_backing(1024, "base.raw");
	info = good(CLUSTER);
	assert_string_equal(info.backing, "base.raw");
	assert_string_equal(info.backing_format, "raw");

	fresh(3);
	put_extension(104, 0xe2792aca, "qcow2");
	put_backing(512, "/srv/a,b \"c\"\n.qcow2");
	info = good(1024);
	assert_string_equal(info.backing, "/srv/a,b \"c\"\n.qcow2");
	assert_string_equal(info.backing_format, "qcow2");
}

static void
the_longest_name_fits(void **state)
{
	char name[1024];

	memset(name, 'x', sizeof(name));
	name[1023] = '\0';
	fresh(3);
	put_backing(CLUSTER - 1023, name);
	assert_string_equal(good(CLUSTER).backing, name);
	fresh(3);
	put_backing(1024, name);
	put32(16, 1024);
	bad(CLUSTER, "1024 bytes");
}

static void
an_external_data_file_and_encryption_are_seen(void **state)
{
	fresh(3);
	put64(72, 1 << 2);
	assert_true(good(CLUSTER).data_file);
	fresh(3);
	put_extension(104, 0x44415441, "data.raw");
	assert_true(good(CLUSTER).data_file);
	fresh(2);
	put32(32, 2);
	assert_true(good(CLUSTER).encrypted);
}

static void
a_backing_file_behind_a_protocol_is_refused_by_name(void **state)
{
	static const char *const names[] = { "nbd://host/export", "json:{\"driver\":\"file\"}",
		"nbd:unix:/run/x", "file:base.qcow2", "fat:rw:dir", "https://host/x.qcow2", ":" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		fresh(3);
		put_backing(512, names[i]);
		bad(CLUSTER, i == 1 ? "json:" : names[i]);
	}
	fresh(3);
	put_backing(512, "./a:b.qcow2");
	assert_string_equal(good(CLUSTER).backing, "./a:b.qcow2");
}

static void
what_is_cut_short_is_refused(void **state)
{
	fresh(3);
	put_extension(104, 0xe2792aca, "raw");
	put_backing(512, "base.raw");
	for (size_t n = 0; n < 520; n++)
		bad(n, "");
	good(520);
}

static void
numbers_that_cannot_be_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		bool wide;
		const char *why;
	} cases[] = {
		{ 0, 0x514649fc, false, "not a qcow2" },
		{ 4, 1, false, "version 1" },
		{ 4, 4, false, "version 4" },
		{ 20, 8, false, "2^8" },
		{ 20, 22, false, "2^22" },
		{ 20, UINT32_MAX, false, "clusters" },
		{ 100, 103, false, "header of 103" },
		{ 100, UINT32_MAX, false, "header of" },
		{ 100, CLUSTER + 8, false, "header of" },
		{ 8, 8, true, "outside" },
		{ 8, UINT64_MAX, true, "outside" },
		{ 8, CLUSTER + 1, true, "outside" },
		{ 8, CLUSTER - 1, true, "outside" },
		{ 16, UINT32_MAX, false, "outside" },
		{ 16, 0, false, "0 bytes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fresh(3);
		put_backing(512, "base.raw");
		if (cases[i].wide)
			put64(cases[i].at, cases[i].value);
		else
			put32(cases[i].at, (uint32_t)cases[i].value);
		bad(CLUSTER, cases[i].why);
	}
}

static void
extensions_that_run_over_are_refused(void **state)
{
	fresh(3);
	put_extension(104, 0xe2792aca, "raw");
	put32(108, UINT32_MAX);
	bad(CLUSTER, "runs over");
	put32(108, CLUSTER - 112);
	bad(CLUSTER, "format");
	fresh(3);
	put_extension(104, 0xe2792aca, "sixteen bytes!!!");
	bad(CLUSTER, "format");
	fresh(3);
	put_extension(104, 0x12345678, "0123456");
	put_backing(112, "base.raw");
	bad(CLUSTER, "runs over");
}

static void
a_nul_in_the_name_is_refused(void **state)
{
	fresh(3);
	put_backing(512, "base.raw");
	put32(16, 20);
	bad(CLUSTER, "NUL");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_without_a_backing_file_are_read),
		cmocka_unit_test(the_backing_file_and_its_format_are_read),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(an_external_data_file_and_encryption_are_seen),
		cmocka_unit_test(a_backing_file_behind_a_protocol_is_refused_by_name),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(numbers_that_cannot_be_are_refused),
		cmocka_unit_test(extensions_that_run_over_are_refused),
		cmocka_unit_test(a_nul_in_the_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
