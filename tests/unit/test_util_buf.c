/* The growing string, and hostile input for each of its escapers. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

struct escape {
	const char *in, *out;
};

static void
check(void (*add)(struct buf *, const char *), const struct escape *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf b = { 0 };

		buf_add(&b, "<");
		add(&b, list[i].in);
		buf_add(&b, ">");
		assert_int_equal(b.s[0], '<');
		assert_int_equal(b.s[b.len - 1], '>');
		b.s[b.len - 1] = '\0';
		assert_string_equal(b.s + 1, list[i].out);
		buf_free(&b);
	}
}
#define check_all(add, list) check(add, list, sizeof(list) / sizeof((list)[0]))

static void
it_grows_and_is_always_terminated(void **state)
{
	struct buf b = { 0 };
	char *s;

	for (unsigned i = 0; i < 1000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.s[b.len], '\0');
	}
	buf_addn(&b, "x\0y", 3);
	assert_int_equal(b.len, 1003);
	assert_memory_equal(b.s + 1000, "x\0y", 4);
	s = buf_steal(&b);
	assert_int_equal(strlen(s), 1001);
	assert_null(b.s);
	assert_int_equal(b.len, 0);
	free(s);
	buf_free(&b);
}

static void
what_is_empty_is_a_string_too(void **state)
{
	struct buf b = { 0 };
	char *s = buf_steal(&b);

	assert_string_equal(s, "");
	free(s);
	buf_addf(&b, "%s", "");
	assert_string_equal(b.s, "");
	buf_free(&b);
	buf_add_visible(&b, "", 0);
	assert_string_equal(b.s, "");
	buf_free(&b);
}

static void
formatted_text_of_any_length_fits(void **state)
{
	struct buf b = { 0 };

	for (int len = 0; len < 300; len++) {
		buf_addf(&b, "%*d", len + 1, 7);
		assert_int_equal(b.len, len + 1);
		assert_int_equal(b.s[len], '7');
		assert_int_equal(b.s[b.len], '\0');
		buf_free(&b);
	}
}

static void
a_shell_gets_one_word_and_nothing_runs(void **state)
{
	static const struct escape list[] = {
		{ "", "''" },
		{ "qemu-system-x86_64", "qemu-system-x86_64" },
		{ "file=/srv/vm,cache=none:1+2@3%", "file=/srv/vm,cache=none:1+2@3%" },
		{ "a b", "'a b'" },
		{ "$(reboot)", "'$(reboot)'" },
		{ "`reboot`;&|<>*?[~#!", "'`reboot`;&|<>*?[~#!'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "a\nb\tc\\", "'a\nb\tc\\'" },
		{ "~root", "'~root'" },
		{ "caf\303\251", "'caf\303\251'" },
	};

	check_all(buf_add_shell, list);
}

static void
an_option_value_cannot_begin_another_option(void **state)
{
	static const struct escape list[] = {
		{ "", "" },
		{ "disk.img", "disk.img" },
		{ "a,readonly=on", "a,,readonly=on" },
		{ ",,", ",,,," },
	};

	check_all(buf_add_optarg, list);
}

static void
add_visible(struct buf *b, const char *s)
{
	buf_add_visible(b, s, strlen(s));
}

static void
a_terminal_gets_no_control_characters(void **state)
{
	static const struct escape list[] = {
		{ "plain text", "plain text" },
		{ "a\nb\tc\r", "a\\nb\\tc\\015" },
		{ "\033[2J\177\a", "\\033[2J\\177\\007" },
		{ "caf\303\251 \342\202\254 \360\237\230\200",
		    "caf\303\251 \342\202\254 \360\237\230\200" },
		{ "\302\233", "\\302\\233" },                   /* CSI, a C1 control */
		{ "\300\212", "\\300\\212" },                   /* a newline in overlong form */
		{ "\340\200\212", "\\340\\200\\212" },          /* the same, longer */
		{ "\355\240\200", "\\355\\240\\200" },          /* a surrogate */
		{ "\364\220\200\200", "\\364\\220\\200\\200" }, /* beyond U+10FFFF */
		{ "\303", "\\303" },                            /* cut short */
		{ "\342\202", "\\342\\202" },
		{ "\303(", "\\303(" },
		{ "\200\377", "\\200\\377" },
	};
	struct buf b = { 0 };

	check_all(add_visible, list);
	buf_add_visible(&b, "a\0b", 3);
	assert_string_equal(b.s, "a\\000b");
	buf_free(&b);
	buf_add_visible(&b, "\303\251", 1); /* n counts, not what lies behind */
	assert_string_equal(b.s, "\\303");
	buf_free(&b);
}

