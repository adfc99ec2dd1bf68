/* The self-test of `check --host`, on the fake kernel. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/selftest.h"
#include "os/os_fake.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

#define CALLS_MAX 200

static struct {
	struct os_finding list[32];
	size_t n;
	unsigned level[3]; /* how many of each */
} said;

static void
hear(void *arg, int level, const char *text)
{
	assert_true(said.n < 32);
	said.list[said.n].level = level;
	strlcpy(said.list[said.n].text, text, sizeof(said.list[0].text));
	said.n++;
	said.level[level]++;
}

static const struct selftest_listener listener = { .fn = hear };

static bool
was_said(const char *part)
{
	for (size_t i = 0; i < said.n; i++) {
		if (strstr(said.list[i].text, part) != NULL)
			return true;
	}
	return false;
}

static int
root_host(void **state)
{
	fake_reset();
	fake_privileged(true);
	memset(&said, 0, sizeof(said));
	return 0;
}

static void
steps_as(const char *system)
{
	root_host(NULL);
	fake_system(system);
	fake_link_add("eth0", "", 1500);
	selftest_steps(&listener);
}

static size_t
links(void)
{
	struct diag d = { 0 };
	struct os_link *list;
	size_t n;

	assert_int_equal(os_links(&d, &list, &n), 0);
	free(list);
	return n;
}

static unsigned
open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
every_step_holds_and_nothing_is_left(void **state)
{
	static const char *const systems[] = { "linux", "freebsd", "darwin" };
	static const char *const steps[] = { "tries beside this host's own", "vmtrialbr made",
		"trial0 made", "trial0 joined: MAC fe:54:00:", "the only port of vmtrialbr",
		"joining again changes nothing", "trial0 left", "trial0 destroyed",
		"vmtrialbr destroyed", "nothing is left" };

	for (size_t i = 0; i < 3; i++) {
		steps_as(systems[i]);
		assert_int_equal(said.level[FINDING_OK], 10);
		assert_int_equal(said.n, 10);
		for (size_t k = 0; k < 10; k++) {
			if (strstr(said.list[k].text, steps[k]) == NULL)
				fail_msg("%s: %s", systems[i], said.list[k].text);
		}
		assert_int_equal(links(), 1);
	}
}

/* A second join may fail, which is a finding as well; and what is left of others only a note. */
static void
whatever_fails_is_told_and_undone(void **state)
{
	static const char *const systems[] = { "linux", "freebsd", "darwin" };
	static const int errors[] = { EIO, EBUSY, EPERM, ENOMEM };
	unsigned open = 0, failures = 0;

	for (size_t i = 0; i < 12; i++) {
		for (unsigned n = 1; n < CALLS_MAX; n++) {
			root_host(NULL);
			fake_system(systems[i % 3]);
			fake_link_add("eth0", "", 1500);
			open = open_descriptors();
			fake_fail_at(n, errors[i / 3]);
			selftest_steps(&listener);
			if (!fake_failed())
				break;
			failures++;
			fake_fail_at(0, 0);
			assert_true(said.level[FINDING_BAD] + said.level[FINDING_NOTE] == 1 ||
				    was_said("joining again is refused: "));
			assert_int_equal(fake_taps(), 0);
			assert_int_equal(links(), 1);
			assert_non_null(fake_link("eth0"));
			assert_int_equal(open_descriptors(), open);
		}
		assert_false(fake_failed());
	}
	assert_true(failures > 12 * 10);
}

static void
a_step_that_fails_says_which_and_why(void **state)
{
	fake_system("freebsd");
	/* Its own listing, counting and making: the third is of the bridge. */
	fake_fail_at(3, ENOSPC);
	selftest_steps(&listener);
	assert_int_equal(said.level[FINDING_BAD], 1);
	assert_true(was_said("make a bridge: vmtrialbr: No space left on device"));
	assert_false(was_said("trial0"));
	assert_true(was_said("nothing is left"));
}

static void
without_privilege_it_is_not_tried(void **state)
{
	fake_privileged(false);
	selftest_steps(&listener);
	assert_int_equal(said.n, 1);
	assert_int_equal(said.level[FINDING_NOTE], 1);
	assert_true(was_said("needs root"));
	assert_int_equal(links(), 0);
}

/* The pid of a process that is no more. */
static long
dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return (long)pid;
}

/* A bridge and a tap on it as a self-test leaves them that was killed; held open or not. */
static void
leave_behind(const char *bridge, const char *tap, const char *alias, struct os_tap *ret)
{
	const struct os_port port = { .mtu = 1500, .alias = alias };
	struct diag d = { 0 };
	struct os_link link;
	char made[OS_IFNAME];

	assert_int_equal(os_bridge_create(&d, bridge, alias, made), 0);
	assert_int_equal(os_link_find(&d, made, &link), 0);
	assert_int_equal(os_tap_open(&d, tap, false, ret), 0);
	assert_int_equal(os_tap_join(&d, ret, &port, &link), 0);
}

static void
what_a_killed_one_left_is_removed_and_nothing_else(void **state)
{
	char dead[64], alive[64];
	struct os_tap tap;

	fake_system("freebsd");
	snprintf(dead, sizeof(dead), "vmrun self-test %ld", dead_pid());
	snprintf(alive, sizeof(alive), "vmrun self-test %ld", (long)getpid());
	leave_behind("bridge1", "tap1", dead, &tap);
	fd_close(&tap.fd);
	leave_behind("bridge2", "tap2", alive, &tap);
	fd_close(&tap.fd);
	leave_behind("bridge3", "tap3", "vmrun web1 nic 0", &tap);
	fd_close(&tap.fd);
	leave_behind("bridge4", "tap4", "vmrun self-test of mine", &tap);
	fd_close(&tap.fd);
	selftest_sweep(&listener);
	assert_int_equal(said.n, 2);
	assert_int_equal(said.level[FINDING_NOTE], 2);
	assert_true(was_said("bridge1, left by an earlier one, was removed"));
	assert_true(was_said("tap1, left by an earlier one, was removed"));
	assert_null(fake_link("bridge1"));
	assert_null(fake_link("tap1"));
	for (const char *name = "bridge2\0tap2\0bridge3\0tap3\0bridge4\0tap4\0"; *name != '\0';
	     name += strlen(name) + 1)
		assert_non_null(fake_link(name));
	assert_int_equal(fake_ports(), 3);
}

