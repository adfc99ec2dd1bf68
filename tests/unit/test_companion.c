/* Processes beside QEMU: started, heard, adopted and ended, and nothing of them left. */
#include "vm_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "launch/companion.h"
#include "qemu/argv.h"

/* What a supervisor has of a VM's companions. */
struct beside {
	struct place *p;
	struct runtime r;
	struct companions cs;
	json_t *record;
	bool before[FDS_MAX];
};

static void
begin(struct beside *b, struct place *p)
{
	*b = (struct beside){ .p = p, .r = RUNTIME_NONE, .record = json_object() };
	descriptors(b->before);
	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &b->r));
}

/* A shell with that script; in place of c, if that is not NULL. */
static int
start_for(struct beside *b, const char *name, const char *script, struct companion *c)
{
	struct argv argv = { 0 };
	struct companion_wish wish = { .name = name, .argv = &argv, .dir = -1 };
	int result;

	argv_add(&argv, "/bin/sh");
	argv_add(&argv, "-c");
	argv_add(&argv, script);
	if (c != NULL)
		result = companion_start_again(&b->p->d, &b->r, b->record, &wish, c);
	else
		result = companion_start(&b->p->d, &b->r, b->record, &wish, &b->cs);
	argv_free(&argv);
	return result;
}

static int
start(struct beside *b, const char *name, const char *script)
{
	return start_for(b, name, script, NULL);
}

static void
nothing_left(struct beside *b)
{
	runtime_remove(&b->r);
	json_decref(b->record);
	assert_false(is_there(b->p, "run/web1"));
	assert_no_child();
	assert_same_descriptors(b->before);
}

static void
end(struct beside *b)
{
	assert_done(b->p, companions_end(&b->p->d, b->record, &b->cs));
	assert_null(b->cs.v);
	assert_null(json_object_get(b->record, "companions"));
	nothing_left(b);
}

/* All that it says until it falls silent for a while, which is once it has said the last word. */
static void
assert_says(const struct companion *c, const char *words)
{
	char text[256] = "";
	size_t len = 0;

	while (strcmp(text, words) != 0) {
		struct pollfd in = { .fd = c->words, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&in, 1, 20000), 1);
		n = read(c->words, text + len, sizeof(text) - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
		assert_int_equal(strncmp(text, words, len), 0);
	}
}

static const json_t *
recorded(const json_t *record, size_t i)
{
	return json_array_get(json_object_get(record, "companions"), i);
}

static void
await(const struct companion *c)
{
	struct pollfd in = { .fd = c->fd, .events = POLLIN };

	assert_int_equal(poll(&in, 1, 20000), 1);
}

static void
one_is_in_the_record_before_it_runs_and_is_heard(void **state)
{
	struct beside b;
	json_t *read;

	begin(&b, *state);
	assert_done(b.p, start(&b, "swtpm", "echo hello; echo again >&2; exec sleep 60"));
	assert_done(b.p, record_read(&b.p->d, b.r.dir, &read));
	assert_true(json_equal(read, b.record));
	assert_int_equal(record_proc(recorded(read, 0)).pid, b.cs.v[0].proc.pid);
	json_decref(read);
	assert_says(&b.cs.v[0], "hello\nagain\n");
	end(&b);
}

static void
it_has_the_descriptors_of_its_wish_and_no_other(void **state)
{
	struct argv argv = { 0 };
	struct companion_wish wish = { .name = "swtpm", .argv = &argv, .dir = -1, .nfds = 1 };
	struct beside b;
	int qemu, own;

	begin(&b, *state);
	assert_done(b.p, companion_pair(&b.p->d, &qemu, &own));
	wish.fds = &own;
	argv_add(&argv, "/bin/sh");
	argv_add(&argv, "-c");
	argv_addf(&argv,
	    "echo word >&%d; for f in /dev/fd/*; do case $f in "
	    "*/[012]|*/%d) ;; *) [ ! -e $f ] || echo $f;; esac; done; echo end",
	    own, own);
	assert_done(b.p, companion_start(&b.p->d, &b.r, b.record, &wish, &b.cs));
	assert_says(&b.cs.v[0], "end\n");
	argv_free(&argv);
	fd_close(&qemu);
	fd_close(&own);
	end(&b);
}

