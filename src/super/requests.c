/* What is done at the requests of a client that have no file of their own; see control.c. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/differs.h"
#include "os/os.h"
#include "super/client_internal.h"
#include "super/machine.h"
#include "util/loop.h"

/* state as QEMU said it just now, or "unknown" where it says nothing; reason NULL: it needs none.
 */
void
client_status(struct client *k, const char *state, const char *reason)
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

void
client_silence(void *arg)
{
	client_status(arg, "unknown", NULL);
}

/* Without a connection just now the answer comes with the next one: its first word is the state. */
static void
ask_status(struct client *k)
{
	struct super *s = k->s;

	if (!s->up) {
		client_status(k, state_name(s->state), NULL);
		return;
	}
	k->wait = WAIT_STATUS;
	loop_timer(s->loop, now_ms() + ANSWER_MS, client_silence, k);
	super_qmp_send(s, "query-status", NULL, ID_CLIENT + k->number);
}

/* As QEMU said it last; NULL: it is not paused, or somebody paused it. */
const char *
client_pause_reason(const struct super *s)
{
	return s->state == S_PAUSED && s->reason[0] != '\0' ? s->reason : NULL;
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
	client_ok(k, NULL);
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
		client_wait_state(k, S_RUNNING);
	else if (what != NULL && strcmp(what, "paused") == 0)
		client_wait_state(k, S_PAUSED);
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
	client_status(
	    k, silent ? "unknown" : state_name(s->state), silent ? NULL : client_pause_reason(s));
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

void
client_take(struct client *k, size_t len)
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
