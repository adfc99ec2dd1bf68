/* Why a VM has ended, and whether it starts again: pure decisions. */
#include "unit.h"

#include <jansson.h>
#include <signal.h>

#include "os/os.h"
#include "super/cause.h"
#include "super/policy.h"
#include "util/buf.h"
#include "util/mem.h"

/* --- the policy --- */

static struct restart_policy
policy_of(const char *json)
{
	struct restart_policy p;
	json_t *record = json_loads(json, 0, NULL);

	assert_non_null(record);
	restart_policy_read(record, &p);
	json_decref(record);
	return p;
}

static struct restart_decision
after(const struct restart_policy *p, struct restart_history *h, enum vm_cause cause)
{
	return restart_decide(p, h, cause, 0);
}

static void
each_policy_wants_what_it_says(void **state)
{
	static const char *const words[] = { "no", "on-failure", "always" };

	for (int cause = 0; cause < CAUSE_COUNT; cause++) {
		for (int i = 0; i < 3; i++) {
			char *json = xasprintf("{\"restart\": \"%s\"}", words[i]);
			struct restart_policy p = policy_of(json);
			struct restart_history h = { 0 };
			bool failure = cause != CAUSE_GUEST_SHUTDOWN && cause != CAUSE_GUEST_RESET &&
				       cause != CAUSE_QUIT;
			bool wanted = cause < CAUSE_RESTARTABLE && (i == 2 || (i == 1 && failure));

			assert_int_equal(after(&p, &h, (enum vm_cause)cause).verdict,
			    wanted ? VERDICT_AGAIN : VERDICT_END);
			assert_int_equal(h.total, wanted);
			free(json);
		}
	}
}

static void
the_delay_doubles_up_to_its_bound(void **state)
{
	static const int64_t expected[] = { 1000, 2000, 4000, 8000, 10000, 10000 };
	struct restart_policy p = policy_of("{\"restart\": \"always\", \"restart_limit\": 0, "
					    "\"restart_delay\": 1000, \"restart_max_delay\": 10000}");
	struct restart_history h = { 0 };

	for (size_t i = 0; i < 6; i++) {
		struct restart_decision r = after(&p, &h, CAUSE_KILLED);

		assert_int_equal(r.verdict, VERDICT_AGAIN);
		assert_int_equal(r.delay, expected[i]);
		assert_int_equal(r.count, i + 1);
	}
}

/* Whatever a file, or a damaged record, says of delays. */
static void
no_loop_spins(void **state)
{
	static const char *const records[] = {
		"{\"restart\": \"always\"}",
		"{\"restart\": \"always\", \"restart_delay\": 0, \"restart_max_delay\": 0}",
		"{\"restart\": \"always\", \"restart_delay\": -5, \"restart_max_delay\": -1}",
		"{\"restart\": \"always\", \"restart_limit\": -7, \"restart_delay\": \"x\"}",
	};

	for (size_t i = 0; i < 4; i++) {
		struct restart_policy p = policy_of(records[i]);
		struct restart_history h = { 0 };
		int64_t whole = 0;

		for (int n = 0; n < 100; n++)
			whole += after(&p, &h, CAUSE_KILLED).delay;
		assert_true(whole > 60000);
	}
}

static void
the_limit_is_kept_and_a_long_run_begins_anew(void **state)
{
	struct restart_policy p = policy_of("{\"restart\": \"on-failure\", \"restart_limit\": 2, "
					    "\"restart_delay\": 100, \"restart_settled\": 5000}");
	struct restart_history h = { 0 };

	assert_int_equal(after(&p, &h, CAUSE_KILLED).verdict, VERDICT_AGAIN);
	assert_int_equal(after(&p, &h, CAUSE_LOST).delay, 200);
	assert_int_equal(after(&p, &h, CAUSE_KILLED).verdict, VERDICT_ENOUGH);
	assert_int_equal(restart_decide(&p, &h, CAUSE_KILLED, 4999).verdict, VERDICT_ENOUGH);
	assert_int_equal(h.total, 2);
	assert_int_equal(restart_decide(&p, &h, CAUSE_KILLED, 5000).verdict, VERDICT_AGAIN);
	assert_int_equal(h.total, 1);
	assert_int_equal(h.counts[0], 1);
}

