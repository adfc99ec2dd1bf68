/* The self-test of `check --host` over macOS's floor, on a fake XNU. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake_darwin.h"
#include "net/selftest.h"
#include "os/os.h"

#define CALLS_MAX 200

static struct {
	char text[2000];
	unsigned level[3]; /* how many of each */
} said;

static void
hear(void *arg, int level, const char *text)
{
	strlcat(said.text, text, sizeof(said.text));
	strlcat(said.text, "\n", sizeof(said.text));
	said.level[level]++;
}

static const struct selftest_listener listener = { .fn = hear };

static bool is_root;

/* In place of the C library's: who runs the test does not matter. */
uid_t
geteuid(void)
{
	return is_root ? 0 : 501;
}

/* A Mac in use: a network card, and a bridge of somebody else's with a port. */
static void
mac(void)
{
	unsigned index;

	memset(&said, 0, sizeof(said));
	is_root = true;
	darwin_reset();
	darwin_link_add("lo0", 0x18, 16384);
	darwin_link_add("en0", DARWIN_ETHER, 1500);
	darwin_link_add("en1", DARWIN_ETHER, 1500);
	index = darwin_link_add("bridge0", DARWIN_BRIDGE, 1500);
	darwin_link("en1")->bridge = index;
}

static void
assert_as_before(void)
{
	assert_int_equal(darwin_descriptors(), 0);
	assert_int_equal(darwin_links(), 4);
	assert_int_equal(darwin_members(), 1);
	assert_non_null(darwin_link("bridge0"));
	assert_int_equal(darwin_link("en1")->bridge, darwin_link("bridge0")->index);
}

static void
every_step_holds_beside_what_is_there(void **state)
{
	mac();
	selftest_steps(&listener);
	if (said.level[FINDING_OK] != 10 || said.level[FINDING_NOTE] + said.level[FINDING_BAD] > 0)
		fail_msg("%s", said.text);
	assert_non_null(strstr(said.text, "macOS has no private networks"));
	assert_non_null(strstr(said.text, "interface feth0 made, which stands for a tap"));
	assert_non_null(strstr(said.text, "feth0 is listed as the only port of bridge1"));
	assert_non_null(strstr(
	    said.text, "joining again is refused: bridge bridge1: tap feth0 is one of its ports"));
	assert_as_before();
}

static void
whatever_fails_is_told_and_undone(void **state)
{
	static const int errors[] = { EIO, EBUSY, ENOMEM };
	unsigned failures = 0;

	for (size_t i = 0; i < 3; i++) {
		for (unsigned n = 1; n < CALLS_MAX; n++) {
			mac();
			darwin_fail_at(n, errors[i]);
			selftest_steps(&listener);
			if (!darwin_failed())
				break;
			failures++;
			darwin_fail_at(0, 0);
			assert_as_before();
		}
		assert_false(darwin_failed());
	}
	assert_true(failures > 3 * 20);
}

static void
without_root_it_is_not_tried(void **state)
{
	mac();
	is_root = false;
	darwin_root(false);
	selftest_steps(&listener);
	assert_string_equal(said.text, "not tried: it needs root\n");
	assert_int_equal(said.level[FINDING_NOTE], 1);
	assert_as_before();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_holds_beside_what_is_there),
		cmocka_unit_test(whatever_fails_is_told_and_undone),
		cmocka_unit_test(without_root_it_is_not_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
