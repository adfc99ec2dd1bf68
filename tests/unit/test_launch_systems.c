/* Launches on systems that are not Linux, played by the fake kernel: taps that outlive their
 * descriptors, files that have to be opened by path, NICs on vmnet. */
#include "launch_fixture.h"

#include <sys/socket.h>

#include "net/port.h"

static int
freebsd(void **state)
{
	if (place_make(state) == -1)
		return -1;
	fake_privileged(true);
	fake_system("freebsd");
	fake_link_add("bridge0", "bridge", 1500);
	return 0;
}

static int
darwin(void **state)
{
	if (place_make(state) == -1)
		return -1;
	fake_privileged(true);
	fake_system("darwin");
	fake_link_add("en0", "", 1500);
	return 0;
}

/* Its command line, as the kernel shows it. */
static char *
line_of(const struct start *t)
{
	char path[64], *text = xcalloc(65536, 1);
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)t->l.proc.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd != -1);
	n = read(fd, text, 65535);
	assert_true(n > 0);
	fd_close(&fd);
	for (ssize_t i = 0; i + 1 < n; i++)
		text[i] = text[i] == '\0' ? ' ' : text[i];
	return text;
}

static void
assert_line(const struct start *t, const char *part)
{
	char *line = line_of(t);

	if (strstr(line, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, line);
	free(line);
}

static void
assert_not_in_line(const struct start *t, const char *part)
{
	char *line = line_of(t);

	if (strstr(line, part) != NULL)
		fail_msg("\"%s\" is in: %s", part, line);
	free(line);
}

static void
a_tap_that_outlives_qemu_is_destroyed(void **state)
{
	struct place *p = *state;
	struct start t;

	vm_file(p, "web1", "nics = \"bridge0\";");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_answers(&t);
	assert_string_equal(nic_word(&t, "tap"), "tap0");
	assert_string_equal(fake_link("tap0")->alias, "vmrun web1 nic 0");
	assert_int_equal(fake_ports(), 1);
	assert_int_equal(kill(t.l.proc.pid, SIGKILL), 0);
	assert_int_equal(waitpid(t.l.proc.pid, NULL, 0), t.l.proc.pid);
	t.l.proc.pid = 0;
	assert_int_equal(fake_taps(), 1);
	end(&t);
}

struct expected {
	const char *dir;
	unsigned calls;
};

/* What is on disk when the tap is about to be made. */
static int
look(struct diag *d, const struct port *port, unsigned nic, void *arg)
{
	struct expected *e = arg;

	e->calls++;
	assert_null(fake_link(port->tap.name));
	assert_int_equal(port->tap.index, 0);
	assert_string_equal(port->alias, "vmrun web1 nic 3");
	return 0;
}

static void
a_name_is_told_before_its_tap_is_made(void **state)
{
	struct place *p = *state;
	const struct port_wish wish = { .vm = "web1", .nic = 3, .bridge = "bridge0" };
	struct expected e = { 0 };
	const struct port_witness witness = { look, &e };
	struct port port = PORT_NONE;

	assert_done(p, port_make(&p->d, &wish, &witness, &port));
	assert_int_equal(e.calls, 1);
	assert_done(p, port_leave(&p->d, &port));
	assert_int_equal(fake_taps(), 0);
}

static int
take_name(struct diag *d, const struct port *port, unsigned nic, void *arg)
{
	unsigned *left = arg;

	if (*left > 0) {
		--*left;
		fake_link_add(port->tap.name, "tun", 1500);
	}
	return 0;
}

static void
a_name_that_was_taken_meanwhile_is_left_to_its_owner(void **state)
{
	struct place *p = *state;
	const struct port_wish wish = { .vm = "web1", .bridge = "bridge0" };
	unsigned taken = 2;
	const struct port_witness witness = { take_name, &taken };
	struct port port = PORT_NONE;

	assert_done(p, port_make(&p->d, &wish, &witness, &port));
	assert_string_equal(port.tap.name, "tap2");
	assert_done(p, port_leave(&p->d, &port));
	assert_int_equal(fake_taps(), 2);
	taken = 1000; /* and for ever */
	assert_refused(p, port_make(&p->d, &wish, &witness, &port), "File exists");
	assert_int_equal(port.tap.fd, -1);
	fake_reset();
}

/* The record that a start would leave that died when it had made the tap. */
static void
a_start_that_died_is_undone_by_its_record(void **state)
{
	static const char record[] =
	    "{\"name\":\"web1\",\"nics\":[{\"bridge\":\"bridge0\",\"tap\":\"%s\",\"index\":0}]}";
	static const struct {
		const char *tap, *alias;
		bool goes;
	} cases[] = { { "tap0", "vmrun web1 nic 0", true }, { "tap0", "", true },
		{ "tap0", "vmrun web2 nic 0", false }, { "tap0", "my own", false },
		{ "tap1", "", false } };
	struct runtime r = RUNTIME_NONE;
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct launch l = LAUNCH_NONE;
		struct os_tap tap;
		json_t *json = json_sprintf(record, cases[i].tap), *parsed;

		parsed = json_loads(json_string_value(json), 0, NULL);
		assert_done(p, os_tap_open(&p->d, "tap0", false, &tap));
		fd_close(&tap.fd);
		strlcpy(fake_link("tap0")->alias, cases[i].alias, 96);
		launch_adopt(parsed, &l);
		assert_int_equal(l.proc.pid, 0);
		assert_int_equal(launch_down(&p->d, &l, &r), 0);
		assert_null(p->d.text);
		assert_int_equal(fake_link("tap0") == NULL, cases[i].goes);
		fake_link_remove("tap0");
		json_decref(parsed);
		json_decref(json);
	}
}

