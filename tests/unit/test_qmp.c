/* A QMP connection to servers that behave, and to ones that do not. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qemu/qmp.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

struct pair {
	struct qmp *q;
	int server;
};

static int
setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fd[2];

	if (p == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		return -1;
	p->q = qmp_new(fd[0]);
	p->server = fd[1];
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	qmp_free(p->q);
	fd_close(&p->server);
	free(p);
	return 0;
}

static void
serve(struct pair *p, const char *text)
{
	assert_int_equal(fd_write_all(p->server, text, strlen(text)), 0);
}

/* How the connection ended, once qmp_fill() has nothing more to give. */
static int
fill_all(struct pair *p, struct diag *d)
{
	int result;

	do
		result = qmp_fill(d, p->q);
	while (result == 1);
	return result;
}

static void
expect(struct pair *p, const char *key)
{
	bool bad = true;
	json_t *m = qmp_next(p->q, &bad);

	assert_false(bad);
	assert_non_null(m);
	assert_non_null(json_object_get(m, key));
	json_decref(m);
}

static void
expect_none(struct pair *p)
{
	bool bad = true;

	assert_null(qmp_next(p->q, &bad));
	assert_false(bad);
}

static void
messages_come_out_one_by_one_however_they_arrive(void **state)
{
	struct pair *p = *state;
	struct diag d = { 0 };
	const char *text =
	    "{\"QMP\": {}}\r\n{\"return\": {}, \"id\": 7}\r\n\r\n{\"event\": \"STOP\"}\n";

	expect_none(p);
	assert_int_equal(fill_all(p, &d), 0);
	for (const char *s = text; *s != '\0'; s++) {
		char one[2] = { *s, '\0' };

		serve(p, one);
		assert_int_equal(fill_all(p, &d), 0);
		if (s == strchr(text, '\n'))
			expect(p, "QMP");
		if (*s != '\n' && s < strchr(text, '\n'))
			expect_none(p);
	}
	expect(p, "return");
	expect(p, "event");
	expect_none(p);
	serve(p, text);
	assert_int_equal(fill_all(p, &d), 0);
	expect(p, "QMP");
	serve(p, "{\"partial\":");
	assert_int_equal(fill_all(p, &d), 0);
	expect(p, "return");
	expect(p, "event");
	expect_none(p);
	serve(p, " 1}\n");
	assert_int_equal(fill_all(p, &d), 0);
	expect(p, "partial");
	assert_int_equal(d.count, 0);
}

static void
what_is_not_a_message_is_bad(void **state)
{
	static const char *const lines[] = { "garbage\n", "[1]\n", "7\n", "\"x\"\n", "{\"a\":}\n",
		"{\"a\":1}{\"b\":2}\n", "\x01\xff\xfe\n", "null\n", "{\"a\": \"\xff\"}\n" };
	struct pair *p = *state;
	struct diag d = { 0 };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		bool bad = false;

		serve(p, lines[i]);
		assert_int_equal(fill_all(p, &d), 0);
		assert_null(qmp_next(p->q, &bad));
		if (!bad)
			fail_msg("line %zu was taken", i);
	}
}

static void
deep_nesting_is_bad_and_not_a_crash(void **state)
{
	struct pair *p = *state;
	struct diag d = { 0 };
	bool bad = false;

	serve(p, "{\"a\":");
	for (int i = 0; i < 20000; i++) {
		serve(p, "[[[[");
		assert_int_equal(fill_all(p, &d), 0);
	}
	serve(p, "\n");
	assert_int_equal(fill_all(p, &d), 0);
	assert_null(qmp_next(p->q, &bad));
	assert_true(bad);
}

/* A child that writes n bytes without an end of line, or until nobody reads any more. */
static pid_t
flood(struct pair *p, size_t n)
{
	pid_t child = fork();

	assert_int_not_equal(child, -1);
	if (child == 0) {
		char block[65536];

		close(qmp_fd(p->q));
		signal(SIGPIPE, SIG_IGN);
		memset(block, ' ', sizeof(block));
		for (; n >= sizeof(block); n -= sizeof(block)) {
			if (fd_write_all(p->server, block, sizeof(block)) == -1)
				break;
		}
		_exit(0);
	}
	fd_close(&p->server);
	return child;
}

