/* The ledger as a file: damage of every kind, a full disk, kills, and many processes at once. */
#include "ledger_fixture.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HEAD   "vmrun-ledger 1\nsalt 000102030405060708090a0b0c0d0e0f\n"
#define NAME64 "0123456789012345678901234567890123456789012345678901234567890123"

/* Runs once, just before the next lock is taken. */
static void (*before_flock)(void);

int
flock(int fd, int operation)
{
	int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
	void (*now)(void) = before_flock;

	before_flock = NULL;
	if (now != NULL)
		now();
	return real(fd, operation);
}

static void
write_text(struct place *p, const char *text, size_t len)
{
	FILE *f = fopen(p->path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

/* Reading and locking both refuse it with this message, and leave it as it is. */
static void
assert_damaged(struct place *p, const char *text, size_t len, const char *part)
{
	struct ledger *l;
	char *after;
	size_t after_len;

	write_text(p, text, len);
	assert_refused(p, ledger_read(&p->d, p->path, &l), part);
	assert_refused(p, ledger_lock(&p->d, p->path, &l), part);
	assert_done(p, file_read(&p->d, p->path, 1 << 20, &after, &after_len));
	assert_int_equal(after_len, len);
	assert_memory_equal(after, text, len);
	free(after);
}

static void
make_folder(struct place *p)
{
	ledger_close(lock(p));
}

static void
each_kind_of_damage_names_its_line(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "", ":1: damaged: the last line, \"end\", is missing" },
		{ "\n", ":1: damaged: expected \"vmrun-ledger 1\"" },
		{ "vmrun-ledger 2\nsalt 000102030405060708090a0b0c0d0e0f\nend 0\n",
		    ":1: damaged:" },
		{ "vmrun-ledger 1\r\n", ":1: damaged:" },
		{ "vmrun-ledger 1\nend 0\n", ":2: damaged: expected \"salt\"" },
		{ "vmrun-ledger 1\nsalt 000102030405060708090a0b0c0d0e0\nend 0\n", ":2: damaged:" },
		{ "vmrun-ledger 1\nsalt 000102030405060708090a0b0c0d0e0f0\nend 0\n",
		    ":2: damaged:" },
		{ "vmrun-ledger 1\nsalt 000102030405060708090a0b0c0d0e0g\nend 0\n",
		    ":2: damaged:" },
		{ HEAD, ":3: damaged: the last line" },
		{ HEAD "end 0", ":3: damaged: the line has no end" },
		{ HEAD "end 1\n", ":3: damaged: 1 mac and uid lines were written, 0 are here" },
		{ HEAD "end x\n", ":3: damaged: expected \"end\" and a count" },
		{ HEAD "end\n", ":3: damaged: expected \"mac\"" },
		{ HEAD "end 0\nend 0\n", ":4: damaged: something follows" },
		{ HEAD "end 0\n\n", ":4: damaged: something follows" },
		{ HEAD "\nend 0\n", ":3: damaged: expected \"mac\"" },
		{ HEAD "# web1\nend 0\n", ":3: damaged: expected \"mac\"" },
		{ HEAD "mac\nend 1\n", ":3: damaged: expected \"mac\"" },
		{ HEAD "mac web1\nend 1\n", ":3: damaged: expected \"mac VM NIC MAC\"" },
		{ HEAD "mac web1 0\nend 1\n", ":3: damaged: expected a NIC" },
		{ HEAD "mac web1 -1 52:54:00:00:00:01\nend 1\n", ":3: damaged: expected a NIC" },
		{ HEAD "mac web1 65536 52:54:00:00:00:01\nend 1\n", ":3: damaged: expected a NIC" },
		{ HEAD "mac web1  52:54:00:00:00:01\nend 1\n", ":3: damaged: expected a NIC" },
		{ HEAD "mac web1 0 52:54:00:00:00\nend 1\n", "\"52:54:00:00:00\" is not a MAC" },
		{ HEAD "mac web1 0 52:54:00:00:00:01 \nend 1\n", ":3: damaged:" },
		{ HEAD "mac web1 0 52:54:00:00:00:01\r\nend 1\n", "01\\015\" is not a MAC" },
		{ HEAD "mac web1 0 00:00:00:00:00:00\nend 1\n",
		    ":3: damaged: 00:00:00:00:00:00 is" },
		{ HEAD "mac web1 0 53:54:00:00:00:00\nend 1\n", "is a MAC that is never given" },
		{ HEAD "mac web1 0 52:54:00:12:34:56\nend 1\n", "is a MAC that is never given" },
		{ HEAD "mac  0 52:54:00:00:00:01\nend 1\n", ":3: damaged:" },
		{ HEAD "mac -x 0 52:54:00:00:00:01\nend 1\n",
		    ":3: damaged: \"-x\" is not a VM's name" },
		{ HEAD "mac a/b 0 52:54:00:00:00:01\nend 1\n", ":3: damaged:" },
		{ HEAD "mac \033[2J 0 52:54:00:00:00:01\nend 1\n", ":3: damaged:" },
		{ HEAD "mac " NAME64 "4 0 52:54:00:00:00:01\nend 1\n", ":3: damaged:" },
		{ HEAD "mac a 0 52:54:00:00:00:01\nmac b 0 52:54:00:00:00:01\nend 2\n",
		    ":4: damaged: 52:54:00:00:00:01 was given to a already" },
		{ HEAD "mac a 0 52:54:00:00:00:0a\nmac b 0 52-54-00-00-00-0A\nend 2\n",
		    ":4: damaged: 52-54-00-00-00-0A was given to a already" },
		{ HEAD "mac a 0 52:54:00:00:00:01\nmac a 0 52:54:00:00:00:02\nend 2\n",
		    ":4: damaged: a second MAC" },
		{ HEAD "uid a\nend 1\n", ":3: damaged: expected \"uid VM UID\"" },
		{ HEAD "uid a 0\nend 1\n", ":3: damaged: expected a uid from 1900000000" },
		{ HEAD "uid a 1899999999\nend 1\n", ":3: damaged: expected a uid" },
		{ HEAD "uid a 1916777216\nend 1\n", ":3: damaged: expected a uid" },
		{ HEAD "uid a 1900000000\nuid b 1900000000\nend 2\n",
		    ":4: damaged: 1900000000 was given to a already" },
		{ HEAD "uid a 1900000000\nuid a 1900000001\nend 2\n",
		    ":4: damaged: a second uid of a" },
		{ HEAD "gid a 1900000000\nend 1\n", ":3: damaged: expected \"mac\"" },
	};
	struct place *p = *state;

	make_folder(p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *message = xasprintf("%s:", p->path);

		assert_damaged(p, bad[i].text, strlen(bad[i].text), bad[i].message);
		assert_damaged(p, bad[i].text, strlen(bad[i].text), message);
		free(message);
	}
}

