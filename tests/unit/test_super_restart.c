/* Restarts over the deaths of supervisors, and how events are told. */
#include "super_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "super/event.h"

static bool
restarted(struct place *p, const char *name, int times)
{
	return number(p, name, "restarts") == times && state_is(p, name, "running");
}

static const json_t *
last_of(struct place *p, const char *name, const char *key)
{
	static json_t *last;

	json_decref(last);
	last = super_last(&p->c, name);
	assert_non_null(last);
	return json_object_get(last, key);
}

static void
assert_last(struct place *p, const char *name, const char *state, const char *cause)
{
	assert_string_equal(json_string_value(last_of(p, name, "state")), state);
	assert_string_equal(json_string_value(last_of(p, name, "cause")), cause);
}

static void
an_adoption_forgets_no_restart(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL,
	    "restart = { policy = \"on-failure\"; limit = 2; delay = \"1ms\"; };");

	kill_known(r.qemu);
	wait_until(restarted(p, "web1", 1));
	assert_last(p, "web1", "restarting", "killed");
	know_qemu(number(p, "web1", "pid"));
	kill_supervisor();
	assert_found(p, "web1", FOUND_QEMU);
	know_supervisor(p, "web1");
	assert_int_equal(number(p, "web1", "restarts"), 1);
	kill_known(number(p, "web1", "pid"));
	wait_until(restarted(p, "web1", 2));
	know_qemu(number(p, "web1", "pid"));
	kill_known(number(p, "web1", "pid"));
	assert_ended(p, "web1", false);
	assert_last(p, "web1", "failed", "killed");
	assert_int_equal(json_integer_value(last_of(p, "web1", "signal")), 9);
	assert_logged(p, "web1", "and was restarted 2 times already");
}

static void
where_both_died_the_policy_decides(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL,
	    "restart = { policy = \"on-failure\"; limit = 1; delay = \"1ms\"; };");

	kill_both(r.qemu);
	assert_found(p, "web1", FOUND_RESTART);
	know_supervisor(p, "web1");
	wait_until(restarted(p, "web1", 1));
	assert_last(p, "web1", "restarting", "lost");
	assert_null(super_failure(&p->c, "web1"));
	r.qemu = number(p, "web1", "pid");
	know_qemu(r.qemu);
	kill_both(r.qemu);
	assert_found(p, "web1", FOUND_NOTHING);
	assert_last(p, "web1", "failed", "lost");
	assert_false(is_there(p, "run/web1"));
	assert_true(is_there(p, "lib/failed/web1"));
}

static void
a_supervisor_that_dies_before_a_restart_has_another_wait(void **state)
{
	struct place *p = *state;
	struct super_result r = started(
	    p, "web1", NULL, "restart = { policy = \"always\"; delay = \"500ms\"; };");

	kill_known(r.qemu);
	wait_until(state_is(p, "web1", "restarting"));
	kill_supervisor();
	assert_found(p, "web1", FOUND_RESTART);
	know_supervisor(p, "web1");
	assert_int_equal(number(p, "web1", "restarts"), 1);
	wait_until(restarted(p, "web1", 1));
	know_qemu(number(p, "web1", "pid"));
	/* A row of restarts begins anew where somebody does not want to wait. */
	kill_known(number(p, "web1", "pid"));
	wait_until(state_is(p, "web1", "restarting"));
	does(p, "web1", "start");
	wait_until(restarted(p, "web1", 0));
	know_qemu(number(p, "web1", "pid"));
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
	assert_last(p, "web1", "stopped", "asked");
}

/* Nobody starts again what was being stopped, and who takes over stops it. */
static void
a_stop_outlives_the_supervisor(void **state)
{
	struct place *p = *state;
	struct super_result r =
	    started(p, "web1", "no-powerdown", "restart = \"always\"; stop_timeout = \"200ms\";");
	struct call c = { .name = "web1", .patience = 50, .request = stop_request("", PATIENCE) };

	client_run(&p->c, &c, 1);
	json_decref(c.request);
	assert_int_equal(c.outcome, CALL_SILENT);
	kill_supervisor();
	assert_found(p, "web1", FOUND_QEMU);
	wait_until(!is_there(p, "run/web1"));
	assert_last(p, "web1", "stopped", "asked");
	assert_null(super_failure(&p->c, "web1"));

	r = started(p, "web2", "no-powerdown", "restart = \"always\";");
	c = (struct call){ .name = "web2", .patience = 50, .request = stop_request("", PATIENCE) };
	client_run(&p->c, &c, 1);
	json_decref(c.request);
	kill_both(r.qemu);
	assert_found(p, "web2", FOUND_NOTHING);
	assert_last(p, "web2", "stopped", "asked");
	assert_null(super_failure(&p->c, "web2"));
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void
the_kernels_killer_is_told_from_others(void **state)
{
	struct place *p = *state;
	struct super_result r;

	fake_oom(OS_OOM_YES);
	r = started(p, "web1", NULL,
	    "restart = { policy = \"always\"; causes = { cause = \"out-of-memory\"; restart = false; }; };");
	kill_known(r.qemu);
	assert_ended(p, "web1", false);
	fake_oom(OS_OOM_NO);
	assert_last(p, "web1", "failed", "out-of-memory");
}

/* --- events --- */

static char *
events(struct place *p)
{
	char *text = get(p, "log/" EVENTS_FILE);

	assert_non_null(text);
	return text;
}

static void
assert_event(struct place *p, const char *words)
{
	char *text = events(p);

	if (strstr(text, words) == NULL)
		fail_msg("%s is not in: %s", words, text);
	free(text);
}

static void
each_event_is_a_line_of_json(void **state)
{
	static const char *const expected[] = { "started", "running", "ready", "paused", "resumed",
		"reset", "stopping", "stopped" };
	const size_t nexpected = sizeof(expected) / sizeof(expected[0]);
	struct place *p = *state;
	char *text, *line;
	size_t n = 0;

	started(p, "web1", NULL, "");
	does(p, "web1", "pause");
	does(p, "web1", "resume");
	does(p, "web1", "reset");
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	assert_ended(p, "web1", true);
	text = line = events(p);
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		json_t *o = json_loadb(line, (size_t)(end - line), 0, NULL);

		assert_non_null(o);
		assert_true(n < nexpected);
		assert_string_equal(json_string_value(json_object_get(o, "vm")), "web1");
		assert_string_equal(json_string_value(json_object_get(o, "event")), expected[n++]);
		assert_int_equal(strlen(json_string_value(json_object_get(o, "time"))), 24);
		json_decref(o);
	}
	assert_int_equal(n, nexpected);
	assert_string_equal(line, "");
	free(text);
	assert_event(p, "\"cause\":\"asked\"");
}

