/*
 * Places where a packager has said that users without a config take theirs from, as Homebrew's
 * formula does; and what a root vmrun says of a config that others can write. Built with a
 * context.c of its own, in which that folder is $TEST_USERCONFDIR, and /nowhere/etc/vmrun the
 * system's.
 */
#include "vm_fixture.h"

#include <sys/types.h>

#include "conf/conf.h"

/* A packager's folder of config, with a VM in it, and an empty home. */
static void
make_package(const struct place *p)
{
	char *shared = in_root(p, "brew"), *home = in_root(p, "home");

	folder(p, "brew");
	folder(p, "brew/vms");
	folder(p, "home");
	put(p, "brew/vmrun.conf", 0644, "log_dir = \"/nowhere/log\";\n");
	put(p, "brew/vms/web1.conf", 0644, "memory = \"96M\";\n");
	assert_int_equal(chmod(p->root, 0755), 0);
	setenv("TEST_USERCONFDIR", shared, 1);
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	free(shared);
	free(home);
}

/* In a child that is an ordinary user: which of its claims was wrong, 0: none. */
static int
as_user(const struct place *p, int (*claims)(const struct place *))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
			_exit(99);
		_exit(claims(p));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static bool
is(const struct place *p, const char *place, const char *below)
{
	char *whole = in_root(p, below);
	bool same = strcmp(place, whole) == 0;

	free(whole);
	return same;
}

static int
claims_packagers(const struct place *p)
{
	struct diag d = { 0 };
	struct fleet_member m = { 0 };
	struct context c;
	int wrong;

	if (context_open(&d, NULL, NULL, &c) == -1)
		return 50;
	wrong = !is(p, c.host_file, "brew/vmrun.conf")             ? 1
		: !is(p, c.vm_dir, "brew/vms")                     ? 2
		: !is(p, c.state_dir, "home/.local/state/vmrun")   ? 3
		: !is(p, c.run_dir, "home/.local/state/vmrun/run") ? 4
		: strcmp(c.log_dir, "/nowhere/log") != 0           ? 5
		: context_load(&d, &c, "web1", &m) == -1           ? 6
		: m.vm.memory.size != 96 << 20                          ? 7
								   : 0;
	vm_free(&m.vm);
	if (m.doc != NULL)
		conf_close(m.doc);
	context_close(&c);
	diag_free(&d);
	return wrong;
}

static int
claims_own(const struct place *p)
{
	struct diag d = { 0 };
	struct context c;
	int wrong;

	if (context_open(&d, NULL, NULL, &c) == -1)
		return 50;
	wrong = !is(p, c.host_file, "home/.config/vmrun/vmrun.conf") ? 1
		: !is(p, c.vm_dir, "home/.config/vmrun/vms")         ? 2
		: !is(p, c.log_dir, "home/.local/state/vmrun/log")   ? 3
								     : 0;
	context_close(&c);
	return wrong;
}

static void
a_user_without_a_config_takes_the_packagers(void **state)
{
	make_package(*state);
	assert_int_equal(as_user(*state, claims_packagers), 0);
}

static void
a_user_with_a_config_of_their_own_keeps_to_it(void **state)
{
	struct place *p = *state;

	make_package(p);
	folder(p, "home/.config");
	assert_int_equal(as_user(p, claims_packagers), 0); /* other programs' */
	folder(p, "home/.config/vmrun");
	assert_int_equal(as_user(p, claims_own), 0);
}

static void
where_no_packager_has_said_it_there_is_only_the_own(void **state)
{
	make_package(*state);
	setenv("TEST_USERCONFDIR", "", 1);
	assert_int_equal(as_user(*state, claims_own), 0);
}

static void
root_never_takes_the_packagers(void **state)
{
	struct place *p = *state;
	struct context c;

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	make_package(p);
	assert_done(p, context_open(&p->d, NULL, NULL, &c));
	assert_string_equal(c.host_file, "/nowhere/etc/vmrun/vmrun.conf");
	assert_string_equal(c.vm_dir, "/nowhere/etc/vmrun/vms");
	context_close(&c);
}

static void
root_refuses_a_prefix_that_others_can_write_and_says_where_to_go(void **state)
{
	struct place *p = *state;
	char *conf = in_root(p, "brew/vmrun.conf"), *vm = in_root(p, "brew/vms/web1.conf");
	char *prefix = in_root(p, "brew");
	struct fleet_member m;
	struct context c;

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	make_package(p);
	/* As Homebrew's: the admin group's, or with an owner who is not root. */
	assert_int_equal(chmod(prefix, 0775), 0);
	assert_int_equal(context_open(&p->d, NULL, conf, &c), -1);
	assert_true(says(&p->d, "others can write"));
	assert_int_equal(p->d.status, DIAG_DENIED);
	assert_refused(p, -1, "as root, use /nowhere/etc/vmrun for");
	assert_int_equal(chmod(prefix, 0755), 0);
	assert_done(p, context_open(&p->d, NULL, conf, &c));
	assert_int_equal(chown(prefix, 501, 0), 0);
	assert_int_equal(context_load(&p->d, &c, vm, &m), -1);
	assert_true(says(&p->d, "user 501 owns"));
	assert_refused(p, -1, "as root, use /nowhere/etc/vmrun for");
	vm_free(&m.vm);
	context_close(&c);
	free(conf);
	free(vm);
	free(prefix);
}

static void
below_a_root_of_its_own_nobody_is_sent_to_the_systems_places(void **state)
{
	struct place *p = *state;
	struct context c;

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	put(p, "etc/vmrun.conf", 0666, "");
	assert_int_equal(context_open(&p->d, p->root, NULL, &c), -1);
	assert_false(says(&p->d, "as root, use"));
	assert_refused(p, -1, "others can write");
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_user_without_a_config_takes_the_packagers),
		test(a_user_with_a_config_of_their_own_keeps_to_it),
		test(where_no_packager_has_said_it_there_is_only_the_own),
		test(root_never_takes_the_packagers),
		test(root_refuses_a_prefix_that_others_can_write_and_says_where_to_go),
		test(below_a_root_of_its_own_nobody_is_sent_to_the_systems_places),
	};

	setenv("TEST_USERCONFDIR", "", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
