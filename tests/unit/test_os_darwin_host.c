/* What a Mac is asked about itself, on a fake XNU: vmnet, processes, accelerator, findings, titles.
 */
#include "os_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_darwin.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"

/* What a notebook has. */
static void
mac_with_interfaces(void)
{
	static const char *const others[] = { "bridge0", "vmenet0", "feth0", "utun0", "awdl0",
		"llw0", "ap1", "anpi0", "tap0" };

	darwin_reset();
	darwin_link_add("lo0", 0x18, 16384);
	darwin_link_add("en0", DARWIN_ETHER, 1500);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		darwin_link_add(others[i], DARWIN_ETHER, 1500);
	darwin_link_add("en5", DARWIN_ETHER, 1500);
	darwin_link_add("en6", 0x01, 1500); /* no Ethernet */
	darwin_link_add("en7", DARWIN_ETHER, 1500);
	darwin_link("en7")->flags = 1; /* no broadcasts */
}

static void
vmnet_says_what_it_can_bridge(void **state)
{
	static const char *const names[] = { "en0", "", "a-name-that-no-interface-has", "en1",
		NULL };
	struct diag d = { 0 };

	mac_with_interfaces();
	darwin_vmnet(DARWIN_VMNET_LISTS, names);
	assert_int_equal(os_vmnet_check(&d, "en0"), 0);
	assert_int_equal(os_vmnet_check(&d, "en1"), 0);
	assert_int_equal(os_vmnet_check(&d, "en5"), -1);
	assert_int_equal(errno, ENODEV);
	assert_string_equal(d.text, "en5: vmnet cannot bridge it; it can bridge en0, en1\n");
	diag_free(&d);
	assert_int_equal(darwin_descriptors(), 0);
}

/* The lowest number that the next descriptor could have. */
static int
lowest_descriptor(void)
{
	int fd = dup(0);

	assert_int_not_equal(fd, -1);
	close(fd);
	return fd;
}

/* However it is that vmnet does not say. */
static void
where_vmnet_is_silent_ethernets_are_taken(void **state)
{
	static const char *const none[] = { NULL };
	static const enum darwin_vmnet silent[] = { DARWIN_VMNET_LISTS, DARWIN_VMNET_ABSENT,
		DARWIN_VMNET_OLD, DARWIN_VMNET_NULL, DARWIN_VMNET_OTHER, DARWIN_VMNET_DIES,
		DARWIN_VMNET_HANGS };
	int lowest = lowest_descriptor();
	struct diag d = { 0 };

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		mac_with_interfaces();
		darwin_vmnet(silent[i], none);
		assert_int_equal(os_vmnet_check(&d, "bridge0"), -1);
		assert_string_equal(
		    d.text, "bridge0: vmnet cannot bridge it; it can bridge en0, en5\n");
		diag_free(&d);
	}
	assert_int_equal(lowest_descriptor(), lowest);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
	darwin_vmnet(DARWIN_VMNET_ABSENT, NULL);
	assert_int_equal(os_vmnet_check(&d, "en5"), 0);
	darwin_fail_at(1, ENOMEM);
	assert_int_equal(os_vmnet_check(&d, "en5"), -1);
	assert_said(&d, "cannot list");
	darwin_reset();
	assert_int_equal(os_vmnet_check(&d, "en0"), -1);
	assert_said(&d, "nor any other interface");
}

static pid_t
sleeper(void)
{
	pid_t child = fork();

	assert_int_not_equal(child, -1);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return child;
}

