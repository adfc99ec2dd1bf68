/* Ends that nobody asked for: starts that fail, crashes, restarts, and supervisors that died. */
#include "super_fixture.h"

#include "launch/log_fifo.h"

static void
assert_failure(struct place *p, const char *name, const char *why)
{
	char *mark = super_failure(&p->c, name);

	assert_non_null(mark);
	assert_string_equal(mark, why);
	free(mark);
}

static void
a_start_that_fails_tells_qemus_own_words(void **state)
{
	struct place *p = *state;
	struct super_result r;
	bool before[FDS_MAX];

	descriptors(before);
	vm_file(p, "web1", "args = (\"-fake\", \"die\"); restart = \"always\";");
	assert_int_equal(start(p, "web1", &r), -1);
	assert_string_equal(p->d.text, "QEMU: qemu-system-x86_64: -fake die: no such machine\n"
				       "QEMU: qemu-system-x86_64: giving up\n");
	diag_free(&p->d);
	assert_int_equal(supervisor_end(), 1);
	assert_false(is_there(p, "run/web1"));
	assert_null(super_failure(&p->c, "web1")); /* it never ran */
	assert_logged(p, "web1", "qemu: qemu-system-x86_64: giving up\n");
	assert_same_descriptors(before);
	assert_no_child();
}

static void
a_guest_whose_cpus_cannot_be_bound_does_not_start(void **state)
{
	struct place *p = *state;
	struct super_result r;
	struct plan plan;

	started(p, "web1", NULL, "cpus = { count = 2; pin = ( \"0\", \"1-3\" ); };");
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	vm_file(p, "web1",
	    "args = (\"-fake\", \"no-threads\"); cpus = { pin = \"0\"; }; restart = \"always\";");
	assert_int_equal(start(p, "web1", &r), -1);
	assert_string_equal(p->d.text, "cpus.pin: QEMU does not say which threads its CPUs are\n");
	diag_free(&p->d);
	assert_int_equal(supervisor_end(), 1);
	assert_false(is_there(p, "run/web1"));
	vm_file(p, "web1", "cpus = { pin = \"4\"; };");
	assert_refused(p, plan_make(&p->d, &p->c, "web1", NULL, &plan),
	    "cpus.pin[0]: this host has no CPU 4, but 0-3");
}

static void
a_guest_whose_link_cannot_be_pulled_out_does_not_start(void **state)
{
	struct place *p = *state;
	struct super_result r;

	vm_file(p, "web1",
	    "args = (\"-fake\", \"no-link\"); nics = { user = true; link = false; };");
	assert_int_equal(start(p, "web1", &r), -1);
	assert_string_equal(
	    p->d.text, "the link of a NIC cannot be set: Device 'net0' not found\n");
	diag_free(&p->d);
	assert_int_equal(supervisor_end(), 1);
	assert_false(is_there(p, "run/web1"));
}

static void
a_start_that_fails_before_qemu_says_why(void **state)
{
	struct place *p = *state;
	struct super_result r;

	vm_file(p, "web1", "disks = \"/nowhere/disk.img\";");
	assert_refused(p, start(p, "web1", &r), "disks[0]: /nowhere/disk.img: No such file");
	assert_int_equal(supervisor_end(), 1);
	assert_false(is_there(p, "run/web1"));
	fake_privileged(true);
	vm_file(p, "web1", "nics = ( { bridge = \"br0\"; } );");
	assert_refused(p, start(p, "web1", &r), "nics[0]: bridge br0: there is no such interface");
	assert_int_equal(supervisor_end(), 1);
	assert_false(is_there(p, "run/web1"));
}

static void
a_qemu_that_talks_much_is_heard_and_does_not_hang(void **state)
{
	struct place *p = *state;

	started(p, "web1", "chatter=2000", "");
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "qemu: line 0\n");
	assert_logged(p, "web1", "qemu: line 1999\n");
}

static void
a_qemu_that_never_greets_can_be_killed(void **state)
{
	struct place *p = *state;
	struct super_result r;
	int fd = -1;

	vm_file(p, "web1", "args = (\"-fake\", \"silent\");");
	begin(p, "web1", &fd);
	wait_until(is_there(p, "run/web1/qemu"));
	assert_true(state_is(p, "web1", "starting"));
	assert_error(ask(p, "web1", json_pack("{s:s}", "do", "pause")), "it is not running");
	does(p, "web1", "kill");
	assert_refused(p, super_result(&p->d, fd, supers[0], &r), "killed before it ran");
	assert_int_equal(supervisor_end(), 1);
	assert_false(is_there(p, "run/web1"));
}

