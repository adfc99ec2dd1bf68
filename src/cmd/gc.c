/* vmrun gc: put right whatever a crash left. Every other verb does it for the VMs that it touches.
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "super/network.h"
#include "super/super.h"

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

static int
run(struct cmd *cmd)
{
	struct diag d = { 0 };
	char **names;
	size_t n, done = 0;

	if (cmd->argc > 0)
		return usage(cmd, "gc takes no name");
	if (net_recover(cmd, &d, NULL) == -1)
		complain(cmd, NULL, &d);
	if (context_run_names(&d, &cmd->c, &names, &n) == -1) {
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	for (size_t i = 0; i < n; i++) {
		enum super_found found;

		if (super_recover(&d, &cmd->c, names[i], &found) == -1) {
			say_failure(cmd, names[i], &d);
		} else if (found == FOUND_QEMU) {
			say_result(
			    cmd, names[i], "running", NULL, "its QEMU has a supervisor again");
			done++;
		} else if (found == FOUND_NOTHING) {
			say_result(cmd, names[i], "stopped", NULL, "what a crash left is removed");
			done++;
		}
	}
	names_free(names, n);
	done += networks(cmd);
	if (done == 0 && cmd->status == 0 && !cmd->o.json && !cmd->o.quiet)
		puts("nothing to put right");
	return end_results(cmd);
}

const struct verb verb_gc = {
	.name = "gc",
	.options = "",
	.args = "",
	.help = "put right whatever a crash left",
	.run = run,
};
