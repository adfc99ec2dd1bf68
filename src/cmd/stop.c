/* vmrun stop, vmrun kill: the end of VMs, all asked at once. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "super/super.h"

/* After a guest's own time QEMU has 5 s to quit and the kernel 10 s to end it; a down hook has 30
 * s. */
#define GRACE_MS   50000
#define DEFAULT_MS 600000 /* for a VM whose own stop_timeout is not known */
#define KILL_MS    20000

/* Past a supervisor that does not answer; it finds the end by itself once it goes on. */
static void
kill_silent(struct cmd *cmd, struct ask *ask)
{
	if (super_kill(&ask->d, &cmd->c, ask->name) == -1) {
		fail(&ask->d, "its supervisor does not answer");
		say_failure(cmd, ask->name, &ask->d);
	} else {
		say_result(cmd, ask->name, "stopped", json_pack("{s:s}", "how", "killed"),
		    "QEMU killed, its supervisor does not answer");
	}
}

static void
told(struct cmd *cmd, struct ask *ask)
{
	const char *how = json_text(ask->answer, "how");

	switch (ask->told) {
	case TOLD_ANSWER:
		if (!json_is_true(json_object_get(ask->answer, "ok"))) {
			fail(&ask->d, "%s", json_text(ask->answer, "error"));
			break;
		}
		say_result(
		    cmd, ask->name, "stopped", json_pack("{s:s}", "how", how), "stopped (%s)", how);
		return;
	case TOLD_STOPPED:
		say_result(cmd, ask->name, "stopped", NULL, "not running");
		return;
	case TOLD_NOTHING:
		if (json_is_true(json_object_get(ask->request, "force"))) {
			kill_silent(cmd, ask);
			return;
		}
		fail(&ask->d,
		    "its supervisor does not answer (vmrun kill ends its QEMU all the same)");
		break;
	case TOLD_FAILED:
		break;
	}
	say_failure(cmd, ask->name, &ask->d);
}

/* patience 0: that of each VM's own stop_timeout. */
static void
end_targets(struct cmd *cmd, const struct targets *t, json_t *request, int64_t patience)
{
	struct ask *asks = asks_for(t, request, patience);

	for (size_t i = 0; i < t->n && patience == 0; i++) {
		int64_t ms = super_stop_timeout(&cmd->c, asks[i].name);

		asks[i].patience = ms > 0 ? ms + GRACE_MS : DEFAULT_MS;
	}
	ask_all(cmd, asks, t->n, told);
	asks_free(asks, t->n);
}

void
stop_targets(struct cmd *cmd, const struct targets *t, const char *mode)
{
	json_t *request = json_pack("{s:s}", "do", "stop");
	int64_t patience = 0;

	if (mode != NULL)
		json_object_set_new(request, "mode", json_string(mode));
	if (cmd->o.timeout >= 0) {
		json_object_set_new(request, "timeout", json_integer(cmd->o.timeout));
		patience = cmd->o.timeout + GRACE_MS;
	}
	if (mode != NULL && strcmp(mode, "hard") == 0)
		patience = GRACE_MS;
	end_targets(cmd, t, request, patience);
	json_decref(request);
}

static int
run_stop(struct cmd *cmd)
{
	const char *mode = NULL;
	struct targets t;

	if (cmd->argc > 0 &&
	    (strcmp(cmd->argv[0], "soft") == 0 || strcmp(cmd->argv[0], "hard") == 0)) {
		mode = cmd->argv[0];
		cmd->argc--;
		cmd->argv++;
	}
	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == -1)
		return cmd->status;
	stop_targets(cmd, &t, mode);
	targets_free(&t);
	return end_results(cmd);
}

static int
run_kill(struct cmd *cmd)
{
	json_t *request = json_pack("{s:s,s:b}", "do", "kill", "force", 1);
	struct targets t;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == 0) {
		end_targets(cmd, &t, request, KILL_MS);
		targets_free(&t);
		end_results(cmd);
	}
	json_decref(request);
	return cmd->status;
}

const struct verb verb_stop = {
	.name = "stop",
	.options = "all timeout",
	.args = "[-t TIME] [soft|hard] NAME...",
	.help = "ask the guest to shut down; after its stop_timeout quit QEMU, then kill it",
	.run = run_stop,
};

const struct verb verb_kill = {
	.name = "kill",
	.options = "all",
	.args = "NAME...",
	.help = "end QEMU at once",
	.run = run_kill,
};
