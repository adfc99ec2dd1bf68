/* FreeBSD's processes, privileges, copies and findings, on a fake kernel. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_freebsd.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"

static pid_t
sleeper(void)
{
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	assert_true(child > 0);
	return child;
}

static void
end(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static struct os_proc
proc_of(pid_t pid)
{
	struct diag d = { 0 };
	struct os_proc proc;

	if (os_proc_find(&d, pid, &proc) == -1)
		fail_msg("%s", d.text);
	return proc;
}

static void
a_process_is_the_same_whoever_sets_the_clock(void **state)
{
	struct os_proc before, after;
	struct diag d = { 0 };

	freebsd_reset();
	before = proc_of(getpid());
	assert_int_equal(before.start % 10000, 123); /* to the microsecond */
	assert_string_equal(before.boot, "0f323334353637383961626364656600");
	freebsd.boot -= 86400;
	after = proc_of(getpid());
	assert_memory_equal(&before, &after, sizeof(before));
	freebsd.steps = 5; /* while it is asked */
	after = proc_of(getpid());
	assert_int_equal(freebsd.steps, 0);
	assert_memory_equal(&before, &after, sizeof(before));
	freebsd.steps = 1000000;
	assert_int_equal(os_proc_find(&d, getpid(), &after), -1);
	assert_int_equal(errno, EAGAIN);
	diag_free(&d);
	freebsd.steps = 0;
	freebsd.no_boot_id = true;
	assert_string_equal(proc_of(getpid()).boot, "");
}

static void
a_process_that_ended_is_none(void **state)
{
	struct diag d = { 0 };
	struct os_proc proc;
	pid_t child;

	freebsd_reset();
	child = sleeper();
	proc = proc_of(child);
	assert_false(os_proc_stopped(&proc));
	kill(child, SIGSTOP);
	assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
	assert_true(os_proc_stopped(&proc));
	proc.start++;
	assert_false(os_proc_stopped(&proc));
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_equal(os_proc_find(&d, child, &proc), -1); /* a zombie */
	assert_int_equal(errno, ESRCH);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (int i = 0; i < 2; i++) {
		freebsd.empty_for_nobody = i == 1;
		assert_int_equal(os_proc_find(&d, child, &proc), -1);
		assert_int_equal(errno, ESRCH);
	}
	assert_int_equal(os_proc_find(&d, 0, &proc), -1);
	assert_int_equal(errno, ESRCH);
	diag_free(&d);
}

