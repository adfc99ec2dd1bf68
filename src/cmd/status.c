/* vmrun status: all that is known of a VM, as QEMU, the kernel and the supervisor say it now. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/tail.h"
#include "cmd/view.h"
#include "launch/quota.h"
#include "os/os.h"
#include "super/super.h"
#include "util/buf.h"
#include "util/num.h"

#define PATIENCE_MS 1000
#define LOG_LINES   3
#define ASKED_MAX   16 /* VMs whose QEMUs are asked before their state is told */

enum { STATUS_RUNNING = 0, STATUS_STOPPED = 3, STATUS_UNKNOWN = 4 }; /* LSB init scripts */

static json_t *
describe(const struct cmd *cmd, const struct ask *ask)
{
	json_t *o = json_pack("{s:s}", "name", ask->name);
	const char *state = "unknown";
	struct os_use use;
	uint64_t rss, pss;
	json_t *last;

	if (ask->told == TOLD_STOPPED) {
		char *why = super_failure(&cmd->c, ask->name);

		state = why != NULL ? "failed" : "stopped";
		if (why != NULL)
			json_object_set_new(o, "failure", json_string(why));
		free(why);
	} else if (ask->told == TOLD_ANSWER) {
		state = json_text(ask->answer, "state");
	}
	json_object_set_new(o, "state", json_string(state));
	json_object_update_missing(o, ask->answer);
	/* Older than what runs now, or what became of it. */
	last = super_last(&cmd->c, ask->name);
	if (last != NULL)
		json_object_set_new(o, "last_end", last);
	json_object_del(o, "ok");
	if (os_proc_memory(
		(pid_t)json_integer_value(json_object_get(o, "supervisor")), &rss, &pss) == 0)
		json_object_set_new(o, "supervisor_memory", json_integer((json_int_t)pss));
	/* Its share would be counted page by page, which takes long for a large guest. */
	if (os_proc_use((pid_t)json_integer_value(json_object_get(o, "pid")), &use) == 0)
		json_object_set_new(
		    o, "resident_memory", json_integer((json_int_t)use.resident));
	return o;
}

static void print_row(const char *what, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
print_row(const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("  %-11s ", what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* ", rate 8M in, 12M out" */
static void
add_rates(struct buf *b, const json_t *rate)
{
	static const char *const ways[] = { "in", "out" };
	const char *before = ", rate ";

	for (size_t i = 0; i < 2; i++) {
		const json_t *bits = json_object_get(rate, ways[i]);

		if (bits == NULL)
			continue;
		buf_add(b, before);
		buf_add_rate(b, (uint64_t)json_integer_value(bits));
		buf_addf(b, " %s", ways[i]);
		before = ", ";
	}
}

/* ", dgram, local 127.0.0.1:5002, remote 127.0.0.1:5003" */
static void
add_ends(struct buf *b, const char *network, const json_t *ends)
{
	static const char *const keys[] = { "listen", "connect", "local", "remote" };

	buf_addf(b, ", %s", network);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *end = json_text(ends, keys[i]);

		if (end[0] != '\0')
			buf_addf(b, ", %s %s", keys[i], end);
	}
}

static void
add_way(struct buf *b, const json_t *nic)
{
	const char *network = json_text(nic, "network"), *tap = json_text(nic, "tap"),
		   *bridge = json_text(nic, "bridge"), *maker = json_text(nic, "maker");

	if (json_text(nic, "uplink")[0] != '\0')
		buf_addf(b, ", macvtap %s on %s", tap, json_text(nic, "uplink"));
	else if (tap[0] != '\0' && bridge[0] != '\0')
		buf_addf(b, " on bridge %s, tap %s%s%s", bridge, tap,
		    maker[0] != '\0' ? ", made by " : "", maker);
	else if (tap[0] != '\0')
		buf_addf(b, " on tap %s", tap);
	else if (bridge[0] != '\0')
		buf_addf(b, " on %s, bridged by vmnet", bridge);
	else if (json_object_get(nic, "ends") != NULL)
		add_ends(b, network, json_object_get(nic, "ends"));
	else if (json_text(nic, "socket")[0] != '\0')
		buf_addf(b, ", %s %s", network, json_text(nic, "socket"));
	else if (strcmp(network, "user") == 0)
		buf_add(b, ", QEMU's own user-mode network");
	else
		buf_addf(b, ", %s", network);
}

static void
print_nic(const char *what, const json_t *nic)
{
	struct buf b = { 0 };

	buf_add(&b, json_text(nic, "mac"));
	add_way(&b, nic);
	add_rates(&b, json_object_get(nic, "rate"));
	if (json_is_false(json_object_get(nic, "link")))
		buf_add(&b, ", link down");
	print_row(what, "%s", b.s);
	buf_free(&b);
}

static bool
is_port(const json_t *channel)
{
	return strcmp(json_text(channel, "name"), json_text(channel, "id")) != 0;
}

static void
print_channels(const json_t *channels)
{
	const json_t *channel;
	size_t i;

	json_array_foreach(channels, i, channel)
	{
		const char *path = json_text(channel, "path"), *log = json_text(channel, "log");

		print_row(json_text(channel, "id"), "%s%s%s%s%s%s%s", json_text(channel, "to"),
		    path[0] != '\0' ? " " : "", path, log[0] != '\0' ? ", log " : "", log,
		    is_port(channel) ? ", " : "",
		    is_port(channel) ? json_text(channel, "name") : "");
	}
}

static void
print_companions(const json_t *all)
{
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);
		const char *name = json_text(one, "name"), *ended = json_text(one, "ended");

		if (ended[0] != '\0')
			print_row("companion", "%s, which has ended: %s", name, ended);
		else
			print_row("companion", "%s, pid %d", name,
			    (int)json_integer_value(json_object_get(one, "pid")));
	}
}

