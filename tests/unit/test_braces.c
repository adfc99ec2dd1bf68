/* util/braces.h: words with braces as shells expand them. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "util/braces.h"
#include "util/buf.h"
#include "util/mem.h"

/* The words with a space between. */
static void
assert_words(const char *word, const char *words)
{
	struct buf b = { 0 };
	char **v;
	size_t n;

	assert_int_equal(braces_expand(word, 1000, &v, &n), 0);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i > 0 ? " " : "", v[i]);
	assert_string_equal(b.s, words);
	buf_free(&b);
	strings_free(v, n);
}

static void
words_between_commas_are_each_put_in(void **state)
{
	assert_words("web{1,2,x}", "web1 web2 webx");
	assert_words("{a,b}-{c,d}", "a-c a-d b-c b-d");
	assert_words("{a,b{1,2}}c", "ac b1c b2c");
	assert_words("x{,y}", "x xy");
	assert_words("{a,b}{1..2}", "a1 a2 b1 b2");
}

static void
ranges_count_up_and_down_with_steps_and_zeros(void **state)
{
	assert_words("worker@{1..4}", "worker@1 worker@2 worker@3 worker@4");
	assert_words("{3..1}", "3 2 1");
	assert_words("{08..11}", "08 09 10 11");
	assert_words("{1..10..4}", "1 5 9");
	assert_words("{-1..1}", "-1 0 1");
	assert_words("{5..5}", "5");
}

static void
what_is_no_expansion_stays(void **state)
{
	assert_words("web1", "web1");
	assert_words("", "");
	assert_words("{}", "{}");
	assert_words("{a}", "{a}");
	assert_words("{1..}", "{1..}");
	assert_words("{1..2..0}", "{1..2..0}");
	assert_words("{1,2", "{1,2");
	assert_words("a}b{", "a}b{");
	assert_words("{a}{1..2}", "{a}1 {a}2");
	assert_words("{99999999999999999999..1}", "{99999999999999999999..1}");
}

static void
there_is_a_bound(void **state)
{
	char **v, *long_word = xcalloc(5001, 1);
	size_t n;

	assert_int_equal(braces_expand("{1..1001}", 1000, &v, &n), -1);
	assert_int_equal(braces_expand("{1..1000000000}", 1000, &v, &n), -1);
	assert_int_equal(
	    braces_expand("{1..100}{1..100}{1..100}{1..100}{1..100}", 1000, &v, &n), -1);
	memset(long_word, '{', 5000);
	assert_int_equal(braces_expand(long_word, 1000, &v, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(v[0], long_word);
	strings_free(v, n);
	long_word[4000] = '\0';
	assert_words(long_word, long_word);
	free(long_word);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_between_commas_are_each_put_in),
		cmocka_unit_test(ranges_count_up_and_down_with_steps_and_zeros),
		cmocka_unit_test(what_is_no_expansion_stays),
		cmocka_unit_test(there_is_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