static void
a_process_is_watched_and_signalled_until_it_ends(void **state)
{
	struct diag d = { 0 };
	struct os_proc proc, other;
	struct pollfd p = { .events = POLLIN };
	pid_t child;

	freebsd_reset();
	child = sleeper();
	proc = other = proc_of(child);
	other.start++;
	assert_int_equal(os_proc_open(&d, &other), -1);
	assert_int_equal(errno, ESRCH);
	other = proc;
	other.boot[0] = 'x';
	assert_int_equal(os_proc_open(&d, &other), -1);
	assert_int_equal(errno, ESRCH);
	diag_free(&d);
	assert_int_equal(freebsd_descriptors(), 0);
	p.fd = os_proc_open(&d, &proc);
	assert_true(p.fd >= 0);
	assert_int_equal(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(poll(&p, 1, 0), 0);
	/* Another that got the number gets no signal. */
	other = proc;
	other.start++;
	assert_int_equal(os_proc_signal(p.fd, &other, SIGKILL), 0);
	assert_int_equal(poll(&p, 1, 50), 0);
	assert_int_equal(os_proc_signal(p.fd, &proc, SIGKILL), 0);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(os_proc_signal(p.fd, &proc, SIGKILL), 0);
	assert_int_equal(os_proc_open(&d, &proc), -1);
	assert_int_equal(errno, ESRCH);
	fd_close(&p.fd);
	diag_free(&d);
	assert_int_equal(freebsd_descriptors(), 0);
}

static void
a_watch_that_fails_leaves_no_descriptor(void **state)
{
	struct os_proc proc;
	pid_t child;

	freebsd_reset();
	child = sleeper();
	proc = proc_of(child);
	for (unsigned n = 1;; n++) {
		struct diag d = { 0 };
		int fd;

		freebsd_fail_at(n, EIO);
		fd = os_proc_open(&d, &proc);
		assert_int_equal(freebsd_descriptors(), fd != -1);
		if (fd == -1) {
			assert_true(freebsd_failed());
			assert_int_equal(d.count, 1);
		}
		fd_close(&fd);
		diag_free(&d);
		if (!freebsd_failed()) {
			assert_true(n > 4);
			break;
		}
	}
	end(child);
}

static void
memory_is_in_bytes(void **state)
{
	uint64_t rss, pss = 1;

	freebsd_reset();
	assert_int_equal(os_proc_memory(getpid(), &rss, &pss), 0);
	assert_int_equal(rss, 25 * getpagesize());
	assert_int_equal(pss, 0);
	assert_int_equal(os_proc_memory(-1, &rss, &pss), -1);
	assert_int_equal(errno, ESRCH);
}

static void
cpu_is_that_of_the_process_and_of_each_thread(void **state)
{
	struct diag d = { 0 };
	struct os_proc proc;
	struct os_use use;
	uint64_t ns;

	freebsd_reset();
	assert_int_equal(os_proc_use(getpid(), &use), 0);
	assert_int_equal(os_proc_find(&d, getpid(), &proc), 0);
	assert_int_equal(use.start, proc.start);
	assert_int_equal(use.cpu, 2500000000);
	assert_int_equal(use.resident, 25 * getpagesize());
	assert_int_equal(os_thread_cpu(getpid(), 100002, &ns), 0);
	assert_int_equal(ns, 700000000);
	assert_int_equal(os_thread_cpu(getpid(), 100003, &ns), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(os_proc_use(-1, &use), -1);
	assert_int_equal(errno, ESRCH);
}

static void
threads_are_bound_to_cpus_and_memory_to_none(void **state)
{
	struct intset set = { { 5, 0, 0, UINT64_C(1) << 63 } }, all;
	struct diag d = { 0 };
	uint64_t total, unused;

	freebsd_reset();
	assert_int_equal(os_thread_bind(100123, &set), 0);
	assert_int_equal(os_thread_bind(0, &set), 0);
	assert_string_equal(freebsd_log(), "cpus 3 1 100123 0580, cpus 3 1 -1 0580");
	intset_add(&set, 256);
	assert_int_equal(os_thread_bind(0, &set), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(os_cpus(&d, &all), 0);
	assert_int_equal(all.bits[0], 63);
	assert_int_equal(os_nodes(&d, &all), -1);
	assert_int_equal(os_hugepages(&d, 2 << 20, &total, &unused), -1);
	assert_int_equal(d.count, 2);
	diag_free(&d);
}

static void
privileges_go_in_the_order_that_cannot_be_undone(void **state)
{
	const struct os_identity who = {
		.uid = 70001, .gid = 70002, .groups = { 5, 6 }, .ngroups = 2
	};

	freebsd_reset();
	assert_true(os_privileged() && os_uid_available(70001));
	assert_int_equal(os_privileges_drop(&who), 0);
	assert_string_equal(freebsd_log(),
	    "procctl 19 1, procctl 7 3, groups 70002 5 6, gid 70002 70002 70002, "
	    "uid 70001 70001 70001, processes 1 1");
	freebsd_reset();
	freebsd.no_root = true;
	assert_false(os_privileged() || os_uid_available(70001));
	assert_int_equal(os_privileges_drop(NULL), 0);
	assert_string_equal(freebsd_log(), "procctl 19 1, procctl 7 3, processes 1 1");
	freebsd_reset();
	freebsd.no_hardening = true; /* FreeBSD 13 */
	assert_int_equal(os_privileges_drop(&who), 0);
	for (unsigned n = 1; n <= 6; n++) {
		freebsd_reset();
		freebsd_fail_at(n, EPERM);
		assert_int_equal(os_privileges_drop(&who), -1);
		assert_int_equal(errno, EPERM);
	}
	/* Somebody traces vmrun, and goes on with QEMU. */
	freebsd_reset();
	freebsd_fail_at(2, EBUSY);
	assert_int_equal(os_privileges_drop(&who), 0);
	/* An ordinary user may be kept from the first two, and has the third. */
	freebsd_reset();
	freebsd.no_root = true;
	freebsd_fail_at(1, EPERM);
	assert_int_equal(os_privileges_drop(NULL), 0);
	assert_string_equal(freebsd_log(), "procctl 7 3, processes 1 1");
}

static void
a_program_gets_no_descriptor_from_there_on(void **state)
{
	int fds[3];

	for (size_t i = 0; i < 3; i++) {
		fds[i] = fcntl(0, F_DUPFD, 100);
		assert_true(fds[i] >= 100);
	}
	os_cloexec_from(fds[1]);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fcntl(fds[i], F_GETFD), i == 0 ? 0 : FD_CLOEXEC);
		close(fds[i]);
	}
}

/* Root shows that it is not the gid. */
static void
the_other_end_of_a_socket_has_a_uid(void **state)
{
	gid_t own = getegid();
	int ends[2], file;
	uid_t uid = 4711;

	if (getuid() == 0)
		assert_int_equal(setegid(4712), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(setegid(own), 0);
	assert_int_equal(os_peer_uid(ends[0], &uid), 0);
	assert_int_equal(uid, getuid());
	close(ends[0]);
	close(ends[1]);
	file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	uid = 4711;
	assert_int_equal(os_peer_uid(file, &uid), -1);
	assert_int_equal(uid, 4711);
	close(file);
}

static void
assert_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, getuid());
	assert_int_equal(st.st_gid, getgid());
}

