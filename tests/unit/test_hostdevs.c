/* The files of IOMMU groups are QEMU's user's while it runs, and again whose they were after it. */
#include "launch_fixture.h"

/* Of each test, in place of /dev/vfio/12; a name that fits in struct os_vfio. */
static char group[32];

#define OWNER 12345

static int
given_host(void **state)
{
	int fd;

	if (bridged_host(state) == -1)
		return -1;
	strcpy(group, "/tmp/vmrun-vfio.XXXXXX");
	fd = mkstemp(group);
	fake_vfio(group);
	vm_file(*state, "web1", "hostdevs = ( \"01:00.0\", \"01:00.1\" );");
	return fd == -1 ? -1 : close(fd);
}

static int
given_host_remove(void **state)
{
	unlink(group);
	return place_remove(state);
}

static uid_t
owner(void)
{
	struct stat st;

	assert_int_equal(stat(group, &st), 0);
	return st.st_uid;
}

static void
need_root(void)
{
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(group, OWNER, (gid_t)-1), 0);
}

static void
a_group_is_lent_while_qemu_runs(void **state)
{
	struct start t;
	json_t *read;

	need_root();
	begin(&t, *state, "web1");
	assert_done(*(struct place **)state, go(&t));
	assert_int_equal(owner(), t.plan.given.who.uid);
	assert_done(t.p, record_read(&t.p->d, t.r.dir, &read));
	assert_int_equal(json_array_size(json_object_get(read, "lent")), 1);
	json_decref(read);
	end(&t);
	assert_int_equal(owner(), OWNER);
}

static void
a_supervisor_that_died_leaves_it_to_the_next(void **state)
{
	struct start t;
	struct launch l;
	json_t *read;

	need_root();
	begin(&t, *state, "web1");
	assert_done(t.p, go(&t));
	assert_done(t.p, record_read(&t.p->d, t.r.dir, &read));
	launch_adopt(read, &l);
	assert_int_equal(launch_down(&t.p->d, &l, &t.r), 0);
	assert_int_equal(owner(), OWNER);
	json_decref(read);
	end(&t);
}

static void
a_device_that_is_missing_fails_the_start(void **state)
{
	fake_vfio(NULL);
	refused(*state, "hostdevs[0]: 0000:01:00.0: there is no such device");
}

static void
a_file_that_went_with_its_device_needs_not_be_given_back(void **state)
{
	struct start t;

	need_root();
	begin(&t, *state, "web1");
	assert_done(t.p, go(&t));
	assert_int_equal(unlink(group), 0);
	end(&t);
}

#define test(name) cmocka_unit_test_setup_teardown(name, given_host, given_host_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_group_is_lent_while_qemu_runs),
		test(a_supervisor_that_died_leaves_it_to_the_next),
		test(a_device_that_is_missing_fails_the_start),
		test(a_file_that_went_with_its_device_needs_not_be_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
