/* What every cmocka program includes first: cmocka.h needs the four headers before it, and its
 * macro fail() gives way to the function of that name in util/diag.h. */
#ifndef VMRUN_TESTS_UNIT_UNIT_H
#define VMRUN_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail
#undef fail_msg
#define fail_msg(...)                                                                              \
	do {                                                                                       \
		print_error("ERROR: " __VA_ARGS__);                                                \
		print_error("\n");                                                                 \
		_fail(__FILE__, __LINE__);                                                         \
	} while (0)

#endif
