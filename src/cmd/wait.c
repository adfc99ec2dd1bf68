/* vmrun wait: until VMs are in a state. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/ready.h"
#include "util/loop.h"

#define FOR_EVER_MS (365 * 86400000LL)
#define AGAIN_MS    100

static bool
is_known(const char *state)
{
	return strcmp(state, "ready") == 0 || strcmp(state, "running") == 0 ||
	       strcmp(state, "paused") == 0 || strcmp(state, "stopped") == 0;
}

/* One round for one VM. 1: it is so, 0: not yet, -1: it will not be known. */
static int
look(struct cmd *cmd, struct ask *ask, const char *until)
{
	ask_all(cmd, ask, 1, NULL);
	switch (ask->told) {
	case TOLD_ANSWER:
		return json_is_true(json_object_get(ask->answer, "ok")) ? 1 : 0;
	case TOLD_STOPPED:
		return strcmp(until, "stopped") == 0 ? 1 : 0;
	case TOLD_NOTHING:
		return 0; /* the deadline came */
	case TOLD_FAILED:
		break;
	}
	return ask->d.status == DIAG_BUSY ? 0 : -1;
}

static void
wait_for(struct cmd *cmd, const char *name, json_t *request, const char *until, int64_t deadline)
{
	struct diag d = { 0 };

	for (;;) {
		struct ask ask = {
			.name = name, .request = request, .patience = deadline - now_ms()
		};
		int result = look(cmd, &ask, until);

		diag_move(&d, &ask.d);
		json_decref(ask.answer);
		if (result == 1)
			say_result(cmd, name, until, NULL, "%s", until);
		if (result == 0 && now_ms() >= deadline) {
			diag_free(&d);
			fail(&d, "not %s in time", until);
			result = -1;
		}
		if (result == -1)
			say_failure(cmd, name, &d);
		if (result != 0)
			break;
		diag_free(&d);
		sleep_ms(AGAIN_MS);
	}
	diag_free(&d);
}

/* As its file says. One that does not run may be started yet. */
static void
wait_ready(struct cmd *cmd, const struct target *t, int64_t deadline)
{
	struct fleet_member m = { 0 };
	struct diag d = { 0 };
	enum ready how;

	if (context_load(&d, &cmd->c, t->word, &m) == -1) {
		say_failure(cmd, t->name, &d);
	} else {
		while ((how = ready_look(cmd, t->name, &m.vm.ready.sign, &d)) != READY_YES &&
		       now_ms() < deadline)
			sleep_ms(AGAIN_MS);
		if (how == READY_YES) {
			say_result(cmd, t->name, "ready", NULL, "ready");
		} else {
			diag_wrap(&d, 0, "not ready in time");
			say_failure(cmd, t->name, &d);
		}
	}
	diag_free(&d);
	fleet_member_free(&m);
}

static int
run(struct cmd *cmd)
{
	const char *until = cmd->o.until != NULL ? cmd->o.until : "stopped";
	int64_t deadline = now_ms() + (cmd->o.timeout >= 0 ? cmd->o.timeout : FOR_EVER_MS);
	json_t *request;
	struct targets t;

	if (!is_known(until))
		return usage(
		    cmd, "--for takes ready, running, paused or stopped, not \"%s\"", until);
	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == -1)
		return cmd->status;
	request = json_pack("{s:s,s:s}", "do", "wait", "for", until);
	/* One after another: all have to be so in the end, and the deadline is one for all. */
	for (size_t i = 0; i < t.n; i++) {
		if (strcmp(until, "ready") == 0)
			wait_ready(cmd, &t.v[i], deadline);
		else
			wait_for(cmd, t.v[i].name, request, until, deadline);
	}
	json_decref(request);
	targets_free(&t);
	return end_results(cmd);
}

const struct verb verb_wait = {
	.name = "wait",
	.options = "all timeout for",
	.args = "[--for ready|running|paused|stopped] [-t TIME] NAME...",
	.help = "wait until VMs are stopped, or as --for says",
	.run = run,
	.suits = VERB_RUNNING,
};
