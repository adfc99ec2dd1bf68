/* The life of a VM: started, paused, resumed, reset, and stopped in every way there is. */
#include "super_fixture.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "conf/trail.h"
#include "launch/resolved.h"

static void
a_vm_runs_pauses_resumes_and_stops(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL, "");

	assert_true(state_is(p, "web1", "running"));
	assert_int_equal(number(p, "web1", "pid"), r.qemu);
	assert_int_equal(number(p, "web1", "supervisor"), supers[0]);
	assert_string_equal(r.accel, "tcg");
	assert_false(r.own_uid);
	for (int i = 0; i < 2; i++) {
		does(p, "web1", "pause"); /* twice is as good as once */
		assert_true(state_is(p, "web1", "paused"));
	}
	does(p, "web1", "resume");
	does(p, "web1", "resume");
	assert_true(state_is(p, "web1", "running"));
	does(p, "web1", "reset");
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "vmrun: started: " FAKE_QEMU ", pid ");
	assert_logged(p, "web1", "vmrun: reset: the guest was reset\n");
	assert_logged(p, "web1", "vmrun: stopped (asked): the guest shut down\n");
	assert_no_child();
}

static void
status_is_the_record_without_what_is_nobodys_business(void **state)
{
	struct place *p = *state;
	json_t *a;

	started(p, "web1", NULL, "nics = ( { user = true; } );");
	a = status(p, "web1");
	assert_string_equal(json_string_value(json_object_get(a, "name")), "web1");
	assert_int_equal(json_array_size(json_object_get(a, "nics")), 1);
	assert_int_equal(json_integer_value(json_object_get(a, "memory")), 64 << 20);
	assert_null(json_object_get(a, "start"));
	assert_null(json_object_get(a, "boot"));
	json_decref(a);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
the_lock_is_the_supervisors(void **state)
{
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;

	started(p, "web1", NULL, "");
	assert_refused(p, runtime_lock(&p->d, &p->c, "web1", &r), "another vmrun");
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
what_the_keys_came_to_is_there_once_a_start_is_told(void **state)
{
	struct place *p = *state;
	struct conf_trail trail;

	started(p, "web1", NULL, "cpus = 3;");
	assert_done(p, resolved_read(&p->d, &p->c, "web1", &trail));
	assert_string_equal(conf_trail_find(&trail, "cpus.count")->text, "3");
	conf_trail_free(&trail);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
a_start_whose_keys_cannot_be_kept_leaves_no_qemu(void **state)
{
	static const struct super_ballast none = { 0 };
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;
	struct super_result result;
	struct plan plan;
	char *blocked = in_root(p, "run/web1/resolved.new");
	int fd = -1;

	vm_file(p, "web1", "");
	assert_done(p, plan_make(&p->d, &p->c, "web1", NULL, &plan));
	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &r));
	assert_int_equal(mkdir(blocked, 0700), 0);
	assert_done(p, super_start(&p->d, &p->c, &plan, &r, none, &fd, &supers[nsupers]));
	nsupers++;
	assert_refused(p, super_result(&p->d, fd, supers[nsupers - 1], &result), "run/web1/resolved");
	assert_int_equal(supervisor_end(), 1);
	assert_int_equal(rmdir(blocked), 0);
	assert_no_child();
	free(blocked);
}

static void
a_stop_wakes_a_paused_guest(void **state)
{
	struct place *p = *state;

	started(p, "web1", NULL, "");
	does(p, "web1", "pause");
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	assert_ended(p, "web1", true);
}

static void
a_guest_that_is_told_to_wait_has_started(void **state)
{
	struct place *p = *state;
	struct super_result r;

	vm_file(p, "web1", "args = \"-S\";");
	assert_done(p, start(p, "web1", &r));
	assert_true(state_is(p, "web1", "paused"));
	does(p, "web1", "resume");
	assert_true(state_is(p, "web1", "running"));
	assert_how(ask(p, "web1", stop_request("hard", 0)), "told to quit");
	assert_ended(p, "web1", true);
}

static void
a_guest_that_does_not_shut_down_is_quit(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-powerdown", "");
	assert_how(ask(p, "web1", stop_request("", 50)), "told to quit");
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "the guest did not shut down in time\n");
}

