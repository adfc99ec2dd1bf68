/* The supervisor's own QMP connection: what QEMU says becomes events. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "launch/channels.h"
#include "qemu/qmp.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"

static void
take_status(struct super *s, const char *status)
{
	static const struct {
		const char *status;
		enum event event;
	} known[] = { { "running", E_RUNNING }, { "paused", E_PAUSED }, { "prelaunch", E_PAUSED },
		{ "inmigrate", E_PAUSED }, { "suspended", E_PAUSED }, { "io-error", E_PAUSED },
		{ "guest-panicked", E_PAUSED }, { "internal-error", E_PAUSED },
		{ "watchdog", E_PAUSED }, { "debug", E_PAUSED }, { "shutdown", E_PAUSED } };

	s->inmigrate = status != NULL && strcmp(status, "inmigrate") == 0;
	for (size_t i = 0; status != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].status, status) == 0)
			super_event(s, known[i].event);
	}
}

static const char *
status_in(const json_t *m)
{
	return json_string_value(json_object_get(json_object_get(m, "return"), "status"));
}

void
super_reason(struct super *s, const json_t *m)
{
	const char *status = status_in(m);
	bool needs_none = status == NULL || strcmp(status, "paused") == 0;

	strlcpy(s->reason, needs_none ? "" : status, sizeof(s->reason));
}

static void
take_shutdown(struct super *s, const json_t *data)
{
	const char *reason = json_string_value(json_object_get(data, "reason"));

	if (reason == NULL)
		reason = json_is_true(json_object_get(data, "guest")) ? "guest-shutdown"
								      : "host-qmp-quit";
	strlcpy(s->end, reason, sizeof(s->end));
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

/* QEMU ends itself for "poweroff" without another word; for "shutdown" it is the guest that has to. */
static void
take_watchdog(struct super *s, const char *action)
{
	json_object_set_new(s->launch.record, "watchdog_fired", json_integer(++s->watchdog));
	if (strcmp(action, "poweroff") == 0 || strcmp(action, "shutdown") == 0)
		s->watchdog_at = now_ms();
	s->pause_cause = CAUSE_WATCHDOG;
	super_say(s, EVENT_WATCHDOG, CAUSE_NONE,
	    json_pack("{s:s,s:i}", "action", action, "fired", s->watchdog),
	    "the guest's watchdog fired: %s", action);
}

static void
take_panic(struct super *s, const char *action)
{
	s->pause_cause = CAUSE_GUEST_PANIC;
	super_say(s, EVENT_PANICKED, CAUSE_NONE, json_pack("{s:s}", "action", action),
	    "the guest panicked");
}

/* The event does not say why. */
static void
take_stop(struct super *s)
{
	super_event(s, E_PAUSED);
	super_qmp_send(s, "query-status", NULL, ID_PROBE);
}

static void
take_resume(struct super *s)
{
	s->reason[0] = '\0';
	s->pause_cause = CAUSE_NONE;
	super_event(s, E_RUNNING);
}

static void
take_event(struct super *s, const char *event, const json_t *data)
{
	if (strcmp(event, "STOP") == 0) {
		take_stop(s);
	} else if (strcmp(event, "RESUME") == 0) {
		take_resume(s);
	} else if (strcmp(event, "SHUTDOWN") == 0) {
		take_shutdown(s, data);
	} else if (strcmp(event, "GUEST_PANICKED") == 0) {
		take_panic(s, text_of(data, "action"));
	} else if (strcmp(event, "WATCHDOG") == 0) {
		take_watchdog(s, text_of(data, "action"));
	} else if (strcmp(event, "RESET") == 0) {
		s->watchdog_at = 0;
		super_say(s, EVENT_RESET, CAUSE_NONE,
		    json_pack("{s:s}", "reason", text_of(data, "reason")), "the guest was reset");
	}
}

static void
probe_late(void *arg)
{
	struct super *s = arg;

	s->silent = true;
}

static void
probe(void *arg)
{
	struct super *s = arg;

	super_qmp_send(s, "query-status", NULL, ID_PROBE);
	loop_timer(s->loop, now_ms() + ANSWER_MS, probe_late, s);
}

void
super_probe(struct super *s)
{
	loop_timer(s->loop, now_ms() + PROBE_MS, probe, s);
}

