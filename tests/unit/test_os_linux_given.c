/* Taps that are somebody else's, and what the self-test of `check --host` is made of, on a real
 * Linux kernel, in a network namespace of the test's own. */
#include "linux_fixture.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A tap that somebody made for good, as `ip tuntap add` does. */
static void
given_make(const char *name, short flags)
{
	struct ifreq r = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags) };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
	must(fd, "/dev/net/tun");
	must(ioctl(fd, TUNSETIFF, &r), name);
	must(ioctl(fd, TUNSETPERSIST, 1), name);
	fd_close(&fd);
}

static void
given_remove(const char *name)
{
	struct diag d = { 0 };
	struct os_tap tap;

	if (os_tap_open_given(&d, name, 0, &tap) == -1)
		fail_msg("%s", d.text);
	must(ioctl(tap.fd, TUNSETPERSIST, 0), name);
	fd_close(&tap.fd);
}

static void
a_given_tap_stays_as_its_creator_made_it(void **state)
{
	static const short chosen[] = { 0, IFF_VNET_HDR, IFF_MULTI_QUEUE | IFF_VNET_HDR };
	const struct os_port port = { .mac = tap_mac, .mtu = 1500 };
	struct os_link bridge = bridge_make("br0", 1500);

	for (size_t i = 0; i < 3; i++) {
		struct diag d = { 0 };
		struct ifreq r = { 0 };
		struct os_tap tap;

		given_make("tap0", chosen[i]);
		assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
		assert_string_equal(tap.name, "tap0");
		assert_int_equal(tap.index, link_of("tap0").index);
		assert_int_equal(fcntl(tap.fd, F_GETFD), FD_CLOEXEC);
		must(ioctl(tap.fd, TUNGETIFF, &r), "TUNGETIFF");
		assert_int_equal(
		    r.ifr_flags & (IFF_VNET_HDR | IFF_MULTI_QUEUE | IFF_NO_PI | IFF_PERSIST),
		    chosen[i] | IFF_NO_PI | IFF_PERSIST);
		assert_int_equal(os_tap_join(&d, &tap, &port, &bridge), 0);
		assert_int_equal(link_of("tap0").master, bridge.index);
		assert_string_equal(link_of("tap0").alias, "");
		assert_int_equal(os_tap_leave(&d, tap.index, tap.name, ""), 0);
		fd_close(&tap.fd);
		assert_int_equal(os_tap_destroy(&d, "tap0", ""), 0);
		assert_int_equal(link_of("tap0").master, 0);
		given_remove("tap0");
		assert_false(link_exists("tap0"));
	}
	bridge_remove("br0");
}

static void
assert_queue_of(int fd, const char *name)
{
	struct ifreq r = { 0 };

	must(ioctl(fd, TUNGETIFF, &r), "TUNGETIFF");
	assert_string_equal(r.ifr_name, name);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void
a_tap_lives_as_long_as_any_of_its_queues(void **state)
{
	struct diag d = { 0 };
	struct os_tap tap;
	int more[2];

	assert_int_equal(os_tap_open(&d, "web1.0", true, &tap), 0);
	for (size_t i = 0; i < 2; i++) {
		more[i] = os_tap_queue(&d, &tap);
		assert_queue_of(more[i], "web1.0");
	}
	fd_close(&tap.fd);
	fd_close(&more[0]);
	assert_int_equal(link_of("web1.0").index, tap.index);
	fd_close(&more[1]);
	assert_false(link_exists("web1.0"));
}

static void
a_given_tap_has_several_queues_only_if_it_was_made_so(void **state)
{
	struct diag d = { 0 };
	struct os_tap tap;
	int more;

	given_make("tap0", IFF_MULTI_QUEUE);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	more = os_tap_queue(&d, &tap);
	assert_queue_of(more, "tap0");
	fd_close(&more);
	fd_close(&tap.fd);
	given_remove("tap0");

	given_make("tap1", 0);
	assert_int_equal(os_tap_open_given(&d, "tap1", 0, &tap), 0);
	assert_int_equal(os_tap_queue(&d, &tap), -1);
	assert_non_null(strstr(d.text, "tap tap1: it was made with one queue"));
	diag_free(&d);
	fd_close(&tap.fd);
	given_remove("tap1");
}

static void
assert_not_given(const char *name, int error, const char *sentence)
{
	struct os_tap tap = { .fd = -1 };
	struct diag d = { 0 };

	assert_int_equal(os_tap_open_given(&d, name, 0, &tap), -1);
	if (error != 0)
		assert_int_equal(errno, error);
	assert_string_equal(d.text, sentence);
	assert_int_equal(tap.fd, -1);
	diag_free(&d);
}

static void
a_given_tap_must_be_there_be_a_tap_and_be_free(void **state)
{
	struct os_tap first;
	struct diag d = { 0 };
	struct ifreq r = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct ifreq queue = { .ifr_name = "tap0",
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE };
	int fd;

	assert_not_given("tap0", ENODEV,
	    "tap0: there is no such interface (ip link lists those of this host)\n");
	assert_not_given("tap%d", ENODEV,
	    "tap%d: there is no such interface (ip link lists those of this host)\n");
	assert_false(link_exists("tap0"));
	assert_not_given("lo", 0, "lo is not a tap\n");
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	must(ioctl(fd, TUNSETIFF, &r), "tun0");
	assert_not_given("tun0", 0, "tun0 is not a tap\n");
	fd_close(&fd);
	fd = foreign_tap("tap0", 0);
	assert_not_given("tap0", EBUSY,
	    "tap tap0: another program has it open (end that, or name another tap)\n");
	fd_close(&fd);
	assert_false(link_exists("tap0"));
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	must(ioctl(fd, TUNSETIFF, &queue), "tap0"); /* the kernel would give it a second one */
	assert_not_given("tap0", EBUSY,
	    "tap tap0: another program has it open (end that, or name another tap)\n");
	fd_close(&fd);
	for (unsigned i = 0; i < 2; i++) {
		given_make("tap0", i == 0 ? 0 : IFF_MULTI_QUEUE);
		assert_int_equal(os_tap_open_given(&d, "tap0", 0, &first), 0);
		assert_not_given("tap0", EBUSY,
		    "tap tap0: another program has it open (end that, or name another tap)\n");
		fd_close(&first.fd);
		given_remove("tap0");
	}
}

/* Only of his: an owner that is root may be asked by anybody who may open any. */
static void
a_given_tap_of_another_user_is_refused(void **state)
{
	static const uid_t nobody = 65534;
	struct os_tap tap = { .fd = -1 };
	struct diag d = { 0 };
	int fd = foreign_tap("tap0", 1);

	if (ioctl(fd, TUNSETOWNER, (unsigned long)nobody) == -1) {
		must(ioctl(fd, TUNSETPERSIST, 0), "tap0");
		fd_close(&fd);
		skip(); /* a user namespace without that uid */
	}
	fd_close(&fd);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(d.status, DIAG_DENIED);
	assert_non_null(strstr(d.text, "tap tap0 belongs to nobody (uid 65534), and not to"));
	diag_free(&d);
	assert_int_equal(os_tap_open_given(&d, "tap0", nobody, &tap), 0);
	must(ioctl(tap.fd, TUNSETOWNER, 0UL), "tap0");
	fd_close(&tap.fd);
	assert_int_equal(os_tap_open_given(&d, "tap0", 0, &tap), 0);
	must(ioctl(tap.fd, TUNSETPERSIST, 0), "tap0");
	fd_close(&tap.fd);
}

static int
in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
look_alone(void)
{
	struct diag d = { 0 };
	struct os_link *links, link;
	size_t n;

	if (os_link_find(&d, "br0", &link) == -1)
		return 1;
	if (os_network_alone() != 1)
		return 2;
	if (os_links(&d, &links, &n) == -1)
		return 3;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(links[i].name, "br0") == 0 || links[i].up)
			return 4;
	}
	return os_link_find(&d, "lo", &link) == 0 ? 0 : 5;
}

