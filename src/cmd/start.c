/* vmrun start, vmrun restart: VMs from files to running guests, several at a time. */
#include "cmd/cmd.h"
#include "cmd/foreground.h"

static int
choose_what(struct cmd *cmd, struct targets *ret)
{
	if (!cmd->o.enabled)
		return choose(cmd, cmd->argc, cmd->argv, VMS_WITH_FILE, false, ret);
	if (cmd->argc == 0 && !cmd->o.all)
		return choose_enabled(cmd, ret);
	cmd->status = usage(cmd, "--enabled excludes names and --all");
	return -1;
}

static int
run_start(struct cmd *cmd)
{
	struct targets t;

	if (choose_what(cmd, &t) == -1)
		return cmd->status;
	if (!cmd->o.foreground) {
		start_targets(cmd, &t);
		end_results(cmd);
	} else if (t.n == 1) {
		start_foreground(cmd, &t.v[0]);
	} else {
		cmd->status = usage(cmd, "--foreground takes one VM");
	}
	targets_free(&t);
	return cmd->status;
}

static int
run_restart(struct cmd *cmd)
{
	struct targets chosen, t, also = { 0 };
	struct diag others = { 0 };
	struct fleet fleet = { 0 };

	if (choose(cmd, cmd->argc, cmd->argv, VMS_WITH_FILE, false, &chosen) == -1)
		return cmd->status;
	if (context_fleet(&others, &cmd->c, &fleet) == -1) {
		complain(cmd, NULL, &others);
		targets_free(&chosen);
		return end_results(cmd);
	}
	diag_free(&others);
	fleet_claim(&fleet);
	t = targets_that_start(cmd, &chosen, &fleet);
	fleet_free(&fleet);
	targets_free(&chosen);
	/* What could not be stopped is still running, and start says so. */
	if (stop_targets_also(cmd, &t, NULL, &also)) {
		for (size_t i = 0; i < also.n; i++)
			targets_add(&t, also.v[i].name, also.v[i].word);
		start_targets(cmd, &t);
	}
	targets_free(&also);
	targets_free(&t);
	return end_results(cmd);
}

const struct verb verb_start = {
	.name = "start",
	.options = "all enabled foreground jobs ready",
	.args = "[-j N] [--ready] [--foreground] --enabled|NAME...",
	.help = "start VMs, after those that they require, and return when their QEMU runs",
	.run = run_start,
	.suits = VERB_STOPPED,
};

const struct verb verb_restart = {
	.name = "restart",
	.options = "all jobs ready timeout",
	.args = "[-t TIME] [-j N] [--ready] NAME...",
	.help = "stop and start: what was changed in the file comes into force",
	.run = run_restart,
};