static void
a_line_of_a_hundred_megabytes_ends_the_connection_early(void **state)
{
	struct pair *p = *state;
	struct diag d = { 0 };
	pid_t child = flood(p, 100u << 20);
	size_t fills = 0;
	bool bad = false;
	int result;

	while ((result = qmp_fill(&d, p->q)) != -1) {
		struct pollfd poll_in = { .fd = qmp_fd(p->q), .events = POLLIN };

		fills += result == 1;
		assert_null(qmp_next(p->q, &bad));
		poll(&poll_in, 1, -1);
	}
	assert_int_equal(errno, EMSGSIZE);
	assert_true(bad);
	assert_non_null(strstr(d.text, "4194304"));
	assert_true(fills <= (5u << 20) / 64);
	qmp_free(p->q);
	p->q = NULL;
	assert_int_equal(waitpid(child, NULL, 0), child);
	diag_free(&d);
}

static void
a_close_in_the_middle_is_told_apart_from_a_failure(void **state)
{
	struct pair *p = *state;
	struct diag d = { 0 };

	serve(p, "{\"return\": {}}\n{\"half\": ");
	fd_close(&p->server);
	errno = EIO;
	assert_int_equal(fill_all(p, &d), -1);
	assert_int_equal(errno, 0);
	assert_non_null(strstr(d.text, "closed"));
	expect(p, "return");
	expect_none(p);
	diag_free(&d);
}

static void
a_command_is_one_line_with_its_id(void **state)
{
	struct pair *p = *state;
	char line[256];
	ssize_t n;
	json_t *m;

	assert_int_equal(
	    qmp_send(p->q, "device_del", json_pack("{s:s}", "id", "a\n\"b\""), UINT64_C(1) << 40),
	    0);
	assert_int_equal(qmp_flush(p->q), 1);
	n = read(p->server, line, sizeof(line));
	assert_true(n > 0 && line[n - 1] == '\n');
	assert_ptr_equal(memchr(line, '\n', (size_t)n), line + n - 1);
	m = json_loadb(line, (size_t)n, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(m, "execute")), "device_del");
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(m, "arguments"), "id")), "a\n\"b\"");
	assert_true(json_integer_value(json_object_get(m, "id")) == INT64_C(1) << 40);
	json_decref(m);

	assert_int_equal(qmp_send(p->q, "stop", NULL, 1), 0);
	assert_int_equal(qmp_flush(p->q), 1);
	n = read(p->server, line, sizeof(line));
	m = json_loadb(line, (size_t)n, 0, NULL);
	assert_null(json_object_get(m, "arguments"));
	json_decref(m);
}

static void
a_server_that_does_not_read_costs_a_bounded_queue(void **state)
{
	struct pair *p = *state;
	size_t sent = 0;

	while (qmp_send(p->q, "query-status", NULL, sent) == 0) {
		sent++;
		assert_int_not_equal(qmp_flush(p->q), -1);
		assert_true(sent < (size_t)QMP_LINE_MAX);
	}
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(qmp_flush(p->q), 0);
	fd_close(&p->server);
	assert_int_equal(qmp_flush(p->q), -1);
}

/* A server in a child: sends each text, after each the next line of the client is awaited. */
static pid_t
server(const char *path, const char *const *texts)
{
	int listener = unix_listen(path);
	pid_t child;

	assert_int_not_equal(listener, -1);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		int fd = accept(listener, NULL, NULL);
		char c = 0;

		for (; *texts != NULL; texts++) {
			if (fd_write_all(fd, *texts, strlen(*texts)) == -1)
				_exit(1);
			while (texts[1] != NULL && c != '\n' && read(fd, &c, 1) == 1)
				;
			c = 0;
		}
		_exit(0);
	}
	close(listener);
	return child;
}

