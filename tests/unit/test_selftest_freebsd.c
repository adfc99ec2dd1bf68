/* The self-test of `check --host` over FreeBSD's floor, on a fake FreeBSD. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_freebsd.h"
#include "net/selftest.h"
#include "os/os.h"

#define CALLS_MAX 300

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

/* A host in use: a network card on a bridge, and a VM's tap. */
static void
host(void)
{
	memset(&said, 0, sizeof(said));
	freebsd_reset();
	freebsd_link_add("lo0", FREEBSD_LOOP, 16384);
	freebsd_link_add("em0", FREEBSD_ETHER, 1500);
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	freebsd_tap_add("tap10000", "vmrun web1 nic 0");
	freebsd_member_add("bridge0", "em0");
	freebsd_member_add("bridge0", "tap10000");
}

static void
assert_as_before(void)
{
	assert_int_equal(freebsd_descriptors(), 0);
	assert_int_equal(freebsd_taps(), 1);
	assert_int_equal(freebsd_members(), 2);
	assert_non_null(freebsd_link_get("tap10000"));
	assert_non_null(freebsd_link_get("bridge0"));
	assert_null(freebsd_link_get("bridge1"));
}

static void
every_step_holds_on_each_release(void **state)
{
	for (unsigned release = 13; release <= 15; release++) {
		host();
		freebsd.same_mtu = release == 13;
		freebsd.transient = freebsd.vlans = release == 15;
		selftest_steps(&listener);
		if (said.level[FINDING_OK] != 10 || said.level[FINDING_NOTE] > 0 ||
		    said.level[FINDING_BAD] > 0)
			fail_msg("FreeBSD %u: %s", release, said.text);
		assert_non_null(strstr(said.text, "FreeBSD has no private networks"));
		assert_non_null(strstr(said.text, " is listed as the only port of bridge1\n"));
		assert_non_null(
		    strstr(said.text, "joining again is refused: bridge bridge1: tap "));
		assert_non_null(strstr(said.text, " is one of its ports already\n"));
		assert_as_before();
	}
}

static void
whatever_fails_is_told_and_undone(void **state)
{
	static const int errors[] = { EIO, EBUSY, ENOMEM, EPERM };
	unsigned failures = 0;

	for (size_t i = 0; i < 8; i++) {
		for (unsigned n = 1; n < CALLS_MAX; n++) {
			host();
			freebsd.transient = i >= 4;
			freebsd_fail_at(n, errors[i % 4]);
			selftest_steps(&listener);
			if (!freebsd_failed())
				break;
			failures++;
			freebsd_fail_at(0, 0);
			assert_as_before();
		}
		assert_false(freebsd_failed());
	}
	assert_true(failures > 8 * 20);
}

/* A kernel whose numbers are others than ours, or that means something else by them. */
static void
what_a_kernel_only_says_is_found(void **state)
{
	static const struct {
		unsigned long ioctl;
		const char *driver;
		int command;
		const char *words;
	} cases[] = {
		{ 0x80206910, "bridge", -1, "make a bridge: bridge1 was made and is not up" },
		{ 0x80206929, "bridge", -1, "bridge1 was made and its description is \"\"" },
		{ 0x8020693c, "tap", -1, " joined and its MAC is 58:9c:fc:" },
		{ 0x80206929, "tap", -1, " joined and its description is \"\"" },
		{ 0x80206910, "tap", -1, " joined and is not up" },
		{ 0, NULL, 0, "list the ports: bridge1 has 0 ports, and 0 of them are tap" },
		{ 0, NULL, 6, "the interfaces: bridge bridge0: cannot list its ports" },
		{ 0, NULL, 1, " left, and bridge1 has 1 ports" },
		{ 0x80206979, "tap", -1, " was destroyed and is there" },
		{ 0x80206979, "bridge", -1, "bridge1 was destroyed and is there" },
		{ 0x80206979, "bridge", -1, "count again: 1 interfaces are left" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host();
		freebsd.deaf.ioctl = cases[i].ioctl;
		freebsd.deaf.driver = cases[i].driver;
		freebsd.deaf.command = cases[i].command;
		selftest_steps(&listener);
		if (said.level[FINDING_BAD] == 0 || strstr(said.text, cases[i].words) == NULL)
			fail_msg("\"%s\" is not in: %s", cases[i].words, said.text);
		assert_int_equal(freebsd_descriptors(), 0);
	}
}

static void
what_a_killed_one_left_is_removed(void **state)
{
	char alias[64];
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	host();
	snprintf(alias, sizeof(alias), "vmrun self-test %ld", (long)pid);
	freebsd_tap_add("tap10007", alias);
	selftest_steps(&listener);
	assert_non_null(strstr(said.text, "tap10007, left by an earlier one, was removed"));
	assert_int_equal(said.level[FINDING_NOTE], 1);
	assert_int_equal(said.level[FINDING_OK], 10);
	assert_null(freebsd_link_get("tap10007"));
	assert_as_before();
}

static void
without_root_it_is_not_tried(void **state)
{
	host();
	freebsd.no_root = true;
	selftest_steps(&listener);
	assert_string_equal(said.text, "not tried: it needs root\n");
	assert_as_before();
}

static void
without_the_modules_it_says_which_to_load(void **state)
{
	host();
	freebsd.no_bridge = true;
	selftest_steps(&listener);
	assert_non_null(strstr(said.text, "make a bridge: cannot make a bridge: this kernel has no "
					  "if_bridge (kldload if_bridge)\n"));
	assert_int_equal(said.level[FINDING_BAD], 1);
	assert_as_before();
	host();
	freebsd.no_tap = true;
	selftest_steps(&listener);
	assert_non_null(strstr(said.text, "(kldload if_tuntap)\n"));
	assert_int_equal(said.level[FINDING_BAD], 1);
	assert_as_before();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_holds_on_each_release),
		cmocka_unit_test(whatever_fails_is_told_and_undone),
		cmocka_unit_test(what_a_kernel_only_says_is_found),
		cmocka_unit_test(what_a_killed_one_left_is_removed),
		cmocka_unit_test(without_root_it_is_not_tried),
		cmocka_unit_test(without_the_modules_it_says_which_to_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