static void
causes_have_rules_and_counts_of_their_own(void **state)
{
	struct restart_policy p = policy_of(
	    "{\"restart\": \"on-failure\", \"restart_limit\": 1, \"restart_delay\": 10, \"restart_causes\": ["
	    "{\"cause\": [\"guest-panic\"], \"restart\": false},"
	    "{\"cause\": [\"out-of-memory\", \"killed\"], \"restart\": true, \"limit\": 2, \"delay\": 7000,"
	    " \"max_delay\": 7000},"
	    "{\"cause\": [\"guest-shutdown\", \"asked\", \"nonsense\"], \"restart\": true, \"limit\": 0}]}");
	struct restart_history h = { 0 };

	assert_int_equal(after(&p, &h, CAUSE_GUEST_PANIC).verdict, VERDICT_END);
	for (int i = 0; i < 9; i++)
		assert_int_equal(after(&p, &h, CAUSE_GUEST_SHUTDOWN).verdict, VERDICT_AGAIN);
	assert_int_equal(after(&p, &h, CAUSE_OUT_OF_MEMORY).delay, 7000);
	assert_int_equal(after(&p, &h, CAUSE_KILLED).delay, 7000);
	assert_int_equal(after(&p, &h, CAUSE_OUT_OF_MEMORY).verdict, VERDICT_ENOUGH);
	assert_int_equal(after(&p, &h, CAUSE_QEMU_CRASHED).verdict, VERDICT_AGAIN);
	assert_int_equal(after(&p, &h, CAUSE_QEMU_CRASHED).verdict, VERDICT_ENOUGH);
	assert_int_equal(after(&p, &h, CAUSE_ASKED).verdict, VERDICT_END);
	assert_int_equal(after(&p, &h, CAUSE_NONE).verdict, VERDICT_END);
	assert_int_equal(h.total, 12);
}

static void
what_was_counted_is_read_back(void **state)
{
	struct restart_history h = { .total = 9, .counts = { 3, 0, 6 } }, again;
	json_t *record = json_object();

	restart_history_write(record, &h);
	restart_history_read(record, &again);
	assert_memory_equal(&h, &again, sizeof(h));
	json_object_set_new(record, "restarts", json_integer(-4));
	json_object_set_new(record, "restart_counts", json_string("many"));
	restart_history_read(record, &again);
	assert_int_equal(again.total, 0);
	assert_int_equal(again.counts[0], 0);
	json_decref(record);
}

/* --- the cause --- */

static const struct end nothing = { .asked = CAUSE_NONE, .up = true, .broken = "", .shutdown = "" };

static void
assert_end(const struct end *e, enum vm_cause cause, const char *words)
{
	struct buf text = { 0 };

	end_add_text(e, &text);
	assert_string_equal(vm_cause_words[end_cause(e)], vm_cause_words[cause]);
	assert_string_equal(text.s, words);
	buf_free(&text);
}

static void
signals_are_told_apart(void **state)
{
	struct end e = nothing;

	e.known = true;
	e.status = SIGKILL;
	assert_end(&e, CAUSE_KILLED, "QEMU was killed by signal 9 (Killed)");
	e.oom = OS_OOM_PERHAPS;
	assert_end(&e, CAUSE_OUT_OF_MEMORY,
	    "QEMU was killed by signal 9 (Killed): perhaps the kernel did it for want of memory, as it "
	    "has to some process meanwhile");
	e.oom = OS_OOM_YES;
	assert_end(&e, CAUSE_OUT_OF_MEMORY,
	    "QEMU was killed by signal 9 (Killed): the kernel did it for want of memory");
	e.starved = true;
	assert_end(&e, CAUSE_OUT_OF_MEMORY,
	    "QEMU was killed by signal 9 (Killed): out of memory, see memory_max");
	e.status = SIGTERM;
	assert_end(&e, CAUSE_KILLED, "QEMU was killed by signal 15 (Terminated)");
	e.status = SIGABRT | 0x80; /* with a core file */
	assert_end(&e, CAUSE_QEMU_CRASHED, "QEMU was killed by signal 6 (Aborted)");
	e.status = SIGSEGV;
	e.up = false;
	assert_end(&e, CAUSE_QEMU_CRASHED, "QEMU was killed by signal 11 (Segmentation fault)");
}