/* Somebody still has it open: the system would not let go of it, so a later command tries again. */
static void
a_tap_that_cannot_be_destroyed_is_remembered(void **state)
{
	struct place *p = *state;
	struct launch again = LAUNCH_NONE;
	struct start t;
	json_t *record;
	char *dir;

	vm_file(p, "web1", "nics = \"bridge0\";");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_int_equal(kill(t.l.proc.pid, SIGKILL), 0);
	assert_int_equal(waitpid(t.l.proc.pid, NULL, 0), t.l.proc.pid);
	t.l.proc.pid = 0;
	fake_fail_at(2, EBUSY); /* it leaves its bridge, and is not destroyed */
	assert_refused(p, launch_down(&p->d, &t.l, &t.r), "tap0: Device or resource busy");
	dir = xstrdup(t.r.dir);
	runtime_remove(&t.r);
	assert_true(is_there(p, "run/web1/qemu"));
	assert_done(p, record_read(&p->d, dir, &record));
	assert_int_equal(record_proc(record).pid, 0);
	launch_adopt(record, &again);
	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &t.r));
	assert_int_equal(launch_down(&p->d, &again, &t.r), 0);
	json_decref(record);
	free(dir);
	end(&t);
}

static void
what_qemu_opens_by_path_is_a_copy_that_goes_with_the_vm(void **state)
{
	struct place *p = *state;
	char *more, *path = in_root(p, "run/.web1/file-kernel"), *text;
	struct start t;

	put(p, "kernel", 0644, "kernel\n");
	put(p, "secret", 0600, "secret\n");
	more = xasprintf("kernel = \"%s/kernel\";\n"
			 "display = { vnc = \":5\"; password_file = \"%s/secret\"; };",
	    p->root, p->root);
	vm_file(p, "web1", more);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_answers(&t);
	assert_line(&t, path);
	assert_line(&t, "run/.web1/file-display.password_file");
	assert_not_in_line(&t, "/dev/fd/");
	text = get(p, "run/.web1/file-kernel");
	assert_string_equal(text, "kernel\n");
	free(text);
	text = get(p, "run/.web1/file-display.password_file");
	assert_string_equal(text, "secret");
	free(text);
	end(&t);
	assert_false(is_there(p, "run/.web1"));
	free(more);
	free(path);
}

static void
a_qemu_of_the_callers_opens_the_kernel_itself(void **state)
{
	struct place *p = *state;
	char *more = xasprintf("kernel = \"%s/kernel\";", p->root), *path = in_root(p, "kernel");
	struct start t;

	fake_privileged(false);
	put(p, "kernel", 0600, "kernel\n");
	vm_file(p, "web1", more);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_line(&t, path);
	assert_false(is_there(p, "run/.web1"));
	end(&t);
	free(more);
	free(path);
}

