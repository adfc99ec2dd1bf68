/* Processes, privileges and memory on a real Linux kernel. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"

/* A failed setup step ends the test with its name. */
static void
must(int result, const char *what)
{
	if (result == -1)
		fail_msg("%s: %s", what, strerror(errno));
}

/* Waits in pause() under a name that would mislead a careless reader of /proc/PID/stat. */
static pid_t
sleeper(void)
{
	int ready[2];
	char byte;
	pid_t child;

	must(pipe(ready), "pipe");
	child = fork();
	must(child, "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "a) Z 1 (b) Z");
		(void)write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void
a_process_is_known_by_more_than_its_pid(void **state)
{
	pid_t child = sleeper();
	struct diag d = { 0 };
	struct os_proc proc, other;
	struct pollfd p = { .events = POLLIN };
	uint64_t rss = 0, pss = 0;

	assert_int_equal(os_proc_find(&d, child, &proc), 0);
	assert_true(proc.start > 0);
	assert_int_equal(strlen(proc.boot), 36);
	assert_int_equal(os_proc_memory(child, &rss, &pss), 0);
	assert_true(rss > 0 && pss <= rss);
	other = proc;
	other.start++;
	assert_int_equal(os_proc_open(&d, &other), -1);
	assert_int_equal(errno, ESRCH);
	other = proc;
	other.boot[0] = other.boot[0] == '0' ? '1' : '0';
	assert_int_equal(os_proc_open(&d, &other), -1);
	assert_int_equal(errno, ESRCH);
	p.fd = os_proc_open(&d, &proc);
	assert_true(p.fd >= 0);
	assert_int_equal(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(os_proc_signal(p.fd, &proc, SIGKILL), 0);
	assert_int_equal(poll(&p, 1, -1), 1);
	/* A zombie: it has ended, though its pid is still taken. */
	diag_free(&d);
	assert_int_equal(os_proc_find(&d, child, &other), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(os_proc_find(&d, child, &other), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(os_proc_open(&d, &proc), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(os_proc_signal(p.fd, &proc, SIGKILL), 0);
	fd_close(&p.fd);
	diag_free(&d);
}

/* A thread that computes beside one that sleeps, under a name that ends in a parenthesis. */
static void *
compute(void *arg)
{
	int64_t *thread = arg;

	__atomic_store_n(thread, (int64_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("");
	return NULL;
}

static void
cpu_is_that_of_the_process_and_of_each_thread(void **state)
{
	int64_t *thread = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct os_use use = { 0 };
	struct diag d = { 0 };
	struct os_proc proc;
	uint64_t busy = 0, main_thread = 0;
	pid_t child = fork();

	must(child, "fork");
	if (child == 0) {
		pthread_t t;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "a) Z 1 (b) Z");
		pthread_create(&t, NULL, compute, thread);
		for (;;)
			pause();
	}
	for (int i = 0; i < 1000 && busy < 100000000; i++) {
		usleep(10000);
		if (*thread != 0)
			assert_int_equal(os_thread_cpu(child, *thread, &busy), 0);
	}
	assert_true(busy >= 100000000);
	assert_int_equal(os_proc_use(child, &use), 0);
	assert_int_equal(os_proc_find(&d, child, &proc), 0);
	assert_int_equal(use.start, proc.start);
	assert_true(use.cpu >= busy && use.cpu < UINT64_C(60000000000));
	assert_true(use.resident >= 4096 && use.resident < UINT64_C(1) << 32);
	assert_int_equal(os_thread_cpu(child, child, &main_thread), 0);
	assert_true(main_thread < busy);
	assert_int_equal(os_thread_cpu(child, getpid(), &busy), -1); /* another's */
	assert_int_equal(errno, ESRCH);
	assert_int_equal(os_thread_cpu(child, 0, &busy), -1);
	assert_int_equal(errno, ESRCH);
	kill(child, SIGKILL);
	usleep(100000); /* a zombie */
	assert_int_equal(os_proc_use(child, &use), -1);
	assert_int_equal(errno, ESRCH);
	waitpid(child, NULL, 0);
	assert_int_equal(os_proc_use(child, &use), -1);
	assert_int_equal(errno, ESRCH);
	munmap(thread, 4096);
}

static void
a_memory_file_can_be_read_by_all_and_changed_by_none(void **state)
{
	struct diag d = { 0 };
	char path[32], text[16] = "";
	struct stat st;
	const struct os_copy_place place = { .name = "kernel" };
	struct os_copy seed, made;
	int copy, again;

	assert_int_equal(os_copy(&d, &place, "kernel", 6, &seed), 0);
	assert_null(seed.path);
	assert_int_equal(os_copy_file(&d, &place, seed.fd, &made), 0);
	assert_null(made.path);
	fd_close(&seed.fd);
	copy = made.fd;
	must(fstat(copy, &st), "fstat");
	assert_int_equal(st.st_mode & 0777, 0444);
	assert_int_equal(write(copy, "x", 1), -1);
	assert_int_equal(ftruncate(copy, 0), -1);
	again = open(os_fd_path(copy, path), O_RDONLY | O_CLOEXEC);
	assert_true(again >= 0);
	assert_int_equal(read(again, text, sizeof(text)), 6);
	assert_string_equal(text, "kernel");
	fd_close(&again);
	fd_close(&copy);
}

/* The line of /proc/self/status that begins so, as a number of the base. */
static unsigned long long
status_field(const char *name, int base)
{
	unsigned long long value = ~0ULL;
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name), NULL, base);
	}
	if (f != NULL)
		fclose(f);
	return value;
}

/* In a child: 0 if all is gone, else which check failed. */
static int
drop_and_look(const struct os_identity *who)
{
	unsigned uid = who != NULL ? who->uid : geteuid();

	if (os_privileges_drop(who) == -1)
		return 1;
	if (status_field("Uid:", 10) != uid || geteuid() != uid || getuid() != uid)
		return 2;
	if (status_field("CapEff:", 16) != 0 || status_field("CapPrm:", 16) != 0 ||
	    status_field("CapBnd:", 16) != 0 || status_field("CapInh:", 16) != 0)
		return 3;
	if (status_field("NoNewPrivs:", 10) != 1)
		return 4;
	if (who != NULL && (getegid() != who->gid || getgroups(0, NULL) != who->ngroups))
		return 5;
	if (uid != 0 && setuid(0) == 0)
		return 6;
	if (open("/dev/net/tun", O_RDWR | O_CLOEXEC) != -1 && uid != 0)
		return 7;
	return 0;
}

static void
assert_dropped(const struct os_identity *who)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(drop_and_look(who));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
dropped_privileges_are_gone_for_good(void **state)
{
	const struct os_identity who = {
		.uid = 54321, .gid = 54321, .groups = { 7 }, .ngroups = 1
	};

	assert_dropped(NULL);
	if (os_uid_available(who.uid))
		assert_dropped(&who);
	else
		print_message("no other uid can be taken here: only half of this was tested\n");
}

static void
a_root_that_dropped_all_gets_nothing_back_by_exec(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (os_privileges_drop(NULL) == -1)
			_exit(9);
		execl("/bin/sh", "sh", "-c", "grep -q '^CapEff:.0*$' /proc/self/status",
		    (char *)NULL);
		_exit(8);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
descriptors_from_a_number_on_do_not_survive_exec(void **state)
{
	int low = dup(0), high = fcntl(0, F_DUPFD, 50);

	must(low, "dup");
	must(high, "dup");
	os_cloexec_from(50);
	assert_int_equal(fcntl(low, F_GETFD), 0);
	assert_int_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
	fd_close(&low);
	fd_close(&high);
}

static void
the_peer_of_a_socket_is_us(void **state)
{
	int ends[2];
	uid_t uid = (uid_t)-1;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	assert_int_equal(os_peer_uid(ends[0], &uid), 0);
	assert_int_equal(uid, geteuid());
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

static void
the_accelerator_has_a_name_and_a_reason(void **state)
{
	struct os_accel accel;

	os_accel("s390x-and-more", true, &accel);
	assert_string_equal(accel.name, "tcg");
	assert_non_null(strstr(accel.why, "emulated"));
	os_accel(os_arch(), false, &accel);
	assert_true(strcmp(accel.name, "kvm") == 0 || strcmp(accel.name, "tcg") == 0);
	assert_true(strlen(accel.why) > 0);
	if (strcmp(accel.name, "kvm") == 0)
		assert_int_equal(access("/dev/kvm", R_OK | W_OK), 0);
	assert_false(accel.has_group); /* an ordinary user's groups cannot be changed */
}

static void
memory_is_given_back_and_the_program_goes_on(void **state)
{
	uint64_t before = 0, after = 0, pss;
	char *much[64];

	for (size_t i = 0; i < 64; i++) {
		much[i] = malloc(65536);
		assert_non_null(much[i]);
		memset(much[i], 1, 65536);
	}
	assert_int_equal(os_proc_memory(getpid(), &before, &pss), 0);
	for (size_t i = 0; i < 64; i++)
		free(much[i]);
	os_memory_trim();
	assert_int_equal(os_proc_memory(getpid(), &after, &pss), 0);
	print_message("resident %llu before, %llu after\n", (unsigned long long)before,
	    (unsigned long long)after);
	assert_true(after < before);
}

static void
a_thread_runs_where_it_is_bound(void **state)
{
	struct diag d = { 0 };
	struct intset all, one = { { 0 } };
	unsigned first, last;
	cpu_set_t before, now;

	must(sched_getaffinity(0, sizeof(before), &before), "sched_getaffinity");
	assert_int_equal(os_cpus(&d, &all), 0);
	assert_true(intset_run(&all, 0, &first, &last));
	intset_add(&one, first);
	assert_int_equal(os_thread_bind(0, &one), 0);
	must(sched_getaffinity(0, sizeof(now), &now), "sched_getaffinity");
	assert_int_equal(CPU_COUNT(&now), 1);
	assert_true(CPU_ISSET(first, &now));
	must(sched_setaffinity(0, sizeof(before), &before), "sched_setaffinity");
	one = (struct intset){ { 0 } };
	intset_add(&one, INTSET_MAX - 1);
	assert_int_equal(os_thread_bind(getpid(), &one), -1);
	assert_int_equal(errno, EINVAL);
}

static void
nodes_and_huge_pages_are_told(void **state)
{
	struct diag d = { 0 };
	struct intset nodes = { 0 };
	uint64_t total, unused;

	assert_int_equal(os_nodes(&d, &nodes), 0);
	assert_true(intset_count(&nodes) > 0);
	assert_int_equal(os_hugepages(&d, 3 << 20, &total, &unused), -1);
	assert_string_equal(
	    d.text, "the kernel has no huge pages of 3M, see /sys/kernel/mm/hugepages\n");
	diag_free(&d);
	if (access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK) == 0) {
		assert_int_equal(os_hugepages(&d, 2 << 20, &total, &unused), 0);
		assert_true(unused <= total);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_known_by_more_than_its_pid),
		cmocka_unit_test(cpu_is_that_of_the_process_and_of_each_thread),
		cmocka_unit_test(a_memory_file_can_be_read_by_all_and_changed_by_none),
		cmocka_unit_test(dropped_privileges_are_gone_for_good),
		cmocka_unit_test(a_root_that_dropped_all_gets_nothing_back_by_exec),
		cmocka_unit_test(descriptors_from_a_number_on_do_not_survive_exec),
		cmocka_unit_test(the_peer_of_a_socket_is_us),
		cmocka_unit_test(the_accelerator_has_a_name_and_a_reason),
		cmocka_unit_test(a_thread_runs_where_it_is_bound),
		cmocka_unit_test(nodes_and_huge_pages_are_told),
		cmocka_unit_test(memory_is_given_back_and_the_program_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
