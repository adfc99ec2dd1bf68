/* vmrun gc: put right whatever a crash or a restart of the host's network left. Every other verb
 * does the first for the VMs that it touches. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "cmd/settings.h"
#include "cmd/view.h"
#include "os/os.h"
#include "super/network.h"
#include "super/super.h"
#include "util/mem.h"

#define PATIENCE_MS 10000

/* Of one VM; returns how much there was to do. */
static size_t
recover(struct cmd *cmd, const char *name)
{
	enum super_found found;
	struct diag d = { 0 };

	if (super_recover(&d, &cmd->c, name, &found) == -1) {
		say_failure(cmd, name, &d);
	} else if (found == FOUND_QEMU) {
		say_result(cmd, name, "running", NULL, "its QEMU has a supervisor again");
		return 1;
	} else if (found == FOUND_RESTART) {
		say_result(cmd, name, "restarting", NULL,
		    "it was dead, and is started again as its restart policy says");
		return 1;
	} else if (found == FOUND_NOTHING) {
		say_result(cmd, name, "stopped", NULL, "what a crash left is removed");
		return 1;
	}
	return 0;
}

static size_t
say_rejoined(struct cmd *cmd, struct ask *ask)
{
	const json_t *all = json_object_get(ask->answer, "rejoined"), *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		int nic = (int)json_integer_value(json_object_get(one, "nic"));

		say_result(cmd, ask->name, "running", json_pack("{s:i}", "nic", nic),
		    "nic %d, tap %s, is on bridge %s again", nic, json_text(one, "tap"),
		    json_text(one, "bridge"));
	}
	if (ask->told == TOLD_ANSWER && !json_is_true(json_object_get(ask->answer, "ok")))
		fail(&ask->d, "%s", json_text(ask->answer, "error"));
	if (ask->told == TOLD_NOTHING)
		fail(&ask->d, "its supervisor does not answer");
	if (ask->d.count > 0)
		say_failure(cmd, ask->name, &ask->d);
	return json_array_size(all);
}

/* Each supervisor puts back the ports that it made. */
static size_t
rejoin(struct cmd *cmd, const struct targets *t)
{
	json_t *request = json_pack("{s:s}", "do", "rejoin");
	struct ask *asks = asks_for(t, request, PATIENCE_MS);
	size_t done = 0;

	ask_all(cmd, asks, t->n, NULL);
	for (size_t i = 0; i < t->n; i++)
		done += say_rejoined(cmd, &asks[i]);
	asks_free(asks, t->n);
	json_decref(request);
	return done;
}

/* What it cannot put right is somebody's to decide; true: there is something. */
static bool
warn_network(struct cmd *cmd, const struct targets *t)
{
	json_t *request = json_pack("{s:s,s:b}", "do", "status", "brief", 1);
	struct ask *asks = asks_for(t, request, PATIENCE_MS);
	struct view v = { .links = NULL };
	struct diag d = { 0 };
	bool warned = false;

	ask_all(cmd, asks, t->n, NULL);
	for (size_t i = 0; i < t->n; i++)
		view_add(&v, asks[i].name, asks[i].answer);
	if (view_look(&d, &v, &cmd->c.host, false) == -1)
		complain(cmd, NULL, &d);
	else
		warned = view_warn_uplinks(cmd, &v, true);
	view_free(&v);
	asks_free(asks, t->n);
	json_decref(request);
	return warned;
}

struct putting {
	struct cmd *cmd;
	size_t done;
};

static void
network_done(const char *name, const char *what, void *arg)
{
	struct putting *p = arg;

	say_result(p->cmd, name, "network", NULL, "%s", what);
	p->done++;
}

/* After the VMs: what they no longer use goes. */
static size_t
networks(struct cmd *cmd)
{
	struct putting p = { .cmd = cmd };
	struct diag d = { 0 };

	if (networks_gc(&d, &cmd->c, network_done, &p) == -1)
		complain(cmd, NULL, &d);
	diag_free(&d);
	return p.done;
}

/* Guards of ordinary users' taps, which they may not remove. A kernel or a host without nftables has
 * none. */
static void
guards(void)
{
	struct diag ignored = { 0 };

	if (os_makes_taps())
		(void)os_guard_sweep(&ignored);
	diag_free(&ignored);
}

static int
run(struct cmd *cmd)
{
	struct diag d = { 0 };
	struct targets running;
	char **names;
	size_t n, done = 0;
	bool warned = false;
	int restored;

	if (cmd->argc > 0)
		return usage(cmd, "gc takes no name");
	put_changes_right(cmd);
	restored = net_recover(cmd, &d, NULL);
	if (restored == -1)
		complain(cmd, NULL, &d);
	else
		done += (size_t)restored;
	if (context_run_names(&d, &cmd->c, &names, &n) == -1) {
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	for (size_t i = 0; i < n; i++)
		done += recover(cmd, names[i]);
	strings_free(names, n);
	done += networks(cmd);
	guards();
	if (choose_running(cmd, &running) == 0) {
		done += rejoin(cmd, &running);
		warned = warn_network(cmd, &running);
		targets_free(&running);
	}
	if (done == 0 && !warned && cmd->status == 0 && !cmd->o.json && !cmd->o.quiet)
		puts("nothing to put right");
	return end_results(cmd);
}

const struct verb verb_gc = {
	.name = "gc",
	.options = "",
	.args = "",
	.help = "put right whatever a crash or a restart of the network left",
	.run = run,
};