static void
an_interface_is_bridged_by_vmnet(void **state)
{
	struct place *p = *state;
	struct start t;

	vm_file(p, "web1", "nics = ( { bridge = \"en0\"; }, { vmnet = \"shared\"; } );");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_answers(&t);
	assert_line(&t, "-netdev vmnet-bridged,id=net0,ifname=en0");
	assert_line(&t, "-netdev vmnet-shared,id=net1");
	/* vmnet wants root, so QEMU begins as that and is told what to become. */
	assert_line(&t, "-runas ");
	assert_int_equal(fake_taps(), 0);
	assert_string_equal(nic_word(&t, "network"), "bridge");
	assert_null(nic_word(&t, "tap"));
	end(&t);
}

static void
vmnet_without_root_and_on_a_wrong_interface_is_refused(void **state)
{
	struct place *p = *state;
	struct plan plan;

	vm_file(p, "web1", "nics = \"en7\";");
	assert_refused(p, plan_make(&p->d, &p->c, "web1", NULL, &plan), "en7: vmnet cannot");
	fake_privileged(false);
	vm_file(p, "web1", "nics = \"en0\";");
	assert_refused(p, plan_make(&p->d, &p->c, "web1", NULL, &plan), "vmnet needs root");
	vm_file(p, "web1", "nics = { vmnet = \"host\"; };");
	assert_refused(p, plan_make(&p->d, &p->c, "web1", NULL, &plan), "vmnet needs root");
}

static void
a_window_on_the_desktop_is_not_roots(void **state)
{
	struct place *p = *state;
	struct plan plan;

	vm_file(p, "web1", "display = \"cocoa\";");
	assert_refused(p, plan_make(&p->d, &p->c, "web1", NULL, &plan), "run vmrun as that user");
	fake_privileged(false);
	assert_done(p, plan_make(&p->d, &p->c, "web1", NULL, &plan));
	plan_free(&plan);
}

static void
a_given_tap_joins_and_stays(void **state)
{
	struct place *p = *state;
	unsigned bridge = fake_link_add("bridge0", "bridge", 1500);
	struct start t;

	fake_link_add("tap3", "tun", 1500);
	vm_file(p, "web1", "nics = ( { bridge = \"bridge0\"; tap = \"tap3\"; } );");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_answers(&t);
	assert_line(&t, "-netdev tap,id=net0,fd=");
	assert_not_in_line(&t, "-runas");
	assert_int_equal(fake_link("tap3")->master, bridge);
	assert_string_equal(fake_link("tap3")->alias, "");
	assert_int_equal(kill(t.l.proc.pid, SIGKILL), 0);
	assert_int_equal(waitpid(t.l.proc.pid, NULL, 0), t.l.proc.pid);
	t.l.proc.pid = 0;
	launch_down(&p->d, &t.l, &t.r);
	assert_int_equal(fake_link("tap3")->master, 0);
	fake_link_remove("tap3");
	end(&t);
}

static void
a_given_tap_that_is_not_there_is_a_failed_start(void **state)
{
	struct place *p = *state;

	fake_link_add("bridge0", "bridge", 1500);
	vm_file(p, "web1", "nics = ( { bridge = \"bridge0\"; tap = \"tap9\"; } );");
	refused(p, "nics[0]: tap9: No such device");
}

static void
a_given_tap_that_is_on_the_bridge_stays_there(void **state)
{
	struct place *p = *state;
	unsigned bridge = fake_link_add("bridge0", "bridge", 1500);
	struct launch adopted = LAUNCH_NONE;
	struct start t;

	fake_link_add("tap3", "tun", 1500);
	fake_link("tap3")->master = bridge;
	vm_file(p, "web1", "nics = ( { bridge = \"bridge0\"; tap = \"tap3\"; } );");
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	launch_adopt(t.l.record, &adopted);
	launch_down(&p->d, &adopted, &t.r);
	assert_int_equal(fake_link("tap3")->master, bridge);
	assert_int_equal(kill(t.l.proc.pid, SIGKILL), 0);
	assert_int_equal(waitpid(t.l.proc.pid, NULL, 0), t.l.proc.pid);
	t.l.proc.pid = 0;
	launch_down(&p->d, &t.l, &t.r);
	assert_int_equal(fake_link("tap3")->master, bridge);
	fake_link_remove("tap3");
	end(&t);
}