static void
a_start_that_fails_is_an_event(void **state)
{
	struct place *p = *state;
	struct super_result r;

	vm_file(p, "web1", "args = (\"-fake\", \"die\");");
	assert_int_equal(start(p, "web1", &r), -1);
	diag_free(&p->d);
	assert_int_equal(supervisor_end(), 1);
	assert_event(p, "\"event\":\"failed\",\"cause\":\"start-failed\"");
	vm_file(p, "web2", "disks = \"/nowhere/disk.img\";");
	assert_int_equal(start(p, "web2", &r), -1);
	diag_free(&p->d);
	assert_int_equal(supervisor_end(), 1);
	assert_event(p, "disks[0]: /nowhere/disk.img: No such file or directory");
	assert_null(super_failure(&p->c, "web2"));
	assert_last(p, "web2", "failed", "start-failed");
}

static void
the_events_file_is_bounded(void **state)
{
	struct place *p = *state;
	char *path = xasprintf("%s/log/" EVENTS_FILE, p->root), *text;
	int fd;

	event_say(&p->c, "web1", EVENT_CREATED, NULL, "made of %s", "nothing");
	fd = open(path, O_WRONLY);
	assert_int_equal(ftruncate(fd, EVENTS_MAX), 0);
	close(fd);
	event_say(&p->c, "web1", EVENT_EDITED, NULL, "the last of this file");
	event_say(&p->c, "web1", EVENT_REMOVED, json_pack("{s:i}", "disks", 2), "the first of the next");
	text = events(p);
	assert_null(strstr(text, "the last of this file"));
	assert_non_null(strstr(text, "\"event\":\"removed\",\"text\":\"the first of the next\",\"disks\":2}"));
	free(text);
	assert_true(is_there(p, "log/" EVENTS_FILE ".1"));
	free(path);
}

static void
the_journal_gets_fields(void **state)
{
	struct place *p = *state;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char got[4096] = "", *wanted;
	ssize_t n;

	folder(p, "host");
	folder(p, "host/run");
	folder(p, "host/run/systemd");
	folder(p, "host/run/systemd/journal");
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/host/run/systemd/journal/socket", p->root);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	event_say(&p->c, "web1", EVENT_CHANGED, json_pack("{s:s}", "from", "one\ntwo"), "a change");
	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	assert_non_null(strstr(got, "MESSAGE=web1: changed: a change\n"));
	assert_non_null(strstr(got, "\nSYSLOG_IDENTIFIER=vmrun\nPRIORITY=6\n"));
	assert_non_null(strstr(got, "\nVMRUN_VM=web1\nVMRUN_EVENT=changed\n"));
	/* A value of several lines has its length before it. */
	wanted = memmem(got, (size_t)n, "\nVMRUN_FROM\n\7\0\0\0\0\0\0\0one\ntwo\n", 28);
	assert_non_null(wanted);
	close(fd);
}

static void
hooks_are_told_and_nobody_waits_for_them(void **state)
{
	struct place *p = *state;
	char *more = xasprintf("hooks = ( { on = [ \"started\", \"stopped\" ]; run = \"%s/hook\"; }, \"%s/slow\" );",
	    p->root, p->root);
	char *text = NULL;
	int64_t began;

	put(p, "hook", 0755,
	    "#!/bin/sh\n"
	    "echo \"$1 $VMRUN_VM $VMRUN_EVENT $VMRUN_CAUSE $VMRUN_RESTARTS\" >>\"${0%/hook}/heard\"\n"
	    "echo to the log; exit 3\n");
	put(p, "slow", 0755, "#!/bin/sh\nsleep 0.3\n");
	began = now_ms();
	started(p, "web1", NULL, more);
	assert_how(ask(p, "web1", stop_request("", PATIENCE)), "the guest shut down");
	assert_true(now_ms() - began < 3000);
	assert_false(is_there(p, "run/web1"));
	assert_ended(p, "web1", true); /* once its hooks have heard */
	text = get(p, "heard");
	assert_non_null(text);
	assert_string_equal(text, "started web1 started  \nstopped web1 stopped asked 0\n");
	assert_logged(p, "web1", "hook: to the log\n");
	assert_logged(p, "web1", "/hook: exit status 3\n");
	free(text);
	free(more);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_adoption_forgets_no_restart),
		test(where_both_died_the_policy_decides),
		test(a_supervisor_that_dies_before_a_restart_has_another_wait),
		test(a_stop_outlives_the_supervisor),
		test(the_kernels_killer_is_told_from_others),
		test(each_event_is_a_line_of_json),
		test(a_start_that_fails_is_an_event),
		test(the_events_file_is_bounded),
		test(the_journal_gets_fields),
		test(hooks_are_told_and_nobody_waits_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
