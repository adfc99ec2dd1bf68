/* vmrun reset */
#include "cmd/cmd.h"

static int
run(struct cmd *cmd)
{
	return tell_each(cmd, "reset", "running", "reset");
}

const struct verb verb_reset = {
	.name = "reset",
	.options = "all",
	.args = "NAME...",
	.help = "press the reset button",
	.run = run,
	.suits = VERB_RUNNING,
};