static void
a_crash_is_marked_until_the_next_start(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL, "");

	kill_known(r.qemu);
	assert_ended(p, "web1", false);
	assert_failure(p, "web1", "QEMU was killed by signal 9 (Killed)");
	assert_logged(p, "web1", "vmrun: failed (killed): QEMU was killed by signal 9 (Killed)\n");
	started(p, "web1", NULL, "");
	wait_until(!is_there(p, "lib/failed/web1"));
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
who_waits_for_a_vm_that_crashes_is_told(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL, "");
	struct call c[2] = { { .name = "web1",
				 .patience = PATIENCE,
				 .request = json_pack("{s:s,s:s}", "do", "wait", "for", "paused") },
		{ .name = "web1",
		    .patience = PATIENCE,
		    .request = json_pack("{s:s,s:s}", "do", "wait", "for", "stopped") } };
	pid_t killer = fork();

	if (killer == 0) {
		usleep(50000);
		kill_known(r.qemu);
		_exit(0);
	}
	client_run(&p->c, c, 2);
	/* If the killer was the faster, there was nobody to wait with: that is an answer too. */
	assert_true(c[0].outcome == CALL_NOBODY || c[0].outcome == CALL_DIED);
	json_decref(c[1].answer);
	for (int i = 0; i < 2; i++)
		json_decref(c[i].request);
	waitpid(killer, NULL, 0);
	assert_ended(p, "web1", false);
}

static void
an_exit_that_was_asked_for_is_in_order_however_qemu_takes_it(void **state)
{
	struct place *p = *state;

	started(p, "web1", "exit=3", "restart = \"always\";");
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "QEMU failed with exit status 3");
	assert_ended(p, "web1", true);
	started(p, "web2", "signal=6", "restart = \"always\";");
	assert_how(
	    ask(p, "web2", stop_request("", PATIENCE)), "QEMU was killed by signal 6 (Aborted)");
	assert_ended(p, "web2", true);
}

static void
after_a_crash_on_failure_starts_it_again(void **state)
{
	struct place *p = *state;
	struct super_result r =
	    started(p, "web1", NULL, "restart = { policy = \"on-failure\"; delay = \"1ms\"; };");

	kill_known(r.qemu);
	wait_until(number(p, "web1", "restarts") == 1 && state_is(p, "web1", "running"));
	assert_int_not_equal(number(p, "web1", "pid"), r.qemu);
	know_qemu(number(p, "web1", "pid"));
	assert_logged(p, "web1", "QEMU was killed by signal 9 (Killed); restart 1 follows\n");
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	assert_ended(p, "web1", true);
}

static void
on_failure_leaves_an_end_in_order_alone(void **state)
{
	struct place *p = *state;

	started(p, "web1", "once", "restart = { policy = \"on-failure\"; delay = \"1ms\"; };");
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "stopped (guest-shutdown): the guest shut down\n");
}

static void
always_has_a_limit(void **state)
{
	struct place *p = *state;

	started(
	    p, "web1", "once", "restart = { policy = \"always\"; limit = 3; delay = \"1ms\"; };");
	assert_ended(p, "web1", false);
	assert_failure(p, "web1", "the guest shut down, and was restarted 3 times already");
	assert_logged(p, "web1", "the guest shut down; restart 3 follows\n");
}

static void
a_limit_of_0_is_none(void **state)
{
	struct place *p = *state;

	started(
	    p, "web1", "once", "restart = { policy = \"always\"; limit = 0; delay = \"1ms\"; };");
	wait_until(number(p, "web1", "restarts") > 7);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
a_stop_ends_the_wait_for_a_restart(void **state)
{
	static const char *const ways[] = { "soft", "hard", "" };
	struct place *p = *state;
	struct super_result r;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		r = started(p, "web1", NULL, "restart = { policy = \"always\"; delay = \"1h\"; };");
		kill_known(r.qemu);
		wait_until(state_is(p, "web1", "restarting"));
		assert_error(
		    ask(p, "web1", json_pack("{s:s}", "do", "reset")), "it is not running");
		assert_how(ask(p, "web1", stop_request(ways[i], PATIENCE)),
		    "stopped before it was started again");
		assert_ended(p, "web1", true);
	}
}

