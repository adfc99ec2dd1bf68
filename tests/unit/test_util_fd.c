/* Descriptors, whole files, folders, trust and sockets. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static char folder[64];
static struct diag d;

/* A path in the test's folder; overwritten by the fourth call after it. */
static const char *
in(const char *name)
{
	static char *ring[4];
	static unsigned next;

	next = (next + 1) % 4;
	free(ring[next]);
	ring[next] = xasprintf("%s/%s", folder, name);
	return ring[next];
}

static int
make(void **state)
{
	strcpy(folder, "/tmp/vmrun-test-fd.XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

/* The names that the tests use; anything else that was left keeps the folder, and fails the test.
 */
static int
unmake(void **state)
{
	static const char *const left[] = { "file", "fifo", "link", "a/b/c", "a/b/file", "a/b", "a",
		"s" };

	diag_free(&d);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		remove(in(left[i]));
	return rmdir(folder);
}

static void
assert_said(const char *part)
{
	assert_int_equal(d.count, 1);
	if (strstr(d.text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, d.text);
	diag_free(&d);
}

static void
put(const char *path, const char *text)
{
	assert_int_equal(file_write(&d, path, 0600, text, strlen(text)), 0);
}

static void
descriptors_are_born_close_on_exec(void **state)
{
	int fds[2], fd;

	assert_int_equal(fd_pipe(fds), 0);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_set_cloexec(fds[0], false), 0);
	assert_int_equal(fcntl(fds[0], F_GETFD), 0);
	assert_int_equal(fd_set_nonblock(fds[0], true), 0);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(fd_set_nonblock(fds[0], false), 0);
	assert_false(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	fd = unix_listen(in("s"));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd_close(&fd);
}

static void
closing_forgets_the_descriptor_and_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), was = fd;

	errno = E2BIG;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(fcntl(was, F_GETFD), -1);
	fd_close(&fd);
}

static void
a_file_is_read_whole_and_ends_with_a_nul(void **state)
{
	char *text;
	size_t len;

	assert_int_equal(file_write(&d, in("file"), 0640, "a\0b", 3), 0);
	assert_int_equal(file_read(&d, in("file"), 3, &text, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 4);
	free(text);
	put(in("file"), "");
	assert_int_equal(file_read(&d, in("file"), 0, &text, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
}

static void
what_cannot_be_read_says_why(void **state)
{
	char *text = NULL;
	size_t len = 4711;

	assert_int_equal(file_read(&d, in("file"), 100, &text, &len), -1);
	assert_int_equal(errno, ENOENT);
	assert_said("/file: No such file or directory");
	put(in("file"), "12345");
	assert_int_equal(file_read(&d, in("file"), 4, &text, &len), -1);
	assert_said("/file: larger than 4 bytes");
	assert_int_equal(file_read(&d, folder, 100, &text, &len), -1);
	assert_said(": not a regular file");
	assert_int_equal(mkfifo(in("fifo"), 0600), 0);
	assert_int_equal(file_read(&d, in("fifo"), 100, &text, &len), -1);
	assert_said("/fifo: not a regular file");
	assert_null(text);
	assert_int_equal(len, 4711);
}

static void
a_write_replaces_the_file_in_one_step(void **state)
{
	struct stat before, after;
	mode_t mask = umask(077);
	char *text;
	size_t len;

	put(in("file"), "old");
	assert_int_equal(stat(in("file"), &before), 0);
	assert_int_equal(file_write(&d, in("file"), 0644, "new text", 8), 0);
	umask(mask);
	assert_int_equal(stat(in("file"), &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_mode & 07777, 0644); /* whatever the umask */
	assert_int_equal(file_read(&d, in("file"), 100, &text, &len), 0);
	assert_string_equal(text, "new text");
	free(text);
}

static void
a_write_that_fails_leaves_the_old_file_and_nothing_else(void **state)
{
	struct rlimit old, small;
	char *text;
	size_t len;

	put(in("file"), "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 4;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(file_write(&d, in("file"), 0600, "new text", 8), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_said("/file: File too large");
	assert_int_equal(file_read(&d, in("file"), 100, &text, &len), 0);
	assert_string_equal(text, "old");
	free(text);
	assert_int_equal(file_write(&d, in("a/file"), 0600, "x", 1), -1);
	assert_said("/a/file: No such file or directory");
}

static void
folders_are_made_on_the_way(void **state)
{
	struct stat st;

	assert_int_equal(dir_make(&d, in("a/b/c"), 0700), 0);
	assert_int_equal(stat(in("a/b/c"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(chmod(in("a/b"), 0711), 0);
	assert_int_equal(dir_make(&d, in("a/b/c/"), 0755), 0);
	assert_int_equal(stat(in("a/b"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
}

static void
a_folder_that_cannot_be_made_says_why(void **state)
{
	int status;
	pid_t pid;

	put(in("file"), "");
	assert_int_equal(dir_make(&d, in("file"), 0755), -1);
	assert_said("/file: not a folder");
	assert_int_equal(dir_make(&d, in("file/a"), 0755), -1);
	assert_said("Not a directory");
	/* As an ordinary user: the reason is what mkdir said, not that the folder is not there. */
	assert_int_equal(chmod(folder, 0755), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (geteuid() == 0 ? setuid(65534) == -1 : chmod(folder, 0555) == -1)
			_exit(2);
		_exit(dir_make(&d, in("a/b"), 0755) == -1 && d.status == DIAG_DENIED ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(status, 0);
}

static void
a_file_that_others_can_change_is_not_trusted(void **state)
{
	put(in("file"), "");
	assert_int_equal(path_trusted(&d, in("file")), 0);
	assert_int_equal(chmod(in("file"), 0620), 0);
	assert_int_equal(path_trusted(&d, in("file")), -1);
	assert_int_equal(d.status, DIAG_DENIED);
	assert_said("/file: refused, because others can write it (chmod go-w it)");
	assert_int_equal(chmod(in("file"), 0602), 0);
	assert_int_equal(path_trusted(&d, in("file")), -1);
	assert_said("others can write it");
	assert_int_equal(chmod(in("file"), 0644), 0);
	assert_int_equal(path_trusted(&d, in("file")), 0);
	assert_int_equal(path_trusted(&d, in("a")), -1);
	assert_said("No such file or directory");
}

static void
a_folder_on_the_way_that_others_can_change_is_not_trusted(void **state)
{
	assert_int_equal(dir_make(&d, in("a/b"), 0755), 0);
	put(in("a/b/file"), "");
	assert_int_equal(path_trusted(&d, in("a/b/file")), 0);
	assert_int_equal(chmod(in("a"), 0777), 0);
	assert_int_equal(path_trusted(&d, in("a/b/file")), -1);
	assert_said("/a (chmod go-w it)");
	assert_int_equal(
	    chmod(in("a"), 01777), 0); /* as /tmp: nobody else can take our entry away */
	assert_int_equal(path_trusted(&d, in("a/b/file")), 0);
	/* A link leads to the place that counts. */
	assert_int_equal(chmod(in("a"), 0777), 0);
	assert_int_equal(symlink(in("a/b/file"), in("link")), 0);
	assert_int_equal(path_trusted(&d, in("link")), -1);
	assert_said("/a (chmod go-w it)");
	assert_int_equal(chmod(in("a"), 0755), 0);
}

static void
what_another_user_owns_is_not_trusted(void **state)
{
	if (geteuid() != 0) {
		print_message("only root can give a file away\n");
		skip();
	}
	put(in("file"), "");
	assert_int_equal(chown(in("file"), 65534, 0), 0);
	assert_int_equal(path_trusted(&d, in("file")), -1);
	assert_said("user 65534 owns it");
	remove(in("file"));
	assert_int_equal(dir_make(&d, in("a"), 0755), 0);
	assert_int_equal(dir_make(&d, in("a/b"), 0755), 0);
	assert_int_equal(chown(in("a"), 65534, 0), 0);
	assert_int_equal(path_trusted(&d, in("a/b")), -1);
	assert_said("user 65534 owns ");
}

/* A client's byte arrives at the listener at path. */
static void
assert_connects(const char *path)
{
	int listener, client, server;
	struct stat st;
	char c = 0;

	listener = unix_listen(path);
	if (listener == -1)
		fail_msg("unix_listen: %s", strerror(errno));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	client = unix_connect(path, true);
	if (client == -1)
		fail_msg("unix_connect: %s", strerror(errno));
	assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
	server = accept(listener, NULL, NULL);
	assert_int_equal(fd_write_all(client, "x", 1), 0);
	assert_int_equal(read(server, &c, 1), 1);
	assert_int_equal(c, 'x');
	fd_close(&server);
	fd_close(&client);
	fd_close(&listener);
}

static void
a_socket_can_be_connected_to_and_replaced(void **state)
{
	assert_connects(in("s"));
	assert_int_equal(unix_connect(in("s"), false), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_connects(in("s"));
	assert_int_equal(unix_connect(in("a"), false), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(unix_listen(in("a/s")), -1);
	assert_int_equal(errno, ENOENT);
}

static void
a_socket_may_have_a_path_longer_than_its_address(void **state)
{
	char deep[81], *dir, *path, before[4096], after[4096];

	memset(deep, 'd', 80);
	deep[80] = '\0';
	dir = xasprintf("%s/%s", folder, deep);
	path = xasprintf("%s/%s.sock", dir, "0123456789");
	assert_true(strlen(path) > 108);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_non_null(getcwd(before, sizeof(before)));
	assert_connects(path);
	assert_non_null(getcwd(after, sizeof(after)));
	assert_string_equal(before, after);
	unlink(path);
	rmdir(dir);
	errno = 0;
	assert_int_equal(unix_connect(path, false), -1);
	assert_int_equal(errno, ENOENT);
	free(path);
	path = xasprintf("%s/%s%s", folder, deep, deep);
	assert_int_equal(unix_listen(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	free(path);
	free(dir);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(descriptors_are_born_close_on_exec),
		in_folder(closing_forgets_the_descriptor_and_keeps_errno),
		in_folder(a_file_is_read_whole_and_ends_with_a_nul),
		in_folder(what_cannot_be_read_says_why),
		in_folder(a_write_replaces_the_file_in_one_step),
		in_folder(a_write_that_fails_leaves_the_old_file_and_nothing_else),
		in_folder(folders_are_made_on_the_way),
		in_folder(a_folder_that_cannot_be_made_says_why),
		in_folder(a_file_that_others_can_change_is_not_trusted),
		in_folder(a_folder_on_the_way_that_others_can_change_is_not_trusted),
		in_folder(what_another_user_owns_is_not_trusted),
		in_folder(a_socket_can_be_connected_to_and_replaced),
		in_folder(a_socket_may_have_a_path_longer_than_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