static void
another_can_take_the_place_of_one(void **state)
{
	struct beside b;
	pid_t first;
	json_t *read;

	begin(&b, *state);
	assert_done(b.p, start(&b, "passt0", "echo first; exec sleep 60"));
	assert_done(b.p, start(&b, "swtpm", "exec sleep 60"));
	assert_says(&b.cs.v[0], "first\n");
	first = b.cs.v[0].proc.pid;
	assert_done(b.p, companion_stop(&b.p->d, &b.cs.v[0], b.record));
	assert_int_equal(kill(first, 0), -1);
	assert_int_equal(b.cs.v[0].fd, -1);
	assert_string_equal(json_string_value(json_object_get(recorded(b.record, 0), "ended")),
	    "killed by signal 15 (Terminated)");
	/* One that has ended is stopped already. */
	assert_done(b.p, companion_stop(&b.p->d, &b.cs.v[0], b.record));
	assert_done(b.p, start_for(&b, "passt0", "echo second; exec sleep 60", &b.cs.v[0]));
	assert_says(&b.cs.v[0], "second\n");
	assert_int_equal(b.cs.n, 2);
	assert_int_equal(json_array_size(json_object_get(b.record, "companions")), 2);
	assert_done(b.p, record_read(&b.p->d, b.r.dir, &read));
	assert_int_equal(record_proc(recorded(read, 1)).pid, b.cs.v[0].proc.pid);
	json_decref(read);
	end(&b);
}

static void
one_that_cannot_be_executed_was_never_there(void **state)
{
	struct argv argv = { 0 };
	struct companion_wish wish = { .name = "swtpm", .argv = &argv, .dir = -1 };
	struct beside b;

	begin(&b, *state);
	argv_add(&argv, "/nonexistent/swtpm");
	assert_refused(b.p, companion_start(&b.p->d, &b.r, b.record, &wish, &b.cs),
	    "swtpm: cannot execute it: No such file or directory");
	argv_free(&argv);
	assert_null(json_object_get(b.record, "companions"));
	end(&b);
}