/* A pty is named by the system when QEMU makes it. */
static void
take_chardevs(struct super *s, const json_t *chardevs)
{
	struct diag d = { 0 };

	if (channels_fill(s->launch.record, chardevs))
		(void)record_write(&d, &s->runtime, s->launch.record);
	log_diag(&s->log, &d);
	diag_free(&d);
}

/* A VM is not to start on a network that it is not to be on yet; but one that was found running
 * goes on. */
static void
take_link(struct super *s, const json_t *error)
{
	static const char words[] = "the link of a NIC cannot be set";

	if (error == NULL)
		return;
	if (s->launch.ours)
		super_break(s, "%s: %s", words, text_of(error, "desc"));
	else
		log_say(&s->log, "%s: %s", words, text_of(error, "desc"));
}

static void
take_message(struct super *s, const json_t *m)
{
	const char *event = json_string_value(json_object_get(m, "event"));
	json_int_t id = json_integer_value(json_object_get(m, "id"));

	if (event != NULL) {
		take_event(s, event, json_object_get(m, "data"));
	} else if (id == ID_CPUS) {
		super_pin(s, m);
	} else if (id == ID_LINK) {
		take_link(s, json_object_get(m, "error"));
	} else if (id == ID_STATS || id == ID_STATS_CPUS) {
		stats_told(s, (int)id, m);
	} else if (id == ID_SHOT) {
		shot_told(s, m);
	} else if (id == ID_PROBE) {
		super_reason(s, m);
	} else if (id == ID_FIRST_STATUS) {
		s->told = true;
		stats_soon(s);
		super_reason(s, m);
		take_status(s, status_in(m));
		control_connected(s);
	} else if (id == ID_CHARDEVS) {
		take_chardevs(s, json_object_get(m, "return"));
	} else if (id > (json_int_t)ID_ASK) {
		if ((uint64_t)id == ID_ASK + s->asks)
			s->answer = json_incref((json_t *)m);
	} else if (id >= ID_CLIENT) {
		control_answer(s, (uint64_t)(id - ID_CLIENT), m);
	}
}

/* -1: the connection is of no use any more. */
static int
take_messages(struct super *s)
{
	struct diag d = { 0 };
	bool bad = false;
	json_t *m;
	int got = qmp_fill(&d, s->qmp);

	diag_free(&d);
	if (got == 1) {
		s->silent = false;
		loop_timer_cancel(s->loop, probe_late, s);
	}
	/* A message can lead to the end of the connection. */
	while (s->qmp != NULL && (m = qmp_next(s->qmp, &bad)) != NULL) {
		take_message(s, m);
		json_decref(m);
	}
	return got == -1 || bad ? -1 : 0;
}

static void connect_again(void *arg);

/* QEMU closes it when it ends; the process's end is what counts, and comes by itself. If it does
 * not come, the connection broke for another reason, and QEMU takes a new one. */
static void
lost(struct super *s)
{
	if (s->qmp == NULL)
		return;
	super_qmp_close(s);
	/* Once told to quit or killed it has nothing more to hear. */
	if (s->state == S_STOPPING && s->stage != STAGE_ASK)
		return;
	/* At once, but not in a circle with a QEMU that closes it at once. */
	loop_timer(s->loop, now_ms() - s->qmp_since >= AGAIN_MS ? 0 : now_ms() + AGAIN_MS,
	    connect_again, s);
}

static void
on_qmp(int fd, short revents, void *arg)
{
	struct super *s = arg;

	if ((revents & POLLOUT) != 0) {
		int flushed = qmp_flush(s->qmp);

		if (flushed == 1)
			loop_add(s->loop, fd, POLLIN, on_qmp, s);
		else if (flushed == -1)
			lost(s);
	}
	if ((revents & ~POLLOUT) != 0 && s->qmp != NULL && take_messages(s) == -1)
		lost(s);
}

void
super_qmp_send(struct super *s, const char *command, json_t *args, uint64_t id)
{
	if (s->qmp == NULL) {
		json_decref(args);
		return;
	}
	switch (qmp_send(s->qmp, command, args, id) == -1 ? -1 : qmp_flush(s->qmp)) {
	case 0:
		loop_add(s->loop, qmp_fd(s->qmp), POLLIN | POLLOUT, on_qmp, s);
		break;
	case -1:
		lost(s);
		break;
	}
}

