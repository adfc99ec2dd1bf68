/* Names of interfaces from patterns. */
#include "unit.h"

#include <string.h>

#include "util/ifname.h"

static void
made(const char *pattern, const char *vm, unsigned nic, const char *wanted)
{
	char name[IFNAME_SIZE] = "", why[IFNAME_WHY] = "";

	assert_int_equal(ifname_make(pattern, vm, nic, name, why), 0);
	assert_string_equal(name, wanted);
}

static void
refused(const char *pattern, const char *vm, const char *wanted)
{
	char name[IFNAME_SIZE] = "kept", why[IFNAME_WHY] = "";

	assert_int_equal(ifname_make(pattern, vm, 0, name, why), -1);
	assert_string_equal(why, wanted);
	assert_string_equal(name, "kept");
}

static void
a_pattern_takes_the_vm_and_the_number(void **state)
{
	made("%n.%i", "web1", 0, "web1.0");
	made("vm-%n-%i", "web1", 12, "vm-web1-12");
	made("%i%i", "web1", 3, "33");
	made("lan0", "web1", 0, "lan0");
	made("%n.%i", "exactly-13-ch", 7, "exactly-13-ch.7");
	made("123456789.%n", "fiveb", 0, "123456789.fiveb");
}

static void
a_long_name_is_cut_and_stays_distinct(void **state)
{
	char one[IFNAME_SIZE], two[IFNAME_SIZE], why[IFNAME_WHY];

	assert_int_equal(ifname_make("vm-%n.%i", "a-name-that-is-long-1", 0, one, why), 0);
	assert_int_equal(ifname_make("vm-%n.%i", "a-name-that-is-long-2", 0, two, why), 0);
	assert_int_equal(strlen(one), IFNAME_SIZE - 1);
	assert_memory_equal(one, "vm-a-nam~", 8);
	assert_string_equal(one + 13, ".0");
	assert_string_not_equal(one, two);
}

static void
what_is_no_pattern_or_too_long_is_refused(void **state)
{
	static const char letters[] =
	    "is not made of letters, digits, '-', '_', '.', '~', %i and one %n";

	refused("%n/%i", "web1", letters);
	refused("%n %i", "web1", letters);
	refused("%x", "web1", letters);
	refused("100%", "web1", letters);
	refused("%n%n", "web1", letters);
	refused("a\\xc3\\xa4", "web1", letters);
	refused("", "web1", "is not the name of a network interface");
	refused("..", "web1", "is not the name of a network interface");
	refused(
	    "sixteen-letters-", "web1", "is too long: an interface's name has at most 15 bytes");
	refused("1234567890.%n", "fiveb",
	    "is too long: an interface's name has at most 15 bytes, with the VM's in it");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_takes_the_vm_and_the_number),
		cmocka_unit_test(a_long_name_is_cut_and_stays_distinct),
		cmocka_unit_test(what_is_no_pattern_or_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
