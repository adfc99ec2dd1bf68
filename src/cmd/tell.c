/* What pause, resume and reset have in common. */
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
			say_result(cmd, ask->name, wording.state, NULL, "%s", wording.done);
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
tell_each(struct cmd *cmd, const char *what, const char *state, const char *done)
{
	struct targets t;
	struct ask *asks;
	json_t *request;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == -1)
		return cmd->status;
	wording = (struct wording){ state, done };
	request = json_pack("{s:s}", "do", what);
	asks = asks_for(&t, request, PATIENCE_MS);
	ask_all(cmd, asks, t.n, told);
	asks_free(asks, t.n);
	json_decref(request);
	targets_free(&t);
	return end_results(cmd);
}
