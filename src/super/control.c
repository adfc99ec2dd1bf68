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
 * user are heard. What each request does is in requests.c and in the files of their own.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os.h"
#include "super/client_internal.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

static void on_idle(void *arg);

static void
drop(struct client *k)
{
	loop_timer_cancel(k->s->loop, client_silence, k);
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

void
client_ok(struct client *k, const char *how)
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

void
client_wait_state(struct client *k, enum state until)
{
	if (k->s->state == until) {
		client_ok(k, NULL);
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
		client_status(k, state_name(s->state), client_pause_reason(s));
	else if ((k->wait == WAIT_COMMAND || k->wait == WAIT_TOLD) && error != NULL)
		client_error(k, why != NULL ? why : "QEMU refused");
	else if (k->wait == WAIT_COMMAND && k->until == S_COUNT)
		client_ok(k, NULL);
	else if (k->wait == WAIT_COMMAND)
		client_wait_state(k, k->until);
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
			client_status(k, state_name(s->state), NULL);
		else if (k->wait == WAIT_COMMAND || k->wait == WAIT_TOLD)
			client_error(k, "the connection to its QEMU broke, try again");
	}
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
		client_take(k, (size_t)(end - k->request));
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
		client_status(k, state_name(k->s->state), NULL);
	else if (k->wait == WAIT_COMMAND || k->wait == WAIT_TOLD)
		client_error(k, "it is not running");
}

void
control_state(struct super *s)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = s->client[i];

		if (k != NULL && k->wait == WAIT_STATE && k->until == s->state)
			client_ok(k, NULL);
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
			client_ok(k, how);
		else
			drop(k);
	}
}
