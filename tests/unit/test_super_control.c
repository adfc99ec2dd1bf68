/* The control socket: many who ask at once, those who mean ill, and a QEMU that is silent. */
#include "super_fixture.h"

#include <sys/socket.h>

#define PLACES 64 /* clients that are served at once */

static int
connect_to(struct place *p, const char *name)
{
	char *path = runtime_path(&p->c, name, "control.sock");
	int fd = unix_connect(path, false);

	assert_true(fd != -1);
	free(path);
	return fd;
}

/* What comes back until the other end is closed; freed by the caller. */
static char *
hear(int fd)
{
	char *text = xcalloc(1 << 16, 1);
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, (1 << 16) - 1 - len)) > 0)
		len += (size_t)n;
	return text;
}

static char *
tell(struct place *p, const void *request, size_t n)
{
	int fd = connect_to(p, "web1");
	char *text;

	/* It may hang up in the middle of what is too long. */
	for (size_t at = 0; at < n;) {
		ssize_t sent = send(fd, (const char *)request + at, n - at, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		at += (size_t)sent;
	}
	text = hear(fd);
	fd_close(&fd);
	return text;
}

static void
assert_told(struct place *p, const char *request, const char *answer)
{
	char *text = tell(p, request, strlen(request));

	assert_string_equal(text, answer);
	free(text);
}

static void
nonsense_is_refused(void **state)
{
	static const char *const requests[] = { "\n", "x\n", "{}\n", "[]\n", "{\"do\": 7}\n",
		"{\"do\": \"\"}\n", "{\"do\": \"statu\"}\n", "{\"do\": [\"status\"]}\n",
		"{\"do\": \"status\"\n", "{\"do\": \"status\"} {}\n", "\377\376\n", "null\n",
		"{\"Do\": \"status\"}\n", "GET / HTTP/1.1\r\n" };
	struct place *p = *state;

	started(p, "web1", NULL, "");
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_told(p, requests[i], "{\"ok\":false,\"error\":\"no such request\"}\n");
	assert_true(state_is(p, "web1", "running"));
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
odd_words_in_a_request_mean_nothing(void **state)
{
	struct place *p = *state;

	started(p, "web1", NULL, "stop_timeout = \"1h\";");
	assert_told(p, "{\"do\": \"wait\", \"for\": [1]}\n",
	    "{\"ok\":false,\"error\":\"wait for what?\"}\n");
	assert_told(p, "{\"do\": \"wait\"}\n", "{\"ok\":false,\"error\":\"wait for what?\"}\n");
	assert_told(p, "{\"do\": \"pause\", \"do\": \"reset\"}\n", "{\"ok\":true}\n");
	assert_told(p, "{\"do\": \"pause\", \"more\": {\"x\": [[[[[[]]]]]]}}\n", "{\"ok\":true}\n");
	assert_told(p, "{\"do\": \"stop\", \"mode\": 7, \"timeout\": \"x\"}\n",
	    "{\"ok\":true,\"how\":\"the guest shut down\"}\n");
	assert_ended(p, "web1", true);
}

static void
a_link_is_as_qemu_took_it(void **state)
{
	static const char nics[] = "nics = ( { user = true; }, { user = true; } );";
	struct place *p = *state;
	json_t *a;

	started(p, "web1", NULL, nics);
	assert_told(
	    p, "{\"do\": \"link\"}\n", "{\"ok\":false,\"error\":\"which link, and how?\"}\n");
	assert_told(p, "{\"do\": \"link\", \"up\": \"no\"}\n",
	    "{\"ok\":false,\"error\":\"which link, and how?\"}\n");
	assert_told(p, "{\"do\": \"link\", \"up\": true, \"nic\": -1}\n",
	    "{\"ok\":false,\"error\":\"it has no NIC -1 (they are numbered from 0, and the last is "
	    "1)\"}\n");
	assert_told(p, "{\"do\": \"link\", \"up\": false, \"nic\": 1}\n",
	    "{\"ok\":true,\"state\":\"running\"}\n");
	a = ask(p, "web1", json_pack("{s:s}", "do", "status"));
	assert_true(
	    json_is_true(json_object_get(json_array_get(json_object_get(a, "nics"), 0), "link")));
	assert_true(
	    json_is_false(json_object_get(json_array_get(json_object_get(a, "nics"), 1), "link")));
	json_decref(a);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);

	started(p, "web1", "no-link", nics);
	assert_told(p, "{\"do\": \"link\", \"up\": false}\n",
	    "{\"ok\":false,\"error\":\"Device 'net0' not found\"}\n");
	a = ask(p, "web1", json_pack("{s:s}", "do", "status"));
	assert_true(
	    json_is_true(json_object_get(json_array_get(json_object_get(a, "nics"), 0), "link")));
	json_decref(a);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
a_request_without_an_end_is_cut_off(void **state)
{
	struct place *p = *state;
	char *much = xcalloc(1 << 20, 1), *text;

	started(p, "web1", NULL, "");
	memset(much, '[', 1 << 20);
	for (size_t n = 4096; n <= 1 << 20; n *= 4) {
		text = tell(p, much, n);
		/* Who is still talking may miss the answer, but never hangs. */
		assert_true(strcmp(text, "") == 0 ||
			    strcmp(text, "{\"ok\":false,\"error\":\"request too long\"}\n") == 0);
		free(text);
	}
	much[4094] = '\n'; /* and the longest that is heard */
	text = tell(p, much, 4095);
	assert_string_equal(text, "{\"ok\":false,\"error\":\"no such request\"}\n");
	free(text);
	free(much);
	assert_true(state_is(p, "web1", "running"));
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
who_leaves_in_the_middle_is_forgotten(void **state)
{
	static const char *const parts[] = { "", "{", "{\"do\": \"stop\"",
		"{\"do\": \"wait\", \"for\": \"paused\"}\n", "{\"do\": \"status\"}\n",
		"{\"do\": \"wait\", \"for\": \"stopped\"}\nmore" };
	struct place *p = *state;

	started(p, "web1", NULL, "");
	for (int round = 0; round < PLACES; round++) { /* more than there are places, in all */
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			int fd = connect_to(p, "web1");

			assert_int_equal(fd_write_all(fd, parts[i], strlen(parts[i])), 0);
			fd_close(&fd);
		}
	}
	assert_true(state_is(p, "web1", "running"));
	does(p, "web1", "pause");
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
a_request_may_come_in_pieces(void **state)
{
	struct place *p = *state;
	const char *request = "{\"do\": \"reset\"}\n";
	char *text;
	int fd;

	started(p, "web1", NULL, "");
	fd = connect_to(p, "web1");
	for (const char *c = request; *c != '\0'; c++) {
		assert_int_equal(fd_write_all(fd, c, 1), 0);
		assert_true(state_is(p, "web1", "running")); /* others are served meanwhile */
	}
	text = hear(fd);
	assert_string_equal(text, "{\"ok\":true}\n");
	free(text);
	fd_close(&fd);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

/* Whoever comes when all places are taken is turned away at once; a place that is left is free. */
static void
there_are_places_for_so_many_and_no_more(void **state)
{
	struct place *p = *state;
	int fds[PLACES + 1];
	char *text;

	started(p, "web1", NULL, "");
	for (int i = 0; i <= PLACES; i++)
		fds[i] = connect_to(p, "web1");
	text = hear(fds[PLACES]);
	assert_string_equal(text, "");
	free(text);
	for (int i = 0; i < PLACES; i += 2) {
		const char *request = "{\"do\": \"reset\"}\n";

		assert_int_equal(fd_write_all(fds[i], request, strlen(request)), 0);
		text = hear(fds[i]);
		assert_string_equal(text, "{\"ok\":true}\n");
		free(text);
	}
	assert_true(state_is(p, "web1", "running"));
	for (int i = 0; i <= PLACES; i++)
		fd_close(&fds[i]);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

/* A supervisor that is not scheduled does not matter to the others, and is asked until the end. */
static void
many_who_ask_at_once_are_all_answered(void **state)
{
	struct place *p = *state;
	struct call c[16];

	started(p, "web1", NULL, "");
	started(p, "web2", NULL, "");
	for (int i = 0; i < 16; i++) {
		c[i] = (struct call){ .name = i % 2 == 0 ? "web1" : "web2",
			.request = json_pack("{s:s}", "do", "status"),
			.patience = PATIENCE };
	}
	client_run(&p->c, c, 16);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(c[i].outcome, CALL_ANSWERED);
		assert_string_equal(
		    json_string_value(json_object_get(c[i].answer, "name")), c[i].name);
		json_decref(c[i].answer);
		json_decref(c[i].request);
	}
	does(p, "web2", "kill");
	assert_ended(p, "web2", true);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
}

static void
a_silent_supervisor_delays_no_other(void **state)
{
	struct place *p = *state;
	struct call c[2];

	started(p, "web2", NULL, "");
	started(p, "web1", NULL, "");
	assert_int_equal(kill(supers[0], SIGSTOP), 0);
	c[0] = (struct call){
		.name = "web2", .request = json_pack("{s:s}", "do", "status"), .patience = 300
	};
	c[1] = (struct call){
		.name = "web1", .request = json_pack("{s:s}", "do", "status"), .patience = PATIENCE
	};
	client_run(&p->c, c, 2);
	assert_int_equal(c[0].outcome, CALL_SILENT);
	assert_null(c[0].answer);
	assert_int_equal(c[1].outcome, CALL_ANSWERED);
	json_decref(c[1].answer);
	for (int i = 0; i < 2; i++)
		json_decref(c[i].request);
	does(p, "web1", "kill");
	assert_ended(p, "web1", true);
	assert_int_equal(kill(supers[0], SIGCONT), 0);
	does(p, "web2", "kill");
	assert_ended(p, "web2", true);
}

static void
a_qemu_that_is_silent_has_a_state_that_nobody_knows(void **state)
{
	struct place *p = *state;
	struct super_result r = started(p, "web1", NULL, "");

	assert_int_equal(kill(r.qemu, SIGSTOP), 0);
	assert_true(state_is(p, "web1", "unknown"));
	assert_true(state_is(p, "web1", "unknown"));
	assert_int_equal(kill(r.qemu, SIGCONT), 0);
	wait_until(state_is(p, "web1", "running")); /* late answers do no harm */
	assert_int_equal(kill(r.qemu, SIGSTOP), 0);
	assert_how(ask(p, "web1", json_pack("{s:s}", "do", "kill")), "killed");
	assert_ended(p, "web1", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		test(nonsense_is_refused),
		test(odd_words_in_a_request_mean_nothing),
		test(a_link_is_as_qemu_took_it),
		test(a_request_without_an_end_is_cut_off),
		test(who_leaves_in_the_middle_is_forgotten),
		test(a_request_may_come_in_pieces),
		test(there_are_places_for_so_many_and_no_more),
		test(many_who_ask_at_once_are_all_answered),
		test(a_silent_supervisor_delays_no_other),
		test(a_qemu_that_is_silent_has_a_state_that_nobody_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