/* A ledger that was written properly, as text. */
static char *
sound_text(struct place *p, size_t *ret_len)
{
	struct ledger *l = lock(p);
	uid_t uid;
	char *text;

	get(p, l, NAME64, 0);
	get(p, l, "web1", 0);
	get(p, l, "web1", 10);
	assert_done(p, ledger_uid_get(&p->d, l, "web1", NULL, NULL, &uid));
	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);
	assert_done(p, file_read(&p->d, p->path, 4096, &text, ret_len));
	return text;
}

static void
a_file_cut_short_anywhere_is_noticed(void **state)
{
	struct place *p = *state;
	size_t len;
	char *text = sound_text(p, &len);

	for (size_t i = 0; i < len; i++)
		assert_damaged(p, text, i, ": the file was cut short");
	free(text);
}

static void
a_zero_byte_anywhere_is_noticed(void **state)
{
	struct place *p = *state;
	size_t len;
	char *text = sound_text(p, &len);

	for (size_t i = 0; i < len; i++) {
		char was = text[i];

		text[i] = '\0';
		assert_damaged(p, text, len, ": damaged: ");
		text[i] = was;
	}
	/* A line that is sound up to a zero byte. */
	text[strlen("vmrun-ledger 1")] = '\0';
	assert_damaged(p, text, len, ":1: damaged: a zero byte");
	free(text);
}

static void
a_lost_line_is_noticed(void **state)
{
	struct place *p = *state;
	size_t len, lines = 0;
	char *text = sound_text(p, &len), *next;

	for (char *line = text; line < text + len; line = next, lines++) {
		char *rest = xcalloc(1, len + 1);

		next = strchr(line, '\n') + 1;
		memcpy(rest, text, (size_t)(line - text));
		strcpy(rest + (line - text), next);
		assert_damaged(p, rest, strlen(rest), ": damaged: ");
		free(rest);
	}
	assert_int_equal(lines, 7);
	free(text);
}

static void
what_is_no_file_is_no_ledger(void **state)
{
	struct place *p = *state;
	struct ledger *l;

	make_folder(p);
	assert_int_equal(mkfifo(p->path, 0600), 0);
	assert_refused(p, ledger_read(&p->d, p->path, &l), "not a regular file");
	assert_refused(p, ledger_lock(&p->d, p->path, &l), "not a regular file");
}

