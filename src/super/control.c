/*
 * The control socket: run/NAME/control.sock, one JSON object a line, one request a connection.
 *
 *	{"do": "status"}                                    the record, with state and restarts;
 *	                                                    QEMU is asked first
 *	{"do": "status", "brief": true}                      the same, with the state that QEMU
 *	                                                    told last; it is asked afterwards
 *	{"do": "stop", "mode": "soft"|"hard", "timeout": MS}  answered when the VM has ended
 *	{"do": "kill"}                                      the same
 *	{"do": "start"}                                     the pause before a restart is over
 *	{"do": "pause"} {"do": "resume"} {"do": "reset"}     answered when it is so
 *	{"do": "link", "nic": N, "up": true|false}           the same; without nic all of them
 *	{"do": "forward", "nic": N, "action": "list"}        answered with "forwards", as QEMU has
 *them
 *	{"do": "forward", "nic": N, "action": "add"|"remove", "forward": TEXT}
 *	{"do": "forward", "nic": N, "action": "reached", "port": P, "guest_port": G}   answered with
 *	                                                    "reached": the guest has taken a connection
 *	                                                    that came that way
 *	{"do": "agent"}                                     answered with "listens": the guest has
 *its agent's channel open, and "busy": somebody speaks to it
 *	{"do": "rejoin"}                                    ports that were dropped from their
 *	                                                    bridges are put back; says which
 *	{"do": "stats"}                                     see stats.c
 *	{"do": "change"}                                    what the VM's file says now is made so, as
 *	                                                    far as that can be while it runs: "changed",
 *	                                                    "waiting" (for a restart) and "failed"
 *	{"do": "screenshot"}                                see screenshot.c
 *	{"do": "wait", "for": "running"|"paused"|"stopped"}  answered when it is so
 *
 * The answer is {"ok": true, …} or {"ok": false, "error": TEXT}. Only root and the supervisor's own
 * user are heard.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launch/differs.h"
#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

enum waited_for { WAIT_NOT, WAIT_STATUS, WAIT_COMMAND, WAIT_STATE, WAIT_TOLD, WAIT_ALL, WAIT_END };

struct client {
	struct super *s;
	unsigned place;
	uint64_t number; /* of this one alone: its place is taken by others after it */
	int fd;
	enum waited_for wait;
	enum state until;  /* of WAIT_STATE, and after WAIT_COMMAND; S_COUNT: nothing more */
	bool stops;        /* waits for a stop that it asked for */
	client_told *told; /* WAIT_TOLD: what takes QEMU's answer, */
	json_t *about;     /* and to which request */
	client_request *what; /* WAIT_ALL: with whom it waits */
	int given;         /* descriptor that came with the request; -1: none */
	size_t len;
	char request[REQUEST_MAX];
};

static void on_silence(void *arg);
static void on_idle(void *arg);

static void
drop(struct client *k)
{
	loop_timer_cancel(k->s->loop, on_silence, k);
	loop_timer_cancel(k->s->loop, on_idle, k);
	loop_remove(k->s->loop, k->fd);
	k->s->client[k->place] = NULL;
	fd_close(&k->fd);
	fd_close(&k->given);
	json_decref(k->about);
	free(k);
}

/* Takes over answer. What does not fit into the socket at once has a reader that does not read. */
void
client_answer(struct client *k, json_t *a)
{
	char *text = json_dumps(a, JSON_COMPACT);

	json_decref(a);
	if (text != NULL) {
		size_t len = strlen(text);

		text[len] = '\n'; /* in the place of the NUL: the length is known */
		(void)!send(k->fd, text, len + 1, MSG_NOSIGNAL);
	}
	free(text);
	drop(k);
}

static void
answer_ok(struct client *k, const char *how)
{
	json_t *a = json_pack("{s:b}", "ok", 1);

	if (how != NULL)
		json_object_set_new(a, "how", json_string(how));
	client_answer(k, a);
}

void
client_error(struct client *k, const char *why)
{
	client_answer(k, json_pack("{s:b,s:s}", "ok", 0, "error", why));
}

int
client_descriptor(const struct client *k)
{
	return k->given;
}

struct super *
client_super(const struct client *k)
{
	return k->s;
}

/* state as QEMU said it just now, or "unknown" where it says nothing; reason NULL: it needs none.
 */