static void
a_daemons_socket_must_answer_and_is_handed_over(void **state)
{
	struct place *p = *state;
	char *path = in_root(p, "daemon.sock"),
	     *more = xasprintf("nics = ( { socket = \"%s\"; } );", path);
	struct start t;
	int daemon;

	vm_file(p, "web1", more);
	refused(p, "nics[0]: nobody answers on socket");
	daemon = unix_listen(path);
	assert_true(daemon != -1);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_line(&t, "addr.type=fd,addr.str=");
	assert_string_equal(nic_word(&t, "network"), "socket");
	end(&t);
	fake_privileged(false);
	begin(&t, p, "web1");
	assert_done(p, go(&t));
	assert_line(&t, "addr.type=unix,addr.path=");
	assert_line(&t, path);
	end(&t);
	fd_close(&daemon);
	free(more);
	free(path);
}

/* The line is then that of a version, and of what QEMU has on this system. */
static void
a_line_without_qemu_is_of_the_system(void **state)
{
	static const char *const names[] = { "linux", "freebsd", "darwin" };
	struct place *p = *state;

	put(p, "etc/vms/web1.conf", 0644, "qemu = \"/nowhere/qemu-system-x86_64\";\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct plan plan;
		char *note;

		fake_system(names[i]);
		assert_done(p, plan_preview(&p->d, &p->c, "web1", NULL, os_here(), &plan, &note));
		assert_non_null(strstr(note, "this is the line for version 7.2"));
		assert_int_equal(plan.qemu.sandbox, strcmp(names[i], "linux") == 0);
		plan_free(&plan);
		free(note);
	}
}

/* Each call of the system in turn, on that system. */
static void
assert_nothing_left(struct place *p, unsigned least)
{
	unsigned failed = 0;

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
		diag_free(&p->d);
		end(&t);
		assert_false(is_there(p, "run/.web1"));
	}
	assert_true(failed >= least);
}

static void
whatever_call_fails_no_tap_is_left_that_would_outlive_it(void **state)
{
	struct place *p = *state;
	char *more = xasprintf("nics = ( { bridge = \"bridge0\"; }, { bridge = \"bridge0\"; } );\n"
			       "kernel = \"%s/kernel\"; initrd = \"%s/kernel\";",
	    p->root, p->root);

	put(p, "kernel", 0600, "kernel\n");
	vm_file(p, "web1", more);
	/* Twice a bridge found, a name chosen, a tap made, joined and compared; two copies. */
	assert_nothing_left(p, 2 * 5 + 2);
	free(more);
}

#define on(system, name) cmocka_unit_test_setup_teardown(name, system, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on(freebsd, a_tap_that_outlives_qemu_is_destroyed),
		on(freebsd, a_name_is_told_before_its_tap_is_made),
		on(freebsd, a_name_that_was_taken_meanwhile_is_left_to_its_owner),
		on(freebsd, a_start_that_died_is_undone_by_its_record),
		on(freebsd, a_tap_that_cannot_be_destroyed_is_remembered),
		on(freebsd, what_qemu_opens_by_path_is_a_copy_that_goes_with_the_vm),
		on(freebsd, a_qemu_of_the_callers_opens_the_kernel_itself),
		on(freebsd, whatever_call_fails_no_tap_is_left_that_would_outlive_it),
		on(darwin, an_interface_is_bridged_by_vmnet),
		on(darwin, vmnet_without_root_and_on_a_wrong_interface_is_refused),
		on(darwin, a_window_on_the_desktop_is_not_roots),
		on(darwin, a_given_tap_joins_and_stays),
		on(darwin, a_given_tap_that_is_not_there_is_a_failed_start),
		on(darwin, a_given_tap_that_is_on_the_bridge_stays_there),
		on(darwin, a_daemons_socket_must_answer_and_is_handed_over),
		on(darwin, a_line_without_qemu_is_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