static void
a_process_is_known_by_more_than_its_pid(void **state)
{
	struct diag d = { 0 };
	struct os_proc proc, other;
	struct pollfd p = { .events = POLLIN };
	uint64_t rss = 0, pss = 1, cpu;
	struct os_use use;
	pid_t child;

	darwin_reset();
	child = sleeper();
	assert_int_equal(os_proc_find(&d, child, &proc), 0);
	assert_int_equal(proc.pid, child);
	assert_true(proc.start > 1700000000ULL * 1000000);
	assert_string_equal(proc.boot, "01234567-89AB-CDEF-0123-456789ABCDEF");
	assert_int_equal(os_proc_memory(child, &rss, &pss), 0);
	assert_true(rss > 0 && pss == 0);
	assert_int_equal(os_proc_use(child, &use), 0);
	assert_true(use.resident > 0 && use.start == proc.start);
	assert_int_equal(use.cpu, 1500000000);
	assert_int_equal(os_thread_cpu(child, child, &cpu), -1);
	assert_int_equal(errno, ENOTSUP);
	other = proc;
	other.start++;
	assert_int_equal(os_proc_open(&d, &other), -1);
	assert_int_equal(errno, ESRCH);
	diag_free(&d);
	p.fd = os_proc_open(&d, &proc);
	assert_true(p.fd >= 0);
	assert_int_equal(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
	assert_false(os_proc_stopped(&proc));
	assert_int_equal(os_proc_signal(p.fd, &proc, SIGSTOP), 0);
	assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
	assert_true(os_proc_stopped(&proc));
	assert_false(os_proc_stopped(&other));
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(os_proc_signal(p.fd, &proc, SIGKILL), 0);
	assert_int_equal(poll(&p, 1, 10000), 1);
	/* A zombie: it has ended, though its pid is still taken. */
	assert_int_equal(os_proc_find(&d, child, &other), -1);
	assert_int_equal(errno, ESRCH);
	diag_free(&d);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(os_proc_find(&d, child, &other), -1);
	assert_int_equal(errno, ESRCH);
	diag_free(&d);
	assert_int_equal(os_proc_memory(child, &rss, &pss), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(os_proc_use(child, &use), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(os_proc_find(&d, 0, &other), -1);
	assert_int_equal(errno, ESRCH);
	diag_free(&d);
	fd_close(&p.fd);
	assert_int_equal(darwin_descriptors(), 0);
}

/* Whoever asks would take ESRCH for the end of the VM. */
static void
a_kernel_that_does_not_answer_is_not_an_ended_process(void **state)
{
	struct diag d = { 0 };
	struct os_proc proc = { .pid = 77 };

	darwin_reset();
	for (unsigned n = 1; n <= 2; n++) {
		darwin_fail_at(n, ENOMEM);
		assert_int_equal(os_proc_find(&d, getpid(), &proc), -1);
		assert_int_equal(errno, ENOMEM);
		assert_int_equal(proc.pid, 77);
		diag_free(&d);
	}
	darwin_sysctl("kern.bootsessionuuid", NULL);
	assert_int_equal(os_proc_find(&d, getpid(), &proc), -1);
	assert_int_equal(errno, ENOENT);
	assert_said(&d, "kern.bootsessionuuid");
}

static void
hvf_is_for_guests_of_the_hosts_kind(void **state)
{
	struct os_accel accel;

	darwin_reset();
	darwin_sysctl_number("sysctl.proc_translated", 1); /* built for Intel, run by Rosetta */
	assert_string_equal(os_arch(), "aarch64");
	os_accel("aarch64", true, &accel);
	assert_string_equal(accel.name, "hvf");
	assert_true(strlen(accel.why) > 0 && !accel.has_group);
	os_accel("x86_64", true, &accel);
	assert_string_equal(accel.name, "tcg");
	assert_string_equal(accel.why, "a guest of x86_64 on a host of aarch64 is emulated");
	darwin_sysctl_number("sysctl.proc_translated", 0);
	assert_string_not_equal(os_arch(), "arm64");
	os_accel(os_arch(), false, &accel);
	assert_string_equal(accel.name, "hvf");
	if (strcmp(os_arch(), "x86_64") == 0) {
		os_accel("i386", false, &accel);
		assert_string_equal(accel.name, "hvf");
	}
	darwin_sysctl_number("kern.hv_support", 0);
	os_accel(os_arch(), false, &accel);
	assert_string_equal(accel.name, "tcg");
	assert_non_null(strstr(accel.why, "kern.hv_support is not 1"));
	darwin_sysctl("kern.hv_support", NULL);
	os_accel(os_arch(), false, &accel);
	assert_string_equal(accel.name, "tcg");
	assert_string_equal(os_here()->name, "darwin");
}

static const struct os_finding *
found(const struct os_finding *list, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(list[i].text) < sizeof(list[i].text) - 1); /* nothing was cut */
		if (strcmp(list[i].what, what) == 0)
			return &list[i];
	}
	return NULL;
}

static void
a_bare_mac_is_found_out(void **state)
{
	struct os_finding list[32];
	const struct os_finding *f;
	size_t n;

	mac_with_interfaces();
	darwin_sysctl_number("kern.hv_support", 0);
	n = os_check(list, 32);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(list[i].level, FINDING_BAD);
	assert_non_null(found(list, n, "macOS"));
	f = found(list, n, "vmnet");
	assert_non_null(f);
	assert_non_null(strstr(f->text, "macOS 10.15"));
	assert_int_equal(f->level, FINDING_NOTE);
	assert_int_equal(found(list, n, "accelerator")->level, FINDING_NOTE);
	assert_int_equal(found(list, n, "socket_vmnet")->level, FINDING_NOTE);
	assert_non_null(found(list, n, "privileges"));
	assert_null(found(list, n, "homebrew"));
	assert_null(found(list, n, "rosetta"));
	assert_int_equal(os_check(list, 2), 2);
	darwin_sysctl("kern.osrelease", "18.7.0");
	n = os_check(list, 32);
	assert_non_null(strstr(found(list, n, "macOS")->text, "need macOS 10.15"));
	darwin_sysctl("kern.osrelease", "19.6.0");
	n = os_check(list, 32);
	assert_non_null(strstr(found(list, n, "macOS")->text, "need macOS 11"));
	darwin_vmnet(DARWIN_VMNET_OLD, NULL);
	n = os_check(list, 32);
	assert_non_null(strstr(found(list, n, "vmnet")->text, "macOS 10.15"));
	darwin_vmnet(DARWIN_VMNET_NULL, NULL);
	n = os_check(list, 32);
	assert_non_null(strstr(found(list, n, "vmnet")->text, "by the look of them"));
}

static void
a_mac_with_all_of_it_is_found_out_too(void **state)
{
	static const char *const names[] = { "en0", "en5", NULL };
	struct os_finding list[32];
	const struct os_finding *f;
	size_t n;

	mac_with_interfaces();
	darwin_vmnet(DARWIN_VMNET_LISTS, names);
	darwin_sysctl_number("sysctl.proc_translated", 1);
	darwin_file("/opt/homebrew/var/run/socket_vmnet.bridged.en0", S_IFSOCK | 0777, 0);
	darwin_file("/var/run/socket_vmnet", S_IFREG | 0777, 0); /* no socket */
	darwin_file("/opt/homebrew/bin", S_IFDIR | 0755, 501);
	darwin_file("/usr/local/bin", S_IFDIR | 0755, 0);
	n = os_check(list, 32);
	f = found(list, n, "vmnet");
	assert_int_equal(f->level, FINDING_OK);
	assert_string_equal(f->text, "can bridge en0, en5 (with QEMU 7.1 or later)");
	f = found(list, n, "socket_vmnet");
	assert_int_equal(f->level, FINDING_OK);
	assert_non_null(strstr(f->text, "\"/opt/homebrew/var/run/socket_vmnet.bridged.en0\""));
	assert_ptr_equal(found(f + 1, n - (size_t)(f + 1 - list), "socket_vmnet"), NULL);
	f = found(list, n, "homebrew");
	assert_int_equal(f->level, FINDING_NOTE);
	assert_non_null(strstr(f->text, "/opt/homebrew/bin"));
	assert_null(found(f + 1, n - (size_t)(f + 1 - list), "homebrew"));
	assert_int_equal(found(list, n, "accelerator")->level, FINDING_OK);
	assert_non_null(strstr(found(list, n, "entitlement")->text, "HV_DENIED"));
	assert_non_null(found(list, n, "rosetta"));
	assert_int_equal(darwin_descriptors(), 0);
}

static void
a_mac_that_answers_nothing_is_no_crash(void **state)
{
	for (unsigned call = 1;; call++) {
		struct os_finding list[32];
		size_t n;

		mac_with_interfaces();
		darwin_fail_at(call, ENOMEM);
		n = os_check(list, 32);
		assert_non_null(found(list, n, "macOS"));
		assert_non_null(found(list, n, "accelerator"));
		assert_non_null(found(list, n, "vmnet"));
		if (!darwin_failed())
			break;
		if (found(list, n, "vmnet")->level == FINDING_BAD)
			assert_non_null(strstr(found(list, n, "vmnet")->text, "cannot list"));
	}
}

/* The words of a command line as the kernel lays them out, and what follows them. */
static void
a_title_takes_the_room_of_the_words_and_no_more(void **state)
{
	char room[] = "vmrun\0start\0web1\0PATH=/bin",
	     *argv[] = { room, room + 6, room + 12, NULL };

	os_title_init(3, argv, NULL);
	os_title("%s", "a-name-that-is-far-too-long");
	assert_string_equal(room, "vmrun: a-name-th");
	assert_string_equal(room + 17, "PATH=/bin");
	assert_string_equal(argv[0], "vmrun"); /* main goes on with copies */
	assert_string_equal(argv[2], "web1");
	os_title("%s", "w");
	assert_memory_equal(room, "vmrun: w\0\0\0\0\0\0\0\0\0PATH=/bin", sizeof(room));
	for (unsigned i = 0; i < 3; i++)
		free(argv[i]);
}

static void
a_title_stays_within_words_that_follow_one_another(void **state)
{
	char room[] = "vmrun\0elsewhere", *argv[] = { room, room + 7, NULL }, tiny[] = "v\0x";
	char *none[] = { NULL }, *one[] = { tiny, NULL };

	os_title_init(2, argv, NULL);
	os_title("%s", "web1");
	assert_memory_equal(room, "vmrun\0elsewhere", sizeof(room));
	assert_string_equal(argv[1], "lsewhere");
	free(argv[0]);
	os_title_init(1, one, NULL);
	os_title("%s", "web1");
	assert_memory_equal(tiny, "v\0x", sizeof(tiny));
	free(one[0]);
	os_title_init(0, none, NULL);
	os_title("%s", "web1");
	assert_memory_equal(tiny, "v\0x", sizeof(tiny));
}

/* In a child: 0 if all is gone, else which check failed. */
static int
drop_and_look(const struct os_identity *who)
{
	struct rlimit limit;
	const gid_t *groups;
	int n;

	if (os_privileges_drop(who) == -1)
		return 1;
	if (getrlimit(RLIMIT_NPROC, &limit) == -1 || limit.rlim_cur != 1 || limit.rlim_max != 1)
		return 2;
	if (who == NULL)
		return 0;
	if (getuid() != who->uid || geteuid() != who->uid || getegid() != who->gid ||
	    setuid(0) == 0)
		return 3;
	groups = darwin_groups(&n);
	return n == 2 && groups[0] == 54321 && groups[1] == 7 ? 0 : 4;
}

static void
dropped_privileges_are_gone_for_good(void **state)
{
	static const struct os_identity who = {
		.uid = 54322, .gid = 54321, .groups = { 7 }, .ngroups = 1
	};

	for (unsigned i = 0; i < 2; i++) {
		pid_t child;
		int status;

		if (i == 1 && !os_uid_available(who.uid)) {
			print_message("no other uid can be taken here: half of this was tested\n");
			break;
		}
		child = fork();
		if (child == 0)
			_exit(drop_and_look(i == 0 ? NULL : &who));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmnet_says_what_it_can_bridge),
		cmocka_unit_test(where_vmnet_is_silent_ethernets_are_taken),
		cmocka_unit_test(a_process_is_known_by_more_than_its_pid),
		cmocka_unit_test(a_kernel_that_does_not_answer_is_not_an_ended_process),
		cmocka_unit_test(hvf_is_for_guests_of_the_hosts_kind),
		cmocka_unit_test(a_bare_mac_is_found_out),
		cmocka_unit_test(a_mac_with_all_of_it_is_found_out_too),
		cmocka_unit_test(a_mac_that_answers_nothing_is_no_crash),
		cmocka_unit_test(a_title_takes_the_room_of_the_words_and_no_more),
		cmocka_unit_test(a_title_stays_within_words_that_follow_one_another),
		cmocka_unit_test(dropped_privileges_are_gone_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
