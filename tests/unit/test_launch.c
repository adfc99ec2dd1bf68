/* From a plan to a running QEMU on the fake kernel, and back: order of steps, and that whatever
 * fails leaves nothing. */
#include "launch_fixture.h"

#include <sys/stat.h>

#include "launch/child.h"
#include "launch/resolved.h"

#define BRIDGED "nics = ( { bridge = \"br0\"; } );\n"

/* All that it says; the end comes when QEMU and we have closed the other end. */
static char *
said(struct start *t)
{
	char *text = xcalloc(65536, 1);
	size_t len = 0;
	ssize_t n;

	assert_int_equal(fd_set_nonblock(t->fifo, false), 0);
	while ((n = read(t->fifo, text + len, 65535 - len)) > 0)
		len += (size_t)n;
	return text;
}

static void
a_start_joins_the_tap_and_writes_the_record_before_qemu(void **state)
{
	struct place *p = *state;
	struct start t;
	char *more = xasprintf(BRIDGED "args = (\"-fake\", \"need=%s/run/web1/qemu\");", p->root);
	json_t *record;

	vm_file(p, "web1", more);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_answers(&t);
	assert_int_equal(fake_ports(), 1);
	assert_int_equal(fake_link("web1.0")->mtu, 9000);
	assert_true(fake_link("web1.0")->up);
	assert_int_equal(fake_link("web1.0")->mac.b[0], 0xfe);
	assert_done(p, record_read(&p->d, t.r.dir, &record));
	assert_true(json_equal(record, t.l.record));
	assert_int_equal(record_proc(record).pid, t.l.proc.pid);
	assert_string_equal(nic_word(&t, "tap"), "web1.0");
	assert_string_equal(nic_word(&t, "bridge"), "br0");
	json_decref(record);
	end(&t);
	free(more);
}

static void
what_the_keys_came_to_is_kept_while_it_runs(void **state)
{
	struct place *p = *state;
	struct conf_trail trail;
	const struct conf_entry *e;
	struct start t;
	struct stat st;
	char *path;

	assert_int_equal(resolved_read(&p->d, &p->c, "web1", &trail), -1);
	assert_int_equal(errno, ENOENT);
	diag_free(&p->d);
	vm_file(p, "web1", BRIDGED);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	vm_file(p, "web1", "nics = \"br9\";\n");
	assert_done(p, plan_resolve(&p->d, &p->c, &t.plan, &t.r));
	assert_done(p, resolved_read(&p->d, &p->c, "web1", &trail));
	e = conf_trail_find(&trail, "nics[0].bridge");
	assert_non_null(e);
	assert_string_equal(e->text, "\"br0\"");
	assert_non_null(strstr(e->where, "/etc/vms/web1.conf:"));
	assert_non_null(conf_trail_find(&trail, "sandbox"));
	conf_trail_free(&trail);
	path = xasprintf("%s/resolved", t.r.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(path);
	end(&t);
}

/* The kernel removes a tap with its last descriptor; so that has to be QEMU's. */
static void
the_tap_is_qemus_alone(void **state)
{
	struct place *p = *state;
	struct start t;

	vm_file(p, "web1", BRIDGED);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_int_equal(fake_taps(), 1);
	assert_int_equal(kill(t.l.proc.pid, SIGKILL), 0);
	assert_int_equal(waitpid(t.l.proc.pid, NULL, 0), t.l.proc.pid);
	t.l.proc.pid = 0;
	assert_int_equal(fake_taps(), 0);
	end(&t);
}

static void
qemu_has_no_descriptor_but_its_own(void **state)
{
	struct place *p = *state;
	struct start t;
	int stray = open("/dev/null", O_RDONLY), count = 0;
	char *more, *text, *fds;

	put(p, "disk.img", 0600, "raw");
	put(p, "vmlinuz", 0644, "kernel");
	more = xasprintf(BRIDGED "disks = \"%s/disk.img\"; kernel = \"%s/vmlinuz\";\n"
				 "args = (\"-fake\", \"fds\", \"-fake\", \"die\");",
	    p->root, p->root);
	vm_file(p, "web1", more);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	text = said(&t);
	fds = strstr(text, "fds ");
	assert_non_null(fds);
	for (char *c = fds; *c != '\n'; c++)
		count += *c == ' ';
	/* stdin, stdout, stderr; QMP twice, monitor, serial; tap, disk, kernel. */
	assert_int_equal(count, 3 + 4 + 3);
	assert_memory_equal(fds, "fds 0 1 2 ", 10);
	free(text);
	free(more);
	end(&t);
	fd_close(&stray);
}

static void
sockets_are_the_callers_alone(void **state)
{
	static const char *const sockets[] = { "supervisor.sock", "qmp.sock", "monitor.sock",
		"serial.sock" };
	struct place *p = *state;
	struct start t;

	vm_file(p, "web1", "");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		char *path = xasprintf("%s/%s", t.r.dir, sockets[i]);
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 07777, 0600);
		free(path);
	}
	end(&t);
}