static int
call(const char *const *texts, int64_t wait, struct diag *d, json_t **ret)
{
	char dir[] = "/tmp/vmrun-qmp-XXXXXX", path[64];
	pid_t child;
	int result;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	child = server(path, texts);
	result = qmp_call(d, path, "query-status", json_object(), now_ms() + wait, ret);
	assert_int_equal(waitpid(child, NULL, 0), child);
	unlink(path);
	rmdir(dir);
	return result;
}

static void
a_call_negotiates_and_passes_events_over(void **state)
{
	static const char *const texts[] = { "{\"QMP\": {\"capabilities\": []}}\r\n",
		"{\"event\": \"RESUME\"}\r\n{\"return\": {}, \"id\": 1}\r\n",
		"{\"event\": \"STOP\"}\r\n{\"return\": {\"running\": true}, \"id\": 2}\r\n", NULL };
	struct diag d = { 0 };
	json_t *answer = NULL;

	assert_int_equal(call(texts, 60000, &d, &answer), 0);
	assert_true(json_is_true(json_object_get(json_object_get(answer, "return"), "running")));
	json_decref(answer);
}

static void
an_error_is_an_answer(void **state)
{
	static const char *const texts[] = { "{\"QMP\": {}}\n", "{\"return\": {}}\n",
		"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}\n", NULL };
	struct diag d = { 0 };
	json_t *answer = NULL;

	assert_int_equal(call(texts, 60000, &d, &answer), 0);
	assert_non_null(json_object_get(answer, "error"));
	json_decref(answer);
}

static void
a_server_that_breaks_off_or_talks_nonsense_is_a_failure(void **state)
{
	static const struct {
		const char *texts[4];
		const char *why;
	} cases[] = {
		{ { "" }, "closed" },
		{ { "{\"QMP\": {}}\n" }, "" },
		{ { "{\"QMP\": {}}\n", "{\"return\": {}}\n", "{\"retu" }, "closed" },
		{ { "{\"return\": {}}\n" }, "greeting" },
		{ { "hello\n" }, "protocol" },
		{ { "{\"QMP\": {}}\n", "{\"error\": {}}\n" }, "negotiation" },
		{ { "{\"QMP\": {}}\n", "{\"return\": {}}\n", "{\"x\": 1}\n" }, "neither" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct diag d = { 0 };
		json_t *answer = NULL;

		assert_int_equal(call(cases[i].texts, 60000, &d, &answer), -1);
		assert_null(answer);
		if (strstr(d.text, cases[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", d.text, cases[i].why);
		diag_free(&d);
	}
}

static void
a_silent_server_is_given_up_at_the_deadline(void **state)
{
	char dir[] = "/tmp/vmrun-qmp-XXXXXX", path[64];
	struct diag d = { 0 };
	json_t *answer = NULL;
	int listener;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	listener = unix_listen(path);
	assert_int_not_equal(listener, -1);
	assert_int_equal(qmp_call(&d, path, "quit", NULL, now_ms() + 20, &answer), -1);
	assert_int_equal(d.status, DIAG_BUSY);
	diag_free(&d);
	close(listener);
	unlink(path);
	assert_int_equal(qmp_call(&d, path, "quit", json_object(), now_ms() + 20, &answer), -1);
	assert_non_null(strstr(d.text, path));
	diag_free(&d);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    messages_come_out_one_by_one_however_they_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_a_message_is_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    deep_nesting_is_bad_and_not_a_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_line_of_a_hundred_megabytes_ends_the_connection_early, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_close_in_the_middle_is_told_apart_from_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(a_command_is_one_line_with_its_id, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_server_that_does_not_read_costs_a_bounded_queue, setup, teardown),
		cmocka_unit_test(a_call_negotiates_and_passes_events_over),
		cmocka_unit_test(an_error_is_an_answer),
		cmocka_unit_test(a_server_that_breaks_off_or_talks_nonsense_is_a_failure),
		cmocka_unit_test(a_silent_server_is_given_up_at_the_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
