/*
 * A QEMU without a machine, for tests: it takes the line that vmrun composes, finds the QMP socket
 *in it, and answers as QEMU does. What it is to do otherwise is said by `-fake WORD` on the line:
 *
 *	die               says why on stderr and exits 1, at once
 *	exit=N, signal=N  ends so when the guest is told to shut down
 *	silent            never greets
 *	no-powerdown, no-quit   does as if it had not heard
 *	no-link           knows no NIC whose link could be set
 *	powerdown=N       hears only the Nth time
 *	hangup            closes its QMP connection when it is told to reset
 *	once              runs, and shuts down by itself in order
 *	need=PATH         dies unless that file is there
 *	chatter=N         N lines on stderr
 *	say=TEXT          one line on stderr
 *	fds               says on stderr which descriptors it was given
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIFE 60 /* seconds; no test takes longer, and none leaves one behind for ever */

static struct {
	bool silent, no_powerdown, no_threads, no_link, no_quit, once, hangup, paused;
	int status, signal, deaf;
	int listener, peer;
} fake = { .listener = -1, .peer = -1 };

static const char *
value(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static void
say_descriptors(void)
{
	fprintf(stderr, "fds");
	for (int fd = 0; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			fprintf(stderr, " %d", fd);
	}
	fprintf(stderr, "\n");
}

static void
take_word(const char *word)
{
	const char *v;

	fake.silent |= strcmp(word, "silent") == 0;
	fake.no_powerdown |= strcmp(word, "no-powerdown") == 0;
	fake.no_threads |= strcmp(word, "no-threads") == 0;
	fake.no_link |= strcmp(word, "no-link") == 0;
	fake.no_quit |= strcmp(word, "no-quit") == 0;
	fake.once |= strcmp(word, "once") == 0;
	fake.hangup |= strcmp(word, "hangup") == 0;
	if ((v = value(word, "powerdown")) != NULL)
		fake.deaf = atoi(v) - 1;
	if ((v = value(word, "exit")) != NULL)
		fake.status = atoi(v);
	if ((v = value(word, "signal")) != NULL)
		fake.signal = atoi(v);
	if ((v = value(word, "say")) != NULL)
		fprintf(stderr, "%s\n", v);
	for (int i = 0; (v = value(word, "chatter")) != NULL && i < atoi(v); i++)
		fprintf(stderr, "line %d\n", i);
	if (strcmp(word, "fds") == 0)
		say_descriptors();
	if ((v = value(word, "need")) != NULL && access(v, F_OK) == -1) {
		fprintf(stderr, "fake: %s is not there\n", v);
		exit(1);
	}
	if (strcmp(word, "die") == 0) {
		fprintf(stderr, "qemu-system-x86_64: -fake die: no such machine\n");
		fprintf(stderr, "qemu-system-x86_64: giving up\n");
		exit(1);
	}
}

static void
say(const char *line)
{
	(void)!send(fake.peer, line, strlen(line), MSG_NOSIGNAL);
	(void)!send(fake.peer, "\r\n", 2, MSG_NOSIGNAL);
}

static void
say_event(const char *event, const char *data)
{
	char line[512];

	snprintf(line, sizeof(line),
	    "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"%s\"%s%s}", event,
	    data != NULL ? ", \"data\": " : "", data != NULL ? data : "");
	say(line);
}

static void
shut_down(const char *data)
{
	say_event("SHUTDOWN", data);
	exit(0);
}

static void
answer(const json_t *id, const char *result)
{
	char *text = json_dumps(id, JSON_ENCODE_ANY), line[512];

	snprintf(line, sizeof(line), "{\"return\": %s, \"id\": %s}", result, text);
	say(line);
	free(text);
}

static void
refuse(const json_t *id, const char *why)
{
	char *text = json_dumps(id, JSON_ENCODE_ANY), line[512];

	snprintf(line, sizeof(line),
	    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}, \"id\": %s}", why, text);
	say(line);
	free(text);
}

static void
power_down(void)
{
	if (fake.no_powerdown || fake.deaf-- > 0)
		return;
	if (fake.signal != 0)
		raise(fake.signal);
	if (fake.status != 0)
		_exit(fake.status);
	say_event("POWERDOWN", NULL);
	shut_down("{\"guest\": true, \"reason\": \"guest-shutdown\"}");
}

static void
freeze(bool yes)
{
	if (fake.paused != yes)
		say_event(yes ? "STOP" : "RESUME", NULL);
	fake.paused = yes;
}

/* Two, both of the only thread that there is. */
static void
say_cpus(const json_t *id)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "[{\"cpu-index\": 0, \"thread-id\": %d}, {\"cpu-index\": 1, \"thread-id\": %d}]",
	    (int)getpid(), (int)getpid());
	answer(id, fake.no_threads ? "[]" : text);
}

static void
run(const char *command, const json_t *id)
{
	/* As QEMU does: what a command leads to is often told before its answer. */
	if (strcmp(command, "stop") == 0)
		freeze(true);
	else if (strcmp(command, "cont") == 0)
		freeze(false);
	else if (strcmp(command, "system_reset") == 0)
		say_event("RESET", "{\"guest\": false, \"reason\": \"host-qmp-system-reset\"}");
	if (strcmp(command, "query-cpus-fast") == 0)
		say_cpus(id);
	else if (strcmp(command, "set_link") == 0 && fake.no_link)
		refuse(id, "Device 'net0' not found");
	else
		answer(id, strcmp(command, "query-status") != 0 ? "{}"
			   : fake.paused ? "{\"status\": \"paused\", \"running\": false}"
					 : "{\"status\": \"running\", \"running\": true}");
	if (strcmp(command, "system_powerdown") == 0)
		power_down();
	else if (strcmp(command, "quit") == 0 && !fake.no_quit)
		shut_down("{\"guest\": false, \"reason\": \"host-qmp-quit\"}");
	else if (strcmp(command, "query-status") == 0 && fake.once)
		shut_down("{\"guest\": true, \"reason\": \"guest-shutdown\"}");
}

static void
serve(void)
{
	FILE *in = fdopen(fake.peer, "r");
	char line[4096];

	say("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, "
	    "\"package\": \"fake\"}, \"capabilities\": [\"oob\"]}}");
	while (fgets(line, sizeof(line), in) != NULL) {
		json_t *m = json_loads(line, 0, NULL);
		const char *command = json_string_value(json_object_get(m, "execute"));
		bool ends = false;

		if (command != NULL) {
			run(command, json_object_get(m, "id"));
			ends = fake.hangup && strcmp(command, "system_reset") == 0;
		}
		json_decref(m);
		if (ends)
			break;
	}
	fclose(in);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *fd = strstr(argv[i], "id=qmp0,fd=");

		if (strcmp(argv[i], "-version") == 0) {
			printf("QEMU emulator version 7.2.0 (fake)\n");
			return 0;
		}
		if (fd != NULL)
			fake.listener = atoi(fd + strlen("id=qmp0,fd="));
		fake.paused |= strcmp(argv[i], "-S") == 0;
		if (strcmp(argv[i], "-fake") == 0 && i + 1 < argc)
			take_word(argv[++i]);
	}
	alarm(LIFE);
	/* One client at a time, as QEMU does. */
	while ((fake.peer = accept(fake.listener, NULL, NULL)) != -1 || errno == EINTR) {
		if (fake.silent)
			pause();
		serve();
	}
	fprintf(stderr, "fake: no QMP socket: %s\n", strerror(errno));
	return 1;
}