static void
print_limits(const json_t *o)
{
	struct buf b = { 0 };

	quota_text(o, &b);
	if (b.len > 0)
		print_row("limits", "%s", b.s);
	buf_free(&b);
}

static void
print_ready(const json_t *o)
{
	time_t since = (time_t)json_integer_value(json_object_get(o, "ready_since"));
	const char *by = json_text(o, "ready");
	char stamp[32];

	if (by[0] == '\0')
		return;
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", localtime(&since));
	if (since != 0)
		print_row("ready", "since %s (%s)", stamp, by);
	else
		print_row("ready", "not yet (%s)", by);
}

static void
print_running(const json_t *o)
{
	const json_t *nics = json_object_get(o, "nics");
	time_t started = (time_t)json_integer_value(json_object_get(o, "started"));
	int restarts = (int)json_integer_value(json_object_get(o, "restarts"));
	int cpus = (int)json_integer_value(json_object_get(o, "cpus"));
	struct buf memory = { 0 };
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", localtime(&started));
	buf_add_size(&memory, (uint64_t)json_integer_value(json_object_get(o, "memory")));
	print_row("since", "%s, %d s, %d restart%s", stamp, (int)(time(NULL) - started), restarts,
	    restarts == 1 ? "" : "s");
	print_ready(o);
	print_row("qemu", "%s %s, pid %d", json_text(o, "qemu"), json_text(o, "version"),
	    (int)json_integer_value(json_object_get(o, "pid")));
	print_row(
	    "supervisor", "pid %d", (int)json_integer_value(json_object_get(o, "supervisor")));
	print_row("uid", "%lld%s", (long long)json_integer_value(json_object_get(o, "uid")),
	    json_is_true(json_object_get(o, "own_uid"))
		? ""
		: " (that of the caller: no other uid can be taken here)");
	print_row("accel", "%s (%s)", json_text(o, "accel"), json_text(o, "accel_why"));
	print_row("machine", "%d cpu%s, %s memory", cpus, cpus == 1 ? "" : "s", memory.s);
	print_limits(o);
	for (size_t i = 0; i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);
		char what[32];

		snprintf(what, sizeof(what), "nic %zu", i);
		print_nic(what, nic);
	}
	print_companions(json_object_get(o, "companions"));
	if (json_text(o, "vnc")[0] != '\0')
		print_row("vnc", "%s", json_text(o, "vnc"));
	if (json_text(o, "spice")[0] != '\0')
		print_row("spice", "%s", json_text(o, "spice"));
	print_channels(json_object_get(o, "channels"));
	if (json_object_get(o, "cid") != NULL)
		print_row(
		    "vsock", "CID %lld", (long long)json_integer_value(json_object_get(o, "cid")));
	if (json_text(o, "gdb")[0] != '\0')
		print_row("gdb", "%s", json_text(o, "gdb"));
	if (json_object_get(o, "watchdog_fired") != NULL)
		print_row("watchdog", "fired %lld times",
		    (long long)json_integer_value(json_object_get(o, "watchdog_fired")));
	print_row("file", "%s", json_text(o, "file"));
	buf_free(&memory);
}

/* ", exit status 1" */
static void
add_number(struct buf *b, const json_t *o, const char *key, const char *words)
{
	const json_t *n = json_object_get(o, key);

	if (n != NULL)
		buf_addf(b, ", %s %lld", words, (long long)json_integer_value(n));
}

static void
print_last(const json_t *last)
{
	struct buf b = { 0 };
	const char *cause = json_text(last, "cause");

	buf_addf(&b, "%s%s%s", json_text(last, "state"), cause[0] != '\0' ? ", " : "", cause);
	add_number(&b, last, "exit_status", "exit status");
	add_number(&b, last, "signal", "signal");
	buf_addf(&b, ", at %s", json_text(last, "time"));
	print_row("last end", "%s", b.s);
	if (json_text(last, "text")[0] != '\0')
		print_row("", "%s", json_text(last, "text"));
	buf_free(&b);
}

