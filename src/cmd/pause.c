/* vmrun pause */
#include "cmd/cmd.h"

static int
run(struct cmd *cmd)
{
	return tell_each(cmd, "pause", "paused", "paused");
}

const struct verb verb_pause = {
	.name = "pause",
	.options = "all",
	.args = "NAME...",
	.help = "freeze the guest",
	.run = run,
	.suits = VERB_RUNNING,
};
