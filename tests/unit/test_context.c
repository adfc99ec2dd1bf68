/* Where everything lives, and which VM files there are. */
#include "vm_fixture.h"

#include <sys/types.h>

#include "util/mem.h"

static void
assert_place(const struct place *p, const char *place, const char *below)
{
	char *whole = in_root(p, below);

	assert_string_equal(place, whole);
	free(whole);
}

static void
below_a_root_lies_everything(void **state)
{
	struct place *p = *state;
	char *log = context_log(&p->c, "web1");

	assert_place(p, p->c.host_file, "etc/vmrun.conf");
	assert_place(p, p->c.vm_dir, "etc/vms");
	assert_place(p, p->c.state_dir, "lib");
	assert_place(p, p->c.run_dir, "run");
	assert_place(p, p->c.log_dir, "log");
	assert_place(p, p->c.ledger, "lib/ledger");
	assert_place(p, log, "log/web1.log");
	assert_null(p->c.host_doc);
	free(log);
}

static void
a_relative_root_is_meant_from_here(void **state)
{
	struct place *p = *state;
	struct context c;
	char here[4096];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(p->root), 0);
	folder(p, "trial");
	assert_done(p, context_open(&p->d, "trial", NULL, &c));
	assert_int_equal(chdir(here), 0);
	assert_true(c.run_dir[0] == '/');
	assert_non_null(strstr(c.run_dir, p->root + 1));
	assert_string_equal(strrchr(c.run_dir, '/') - strlen("/trial"), "/trial/run");
	context_close(&c);
}

static void
folders_of_the_host_config_lie_below_the_root(void **state)
{
	struct place *p = *state;
	struct context c;

	put(p, "etc/vmrun.conf", 0600,
	    "vm_dir = \"/srv/vms\"; state_dir = \"/var/lib/x\"; run_dir = \"/run/x\";\n"
	    "log_dir = \"/var/log/x\"; image_dirs = \"/srv/images\";\n");
	assert_done(p, context_open(&p->d, p->root, NULL, &c));
	assert_place(p, c.vm_dir, "srv/vms");
	assert_place(p, c.state_dir, "var/lib/x");
	assert_place(p, c.run_dir, "run/x");
	assert_place(p, c.log_dir, "var/log/x");
	assert_place(p, c.ledger, "var/lib/x/ledger");
	assert_non_null(c.host_doc);
	assert_string_equal(c.host.image_dirs[0], "/srv/images"); /* what is there already */
	context_close(&c);
}

static void
a_host_config_that_was_named_must_exist_and_be_right(void **state)
{
	struct place *p = *state;
	char *path = in_root(p, "other.conf");
	struct context c;

	assert_refused(p, context_open(&p->d, p->root, path, &c), "other.conf");
	put(p, "other.conf", 0600, "qemu_user = \"root\";\nvm_dirs = \"/x\";\n");
	assert_int_equal(context_open(&p->d, p->root, path, &c), -1);
	assert_true(says(&p->d, "other.conf:1: qemu_user: "));
	assert_true(says(&p->d, "other.conf:2: vm_dirs: "));
	assert_int_equal(p->d.status, DIAG_CONFIG);
	diag_free(&p->d);
	put(p, "other.conf", 0600, "log_dir = \"/l\";\n");
	assert_done(p, context_open(&p->d, p->root, path, &c));
	assert_place(p, c.log_dir, "l");
	context_close(&c);
	free(path);
}

/* In a child that is an ordinary user with this environment: its exit status. */
static int
as_user(int (*check)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1))
			_exit(99);
		_exit(check());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int