/* Between two runs. */
static void
print_restart(const json_t *o)
{
	json_int_t due = json_integer_value(json_object_get(o, "restart_due"));
	json_int_t left = due / 1000 - (json_int_t)time(NULL);

	print_row("restart", "number %lld, in %lld s",
	    (long long)json_integer_value(json_object_get(o, "restarts")),
	    (long long)(left > 0 ? left : 0));
	print_row("supervisor", "pid %lld",
	    (long long)json_integer_value(json_object_get(o, "supervisor")));
}

static void
print_text(const struct cmd *cmd, const struct ask *ask, const json_t *o)
{
	char *log = context_log(&cmd->c, ask->name);
	struct buf lines = { 0 };

	printf("%s: %s%s%s%s\n", ask->name, json_text(o, "state"),
	    json_text(o, "reason")[0] != '\0' ? " (" : "", json_text(o, "reason"),
	    json_text(o, "reason")[0] != '\0' ? ")" : "");
	if (json_text(o, "failure")[0] != '\0')
		print_row("failure", "%s", json_text(o, "failure"));
	if (json_object_get(o, "pid") != NULL)
		print_running(o);
	else if (json_object_get(o, "restart_due") != NULL)
		print_restart(o);
	if (json_object_get(o, "last_end") != NULL)
		print_last(json_object_get(o, "last_end"));
	if (ask->told == TOLD_NOTHING)
		print_row("note", "its supervisor does not answer");
	print_row("log", "%s", log);
	if (tail_lines(log, LOG_LINES, &lines) == 0) {
		for (char *line = lines.s, *end; *line != '\0'; line = end + 1) {
			end = strchr(line, '\n');
			if (end == NULL)
				break;
			printf("    %.*s\n", (int)(end - line), line);
		}
	}
	buf_free(&lines);
	free(log);
}

static int
status_of(const json_t *o)
{
	static const struct {
		const char *state;
		int status;
	} known[] = { { "running", STATUS_RUNNING }, { "paused", STATUS_RUNNING },
		{ "starting", STATUS_RUNNING }, { "restarting", STATUS_RUNNING }, { "stopping", STATUS_RUNNING },
		{ "stopped", STATUS_STOPPED }, { "failed", STATUS_STOPPED } };
	const char *state = json_text(o, "state");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].state, state) == 0)
			return known[i].status;
	}
	return STATUS_UNKNOWN;
}

/* Where the NICs are is the kernel's to say. */
static void
warn_network(struct cmd *cmd, const struct ask *asks, size_t n)
{
	struct view v = { .links = NULL };
	struct diag d = { 0 };

	for (size_t i = 0; i < n; i++)
		view_add(&v, asks[i].name, asks[i].answer);
	if (v.f.nnics > 0 && view_look(&d, &v, &cmd->c.host, false) == -1) {
		complain(cmd, NULL, &d);
	} else {
		view_warn_ports(cmd, &v);
		(void)view_warn_uplinks(cmd, &v, false);
	}
	view_free(&v);
}

static int
run(struct cmd *cmd)
{
	json_t *request, *all = json_array();
	struct targets t;
	struct ask *asks;
	int worst = STATUS_RUNNING;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == -1) {
		json_decref(all);
		return cmd->status;
	}
	/* Of many, what each QEMU has told its supervisor has to do, and it is asked anew afterwards. */
	request = json_pack("{s:s,s:b}", "do", "status", "brief", (int)(t.n > ASKED_MAX));
	asks = asks_for(&t, request, PATIENCE_MS);
	ask_all(cmd, asks, t.n, NULL);
	for (size_t i = 0; i < t.n; i++) {
		json_t *o = describe(cmd, &asks[i]);

		if (status_of(o) > worst)
			worst = status_of(o);
		if (!cmd->o.json && !cmd->o.quiet)
			print_text(cmd, &asks[i], o);
		json_array_append_new(all, o);
		if (asks[i].told == TOLD_FAILED)
			complain(cmd, asks[i].name, &asks[i].d);
	}
	if (cmd->o.json)
		print_json(json_incref(all));
	fflush(stdout); /* before what is said of it */
	warn_network(cmd, asks, t.n);
	asks_free(asks, t.n);
	targets_free(&t);
	json_decref(request);
	json_decref(all);
	return cmd->status == DIAG_CONFIG ? STATUS_UNKNOWN : cmd->status != 0 ? cmd->status : worst;
}

const struct verb verb_status = {
	.name = "status",
	.options = "all",
	.args = "NAME...",
	.help = "all that is known of VMs; exit status 0 running, 3 stopped, 4 unknown",
	.run = run,
};
