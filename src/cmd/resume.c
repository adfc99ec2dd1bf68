/* vmrun resume */
#include "cmd/cmd.h"

static int
run(struct cmd *cmd)
{
	return tell_each(cmd, "resume", "running", "running again");
}

const struct verb verb_resume = {
	.name = "resume",
	.options = "all",
	.args = "NAME...",
	.help = "let a paused guest go on",
	.run = run,
	.suits = VERB_RUNNING,
};