static void
what_qemu_says_of_its_end_counts(void **state)
{
	static const struct {
		const char *reason;
		enum vm_cause cause;
		const char *words;
	} all[] = { { "guest-shutdown", CAUSE_GUEST_SHUTDOWN, "the guest shut down" },
		{ "guest-reset", CAUSE_GUEST_RESET, "the guest asked for a reset" },
		{ "guest-panic", CAUSE_GUEST_PANIC, "the guest panicked" },
		{ "host-qmp-quit", CAUSE_QUIT, "told to quit" },
		{ "host-ui", CAUSE_QUIT, "its window was closed" },
		{ "host-signal", CAUSE_KILLED, "QEMU was ended by a signal" },
		{ "host-error", CAUSE_QEMU_FAILED, "QEMU met an error" } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct end e = nothing;

		e.shutdown = all[i].reason;
		assert_end(&e, all[i].cause, all[i].words);
		e.known = true;
		assert_end(&e, all[i].cause, all[i].words);
		e.asked = CAUSE_ASKED;
		assert_end(&e, CAUSE_ASKED, all[i].words);
	}
}

static void
a_status_is_a_failure_but_for_a_panic(void **state)
{
	struct end e = nothing;

	e.known = true;
	e.status = 1 << 8;
	assert_end(&e, CAUSE_QEMU_FAILED, "QEMU failed with exit status 1");
	e.up = false;
	assert_end(&e, CAUSE_START_FAILED, "QEMU failed with exit status 1");
	e.up = true;
	e.shutdown = "guest-panic";
	assert_end(&e, CAUSE_GUEST_PANIC, "the guest panicked");
	e.status = 0;
	e.shutdown = "";
	e.watchdog = true;
	assert_end(&e, CAUSE_WATCHDOG, "the guest's watchdog fired");
	e.shutdown = "guest-shutdown";
	assert_end(&e, CAUSE_WATCHDOG, "the guest's watchdog fired");
	e.watchdog = false;
	e.shutdown = "something-new";
	assert_end(&e, CAUSE_QEMU_FAILED, "QEMU ended: something-new");
}

static void
what_nobody_saw_is_lost(void **state)
{
	struct end e = nothing;

	assert_end(&e, CAUSE_LOST, "QEMU ended without a word");
	e.oom = OS_OOM_PERHAPS; /* of which there is no sign but that some process was killed */
	assert_end(&e, CAUSE_LOST, "QEMU ended without a word");
	e.oom = OS_OOM_YES;
	assert_end(&e, CAUSE_OUT_OF_MEMORY,
	    "QEMU ended without a word: the kernel did it for want of memory");
	e.broken = "QEMU did not come up in time";
	assert_end(&e, CAUSE_START_FAILED, "QEMU did not come up in time");
	e.broken = "";
	e.asked = CAUSE_HOST_SHUTDOWN;
	e.killing = true;
	assert_end(&e, CAUSE_HOST_SHUTDOWN, "killed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_wants_what_it_says),
		cmocka_unit_test(the_delay_doubles_up_to_its_bound),
		cmocka_unit_test(no_loop_spins),
		cmocka_unit_test(the_limit_is_kept_and_a_long_run_begins_anew),
		cmocka_unit_test(causes_have_rules_and_counts_of_their_own),
		cmocka_unit_test(what_was_counted_is_read_back),
		cmocka_unit_test(signals_are_told_apart),
		cmocka_unit_test(what_qemu_says_of_its_end_counts),
		cmocka_unit_test(a_status_is_a_failure_but_for_a_panic),
		cmocka_unit_test(what_nobody_saw_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