static void
answer_status(struct client *k, const char *state, const char *reason)
{
	struct super *s = k->s;
	/* Between two runs there is a part of it. */
	json_t *a = json_object();

	json_object_update(a, s->launch.record != NULL ? s->launch.record : s->between);

	json_object_set_new(a, "ok", json_true());
	json_object_set_new(a, "name", json_string(s->name));
	json_object_set_new(a, "state", json_string(state));
	if (reason != NULL)
		json_object_set_new(a, "reason", json_string(reason));
	json_object_set_new(a, "supervisor", json_integer(getpid()));
	json_object_set_new(a, "restarts", json_integer(s->history.total));
	json_object_del(a, "start");
	json_object_del(a, "boot");
	json_object_del(a, "lent");
	json_object_del(a, "restart_counts");
	json_object_del(a, "restarting");
	json_object_del(a, "asked_softly");
	json_object_del(a, "passt");
	json_object_del(a, "boot_later");
	json_object_del(a, "media");
	json_object_del(a, RECORD_PASSWORD);
	json_object_set_new(a, "companions", companions_status(a));
	client_answer(k, a);
}

static void
on_silence(void *arg)
{
	answer_status(arg, "unknown", NULL);
}

/* Without a connection just now the answer comes with the next one: its first word is the state. */
static void
ask_status(struct client *k)
{
	struct super *s = k->s;

	if (!s->up) {
		answer_status(k, state_name(s->state), NULL);
		return;
	}
	k->wait = WAIT_STATUS;
	loop_timer(s->loop, now_ms() + ANSWER_MS, on_silence, k);
	super_qmp_send(s, "query-status", NULL, ID_CLIENT + k->number);
}

static void
wait_state(struct client *k, enum state until)
{
	if (k->s->state == until) {
		answer_ok(k, NULL);
		return;
	}
	k->wait = WAIT_STATE;
	k->until = until;
}

/* Can QEMU be told something now? If not, the client has been answered. */
bool
client_can_ask(struct client *k)
{
	struct super *s = k->s;

	if ((s->state == S_RUNNING || s->state == S_PAUSED) && s->qmp != NULL)
		return true;
	client_error(k, s->qmp == NULL && s->up ? "its QEMU does not answer" : "it is not running");
	return false;
}

/* A command to QEMU; the client is answered with what QEMU says, and then when the state is so. */
static void
command(struct client *k, const char *name, enum state until)
{
	if (!client_can_ask(k))
		return;
	k->wait = WAIT_COMMAND;
	k->until = until;
	super_qmp_send(k->s, name, NULL, ID_CLIENT + k->number);
}

void
client_ask(
    struct client *k, const char *name, json_t *args, client_told *told, const json_t *request)
{
	json_t *before = k->about; /* perhaps the request itself */

	if (!client_can_ask(k)) {
		json_decref(args);
		return;
	}
	k->wait = WAIT_TOLD;
	k->about = json_deep_copy(request);
	k->told = told;
	json_decref(before);
	super_qmp_send(k->s, name, args, ID_CLIENT + k->number);
}

/* As QEMU said it last; NULL: it is not paused, or somebody paused it. */
static const char *
pause_reason(const struct super *s)
{
	return s->state == S_PAUSED && s->reason[0] != '\0' ? s->reason : NULL;
}

void
control_answer(struct super *s, uint64_t client, const json_t *m)
{
	const json_t *error = json_object_get(m, "error");
	const char *why = json_string_value(json_object_get(error, "desc"));
	struct client *k = NULL;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (s->client[i] != NULL && s->client[i]->number == client)
			k = s->client[i];
	}
	if (k == NULL) /* it has left */
		return;
	if (k->wait == WAIT_STATUS)
		super_reason(s, m);
	if (k->wait == WAIT_STATUS)
		answer_status(k, state_name(s->state), pause_reason(s));
	else if ((k->wait == WAIT_COMMAND || k->wait == WAIT_TOLD) && error != NULL)
		client_error(k, why != NULL ? why : "QEMU refused");
	else if (k->wait == WAIT_COMMAND && k->until == S_COUNT)
		answer_ok(k, NULL);
	else if (k->wait == WAIT_COMMAND)
		wait_state(k, k->until);
	else if (k->wait == WAIT_TOLD)
		k->told(k, m, k->about);
}