/* The next run has as many CPUs as it says by then. */
static void
a_restart_goes_by_the_file_as_it_is_then(void **state)
{
	struct place *p = *state;
	struct super_result r =
	    started(p, "web1", NULL, "restart = { policy = \"always\"; delay = \"1ms\"; };");

	vm_file(p, "web1", "cpus = 2; restart = \"always\";");
	kill_known(r.qemu);
	while (number(p, "web1", "cpus") != 2)
		usleep(10000);
	does(p, "web1", "kill");
	assert_int_equal(supervisor_end(), 0);
}

/* No VM is lost for what somebody has written into its file. */
static void
a_restart_whose_file_is_wrong_is_as_it_ran(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL,
	    "restart = { policy = \"always\"; delay = \"1ms\"; }; cpus = 3;");

	vm_file(p, "web1", "memory = 12;");
	kill_known(r.qemu);
	while (number(p, "web1", "pid") == r.qemu || !state_is(p, "web1", "running"))
		usleep(10000);
	assert_int_equal(number(p, "web1", "cpus"), 3);
	assert_logged(p, "web1", "as it ran before, because of its file: ");
	assert_logged(p, "web1", "web1.conf:3: memory: ");
	does(p, "web1", "kill");
	assert_int_equal(supervisor_end(), 0);
	assert_false(is_there(p, "run/web1"));
}

static void
a_restart_that_dies_at_once_counts(void **state)
{
	struct place *p = *state;
	struct super_result r = started(
	    p, "web1", NULL, "restart = { policy = \"on-failure\"; limit = 2; delay = \"1ms\"; };");

	vm_file(p, "web1",
	    "args = (\"-fake\", \"die\");\n"
	    "restart = { policy = \"on-failure\"; limit = 2; delay = \"1ms\"; };");
	kill_known(r.qemu);
	assert_ended(p, "web1", false);
	assert_failure(
	    p, "web1", "QEMU failed with exit status 1, and was restarted 2 times already");
}

/* QEMU, which holds its end of the log, has ended. */
static void
assert_nobody_writes(int fifo)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fifo, part, sizeof(part))) > 0)
		continue;
	assert_int_equal(n, 0);
}

/* Each call of the system in turn, in the supervisor, which inherits what is to fail. */
static void
whatever_call_fails_in_a_supervisor_nothing_is_left(void **state)
{
	struct place *p = *state;
	unsigned failed = 0;

	fake_privileged(true);
	fake_link_add("br0", "bridge", 1500);
	vm_file(p, "web1", "nics = ( { bridge = \"br0\"; } );");
	for (unsigned n = 1; n <= 9; n++) {
		static const struct super_ballast none = { 0 };
		struct runtime r = RUNTIME_NONE;
		struct super_result result;
		struct plan plan;
		int fd = -1, fifo;

		assert_done(p, plan_make(&p->d, &p->c, "web1", NULL, &plan));
		assert_done(p, runtime_lock(&p->d, &p->c, "web1", &r));
		fifo = log_fifo_reader(&p->d, r.dir, LOG_FIFO);
		assert_true(fifo != -1);
		fake_fail_at(n, ENOMEM);
		assert_done(p, super_start(&p->d, &p->c, &plan, &r, none, &fd, &supers[nsupers]));
		fake_fail_at(0, 0);
		nsupers++;
		if (super_result(&p->d, fd, supers[0], &result) == 0) {
			know_qemu(result.qemu);
			does(p, "web1", "kill");
			assert_int_equal(supervisor_end(), 0);
		} else {
			failed++;
			assert_true(says(&p->d, "Cannot allocate memory"));
			diag_free(&p->d);
			assert_int_equal(supervisor_end(), 1);
		}
		assert_false(is_there(p, "run/web1"));
		assert_nobody_writes(fifo);
		fd_close(&fifo);
	}
	assert_true(failed >= 6);
}

static void
a_supervisor_that_died_is_replaced(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL, "");

	kill_supervisor();
	assert_found(p, "web1", FOUND_QEMU);
	know_supervisor(p, "web1");
	wait_until(state_is(p, "web1", "running"));
	assert_int_equal(number(p, "web1", "pid"), r.qemu);
	assert_logged(p, "web1", "adopted QEMU, pid ");
	assert_found(p, "web1", FOUND_BUSY);
	does(p, "web1", "pause");
	assert_true(state_is(p, "web1", "paused"));
	kill_supervisor(); /* and that one too, with a guest that is paused */
	assert_found(p, "web1", FOUND_QEMU);
	know_supervisor(p, "web1");
	wait_until(state_is(p, "web1", "paused"));
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	assert_ended(p, "web1", true);
}