static int
look_without_capability(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (syscall(SYS_capset, &head, none) == -1)
		return 1;
	return os_network_alone() == -1 && errno == EPERM ? 0 : 2;
}

static void
a_process_can_have_a_network_to_itself(void **state)
{
	bridge_make("br0", 1500);
	assert_int_equal(in_child(look_alone), 0);
	assert_int_equal(in_child(look_without_capability), 0);
	assert_true(link_exists("br0"));
	bridge_remove("br0");
}

static void
a_bridge_is_made_up_with_its_alias_and_destroyed(void **state)
{
	char first[OS_IFNAME], second[OS_IFNAME];
	struct diag d = { 0 };
	struct os_link link;

	assert_int_equal(os_bridge_create(&d, "trial", "vmrun self-test 1", first), 0);
	assert_string_equal(first, "trial");
	link = link_of("trial");
	assert_true(link.is_bridge);
	assert_true(link.up);
	assert_string_equal(link.alias, "vmrun self-test 1");
	assert_int_equal(os_bridge_create(&d, "trial", "", second), 0);
	assert_string_not_equal(second, "trial");
	assert_int_equal(os_bridge_destroy(&d, first), 0);
	assert_false(link_exists(first));
	assert_int_equal(os_bridge_destroy(&d, first), 0);
	assert_true(link_exists(second));
	assert_int_equal(os_bridge_destroy(&d, second), 0);
	assert_int_equal(d.count, 0);
	assert_int_equal(os_bridge_destroy(&d, "lo"), -1);
	assert_string_equal(d.text, "lo is not a bridge\n");
	diag_free(&d);
}

static void
a_trial_goes_when_it_is_closed(void **state)
{
	struct diag d = { 0 };
	struct os_tap tap;

	assert_int_equal(os_trial_open(&d, &tap), 0);
	assert_true(link_of(tap.name).is_tap);
	assert_int_equal(os_trial_close(&d, &tap, ""), 0);
	assert_int_equal(tap.fd, -1);
	assert_false(link_exists(tap.name));
	assert_int_equal(os_trial_close(&d, &tap, ""), 0);
}

static void
there_is_no_vmnet_here(void **state)
{
	struct diag d = { 0 };

	assert_int_equal(os_vmnet_check(&d, "lo"), -1);
	assert_string_equal(d.text, "lo: vmnet is of macOS\n");
	diag_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_given_tap_stays_as_its_creator_made_it),
		cmocka_unit_test(a_tap_lives_as_long_as_any_of_its_queues),
		cmocka_unit_test(a_given_tap_has_several_queues_only_if_it_was_made_so),
		cmocka_unit_test(a_given_tap_must_be_there_be_a_tap_and_be_free),
		cmocka_unit_test(a_given_tap_of_another_user_is_refused),
		cmocka_unit_test(a_process_can_have_a_network_to_itself),
		cmocka_unit_test(a_bridge_is_made_up_with_its_alias_and_destroyed),
		cmocka_unit_test(a_trial_goes_when_it_is_closed),
		cmocka_unit_test(there_is_no_vmnet_here),
	};

	if (!namespace_ready())
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