static void
the_files_timeout_holds_where_none_is_said(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-powerdown", "stop_timeout = \"50ms\";");
	assert_how(ask(p, "web1", json_pack("{s:s}", "do", "stop")), "told to quit");
	assert_ended(p, "web1", true);
}

static void
a_soft_stop_gives_up_and_the_guest_runs_on(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-powerdown", "restart = \"always\";");
	assert_error(ask(p, "web1", stop_request("soft", 50)),
	    "the guest did not shut down in time and runs on");
	assert_true(state_is(p, "web1", "running"));
	does(p, "web1", "pause");
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "stopped (asked): killed\n");
}

static void
a_stop_that_is_asked_again_is_as_strong_as_the_strongest(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-powerdown", "");
	assert_both_told(p, stop_request("", PATIENCE), stop_request("hard", 0),
	    "told to quit");
	assert_ended(p, "web1", true);
}

static void
a_qemu_that_does_not_quit_is_killed(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-quit", "");
	assert_how(ask(p, "web1", stop_request("hard", 0)), "killed");
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "QEMU did not quit in time\n");
}

static void
a_kill_does_not_ask(void **state)
{
	struct place *p = *state;

	started(p, "web1", "no-powerdown", "");
	assert_how(ask(p, "web1", json_pack("{s:s}", "do", "kill")), "killed");
	assert_ended(p, "web1", true);
}

static void
a_signal_to_the_supervisor_stops_the_guest(void **state)
{
	struct place *p = *state;

	started(p, "web1", NULL, "restart = \"always\";");
	assert_int_equal(kill(supers[0], SIGTERM), 0);
	assert_ended(p, "web1", true);
	assert_logged(p, "web1", "told to end by a signal\n");
	assert_logged(p, "web1", "stopped (host-shutdown): the guest shut down\n");
	started(p, "web2", "no-powerdown", "stop_timeout = \"50ms\";");
	assert_int_equal(kill(supers[0], SIGTERM), 0);
	assert_ended(p, "web2", true);
	assert_logged(p, "web2", "stopped (host-shutdown): told to quit\n");
}

static void
who_waits_is_answered_when_it_is_so(void **state)
{
	struct place *p = *state;
	struct call c[4] = { { .request = json_pack("{s:s,s:s}", "do", "wait", "for", "running") },
		{ .request = json_pack("{s:s,s:s}", "do", "wait", "for", "paused") },
		{ .request = json_pack("{s:s}", "do", "pause") },
		{ .request = json_pack("{s:s,s:s}", "do", "wait", "for", "ready") } };

	started(p, "web1", NULL, "");
	for (int i = 0; i < 4; i++) {
		c[i].name = "web1";
		c[i].patience = PATIENCE;
	}
	client_run(&p->c, c, 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(c[i].outcome, CALL_ANSWERED);
		assert_int_equal(json_is_true(json_object_get(c[i].answer, "ok")), i < 3);
		json_decref(c[i].answer);
		json_decref(c[i].request);
	}
	c[0] = (struct call){ .name = "web1",
		.patience = PATIENCE,
		.request = json_pack("{s:s,s:s}", "do", "wait", "for", "stopped") };
	c[1] = (struct call){ .name = "web1",
		.patience = PATIENCE,
		.request = json_pack("{s:s,s:s}", "do", "wait", "for", "running") };
	c[2] = (struct call){
		.name = "web1", .patience = PATIENCE, .request = json_pack("{s:s}", "do", "kill")
	};
	client_run(&p->c, c, 3);
	assert_how(c[0].answer, "killed");
	assert_int_equal(c[1].outcome, CALL_DIED); /* it never will be so again */
	assert_null(c[1].answer);
	assert_how(c[2].answer, "killed");
	for (int i = 0; i < 3; i++)
		json_decref(c[i].request);
	assert_ended(p, "web1", true);
}