void
control_connected(struct super *s)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = s->client[i];

		if (k == NULL)
			continue;
		if (k->wait == WAIT_STATUS)
			answer_status(k, state_name(s->state), NULL);
		else if (k->wait == WAIT_COMMAND || k->wait == WAIT_TOLD)
			client_error(k, "the connection to its QEMU broke, try again");
	}
}

static void
do_stop(struct client *k, const json_t *request)
{
	const char *mode = json_string_value(json_object_get(request, "mode"));
	const json_t *timeout = json_object_get(request, "timeout");
	struct super *s = k->s;
	bool hard = mode != NULL && strcmp(mode, "hard") == 0;
	bool soft = mode != NULL && strcmp(mode, "soft") == 0;
	json_int_t ms = json_is_integer(timeout) ? json_integer_value(timeout) : s->policy_timeout;

	k->wait = WAIT_END;
	k->stops = true;
	/* Whoever said that it must end is not overruled by one who only asks. */
	s->soft_only = soft && (s->state != S_STOPPING || s->soft_only);
	super_asked(s, CAUSE_ASKED);
	s->stop_timeout = ms < 0 ? 0 : ms > STOP_MAX_MS ? STOP_MAX_MS : ms;
	super_event(s, hard ? E_QUIT : E_STOP);
}

static void
do_kill(struct client *k, const json_t *request)
{
	k->wait = WAIT_END;
	k->stops = true;
	k->s->soft_only = false;
	super_asked(k->s, CAUSE_ASKED);
	super_event(k->s, E_KILL);
}

static void
do_pause(struct client *k, const json_t *request)
{
	command(k, "stop", S_PAUSED);
}

static void
do_resume(struct client *k, const json_t *request)
{
	if (k->s->inmigrate)
		client_error(k, "it waits for an incoming migration");
	else
		command(k, "cont", S_RUNNING);
}

static void
do_reset(struct client *k, const json_t *request)
{
	command(k, "system_reset", S_COUNT);
}

/* Somebody does not want to wait for the next start, and begins a new row of them. */
static void
do_start(struct client *k, const json_t *request)
{
	struct super *s = k->s;

	if (s->state == S_RESTARTING) {
		s->history = (struct restart_history){ 0 };
		loop_timer(s->loop, 0, super_restart_due, s);
	}
	answer_ok(k, NULL);
}

static void
do_rejoin(struct client *k, const json_t *request)
{
	client_answer(k, super_rejoin(k->s));
}

static void
do_wait(struct client *k, const json_t *request)
{
	const char *what = json_string_value(json_object_get(request, "for"));

	if (what != NULL && strcmp(what, "running") == 0)
		wait_state(k, S_RUNNING);
	else if (what != NULL && strcmp(what, "paused") == 0)
		wait_state(k, S_PAUSED);
	else if (what != NULL && strcmp(what, "stopped") == 0)
		k->wait = WAIT_END;
	else
		client_error(k, "wait for what?");
}

/* For those who look at many VMs at once. QEMU tells of every change by itself; one that has
 * stopped speaking is found out by the question that follows, or by the kernel, and is unknown from
 * then on. */
static void
do_status(struct client *k, const json_t *request)
{
	struct super *s = k->s;
	bool silent;

	if (!json_is_true(json_object_get(request, "brief")) || !s->up || s->qmp == NULL) {
		ask_status(k);
		return;
	}
	silent = s->silent || os_proc_stopped(&s->launch.proc);
	answer_status(
	    k, silent ? "unknown" : state_name(s->state), silent ? NULL : pause_reason(s));
	super_probe(s);
}

static const struct {
	const char *name;
	void (*run)(struct client *k, const json_t *request);
} requests[] = {
	{ "status", do_status },
	{ "start", do_start },
	{ "stop", do_stop },
	{ "kill", do_kill },
	{ "pause", do_pause },
	{ "resume", do_resume },
	{ "reset", do_reset },
	{ "link", control_link },
	{ "change", control_change },
	{ "rejoin", do_rejoin },
	{ "wait", do_wait },
	{ "forward", control_forward },
	{ "agent", control_agent },
	{ "stats", control_stats_request },
	{ "screenshot", control_screenshot_request },
};

