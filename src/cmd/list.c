/* vmrun list: one line a VM. What runs is asked, all at once; files of what does not run are not
 * read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/num.h"
#include "util/sorted.h"

#define PATIENCE_MS 1000

/* The names of VMs that ended in failure, from their marks. */
static int
failed_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	char *dir = xasprintf("%s/failed", c->state_dir);
	int result = context_names_in(d, dir, "", ret, ret_n);

	free(dir);
	return result;
}

static const char *
state_of(const struct ask *ask, bool failed)
{
	switch (ask->told) {
	case TOLD_ANSWER:
		return json_text(ask->answer, "state");
	case TOLD_STOPPED:
		return failed ? "failed" : "stopped";
	case TOLD_NOTHING:
	case TOLD_FAILED:
		break;
	}
	return "unknown";
}

static void
add_uptime(struct buf *b, const json_t *answer)
{
	json_int_t started = json_integer_value(json_object_get(answer, "started"));
	long seconds = started > 0 ? (long)(time(NULL) - started) : -1;

	if (seconds < 0)
		buf_addc(b, '-');
	else if (seconds < 60)
		buf_addf(b, "%lds", seconds);
	else if (seconds < 3600)
		buf_addf(b, "%ldm%02lds", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		buf_addf(b, "%ldh%02ldm", seconds / 3600, seconds / 60 % 60);
	else
		buf_addf(b, "%ldd%02ldh", seconds / 86400, seconds / 3600 % 24);
}

static void
add_network(struct buf *b, const json_t *answer)
{
	const json_t *nics = json_object_get(answer, "nics");

	for (size_t i = 0; i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);
		const char *bridge = json_text(nic, "bridge");

		buf_addf(b, "%s%s %s", i > 0 ? ", " : "",
		    bridge[0] != '\0' ? bridge : json_text(nic, "network"), json_text(nic, "mac"));
	}
	if (b->len == 0)
		buf_addc(b, '-');
}

static void
print_line(const struct ask *ask, const char *state, int width)
{
	struct buf up = { 0 }, memory = { 0 }, network = { 0 };
	const json_t *a = ask->answer;
	char pid[24] = "-", cpus[24] = "-";

	add_uptime(&up, a);
	add_network(&network, a);
	if (json_object_get(a, "pid") != NULL) {
		snprintf(pid, sizeof(pid), "%lld",
		    (long long)json_integer_value(json_object_get(a, "pid")));
		snprintf(cpus, sizeof(cpus), "%lld",
		    (long long)json_integer_value(json_object_get(a, "cpus")));
		buf_add_size(&memory, (uint64_t)json_integer_value(json_object_get(a, "memory")));
	} else {
		buf_addc(&memory, '-');
	}
	printf("%-*s  %-10s  %7s  %4s  %6s  %8s  %s\n", width, ask->name, state, pid, cpus, memory.s,
	    up.s, network.s);
	buf_free(&up);
	buf_free(&memory);
	buf_free(&network);
}

static void
print_all(struct cmd *cmd, struct ask *asks, size_t n, char **failed, size_t nfailed)
{
	json_t *all = json_array();
	int width = 4;

	for (size_t i = 0; i < n; i++) {
		if ((int)strlen(asks[i].name) > width)
			width = (int)strlen(asks[i].name);
	}
	if (!cmd->o.json && n > 0 && !cmd->o.quiet)
		printf("%-*s  %-10s  %7s  %4s  %6s  %8s  %s\n", width, "NAME", "STATE", "PID",
		    "CPUS", "MEMORY", "UP", "NETWORK");
	for (size_t i = 0; i < n; i++) {
		const char *state = state_of(&asks[i], sorted_has(failed, nfailed, asks[i].name));

		if (cmd->o.json) {
			json_t *o = json_pack("{s:s,s:s}", "name", asks[i].name, "state", state);

			json_object_update_missing(o, asks[i].answer);
			json_object_del(o, "ok");
			json_array_append_new(all, o);
		} else {
			print_line(&asks[i], state, width);
		}
		if (asks[i].told == TOLD_FAILED)
			complain(cmd, asks[i].name, &asks[i].d);
	}
	if (cmd->o.json)
		print_json(all);
	else
		json_decref(all);
}

static int
run(struct cmd *cmd)
{
	json_t *request = json_pack("{s:s,s:b}", "do", "status", "brief", 1);
	char **running = NULL, **failed = NULL;
	size_t nrunning = 0, nfailed = 0;
	struct diag d = { 0 };
	struct targets t;
	struct ask *asks;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, true, &t) == -1)
		goto cleanup;
	if (context_run_names(&d, &cmd->c, &running, &nrunning) == -1)
		complain(cmd, NULL, &d);
	asks = asks_for(&t, request, PATIENCE_MS);
	ask_running(cmd, asks, t.n, running, nrunning);
	/* After that, which marks what it finds dead. */
	if (failed_names(&d, &cmd->c, &failed, &nfailed) == -1)
		complain(cmd, NULL, &d);
	print_all(cmd, asks, t.n, failed, nfailed);
	asks_free(asks, t.n);
	targets_free(&t);
cleanup:
	strings_free(running, nrunning);
	strings_free(failed, nfailed);
	json_decref(request);
	return cmd->status;
}

const struct verb verb_list = {
	.name = "list",
	.options = "all",
	.args = "[NAME...]",
	.help = "every VM in a line",
	.run = run,
};