static void
nobody_answers_for_a_vm_that_is_stopped(void **state)
{
	struct place *p = *state;
	json_t *answer;

	assert_int_equal(call(p, "web1", json_pack("{s:s}", "do", "status"), &answer), CALL_NOBODY);
	assert_null(answer);
	folder(p, "run");
	folder(p, "run/web1");
	assert_int_equal(call(p, "web1", json_pack("{s:s}", "do", "status"), &answer), CALL_NOBODY);
}

/* A socket that nobody listens to, and a lock that somebody holds: on a system where a full queue
 * looks the same, that somebody may be a supervisor that is busy. */
static void
refused_is_nobody_or_busy_as_the_system_means_it(void **state)
{
	static const struct {
		const char *system;
		bool held;
		enum call_outcome outcome;
	} cases[] = { { "linux", true, CALL_NOBODY }, { "freebsd", false, CALL_NOBODY },
		{ "freebsd", true, CALL_SILENT }, { "darwin", true, CALL_SILENT } };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = { .name = "web1", .patience = 50 };
		struct runtime r = RUNTIME_NONE;
		char *path;
		int fd;

		fake_system(cases[i].system);
		assert_done(p, runtime_lock(&p->d, &p->c, "web1", &r));
		path = runtime_path(&p->c, "web1", "control.sock");
		fd = unix_listen(path);
		assert_true(fd != -1);
		fd_close(&fd);
		if (!cases[i].held)
			assert_int_equal(flock(r.lock, LOCK_UN), 0);
		c.request = json_pack("{s:s}", "do", "status");
		client_run(&p->c, &c, 1);
		assert_int_equal(c.outcome, cases[i].outcome);
		json_decref(c.request);
		runtime_remove(&r);
		free(path);
	}
}

static void
tell_ready(const struct super_result *result, void *arg)
{
	const int *out = arg;

	(void)!write(*out, &result->qemu, sizeof(result->qemu));
}

static void
in_the_foreground_it_is_this_process_until_the_end(void **state)
{
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;
	struct plan plan;
	int ready[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t qemu;

	vm_file(p, "web1", "");
	assert_int_equal(fd_pipe(ready), 0);
	supers[nsupers] = fork();
	if (supers[nsupers] == 0) {
		dup2(null, STDERR_FILENO); /* where its log is said as well */
		if (plan_make(&p->d, &p->c, "web1", NULL, &plan) == -1 ||
		    runtime_lock(&p->d, &p->c, "web1", &r) == -1)
			_exit(99);
		_exit(super_foreground(&p->d, &p->c, &plan, &r,
			  &(struct super_ready){ tell_ready, &ready[1] }) == 0
			  ? 0
			  : 1);
	}
	nsupers++;
	fd_close(&ready[1]);
	assert_int_equal(read(ready[0], &qemu, sizeof(qemu)), sizeof(qemu));
	know_qemu(qemu);
	assert_int_equal(number(p, "web1", "supervisor"), supers[0]);
	assert_int_equal(kill(supers[0], SIGINT), 0);
	assert_ended(p, "web1", true);
	fd_close(&ready[0]);
	fd_close(&null);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_vm_runs_pauses_resumes_and_stops),
		test(status_is_the_record_without_what_is_nobodys_business),
		test(the_lock_is_the_supervisors),
		test(what_the_keys_came_to_is_there_once_a_start_is_told),
		test(a_start_whose_keys_cannot_be_kept_leaves_no_qemu),
		test(a_stop_wakes_a_paused_guest),
		test(a_guest_that_is_told_to_wait_has_started),
		test(a_guest_that_does_not_shut_down_is_quit),
		test(the_files_timeout_holds_where_none_is_said),
		test(a_soft_stop_gives_up_and_the_guest_runs_on),
		test(a_stop_that_is_asked_again_is_as_strong_as_the_strongest),
		test(a_qemu_that_does_not_quit_is_killed),
		test(a_kill_does_not_ask),
		test(a_signal_to_the_supervisor_stops_the_guest),
		test(who_waits_is_answered_when_it_is_so),
		test(nobody_answers_for_a_vm_that_is_stopped),
		test(refused_is_nobody_or_busy_as_the_system_means_it),
		test(in_the_foreground_it_is_this_process_until_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