static void
an_adopted_qemu_that_crashes_is_restarted_as_its_record_says(void **state)
{
	struct place *p = *state;
	struct super_result r =
	    started(p, "web1", NULL, "restart = { policy = \"on-failure\"; delay = \"1ms\"; };");

	kill_supervisor();
	assert_found(p, "web1", FOUND_QEMU);
	know_supervisor(p, "web1");
	kill_known(r.qemu);
	wait_until(number(p, "web1", "restarts") == 1 && state_is(p, "web1", "running"));
	know_qemu(number(p, "web1", "pid"));
	assert_logged(p, "web1", "QEMU ended without a word; restart 1 follows\n");
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
where_both_died_only_log_and_mark_are_left(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL, "");

	struct pollfd end = { .fd = qemu_fds[0], .events = POLLIN };

	assert_int_equal(kill(supers[0], SIGSTOP), 0); /* so that it cannot notice */
	kill_known(r.qemu);
	assert_int_equal(poll(&end, 1, -1), 1);
	kill_supervisor();
	assert_found(p, "web1", FOUND_NOTHING);
	assert_false(is_there(p, "run/web1"));
	assert_failure(p, "web1", "QEMU and its supervisor were found dead");
	assert_logged(p, "web1", "failed (lost): QEMU and its supervisor were found dead\n");
	started(p, "web1", NULL, "");
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
what_is_left_of_a_start_without_qemu_is_removed(void **state)
{
	struct place *p = *state;

	assert_found(p, "web1", FOUND_NOTHING);
	assert_false(is_there(p, "run")); /* and nothing is made for one that was never there */
	folder(p, "run");
	private_folder(p, "run/web1");
	put(p, "run/web1/lock", 0600, "");
	put(p, "run/web1/control.sock", 0600, "");
	put(p, "run/web1/qemu.new", 0600, "{");
	assert_found(p, "web1", FOUND_NOTHING);
	assert_false(is_there(p, "run/web1"));
	assert_null(super_failure(&p->c, "web1"));
}

static void
a_record_that_nobody_can_read_is_left_for_a_person(void **state)
{
	struct place *p = *state;
	enum super_found found;

	folder(p, "run");
	private_folder(p, "run/web1");
	put(p, "run/web1/lock", 0600, "");
	put(p, "run/web1/qemu", 0600, "{\"pid\": 1");
	assert_refused(p, super_recover(&p->d, &p->c, "web1", &found), "damaged");
	assert_true(is_there(p, "run/web1/qemu"));
	/* Nobody holds it: the next who looks says the same. */
	assert_refused(p, super_recover(&p->d, &p->c, "web1", &found), "damaged");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_start_that_fails_tells_qemus_own_words),
		test(a_guest_whose_cpus_cannot_be_bound_does_not_start),
		test(a_guest_whose_link_cannot_be_pulled_out_does_not_start),
		test(a_start_that_fails_before_qemu_says_why),
		test(a_qemu_that_talks_much_is_heard_and_does_not_hang),
		test(a_qemu_that_never_greets_can_be_killed),
		test(a_crash_is_marked_until_the_next_start),
		test(who_waits_for_a_vm_that_crashes_is_told),
		test(an_exit_that_was_asked_for_is_in_order_however_qemu_takes_it),
		test(after_a_crash_on_failure_starts_it_again),
		test(on_failure_leaves_an_end_in_order_alone),
		test(always_has_a_limit),
		test(a_limit_of_0_is_none),
		test(a_stop_ends_the_wait_for_a_restart),
		test(a_restart_goes_by_the_file_as_it_is_then),
		test(a_restart_whose_file_is_wrong_is_as_it_ran),
		test(a_restart_that_dies_at_once_counts),
		test(whatever_call_fails_in_a_supervisor_nothing_is_left),
		test(a_supervisor_that_died_is_replaced),
		test(an_adopted_qemu_that_crashes_is_restarted_as_its_record_says),
		test(where_both_died_only_log_and_mark_are_left),
		test(what_is_left_of_a_start_without_qemu_is_removed),
		test(a_record_that_nobody_can_read_is_left_for_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
