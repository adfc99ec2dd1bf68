/* A stop that meets another, a broken connection, or a number that is too large. */
#include "super_fixture.h"

/* By a guest that was still booting; a second stop does not end the repeating. */
static void
a_button_that_was_missed_is_pressed_again(void **state)
{
	struct place *p = *state;

	started(p, "web1", "powerdown=2", "");
	assert_both_told(p, stop_request("", PATIENCE), stop_request("", PATIENCE),
	    "the guest shut down");
	assert_ended(p, "web1", true);
}

static void
a_soft_stop_takes_nothing_from_a_stop_under_way(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-powerdown", "");
	assert_both_told(p, stop_request("", PATIENCE), stop_request("soft", 50),
	    "told to quit");
	assert_ended(p, "web1", true);
}

static void
a_timeout_of_ages_is_not_one_of_nothing(void **state)
{
	struct place *p = *state;
	struct call c = { .name = "web1",
		.patience = 300,
		.request = json_pack("{s:s,s:I}", "do", "stop", "timeout", (json_int_t)INT64_MAX) };

	started(p, "web1", "no-powerdown", "");
	client_run(&p->c, &c, 1);
	assert_int_equal(c.outcome, CALL_SILENT);
	json_decref(c.request);
	assert_true(state_is(p, "web1", "stopping"));
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
a_soft_stop_never_kills_though_the_connection_is_broken(void **state)
{
	struct place *p = *state;

	started(p, "web1", "hangup", "");
	does(p, "web1", "reset"); /* upon which this QEMU hangs up */
	assert_how(ask(p, "web1", stop_request("soft", PATIENCE)), "the guest shut down");
	assert_ended(p, "web1", true);
}

static void
as_many_as_there_are_places_are_answered_at_once(void **state)
{
	struct place *p = *state;
	struct call c[60];

	started(p, "web1", NULL, "");
	for (int i = 0; i < 60; i++)
		c[i] = (struct call){ .name = "web1",
			.request = json_pack("{s:s}", "do", "status"),
			.patience = PATIENCE };
	client_run(&p->c, c, 60);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(c[i].outcome, CALL_ANSWERED);
		json_decref(c[i].answer);
		json_decref(c[i].request);
	}
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_button_that_was_missed_is_pressed_again),
		test(a_soft_stop_takes_nothing_from_a_stop_under_way),
		test(a_timeout_of_ages_is_not_one_of_nothing),
		test(a_soft_stop_never_kills_though_the_connection_is_broken),
		test(as_many_as_there_are_places_are_answered_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