static void
all_are_ended_also_one_that_will_not(void **state)
{
	struct beside b;

	begin(&b, *state);
	assert_done(b.p, start(&b, "swtpm", "exec sleep 60"));
	assert_done(
	    b.p, start(&b, "virtiofsd0", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"));
	assert_done(b.p, start(&b, "virtiofsd1", "exit 3"));
	assert_says(&b.cs.v[1], "deaf\n");
	end(&b);
}

static void
the_end_of_one_is_told_and_recorded(void **state)
{
	char how[64];
	struct beside b;

	begin(&b, *state);
	assert_done(b.p, start(&b, "swtpm", "exit 3"));
	assert_done(b.p, start(&b, "virtiofsd0", "kill -9 $$"));
	await(&b.cs.v[0]);
	await(&b.cs.v[1]);
	companion_ended(&b.cs.v[0], b.record, how);
	assert_string_equal(how, "exit status 3");
	assert_string_equal(
	    json_string_value(json_object_get(recorded(b.record, 0), "ended")), how);
	assert_int_equal(record_proc(recorded(b.record, 0)).pid, 0);
	companion_ended(&b.cs.v[1], b.record, how);
	assert_string_equal(how, "killed by signal 9 (Killed)");
	end(&b);
}

/* As a supervisor that starts them and is killed: they belong to nobody then. */
static void
abandon(struct beside *b)
{
	pid_t pid = fork();

	if (pid == 0) {
		bool done = start(b, "swtpm", "echo one; exec sleep 60") == 0 &&
			    start(b, "virtiofsd0", "exec sleep 60") == 0;

		if (done)
			kill(b->cs.v[1].proc.pid, SIGKILL);
		_exit(done ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &(int){ 0 }, 0), pid);
	json_decref(b->record);
	assert_done(b->p, record_read(&b->p->d, b->r.dir, &b->record));
}

static void
those_of_a_supervisor_that_died_are_adopted(void **state)
{
	struct beside b;
	struct os_proc proc;
	char how[64];

	begin(&b, *state);
	abandon(&b);
	companions_adopt(b.record, &b.cs);
	assert_int_equal(b.cs.n, 2);
	assert_string_equal(b.cs.v[0].name, "swtpm");
	proc = b.cs.v[1].proc;
	wait_until(os_proc_find(&b.p->d, proc.pid, &proc) == -1);
	diag_free(&b.p->d);
	assert_done(b.p, companions_open(&b.p->d, &b.r, &b.cs));
	assert_true(b.cs.v[0].fd != -1);
	assert_true(b.cs.v[1].ended);
	companion_ended(&b.cs.v[1], b.record, how);
	assert_string_equal(how, "nobody saw how");
	end(&b);
}

static void
those_of_a_vm_that_was_found_dead_are_ended(void **state)
{
	struct beside b;
	struct os_proc proc;

	begin(&b, *state);
	abandon(&b);
	companions_adopt(b.record, &b.cs);
	proc = b.cs.v[0].proc;
	end(&b);
	assert_int_equal(os_proc_find(&((struct place *)*state)->d, proc.pid, &proc), -1);
	diag_free(&((struct place *)*state)->d);
}

static void
status_says_who_they_are_and_not_how_they_are_known(void **state)
{
	json_t *record =
	    json_pack("{s:[{s:s,s:i,s:i,s:s},{s:s,s:s}]}", "companions", "name", "swtpm", "pid", 7,
		"start", 8, "boot", "b", "name", "virtiofsd0", "ended", "exit status 1");
	json_t *want = json_pack("[{s:s,s:i},{s:s,s:s}]", "name", "swtpm", "pid", 7, "name",
	    "virtiofsd0", "ended", "exit status 1");
	json_t *got = companions_status(record);

	assert_true(json_equal(got, want));
	assert_null(companions_status(want));
	json_decref(record);
	json_decref(want);
	json_decref(got);
}

static void
a_listener_gives_one_connection_and_has_no_name(void **state)
{
	struct beside b;
	int qemu = -1, listening = -1, peer;
	char word[4];

	begin(&b, *state);
	assert_done(b.p, companion_listener(&b.p->d, &b.r, &qemu, &listening));
	assert_int_equal(write(qemu, "word", 4), 4);
	peer = accept(listening, NULL, NULL);
	assert_true(peer != -1);
	assert_int_equal(read(peer, word, 4), 4);
	assert_memory_equal(word, "word", 4);
	assert_int_equal(fcntl(qemu, F_GETFD) & fcntl(listening, F_GETFD), FD_CLOEXEC);
	fd_close(&peer);
	fd_close(&qemu);
	fd_close(&listening);
	end(&b);
}

static void
a_program_that_is_missing_is_named_with_its_package(void **state)
{
	struct place *p = *state;
	char *path = NULL;

	assert_refused(p, companion_find(&p->d, "no-such-program", "some-package", &path),
	    "no-such-program is not installed (looked in /usr/bin, /usr/libexec and the like); the "
	    "package is called some-package on Debian");
	assert_null(path);
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(one_is_in_the_record_before_it_runs_and_is_heard),
		test(it_has_the_descriptors_of_its_wish_and_no_other),
		test(another_can_take_the_place_of_one),
		test(one_that_cannot_be_executed_was_never_there),
		test(all_are_ended_also_one_that_will_not),
		test(the_end_of_one_is_told_and_recorded),
		test(those_of_a_supervisor_that_died_are_adopted),
		test(those_of_a_vm_that_was_found_dead_are_ended),
		test(status_says_who_they_are_and_not_how_they_are_known),
		test(a_listener_gives_one_connection_and_has_no_name),
		test(a_program_that_is_missing_is_named_with_its_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