static void
mdoc_text_begins_no_request(void **state)
{
	static const struct escape list[] = {
		{ "plain", "plain" },
		{ ".Nm", "\\&.Nm" },
		{ "'br", "\\&'br" },
		{ "a.b 'c'", "a.b 'c'" },
		{ "\\fB", "\\efB" },
		{ "a\n.Nm\n'br", "a\n\\&.Nm\n\\&'br" },
	};

	check_all(buf_add_mdoc, list);
}

static void
a_libconfig_string_ends_where_it_should(void **state)
{
	static const struct escape list[] = {
		{ "", "\"\"" },
		{ "web 1", "\"web 1\"" },
		{ "a\"; memory = \"1T", "\"a\\\"; memory = \\\"1T\"" },
		{ "c:\\x", "\"c:\\\\x\"" },
		{ "a\nb\033\177", "\"a\\x0ab\\x1b\\x7f\"" },
		{ "caf\303\251", "\"caf\303\251\"" },
	};

	check_all(buf_add_conf_string, list);
}

static void
a_yaml_scalar_ends_where_it_should(void **state)
{
	static const struct escape list[] = {
		{ "", "\"\"" },
		{ "plain: #text", "\"plain: #text\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\r\t\x01\x7f", "\"\\x0a\\x0d\\x09\\x01\\x7f\"" },
		{ "\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80", "\"\\xe4\\u2028\\U0001f600\"" },
		{ "\xff\xc3", "\"\\ufffd\\ufffd\"" },
	};

	check_all(buf_add_yaml, list);
}

/* The examples of RFC 4648, section 10. */
static void
base64_is_padded(void **state)
{
	static const char *const cases[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfb", "//77" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = { 0 };
		char *text;

		buf_add_base64(&b, cases[i][0], strlen(cases[i][0]));
		text = buf_steal(&b);
		assert_string_equal(text, cases[i][1]);
		free(text);
	}
}

static void
xml_and_graphviz_keep_their_own_characters(void **state)
{
	struct buf b = { 0 };

	buf_add_xml(&b, "a<b>&\"c'\n\033\xef\xbf\xbf\xef\xbf\xbd\xff\u00e9");
	assert_string_equal(
	    b.s, "a&lt;b&gt;&amp;&quot;c'\\n\\033\\357\\277\\277\xef\xbf\xbd\\377\u00e9");
	buf_free(&b);
	buf_add_dot(&b, "a\"b\\N\033\nc\n");
	assert_string_equal(b.s, "\"a\\\"b\\\\N\\\\033\\nc\\n\"");
	buf_free(&b);
	buf_add_dot(&b, "");
	assert_string_equal(b.s, "\"\"");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_padded),
		cmocka_unit_test(it_grows_and_is_always_terminated),
		cmocka_unit_test(what_is_empty_is_a_string_too),
		cmocka_unit_test(formatted_text_of_any_length_fits),
		cmocka_unit_test(a_shell_gets_one_word_and_nothing_runs),
		cmocka_unit_test(an_option_value_cannot_begin_another_option),
		cmocka_unit_test(a_terminal_gets_no_control_characters),
		cmocka_unit_test(mdoc_text_begins_no_request),
		cmocka_unit_test(a_libconfig_string_ends_where_it_should),
		cmocka_unit_test(a_yaml_scalar_ends_where_it_should),
		cmocka_unit_test(xml_and_graphviz_keep_their_own_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