int
super_qmp_send_fd(struct super *s, const char *command, json_t *args, uint64_t id, int fd)
{
	if (s->qmp != NULL)
		return qmp_send_fd(s->qmp, command, args, id, fd);
	json_decref(args);
	return -1;
}

/* What is booted from once is so no more: said again over each connection, which changes nothing. */
static void
boot_later(struct super *s)
{
	json_t *change;
	size_t i;

	json_array_foreach(json_object_get(s->launch.record, "boot_later"), i, change)
	{
		super_qmp_send(s, "qom-set", json_incref(change), ID_IGNORE);
	}
}

/* Never waits: a QEMU that is stopped has a full queue of connections, and takes us when it goes
 * on. */
void
super_qmp_try(struct super *s)
{
	char *path = runtime_path(s->c, s->name, "supervisor.sock");
	int fd = unix_connect(path, true);

	free(path);
	if (fd == -1) {
		loop_timer(s->loop, now_ms() + AGAIN_MS, connect_again, s);
		return;
	}
	s->qmp = qmp_new(fd);
	s->qmp_since = now_ms();
	loop_add(s->loop, fd, POLLIN, on_qmp, s);
	super_qmp_send(s, "qmp_capabilities", NULL, ID_CAPABILITIES);
	/* First, so that who hears that the VM runs finds the paths of its ptys. */
	if (channels_wait(s->launch.record))
		super_qmp_send(s, "query-chardev", NULL, ID_CHARDEVS);
	/* Answered in order: a guest that is said to run is bound to its CPUs. */
	if (super_pins(s))
		super_qmp_send(s, "query-cpus-fast", NULL, ID_CPUS);
	boot_later(s);
	links_tell(s);
	super_balloon(s);
	super_qmp_send(s, "query-status", NULL, ID_FIRST_STATUS);
}

static void
connect_again(void *arg)
{
	super_qmp_try(arg);
}

void
super_qmp_await(struct super *s, int64_t ms)
{
	int64_t deadline = now_ms() + ms, left;

	s->told = false;
	while (!s->told && (left = deadline - now_ms()) > 0) {
		struct pollfd p[2] = {
			{ .fd = s->proc, .events = POLLIN },
			{ .fd = s->qmp != NULL ? qmp_fd(s->qmp) : -1, .events = POLLIN },
		};

		if (poll(p, 2, (int)left) <= 0)
			continue;
		if (p[0].revents != 0)
			break;
		if (take_messages(s) == -1)
			lost(s);
	}
}

/* Another connection than the one that it was asked over has no answer. */
void
super_qmp_await_answer(struct super *s, int64_t ms)
{
	int64_t deadline = now_ms() + ms, left;
	const struct qmp *asked = s->qmp;

	while (s->answer == NULL && s->qmp == asked && s->qmp != NULL &&
	       (left = deadline - now_ms()) > 0) {
		int flushed = qmp_flush(s->qmp);
		struct pollfd p[2] = { { .fd = s->proc, .events = POLLIN },
			{ .fd = qmp_fd(s->qmp),
			    .events = flushed == 0 ? POLLIN | POLLOUT : POLLIN } };

		if (flushed == -1 || (poll(p, 2, (int)left) > 0 && p[1].revents != 0 &&
					 take_messages(s) == -1)) {
			lost(s);
			break;
		}
		if (p[0].revents != 0 && p[1].revents == 0)
			break;
	}
}

void
super_qmp_drain(struct super *s)
{
	while (s->qmp != NULL) {
		struct pollfd p = { .fd = qmp_fd(s->qmp), .events = POLLIN };

		if (poll(&p, 1, 0) != 1 || take_messages(s) == -1)
			break;
	}
}

void
super_qmp_close(struct super *s)
{
	loop_timer_cancel(s->loop, connect_again, s);
	loop_timer_cancel(s->loop, probe, s);
	loop_timer_cancel(s->loop, probe_late, s);
	stats_forget(s);
	shot_forget(s);
	if (s->qmp == NULL)
		return;
	loop_remove(s->loop, qmp_fd(s->qmp));
	qmp_free(s->qmp);
	s->qmp = NULL;
}