static void
hooks(struct place *p, const char *up, const char *down)
{
	char *more = xasprintf("nics = ( { bridge = \"br0\"; mac = \"52:54:00:01:02:03\";\n"
			       "up = \"%s/up\"; down = \"%s/down\"; } );",
	    p->root, p->root);

	put(p, "up", 0755, up);
	put(p, "down", 0755, down);
	vm_file(p, "web1", more);
	free(more);
}

static void
hooks_are_told_the_tap_and_run_before_qemu_and_after(void **state)
{
	struct place *p = *state;
	struct start t;
	char *text, *up, *expected;

	up = xasprintf("#!/bin/sh\ntest -e '%s/run/web1/qemu' && exit 1\n"
		       "echo \"up $# $1 $VMRUN_VM $VMRUN_BRIDGE $VMRUN_MAC\" >'%s/up.out'\n"
		       "echo words of the hook\necho and complaints >&2\n",
	    p->root, p->root);
	expected = xasprintf("#!/bin/sh\necho \"down $1 $VMRUN_BRIDGE\" >'%s/down.out'\n", p->root);
	hooks(p, up, expected);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	text = get(p, "up.out");
	assert_string_equal(text, "up 1 web1.0 web1 br0 52:54:00:01:02:03\n");
	free(text);
	assert_false(is_there(p, "down.out"));
	text = xcalloc(4096, 1);
	assert_true(read(t.fifo, text, 4095) > 0);
	assert_string_equal(text, "words of the hook\nand complaints\n");
	free(text);
	end(&t);
	text = get(p, "down.out");
	assert_string_equal(text, "down web1.0 br0\n");
	free(text);
	free(up);
	free(expected);
}

static void
a_hook_that_fails_fails_the_start(void **state)
{
	struct place *p = *state;

	hooks(p, "#!/bin/sh\nexit 3\n", "#!/bin/sh\n");
	refused(p, "up web1.0: exit status 3 (vmrun log web1: there is what it said)");
	hooks(p, "#!/bin/sh\nkill -9 $$\n", "#!/bin/sh\n");
	refused(p, "up web1.0: killed by signal 9");
	hooks(p, "#!/nowhere/sh\n", "#!/bin/sh\n");
	refused(p, "up: cannot be run: No such file or directory");
	hooks(p, "echo one of no language\n", "#!/bin/sh\n");
	refused(p, "up: cannot be run: Exec format error");
	hooks(p, "#!/bin/sh\nnowhere\n", "#!/bin/sh\n");
	refused(p, "up web1.0: exit status 127 (vmrun log web1: there is what it said)");
	hooks(p, "", "#!/bin/sh\n");
	char *up = in_root(p, "up");

	assert_int_equal(unlink(up), 0);
	refused(p, "nics[0]: ");
	free(up);
}

/* What an up hook did is undone, whatever comes after it. */
static void
a_start_that_fails_later_runs_the_down_hook(void **state)
{
	struct place *p = *state;
	char *more, *down;

	down = xasprintf("#!/bin/sh\necho \"down $1 $VMRUN_BRIDGE\" >>'%s/down.out'\n", p->root);
	put(p, "up", 0755, "#!/bin/sh\n");
	put(p, "down", 0755, down);
	put(p, "up2", 0755, "#!/bin/sh\nexit 3\n");
	more = xasprintf("nics = ( { bridge = \"br0\"; up = \"%s/up\"; down = \"%s/down\"; },\n"
			 "{ bridge = \"br0\"; up = \"%s/up2\"; down = \"%s/down\"; } );",
	    p->root, p->root, p->root, p->root);
	vm_file(p, "web1", more);
	refused(p, "up2 web1.1: exit status 3 (vmrun log web1: there is what it said)");
	free(more);
	more = get(p, "down.out");
	assert_non_null(more);
	assert_string_equal(more, "down web1.0 br0\n");
	free(more);
	free(down);
}