static void
assert_holds(const char *path, const char *text)
{
	struct diag d = { 0 };
	char *s;
	size_t n;

	if (file_read(&d, path, 1 << 20, &s, &n) == -1)
		fail_msg("%s", d.text);
	assert_int_equal(n, strlen(text));
	assert_string_equal(s, text);
	free(s);
}

static void
a_copy_can_be_read_by_qemus_group_alone(void **state)
{
	char top[] = "/tmp/vmrun-copy-XXXXXX", dir[64], file[96], path[96];
	struct os_copy_place where = { .dir = dir, .name = "kernel", .gid = getgid() };
	struct diag d = { 0 };
	struct os_copy copy;
	int from;

	freebsd_reset();
	freebsd.own_uid = true;
	assert_non_null(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/files", top);
	snprintf(file, sizeof(file), "%s/kernel", dir);
	assert_int_equal(os_copy(&d, &where, "text", 4, &copy), 0);
	assert_int_equal(copy.fd, -1);
	assert_string_equal(copy.path, file);
	free(copy.path);
	assert_mode(dir, 0750);
	assert_mode(file, 0640);
	assert_holds(file, "text");
	/* Over one that a crash left; the caller's QEMU needs no group. */
	where.gid = (gid_t)-1;
	snprintf(path, sizeof(path), "%s/original", top);
	assert_int_equal(file_write(&d, path, 0600, "another", 7), 0);
	from = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(os_copy_file(&d, &where, from, &copy), 0);
	free(copy.path);
	fd_close(&from);
	assert_mode(dir, 0700);
	assert_mode(file, 0600);
	assert_holds(file, "another");
	/* A symbolic link in its place is not followed. */
	unlink(file);
	assert_int_equal(symlink(path, file), 0);
	assert_int_equal(os_copy(&d, &where, "text", 4, &copy), 0);
	free(copy.path);
	assert_holds(path, "another");
	unlink(path);
	unlink(file);
	rmdir(dir);
	assert_int_equal(rmdir(top), 0);
}

static void
a_copy_that_fails_leaves_nothing(void **state)
{
	char top[] = "/tmp/vmrun-copy-XXXXXX", dir[64];
	struct os_copy_place where = { .dir = dir, .name = "kernel", .gid = getgid() };
	struct os_copy copy = { .fd = 7 };
	struct diag d = { 0 };
	int folder;

	freebsd_reset();
	freebsd.own_uid = true;
	assert_non_null(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/files", top);
	folder = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* cannot be read as a file */
	assert_int_equal(os_copy_file(&d, &where, folder, &copy), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(copy.fd, 7);
	assert_int_equal(access(dir, F_OK), -1);
	/* A folder of another user, or a link to one, is not for secrets. */
	freebsd.own_uid = false;
	freebsd.no_root = true; /* we are uid 1001 */
	assert_int_equal(mkdir(dir, 0755), 0);
	if (getuid() != 1001) {
		assert_int_equal(os_copy(&d, &where, "text", 4, &copy), -1);
		assert_int_equal(errno, EPERM);
	}
	assert_int_equal(rmdir(dir), 0); /* it is empty, and was not ours to remove */
	freebsd.own_uid = true;
	assert_int_equal(symlink("/tmp", dir), 0);
	assert_int_equal(os_copy(&d, &where, "text", 4, &copy), -1);
	assert_int_equal(unlink(dir), 0);
	diag_free(&d);
	fd_close(&folder);
	assert_int_equal(rmdir(top), 0);
}

/* The finding about what; its text holds words. */
static void
assert_found(int level, const char *what, const char *words)
{
	struct os_finding found[16];
	size_t n = os_check(found, 16);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(found[i].what, what) != 0)
			continue;
		assert_int_equal(found[i].level, level);
		if (strstr(found[i].text, words) == NULL)
			fail_msg("\"%s\" is not in: %s", words, found[i].text);
		return;
	}
	fail_msg("nothing was found about %s", what);
}

static void
findings_say_what_is_in_the_way(void **state)
{
	struct os_finding one;
	struct os_accel accel;

	freebsd_reset();
	assert_int_equal(os_check(&one, 1), 1);
	assert_found(FINDING_OK, "tap(4)", "in the kernel");
	assert_found(FINDING_OK, "if_bridge(4)", "in the kernel");
	assert_found(FINDING_OK, "pfil", "pass no firewall rule");
	assert_found(FINDING_OK, "privileges", "uid of its own");
	assert_found(FINDING_NOTE, "bridges", "there is none");
	freebsd.firewall = "pf";
	freebsd.up_on_open = freebsd.jailed = 1;
	freebsd.no_root = true;
	freebsd_link_add("bridge0", FREEBSD_BRIDGE, 1500);
	assert_found(FINDING_NOTE, "tap(4)", "up_on_open=1");
	assert_found(FINDING_NOTE, "pfil", "through pf at each port at the bridge, and may be");
	assert_found(FINDING_BAD, "jail", "no network of its own");
	assert_found(FINDING_NOTE, "privileges", "not root");
	assert_found(FINDING_NOTE, "bridge", "bridge0, mtu 1500, up, with neither an uplink");
	freebsd.vnet = 1;
	freebsd.pfil_member = freebsd.pfil_bridge = 0;
	freebsd.no_tap = freebsd.no_bridge = true;
	assert_found(FINDING_BAD, "tap(4)", "kldload if_tuntap");
	assert_found(FINDING_NOTE, "if_bridge(4)", "kldload if_bridge");
	assert_found(FINDING_OK, "pfil", "pass no firewall rule");
	assert_found(FINDING_NOTE, "jail", "add path 'tap*' unhide");
	assert_string_equal(os_arch(), "x86_64");
	os_accel("x86_64", true, &accel);
	assert_string_equal(accel.name, "tcg");
	assert_string_equal(accel.why, "QEMU has no accelerator on FreeBSD: it emulates");
	os_accel("aarch64", true, &accel);
	assert_string_equal(accel.why, "a guest of aarch64 on a host of x86_64 is emulated");
	assert_ptr_equal(os_here(), os_facts("freebsd"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_the_same_whoever_sets_the_clock),
		cmocka_unit_test(a_process_that_ended_is_none),
		cmocka_unit_test(a_process_is_watched_and_signalled_until_it_ends),
		cmocka_unit_test(a_watch_that_fails_leaves_no_descriptor),
		cmocka_unit_test(memory_is_in_bytes),
		cmocka_unit_test(cpu_is_that_of_the_process_and_of_each_thread),
		cmocka_unit_test(threads_are_bound_to_cpus_and_memory_to_none),
		cmocka_unit_test(privileges_go_in_the_order_that_cannot_be_undone),
		cmocka_unit_test(a_program_gets_no_descriptor_from_there_on),
		cmocka_unit_test(the_other_end_of_a_socket_has_a_uid),
		cmocka_unit_test(a_copy_can_be_read_by_qemus_group_alone),
		cmocka_unit_test(a_copy_that_fails_leaves_nothing),
		cmocka_unit_test(findings_say_what_is_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
