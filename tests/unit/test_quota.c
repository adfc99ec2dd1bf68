/* launch/: what comes nearest to a limit of a VM's where there are only those of processes. */
#include "unit.h"

#include "launch/quota_process.h"
#include "vm/vm.h"

#define MIB (UINT64_C(1) << 20)

static void
a_weight_is_the_nice_value_with_the_nearest_share(void **state)
{
	assert_int_equal(process_nice(100), 0);
	assert_int_equal(process_nice(50), 3);
	assert_int_equal(process_nice(200), -3);
	assert_int_equal(process_nice(1000), -10);
	assert_int_equal(process_nice(1), 19);
	assert_int_equal(process_nice(10000), -20);
}

static void
each_doubling_of_a_weight_is_one_step_of_io_priority(void **state)
{
	assert_int_equal(process_io_priority(100), 4);
	assert_int_equal(process_io_priority(200), 3);
	assert_int_equal(process_io_priority(199), 4);
	assert_int_equal(process_io_priority(50), 5);
	assert_int_equal(process_io_priority(51), 4);
	assert_int_equal(process_io_priority(10000), 0);
	assert_int_equal(process_io_priority(1), 7);
}

static void
only_private_memory_counts_and_the_emulator_has_room_for_its_buffer(void **state)
{
	struct vm vm = { .memory.size = 512 * MIB, .quota.memory_max = 600 * MIB };

	assert_int_equal(process_data_max(&vm, false), 600 * MIB);
	assert_int_equal(process_data_max(&vm, true), (600 + 1024) * MIB);
	vm.memory.shared = true;
	assert_int_equal(process_data_max(&vm, false), 88 * MIB);
	vm.quota.memory_max = 256 * MIB;
	assert_int_equal(process_data_max(&vm, false), 16 * MIB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_weight_is_the_nice_value_with_the_nearest_share),
		cmocka_unit_test(each_doubling_of_a_weight_is_one_step_of_io_priority),
		cmocka_unit_test(only_private_memory_counts_and_the_emulator_has_room_for_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
