/* The runtime folder of a VM: one holder at a time, whatever is removed meanwhile, and the record.
 */
#include "vm_fixture.h"

#include <sched.h>
#include <signal.h>

#define WORKERS 4
#define ROUNDS  100

static void
a_lock_has_one_holder(void **state)
{
	struct place *p = *state;
	struct runtime mine = RUNTIME_NONE, other = RUNTIME_NONE;
	bool before[FDS_MAX];

	descriptors(before);
	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &mine));
	assert_true(is_there(p, "run/web1/lock"));
	assert_int_equal(runtime_lock(&p->d, &p->c, "web1", &other), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(p->d.status, DIAG_BUSY);
	assert_refused(p, -1, "another vmrun is at work on it");
	assert_done(p, runtime_lock(&p->d, &p->c, "web2", &other)); /* another VM's is free */
	runtime_remove(&other);
	runtime_release(&mine);
	assert_true(is_there(p, "run/web1"));
	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &mine));
	runtime_remove(&mine);
	assert_false(is_there(p, "run/web1"));
	assert_false(is_there(p, "run/web2"));
	assert_same_descriptors(before);
}

static void
a_folder_is_its_owners_alone(void **state)
{
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;
	struct stat st;

	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &r));
	assert_int_equal(stat(r.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fcntl(r.lock, F_GETFD), FD_CLOEXEC);
	runtime_remove(&r);
}

static void
a_lock_ends_with_its_holder(void **state)
{
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(fd_pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (runtime_lock(&p->d, &p->c, "web1", &r) == 0)
			(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	fd_close(&ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_refused(p, runtime_lock(&p->d, &p->c, "web1", &r), "another vmrun");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &r));
	runtime_remove(&r);
	fd_close(&ready[0]);
}

/* Takes the lock again and again, and while it has it makes a file that nobody else may have made;
 * every third time the folder stays. */
static int
worker(struct place *p, const char *mark)
{
	for (int taken = 0; taken < ROUNDS;) {
		struct runtime r = RUNTIME_NONE;
		struct stat mine, there;
		char *lock;
		int fd;

		diag_free(&p->d);
		if (runtime_lock(&p->d, &p->c, "web1", &r) == -1) {
			if (p->d.status != DIAG_BUSY)
				return 2;
			sched_yield();
			continue;
		}
		taken++;
		fd = open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd == -1)
			return 3; /* two holders */
		fd_close(&fd);
		sched_yield();
		lock = xasprintf("%s/lock", r.dir);
		if (fstat(r.lock, &mine) == -1 || stat(lock, &there) == -1 ||
		    mine.st_ino != there.st_ino)
			return 4; /* our folder was taken from under us */
		free(lock);
		if (unlink(mark) == -1)
			return 5;
		if (taken % 3 == 0)
			runtime_release(&r);
		else
			runtime_remove(&r);
	}
	return 0;
}

static void
a_folder_that_is_removed_and_made_again_never_has_two_holders(void **state)
{
	struct place *p = *state;
	char *mark = in_root(p, "held");
	int status;

	for (int i = 0; i < WORKERS; i++) {
		pid_t pid = fork();

		assert_true(pid != -1);
		if (pid == 0)
			_exit(worker(p, mark));
	}
	for (int i = 0; i < WORKERS; i++) {
		assert_true(waitpid(-1, &status, 0) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	free(mark);
}

static void
a_link_in_the_locks_place_is_refused(void **state)
{
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;
	char *lock = in_root(p, "run/web1/lock"), *target = in_root(p, "target");

	folder(p, "run");
	private_folder(p, "run/web1");
	assert_int_equal(symlink(target, lock), 0);
	assert_refused(p, runtime_lock(&p->d, &p->c, "web1", &r), "run/web1/lock");
	assert_false(is_there(p, "target"));
	assert_int_equal(r.lock, -1);
	free(lock);
	free(target);
}

static void
a_record_is_read_as_it_was_written(void **state)
{
	struct place *p = *state;
	struct runtime r = RUNTIME_NONE;
	json_t *record = json_pack(
	    "{s:s,s:i,s:I,s:s}", "name", "web1", "pid", 7, "start", (json_int_t)123, "boot", "b-1");
	json_t *read = NULL;
	struct os_proc proc;

	assert_done(p, runtime_lock(&p->d, &p->c, "web1", &r));
	assert_int_equal(record_read(&p->d, r.dir, &read), -1);
	assert_int_equal(errno, ENOENT);
	diag_free(&p->d);
	assert_done(p, record_write(&p->d, &r, record));
	assert_done(p, record_write(&p->d, &r, record)); /* over the old one */
	assert_false(is_there(p, "run/web1/qemu.new"));
	assert_done(p, record_read(&p->d, r.dir, &read));
	assert_true(json_equal(read, record));
	proc = record_proc(read);
	assert_int_equal(proc.pid, 7);
	assert_int_equal(proc.start, 123);
	assert_string_equal(proc.boot, "b-1");
	json_decref(read);
	json_decref(record);
	runtime_remove(&r);
}

static void
a_damaged_record_is_an_error_that_names_it(void **state)
{
	static const char *const damaged[] = { "", "{\"pid\": 7", "[7]", "{} {}", "\377" };
	struct place *p = *state;
	char *dir = in_root(p, "run/web1");
	json_t *read = NULL;

	folder(p, "run");
	folder(p, "run/web1");
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		put(p, "run/web1/qemu", 0600, damaged[i]);
		errno = ENOENT;
		assert_int_equal(record_read(&p->d, dir, &read), -1);
		assert_int_not_equal(errno, ENOENT);
		assert_refused(p, -1, "run/web1/qemu: damaged");
		assert_null(read);
	}
	free(dir);
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_lock_has_one_holder),
		test(a_folder_is_its_owners_alone),
		test(a_lock_ends_with_its_holder),
		test(a_folder_that_is_removed_and_made_again_never_has_two_holders),
		test(a_link_in_the_locks_place_is_refused),
		test(a_record_is_read_as_it_was_written),
		test(a_damaged_record_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