check_xdg(void)
{
	struct diag d = { 0 };
	struct context c;
	int wrong;

	setenv("HOME", "/home/u", 1);
	setenv("XDG_CONFIG_HOME", "/nowhere/config", 1);
	setenv("XDG_STATE_HOME", "/nowhere/state", 1);
	setenv("XDG_RUNTIME_DIR", "/nowhere/runtime", 1);
	if (context_open(&d, NULL, NULL, &c) == -1)
		return 50;
	wrong = strcmp(c.host_file, "/nowhere/config/vmrun/vmrun.conf") != 0 ? 1
		: strcmp(c.vm_dir, "/nowhere/config/vmrun/vms") != 0         ? 2
		: strcmp(c.state_dir, "/nowhere/state/vmrun") != 0           ? 3
		: strcmp(c.run_dir, "/nowhere/runtime/vmrun") != 0           ? 4
		: strcmp(c.log_dir, "/nowhere/state/vmrun/log") != 0         ? 5
		: strcmp(c.ledger, "/nowhere/state/vmrun/ledger") != 0       ? 6
									     : 0;
	context_close(&c);
	return wrong;
}

static int
check_home(void)
{
	struct diag d = { 0 };
	struct context c;
	int wrong;

	setenv("HOME", "/nowhere/u", 1);
	setenv("XDG_CONFIG_HOME", "relative", 1); /* to be ignored, says the specification */
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	if (context_open(&d, NULL, NULL, &c) == -1)
		return 50;
	wrong = strcmp(c.vm_dir, "/nowhere/u/.config/vmrun/vms") != 0         ? 1
		: strcmp(c.state_dir, "/nowhere/u/.local/state/vmrun") != 0   ? 2
		: strcmp(c.run_dir, "/nowhere/u/.local/state/vmrun/run") != 0 ? 3
		: strcmp(c.log_dir, "/nowhere/u/.local/state/vmrun/log") != 0 ? 4
									      : 0;
	context_close(&c);
	return wrong;
}

static void
an_ordinary_user_has_places_of_their_own(void **state)
{
	assert_int_equal(as_user(check_xdg), 0);
	assert_int_equal(as_user(check_home), 0);
}

static void
a_word_with_a_slash_is_a_path(void **state)
{
	char *name;

	assert_true(context_is_path("./web1.conf"));
	assert_true(context_is_path("/etc/x/web1"));
	assert_false(context_is_path("web1"));
	assert_false(context_is_path("web1.conf")); /* not there */
	name = context_name_of("/etc/x/web1.conf");
	assert_string_equal(name, "web1");
	free(name);
	name = context_name_of(".conf");
	assert_string_equal(name, ".conf");
	free(name);
	name = context_name_of("dir.conf/web1.qcow2");
	assert_string_equal(name, "web1.qcow2");
	free(name);
}

static void
a_vm_is_found_by_its_name_or_its_path(void **state)
{
	struct place *p = *state;
	struct fleet_member m;
	char *path = in_root(p, "other.conf"), *plain = in_root(p, "etc/vms/web1.conf");

	vm_file(p, "web1", "");
	put(p, "other.conf", 0600, "memory = \"1G\";\n");
	assert_true(context_has_file(&p->c, "web1"));
	assert_false(context_has_file(&p->c, "web2"));
	assert_true(context_same_file(plain, plain));
	assert_false(context_same_file(plain, path));
	assert_done(p, context_load(&p->d, &p->c, "web1", &m));
	assert_true(m.loaded);
	assert_string_equal(m.vm.name, "web1");
	assert_string_equal(m.vm.file, plain);
	vm_free(&m.vm);
	conf_close(m.doc);
	assert_done(p, context_load(&p->d, &p->c, path, &m));
	assert_string_equal(m.vm.name, "other");
	assert_int_equal(m.vm.memory.size, 1 << 30);
	vm_free(&m.vm);
	conf_close(m.doc);
	free(path);
	free(plain);
}

static void
a_vm_that_is_not_there_is_a_config_error(void **state)
{
	struct place *p = *state;
	struct fleet_member m;

	assert_int_equal(context_load(&p->d, &p->c, "web1", &m), -1);
	assert_int_equal(p->d.status, DIAG_CONFIG);
	assert_refused(p, -1, "there is no VM of that name");
	assert_refused(p, context_load(&p->d, &p->c, "..", &m), "name");
	assert_refused(p, context_load(&p->d, &p->c, "a b", &m), "name");
	assert_refused(p, context_load(&p->d, &p->c, "./-x.conf", &m), "name");
}

