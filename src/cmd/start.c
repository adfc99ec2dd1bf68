/* vmrun start, vmrun restart: VMs from files to running guests, several at a time. */
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/bring_up.h"
#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "super/super.h"

struct foreground {
	struct cmd *cmd;
	const struct target *target;
};

static void
ready(const struct super_result *result, void *arg)
{
	struct foreground *f = arg;

	say_running(f->cmd, f->target->name, result);
}

/* A QEMU that is killed leaves the terminal as its guest had it. */
static int
in_foreground(struct cmd *cmd, struct plan *p, struct runtime *r, const struct super_ready *ready,
    struct diag *d)
{
	bool lent = vm_uses_stdio(&p->member.vm);
	struct termios before;
	int result;

	lent = lent && tcgetattr(STDIN_FILENO, &before) == 0;
	result = super_foreground(d, &cmd->c, p, r, ready);
	if (lent)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return result;
}

static int
run_foreground(struct cmd *cmd, const struct target *t)
{
	struct foreground f = { cmd, t };
	const struct super_ready on_ready = { ready, &f };
	struct runtime r = RUNTIME_NONE;
	struct diag d = { 0 };
	enum super_found found;
	struct plan p;

	if (net_recover(cmd, &d, NULL) == -1)
		warn_user(cmd, NULL, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	diag_free(&d);
	/* Who watches over this process starts it again when it was killed; its QEMU lives on, and
	 * gets its supervisor back. */
	if (super_recover_foreground(&d, &cmd->c, t->name, &on_ready, &found) == -1)
		goto ended;
	if (found == FOUND_QEMU)
		return end_results(cmd);
	if (found == FOUND_BUSY) {
		fail_as(&d, DIAG_BUSY, "it is running already");
		goto fail;
	}
	if (plan_make(&d, &cmd->c, t->word, NULL, &p) == -1)
		goto fail;
	if (runtime_lock(&d, &cmd->c, t->name, &r) == -1) {
		plan_free(&p);
		goto fail;
	}
	if (runtime_has_record(&r)) {
		plan_free(&p);
		runtime_release(&r);
		fail_as(&d, DIAG_BUSY, "another vmrun is at work on it, try again");
		goto fail;
	}
	if (in_foreground(cmd, &p, &r, &on_ready, &d) == 0)
		return end_results(cmd);
ended:
	if (d.count == 0)
		fail(&d, "ended in failure");
fail:
	say_failure(cmd, t->name, &d);
	return end_results(cmd);
}

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
		run_foreground(cmd, &t.v[0]);
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
};

const struct verb verb_restart = {
	.name = "restart",
	.options = "all jobs ready timeout",
	.args = "[-t TIME] [-j N] [--ready] NAME...",
	.help = "stop and start: what was changed in the file comes into force",
	.run = run_restart,
};