static void
a_bridge_that_is_wrong_fails_the_start(void **state)
{
	struct place *p = *state;

	vm_file(p, "web1", "nics = ( { bridge = \"br1\"; } );");
	refused(p, "nics[0]: bridge br1: there is no such interface");
	fake_link_add("eth0", "", 1500);
	vm_file(p, "web1", "nics = ( { bridge = \"br0\"; }, { bridge = \"eth0\"; } );");
	refused(p, "nics[1]: eth0 is not a bridge");
	vm_file(p, "web1", "nics = ( { bridge = \"br0\"; mtu = 9001; } );");
	refused(p, "nics[0]: bridge br0: its MTU is 9000");
}

static void
without_root_a_bridge_is_refused_and_user_networking_works(void **state)
{
	struct place *p = *state;
	struct plan plan;
	struct start t;

	fake_privileged(false);
	vm_file(p, "web1", BRIDGED);
	assert_int_equal(plan_make(&p->d, &p->c, "web1", NULL, &plan), -1);
	assert_int_equal(p->d.status, DIAG_DENIED);
	assert_refused(p, -1, "nics[0]: joining bridge br0 needs root");
	assert_false(is_there(p, "lib/ledger")); /* before anything is given */
	vm_file(p, "web1", "nics = ( { user = true; } );");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_answers(&t);
	assert_string_equal(nic_word(&t, "network"), "user");
	assert_false(json_is_true(json_object_get(t.l.record, "own_uid")));
	end(&t);
}

static void
a_file_that_is_missing_fails_the_start(void **state)
{
	static const struct {
		const char *more, *part;
	} missing[] = { { "disks = \"/nowhere/disk.img\";", "disks[0]: /nowhere/disk.img: " },
		{ "cdrom = \"/nowhere/x.iso\";", "cdrom[0]: /nowhere/x.iso: " },
		{ "kernel = \"/nowhere/k\";", "kernel: /nowhere/k: " },
		{ "kernel = \"/bin/sh\"; initrd = \"/nowhere/i\";", "initrd: /nowhere/i: " },
		{ "display = { vnc = \":5\"; password_file = \"/nowhere/p\"; };",
		    "display.password_file: /nowhere/p: " } };
	struct place *p = *state;
	char *more;

	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		more = xasprintf(BRIDGED "%s", missing[i].more);
		vm_file(p, "web1", more);
		refused(p, missing[i].part);
		free(more);
	}
}

static void
a_record_that_cannot_be_written_means_no_qemu(void **state)
{
	struct place *p = *state;
	struct start t;
	char *blocked = in_root(p, "run/web1/qemu.new");

	vm_file(p, "web1", BRIDGED);
	begin(&t, p, "web1");
	assert_int_equal(mkdir(blocked, 0700), 0);
	assert_refused(p, go(&t), "run/web1/qemu");
	assert_int_equal(rmdir(blocked), 0);
	end(&t);
	free(blocked);
}

static void
a_qemu_that_cannot_be_executed_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct start t;

	vm_file(p, "web1", BRIDGED);
	begin(&t, p, "web1");
	free(t.plan.qemu.path);
	t.plan.qemu.path = xstrdup("/nowhere/qemu-system-x86_64");
	assert_refused(p, go(&t), "QEMU: cannot execute it: No such file or directory");
	end(&t);
}

/* Each call of the system in turn. A start may do without one of them (the wait for a hook can),
 * but then it is whole. */
