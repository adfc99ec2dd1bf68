/* What pause, resume, reset and link have in common. */
#include "cmd/cmd.h"

#define PATIENCE_MS 10000

struct wording {
	const char *state, *done;
};
static struct wording wording;

static void
told(struct cmd *cmd, struct ask *ask)
{
	switch (ask->told) {
	case TOLD_ANSWER:
		if (json_is_true(json_object_get(ask->answer, "ok"))) {
			const char *state =
			    wording.state != NULL ? wording.state : json_text(ask->answer, "state");

			say_result(cmd, ask->name, state, NULL, "%s", wording.done);
			return;
		}
		fail(&ask->d, "%s", json_text(ask->answer, "error"));
		break;
	case TOLD_STOPPED:
		fail(&ask->d, "it is not running");
		break;
	case TOLD_NOTHING:
		fail(&ask->d, "its supervisor or its QEMU does not answer");
		break;
	case TOLD_FAILED:
		break;
	}
	say_failure(cmd, ask->name, &ask->d);
}

int
tell_each_request(struct cmd *cmd, int argc, json_t *request, const char *state, const char *done)
{
	struct targets t;
	struct ask *asks;

	if (choose(cmd, argc, cmd->argv, VMS_ALL, false, &t) == -1) {
		json_decref(request);
		return cmd->status;
	}
	wording = (struct wording){ state, done };
	asks = asks_for(&t, request, PATIENCE_MS);
	ask_all(cmd, asks, t.n, told);
	asks_free(asks, t.n);
	json_decref(request);
	targets_free(&t);
	return end_results(cmd);
}

int
tell_each(struct cmd *cmd, const char *what, const char *state, const char *done)
{
	return tell_each_request(cmd, cmd->argc, json_pack("{s:s}", "do", what), state, done);
}