static void
what_cannot_be_removed_is_a_note_with_its_reason(void **state)
{
	struct os_tap tap;
	char dead[64];

	fake_system("freebsd");
	snprintf(dead, sizeof(dead), "vmrun self-test %ld", dead_pid());
	leave_behind("bridge1", "tap1", dead, &tap); /* somebody holds it open */
	selftest_steps(&listener);
	assert_int_equal(said.level[FINDING_BAD], 0);
	assert_true(was_said("remove what an earlier one left: tap1: Device or resource busy"));
	assert_true(was_said("nothing is left"));
	fd_close(&tap.fd);
}

/* --- the child --- */

static struct os_finding found[16];

/* As many as max; what is left behind is neither a process nor a descriptor. */
static size_t
watch(void (*body)(const struct selftest_listener *to), int64_t patience, size_t max, bool ends)
{
	unsigned open = open_descriptors();
	bool ended = !ends;
	size_t n = selftest_watch(body, patience, found, max, &ended);

	assert_int_equal(ended, ends);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(open_descriptors(), open);
	return n;
}

static void
assert_found(size_t i, int level, const char *text)
{
	assert_int_equal(found[i].level, level);
	assert_string_equal(found[i].what, "self-test");
	assert_string_equal(found[i].text, text);
}

static void
speaks(const struct selftest_listener *to)
{
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	to->fn(to->arg, FINDING_OK, "one");
	(void)raise(SIGTERM);
	(void)raise(SIGINT);
	(void)raise(SIGHUP);
	to->fn(to->arg, FINDING_NOTE, "two");
	to->fn(to->arg, FINDING_BAD, text);
}

static void
what_the_child_says_is_found_and_a_signal_does_not_stop_it(void **state)
{
	assert_int_equal(watch(speaks, 10000, 16, true), 3);
	assert_found(0, FINDING_OK, "one");
	assert_found(1, FINDING_NOTE, "two");
	assert_int_equal(found[2].level, FINDING_BAD);
	assert_int_equal(strlen(found[2].text), sizeof(found[2].text) - 1);
	assert_int_equal(watch(speaks, 10000, 2, true), 2);
	assert_found(1, FINDING_NOTE, "two");
}

static void
hangs(const struct selftest_listener *to)
{
	to->fn(to->arg, FINDING_OK, "one");
	for (;;)
		(void)pause();
}

static void
a_child_that_hangs_is_killed_and_reported(void **state)
{
	int64_t began = now_ms();

	assert_int_equal(watch(hangs, 200, 16, false), 2);
	assert_found(1, FINDING_BAD, "not done after 200ms, and killed; the last it said: one");
	assert_true(now_ms() - began >= 200);
	assert_true(now_ms() - began < 5000);
}

static void
falls_silent(const struct selftest_listener *to)
{
	for (int fd = 3; fd < 1024; fd++)
		(void)close(fd);
	for (;;)
		(void)pause();
}

static void
a_child_that_hangs_in_silence_is_killed_as_well(void **state)
{
	assert_int_equal(watch(falls_silent, 10000, 16, false), 1);
	assert_found(0, FINDING_BAD, "not done after 10s, and killed; the last it said: nothing");
}

static void
crashes(const struct selftest_listener *to)
{
	to->fn(to->arg, FINDING_OK, "one");
	(void)raise(SIGKILL);
}

static void
gives_up(const struct selftest_listener *to)
{
	_exit(7);
}

static void
a_child_that_crashes_is_reported(void **state)
{
	assert_int_equal(watch(crashes, 10000, 16, false), 2);
	assert_found(1, FINDING_BAD, "it crashed: Killed; the last it said: one");
	assert_int_equal(watch(gives_up, 10000, 16, false), 1);
	assert_found(0, FINDING_BAD, "it gave up with status 7; the last it said: nothing");
}

static void
nothing_of_it_stays_in_the_caller(void **state)
{
	fake_system("freebsd");
	fake_link_add("eth0", "", 1500);
	assert_int_equal(selftest(found, 16), 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(found[i].level, FINDING_OK);
	assert_int_equal(links(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_step_holds_and_nothing_is_left, root_host),
		cmocka_unit_test_setup(whatever_fails_is_told_and_undone, root_host),
		cmocka_unit_test_setup(a_step_that_fails_says_which_and_why, root_host),
		cmocka_unit_test_setup(without_privilege_it_is_not_tried, root_host),
		cmocka_unit_test_setup(
		    what_a_killed_one_left_is_removed_and_nothing_else, root_host),
		cmocka_unit_test_setup(what_cannot_be_removed_is_a_note_with_its_reason, root_host),
		cmocka_unit_test(what_the_child_says_is_found_and_a_signal_does_not_stop_it),
		cmocka_unit_test(a_child_that_hangs_is_killed_and_reported),
		cmocka_unit_test(a_child_that_hangs_in_silence_is_killed_as_well),
		cmocka_unit_test(a_child_that_crashes_is_reported),
		cmocka_unit_test_setup(nothing_of_it_stays_in_the_caller, root_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