static void
take_request(struct client *k, size_t len)
{
	json_t *request = json_loadb(k->request, len, 0, NULL);
	const char *what = json_string_value(json_object_get(request, "do"));
	size_t i = 0, n = sizeof(requests) / sizeof(requests[0]);

	while (i < n && (what == NULL || strcmp(requests[i].name, what) != 0))
		i++;
	if (i < n)
		requests[i].run(k, request);
	else
		client_error(k, "no such request");
	json_decref(request);
}

static void
on_client(int fd, short revents, void *arg)
{
	struct client *k = arg;
	int given = -1;
	size_t ngiven = 0;
	char *end;
	ssize_t n;

	n = os_receive_fds(fd, k->request + k->len, sizeof(k->request) - k->len, &given, 1, &ngiven);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && ngiven == 1) {
		fd_close(&k->given);
		k->given = given;
	}
	/* One who left, or goes on talking after its request, is not waited for any longer. */
	if (n <= 0 || k->wait != WAIT_NOT) {
		drop(k);
		return;
	}
	super_bustle(k->s);
	k->len += (size_t)n;
	end = memchr(k->request, '\n', k->len);
	if (end != NULL)
		loop_timer_cancel(k->s->loop, on_idle, k);
	if (end != NULL)
		take_request(k, (size_t)(end - k->request));
	else if (k->len == sizeof(k->request))
		client_error(k, "request too long");
}

/* One that connects and says nothing takes a place that others need. */
static void
on_idle(void *arg)
{
	drop(arg);
}

static void
on_connection(int fd, short revents, void *arg)
{
	struct super *s = arg;
	unsigned place = 0;
	struct client *k;
	uid_t uid;
	int peer = accept(fd, NULL, NULL);

	if (peer == -1)
		return;
	while (place < CLIENTS_MAX && s->client[place] != NULL)
		place++;
	if (place == CLIENTS_MAX || os_peer_uid(peer, &uid) == -1 ||
	    (uid != 0 && uid != geteuid())) {
		fd_close(&peer);
		return;
	}
	fd_set_cloexec(peer, true);
	fd_set_nonblock(peer, true);
	k = xcalloc(1, sizeof(*k));
	k->s = s;
	k->place = place;
	k->number = s->clients++;
	k->fd = peer;
	k->given = -1;
	s->client[place] = k;
	loop_add(s->loop, peer, POLLIN, on_client, k);
	loop_timer(s->loop, now_ms() + REQUEST_MS, on_idle, k);
	on_client(peer, POLLIN, k); /* the request is mostly there already */
}

int
control_open(struct super *s, struct diag *d)
{
	char *path = runtime_path(s->c, s->name, "control.sock");

	s->control = unix_listen(path);
	if (s->control == -1)
		fail_sys(d, "%s", path);
	else
		loop_add(s->loop, s->control, POLLIN, on_connection, s);
	free(path);
	return s->control == -1 ? -1 : 0;
}

void
control_close(struct super *s)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (s->client[i] != NULL)
			drop(s->client[i]);
	}
	fd_close(&s->control);
}

/* Between two runs there is no QEMU that would answer. */
static void
answer_for_nobody(struct client *k)
{
	if (k->wait == WAIT_STATUS)
		answer_status(k, state_name(k->s->state), NULL);
	else if (k->wait == WAIT_COMMAND || k->wait == WAIT_TOLD)
		client_error(k, "it is not running");
}

void
control_state(struct super *s)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = s->client[i];

		if (k != NULL && k->wait == WAIT_STATE && k->until == s->state)
			answer_ok(k, NULL);
		else if (k != NULL && s->state == S_RESTARTING)
			answer_for_nobody(k);
	}
}

void
client_wait_for(struct client *k, client_request *what)
{
	k->wait = WAIT_ALL;
	k->what = what;
}

void
control_answer_all(struct super *s, client_request *what, json_t *(*answer)(struct client *k))
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = s->client[i];

		if (k != NULL && k->wait == WAIT_ALL && k->what == what)
			client_answer(k, answer(k));
	}
}

void
control_stop_failed(struct super *s, const char *why)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (s->client[i] != NULL && s->client[i]->stops)
			client_error(s->client[i], why);
	}
}

void
control_end(struct super *s, const char *how)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = s->client[i];

		if (k == NULL)
			continue;
		/* Who asked for something else sees the connection end, and then that nothing runs.
		 */
		if (k->wait == WAIT_END)
			answer_ok(k, how);
		else
			drop(k);
	}
}