static void
the_fleet_is_every_file_by_name_with_what_is_wrong(void **state)
{
	static const char *const names[] = { "bad", "bad name", "db1", "web1", NULL };
	struct place *p = *state;
	struct fleet f;

	vm_file(p, "web1", "");
	vm_file(p, "db1", "");
	vm_file(p, "bad", "memori = 1;");
	vm_file(p, "bad name", "");
	put(p, "etc/vms/.hidden.conf", 0600, "x");
	put(p, "etc/vms/web1.conf~", 0600, "x");
	put(p, "etc/vms/.conf", 0600, "x");
	assert_done(p, context_fleet(&p->d, &p->c, &f));
	assert_int_equal(f.n, 4);
	for (size_t i = 0; i < f.n; i++) {
		assert_string_equal(f.member[i].vm.name, names[i]);
		assert_int_equal(f.member[i].loaded, i >= 2);
	}
	assert_true(says(&p->d, "bad.conf:3: memori: "));
	assert_true(says(&p->d, "bad name.conf: "));
	diag_free(&p->d);
	fleet_free(&f);
}

/* Sets the draft of that name, and loads the fleet. */
static void
fleet_with_draft(struct place *p, const char *name, const char *text, struct fleet *ret)
{
	char *below = xasprintf("etc/vms/%s.conf", name), *path = in_root(p, below);
	struct context_draft draft = { path, text, strlen(text) };

	p->c.draft = &draft;
	assert_done(p, context_fleet(&p->d, &p->c, ret));
	p->c.draft = NULL;
	free(path);
	free(below);
}

static void
a_draft_is_read_in_the_place_of_a_file(void **state)
{
	struct place *p = *state;
	struct fleet f;

	vm_file(p, "b", "cpus = 2;");
	vm_file(p, "d", "cpus = 2;");
	fleet_with_draft(p, "b", "cpus = 5;", &f);
	assert_int_equal(f.n, 2);
	assert_int_equal(f.member[0].vm.cpus.count, 5);
	fleet_free(&f);
	fleet_with_draft(p, "c", "cpus = 5;", &f);
	assert_int_equal(f.n, 3);
	assert_string_equal(f.member[1].vm.name, "c");
	assert_int_equal(f.member[1].vm.cpus.count, 5);
	fleet_free(&f);
}

static void
a_folder_that_is_missing_is_empty(void **state)
{
	struct place *p = *state;
	char **names;
	size_t n;

	assert_done(p, context_run_names(&p->d, &p->c, &names, &n));
	assert_int_equal(n, 0);
	strings_free(names, n);
	folder(p, "run");
	folder(p, "run/web2");
	folder(p, "run/web1");
	assert_done(p, context_run_names(&p->d, &p->c, &names, &n));
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "web1");
	assert_string_equal(names[1], "web2");
	strings_free(names, n);
	put(p, "file", 0600, "");
	char *path = in_root(p, "file");

	assert_refused(p, context_names_in(&p->d, path, ".conf", &names, &n), "Not a directory");
	free(path);
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(below_a_root_lies_everything),
		test(a_relative_root_is_meant_from_here),
		test(folders_of_the_host_config_lie_below_the_root),
		test(a_host_config_that_was_named_must_exist_and_be_right),
		test(an_ordinary_user_has_places_of_their_own),
		test(a_word_with_a_slash_is_a_path),
		test(a_vm_is_found_by_its_name_or_its_path),
		test(a_vm_that_is_not_there_is_a_config_error),
		test(the_fleet_is_every_file_by_name_with_what_is_wrong),
		test(a_draft_is_read_in_the_place_of_a_file),
		test(a_folder_that_is_missing_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