static void
a_full_disk_leaves_the_old_file(void **state)
{
	struct place *p = *state;
	struct rlimit old, small;
	char *before, *after;
	size_t len, after_len;
	struct ledger *l;

	before = sound_text(p, &len);
	l = lock(p);
	get(p, l, "web2", 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = len; /* the new file is longer */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_refused(p, ledger_commit(&p->d, l), "File too large");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_done(p, file_read(&p->d, p->path, 4096, &after, &after_len));
	assert_string_equal(before, after);
	/* With room again the same ledger can be written. */
	assert_done(p, ledger_commit(&p->d, l));
	ledger_close(l);
	l = lock(p);
	assert_false(mac_is_zero(ledger_mac_find(l, "web2", 0)));
	ledger_close(l);
	free(before);
	free(after);
}

static void
the_lock_is_held_until_the_ledger_is_closed(void **state)
{
	struct place *p = *state;
	char *path = xasprintf("%s.lock", p->path);
	struct ledger *l = lock(p), *reader;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_done(p, ledger_commit(&p->d, l));
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_done(p, ledger_read(&p->d, p->path, &reader)); /* needs no lock */
	ledger_close(reader);
	ledger_close(l);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	free(path);
}

static struct place *exchanged;

static void
exchange_the_folder(void)
{
	char *from = xasprintf("%s/state", exchanged->folder);
	char *to = xasprintf("%s/aside", exchanged->folder);

	if (rename(from, to) == -1 || mkdir(from, 0755) == -1)
		abort();
	free(from);
	free(to);
}

static void
a_lock_on_a_folder_that_was_exchanged_is_not_believed(void **state)
{
	struct place *p = *state;
	char *path = xasprintf("%s.lock", p->path);
	struct ledger *l;
	int fd;

	exchanged = p;
	before_flock = exchange_the_folder;
	l = lock(p);
	fd = open(path, O_RDWR | O_CLOEXEC); /* the new folder's */
	assert_int_not_equal(fd, -1);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
	ledger_close(l);
	free(path);
}

/* Twenty processes reserve fifty NICs each, from a range with hardly a MAC to spare. */
#define PROCESSES   20
#define NICS        50
#define HARDLY_MORE mac_from_number(0x5254000003ff)

/* In a child, which must not return into the tests: the NIC's MAC, on disk, or the end. */
static struct mac
reserve(const char *path, const char *vm, unsigned nic, struct mac last)
{
	struct diag d = { 0 };
	struct ledger *l;
	struct mac m;

	if (ledger_lock(&d, path, &l) == -1 ||
	    ledger_mac_get(&d, l, vm, nic, FIRST, last, NULL, NULL, &m) == -1 ||
	    ledger_commit(&d, l) == -1) {
		fputs(d.text, stderr);
		_exit(1);
	}
	ledger_close(l);
	return m;
}

static void
processes_at_once_get_distinct_macs(void **state)
{
	struct place *p = *state;
	bool seen[1024] = { false };
	struct ledger_entry e;
	struct ledger *l;
	unsigned count = 0;
	int status;
	size_t i = 0;

	for (unsigned k = 0; k < PROCESSES; k++) {
		pid_t pid = fork();

		assert_int_not_equal(pid, -1);
		if (pid == 0) {
			char *vm = xasprintf("vm%u", k);

			for (unsigned nic = 0; nic < NICS; nic++)
				reserve(p->path, vm, nic, HARDLY_MORE);
			_exit(0);
		}
	}
	for (unsigned k = 0; k < PROCESSES; k++) {
		assert_int_not_equal(wait(&status), -1);
		assert_int_equal(status, 0);
	}
	assert_done(p, ledger_read(&p->d, p->path, &l));
	for (; ledger_next(l, &i, &e); count++) {
		uint64_t n = mac_number(e.mac) - mac_number(FIRST);

		assert_in_range(n, 0, 1023);
		assert_false(seen[n]);
		seen[n] = true;
	}
	assert_int_equal(count, PROCESSES * NICS);
	ledger_close(l);
}

/* Reserves NIC after NIC, and says each one that is on disk. */
static void
reserve_until_killed(const char *path, unsigned turn, int said)
{
	char *vm = xasprintf("turn%u", turn);

	for (unsigned nic = 0;; nic++) {
		struct mac m = reserve(path, vm, nic, LAST);

		if (write(said, &m, sizeof(m)) != sizeof(m))
			_exit(1);
	}
}

/* A process that is killed cannot take its temporary file away. */
static void
remove_temporary_files(struct place *p)
{
	char *pattern = xasprintf("%s.??????", p->path);
	glob_t g;

	if (glob(pattern, 0, NULL, &g) == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
		globfree(&g);
	}
	free(pattern);
}

static void
a_kill_at_any_moment_loses_nothing_that_was_said(void **state)
{
	struct place *p = *state;
	struct mac m;

	for (unsigned turn = 0; turn < 40; turn++) {
		int said[2];
		pid_t pid;
		struct ledger *l;

		assert_int_equal(pipe(said), 0);
		pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0)
			reserve_until_killed(p->path, turn, said[1]);
		close(said[1]);
		assert_int_equal(read(said[0], &m, sizeof(m)), sizeof(m));
		usleep(turn * 50); /* anywhere in the next ones */
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_done(p, ledger_read(&p->d, p->path, &l));
		do
			assert_non_null(ledger_mac_owner(l, m, NULL));
		while (read(said[0], &m, sizeof(m)) == sizeof(m));
		ledger_close(l);
		close(said[0]);
	}
	remove_temporary_files(p);
}

#define with_place(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_place(each_kind_of_damage_names_its_line),
		with_place(a_file_cut_short_anywhere_is_noticed),
		with_place(a_zero_byte_anywhere_is_noticed),
		with_place(a_lost_line_is_noticed),
		with_place(what_is_no_file_is_no_ledger),
		with_place(a_full_disk_leaves_the_old_file),
		with_place(the_lock_is_held_until_the_ledger_is_closed),
		with_place(a_lock_on_a_folder_that_was_exchanged_is_not_believed),
		with_place(processes_at_once_get_distinct_macs),
		with_place(a_kill_at_any_moment_loses_nothing_that_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