static void
whatever_call_fails_nothing_is_left(void **state)
{
	struct place *p = *state;
	unsigned failed = 0;
	char *more;

	put(p, "secret", 0600, "secret");
	put(p, "up", 0755, "#!/bin/sh\n");
	more =
	    xasprintf("nics = ( { bridge = \"br0\"; up = \"%s/up\"; }, { bridge = \"br0\"; } );\n"
		      "kernel = \"%s/secret\";\n"
		      "display = { vnc = \":5\"; password_file = \"%s/secret\"; };",
		p->root, p->root, p->root);
	vm_file(p, "web1", more);
	for (unsigned n = 1;; n++) {
		struct start t;
		int result;

		begin(&t, p, "web1");
		fake_fail_at(n, ENOMEM);
		result = go(&t);
		if (!fake_failed()) {
			fake_fail_at(0, 0);
			assert_done(p, result);
			end(&t);
			break;
		}
		failed += result == -1;
		if (result == -1)
			assert_refused(p, -1, "Cannot allocate memory");
		else
			assert_answers(&t);
		diag_free(&p->d);
		end(&t);
	}
	/* Twice a bridge found, a tap made, joined and compared; two copies; the process. */
	assert_true(failed >= 2 * 4 + 2 + 1);
	free(more);
}

static void
a_child_whose_supervisor_dies_before_the_record_never_becomes_qemu(void **state)
{
	struct place *p = *state;
	struct child child = CHILD_NONE;
	struct argv argv = { 0 };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), status;
	const struct child_wish wish = { .name = "true", .argv = &argv, .log = null, .dir = -1 };

	argv_add(&argv, "/bin/true");
	assert_done(p, child_fork(&p->d, &wish, &child));
	child_close(&child);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 127);
	argv_free(&argv);
	fd_close(&null);
}

/* What a supervisor that takes over knows is enough to take everything down. */
static void
an_adopted_launch_is_taken_down_by_its_record(void **state)
{
	struct place *p = *state;
	struct launch adopted = LAUNCH_NONE;
	struct start t;
	char *down, *text;

	down = xasprintf("#!/bin/sh\necho \"down $1 $VMRUN_MAC\" >'%s/down.out'\n", p->root);
	hooks(p, "#!/bin/sh\n", down);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	launch_adopt(t.l.record, &adopted);
	assert_int_equal(adopted.proc.pid, t.l.proc.pid);
	assert_false(adopted.ours);
	assert_int_equal(adopted.nports, 1);
	launch_down(&p->d, &adopted, &t.r);
	assert_null(p->d.text);
	assert_int_equal(fake_ports(), 0); /* it has left, though QEMU still has it open */
	text = get(p, "down.out");
	assert_string_equal(text, "down web1.0 52:54:00:01:02:03\n");
	free(text);
	free(down);
	end(&t);
}

static void
a_record_full_of_nonsense_is_adopted_as_nothing(void **state)
{
	static const char *const records[] = { "{}", "{\"nics\": 7, \"pid\": \"x\"}",
		"{\"nics\": [1, null, {}, {\"tap\": 1, \"bridge\": 2}, {\"tap\": \"a\"}]}",
		"{\"nics\": [{\"tap\": \"a-name-that-is-far-too-long\", \"bridge\": \"br0\"}]}" };
	struct runtime r = RUNTIME_NONE;
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		json_t *record = json_loads(records[i], 0, NULL);
		struct launch l;

		assert_non_null(record);
		launch_adopt(record, &l);
		assert_int_equal(l.proc.pid, 0);
		launch_down(&p->d, &l, &r);
		assert_null(p->d.text);
		json_decref(record);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, bridged_host, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_start_joins_the_tap_and_writes_the_record_before_qemu),
		test(what_the_keys_came_to_is_kept_while_it_runs),
		test(the_tap_is_qemus_alone),
		test(qemu_has_no_descriptor_but_its_own),
		test(sockets_are_the_callers_alone),
		test(hooks_are_told_the_tap_and_run_before_qemu_and_after),
		test(a_hook_that_fails_fails_the_start),
		test(a_start_that_fails_later_runs_the_down_hook),
		test(a_bridge_that_is_wrong_fails_the_start),
		test(without_root_a_bridge_is_refused_and_user_networking_works),
		test(a_file_that_is_missing_fails_the_start),
		test(a_record_that_cannot_be_written_means_no_qemu),
		test(a_qemu_that_cannot_be_executed_leaves_nothing),
		test(whatever_call_fails_nothing_is_left),
		test(a_child_whose_supervisor_dies_before_the_record_never_becomes_qemu),
		test(an_adopted_launch_is_taken_down_by_its_record),
		test(a_record_full_of_nonsense_is_adopted_as_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
