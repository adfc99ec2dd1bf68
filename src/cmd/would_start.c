/* Before a VM is stopped to be started again: would it? */
#include "cmd/cmd.h"
#include "launch/plan.h"

static bool
would_start(struct cmd *cmd, const struct target *t, const struct fleet *fleet)
{
	struct diag d = { 0 };

	if (plan_try(&d, &cmd->c, t->word, fleet) == 0)
		return true;
	diag_wrap(&d, 0, "is not restarted, because it would not start");
	say_failure(cmd, t->name, &d);
	return false;
}

/* What only the start itself can tell, such as a bridge that is missing, is not known before. */
struct targets
targets_that_start(struct cmd *cmd, const struct targets *t, const struct fleet *fleet)
{
	struct targets good = { NULL, 0 };

	for (size_t i = 0; i < t->n; i++) {
		if (would_start(cmd, &t->v[i], fleet))
			targets_add(&good, t->v[i].name, t->v[i].word);
	}
	return good;
}
