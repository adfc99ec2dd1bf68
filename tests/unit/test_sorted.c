/* Looking into sorted arrays. */
#include "unit.h"

#include <stdlib.h>

#include "util/sorted.h"

static int
by_number(const void *key, const void *element)
{
	const int *x = key, *y = element;

	return (*x > *y) - (*x < *y);
}

static void
the_first_that_is_not_before_the_key_is_found(void **state)
{
	static const int v[] = { 1, 3, 3, 3, 8 };
	static const struct {
		int key;
		size_t place;
	} cases[] = { { 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 1 }, { 4, 4 }, { 8, 4 }, { 9, 5 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    sorted_first(&cases[i].key, v, 5, sizeof(v[0]), by_number), cases[i].place);
	assert_int_equal(sorted_first(&cases[0].key, NULL, 0, sizeof(v[0]), by_number), 0);
}

static void
a_string_is_among_others_or_not(void **state)
{
	char *v[] = { "a", "b", "ba", "c" };

	for (size_t i = 0; i < 4; i++) {
		for (size_t n = 0; n <= 4; n++)
			assert_int_equal(sorted_has(v, n, v[i]), i < n);
	}
	assert_false(sorted_has(v, 4, ""));
	assert_false(sorted_has(v, 4, "bb"));
	assert_false(sorted_has(v, 4, "d"));
	assert_false(sorted_has(NULL, 0, "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_is_not_before_the_key_is_found),
		cmocka_unit_test(a_string_is_among_others_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
