/* Asking many supervisors at once, and putting right what a crash left on the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "super/client.h"
#include "super/super.h"
#include "util/loop.h"
#include "util/mem.h"
#include "util/sorted.h"

#define AGAIN_MS   10    /* between looks at a VM that another vmrun is at work on */
#define AT_WORK_MS 10000 /* how long another vmrun may be at work before we give up */

/* One that is being asked. */
struct turn {
	struct cmd *cmd;
	struct loop *loop;
	struct ask *ask;
	void (*done)(struct cmd *cmd, struct ask *ask);
	struct call call;
	int64_t give_up; /* when another vmrun has been at work on it for too long; 0: it is not */
};

static void
settle(struct turn *t, enum told told)
{
	struct cmd *cmd = t->cmd;
	struct ask *ask = t->ask;
	void (*done)(struct cmd * cmd, struct ask * ask) = t->done;

	free(t);
	ask->turn = NULL;
	ask->told = told;
	if (done != NULL)
		done(cmd, ask);
}

static void
again(void *arg)
{
	struct turn *t = arg;

	client_begin(&t->cmd->c, t->loop, &t->call);
}

/* Nobody listens, or it went away: look at what is there. */
static void
look(void *arg)
{
	struct turn *t = arg;
	struct ask *ask = t->ask;
	enum super_found found;

	if (super_recover(&ask->d, &t->cmd->c, ask->name, &found) == -1)
		settle(t, TOLD_FAILED);
	else if (found == FOUND_NOTHING)
		settle(t, TOLD_STOPPED);
	else if (found == FOUND_BUSY && t->give_up != 0 && now_ms() >= t->give_up) {
		fail_as(&ask->d, DIAG_BUSY, "another vmrun is at work on it, try again");
		settle(t, TOLD_FAILED);
	} else {
		if (found == FOUND_QEMU || found == FOUND_RESTART)
			t->give_up = 0;
		else if (t->give_up == 0)
			t->give_up = now_ms() + AT_WORK_MS;
		loop_timer(t->loop, now_ms() + AGAIN_MS, again, t);
	}
}

static void
on_call(struct call *call, void *arg)
{
	struct turn *t = arg;

	switch (call->outcome) {
	case CALL_ANSWERED:
		t->ask->answer = call->answer;
		settle(t, TOLD_ANSWER);
		break;
	case CALL_NOBODY:
	case CALL_DIED:
		/* Later: it can take its time, and others are waiting for their answers. */
		loop_timer(t->loop, 0, look, t);
		break;
	case CALL_SILENT:
		settle(t, TOLD_NOTHING);
		break;
	case CALL_DENIED:
		if (call->error == EOPNOTSUPP)
			fail(&t->ask->d, "an open file cannot be handed over on this system");
		else
			fail_as(&t->ask->d, DIAG_DENIED, "not permitted: %s",
			    strerror(call->error));
		settle(t, TOLD_FAILED);
		break;
	case CALL_PENDING:
		break;
	}
}

void
ask_begin(struct cmd *cmd, struct loop *loop, struct ask *ask,
    void (*done)(struct cmd *cmd, struct ask *ask))
{
	struct turn *t = xcalloc(1, sizeof(*t));

	*t = (struct turn){ .cmd = cmd, .loop = loop, .ask = ask, .done = done };
	t->call = (struct call){ .name = ask->name,
		.request = ask->request,
		.patience = ask->patience,
		.descriptor = ask->descriptor,
		.done = on_call,
		.arg = t };
	ask->turn = t;
	client_begin(&cmd->c, loop, &t->call);
}

void
ask_drop(struct ask *ask)
{
	if (ask->turn == NULL)
		return;
	client_drop(&ask->turn->call);
	loop_timer_cancel(ask->turn->loop, look, ask->turn);
	loop_timer_cancel(ask->turn->loop, again, ask->turn);
	free(ask->turn);
	ask->turn = NULL;
}

void
ask_all(struct cmd *cmd, struct ask *asks, size_t n, void (*done)(struct cmd *cmd, struct ask *ask))
{
	struct loop *loop = loop_new();

	for (size_t i = 0; i < n; i++)
		ask_begin(cmd, loop, &asks[i], done);
	(void)loop_run(loop);
	loop_free(loop);
}

struct ask *
asks_for(const struct targets *t, json_t *request, int64_t patience)
{
	struct ask *asks = xcalloc(t->n, sizeof(*asks));

	for (size_t i = 0; i < t->n; i++)
		asks[i] =
		    (struct ask){ .name = t->v[i].name, .request = request, .patience = patience };
	return asks;
}

void
asks_free(struct ask *asks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_decref(asks[i].answer);
		diag_free(&asks[i].d);
	}
	free(asks);
}

void
ask_running(struct cmd *cmd, struct ask *asks, size_t n, char **running, size_t nrunning)
{
	struct ask *some = xcalloc(n, sizeof(*some));
	size_t nsome = 0, k = 0;

	for (size_t i = 0; i < n; i++) {
		asks[i].told = TOLD_STOPPED;
		if (sorted_has(running, nrunning, asks[i].name))
			some[nsome++] = asks[i];
	}
	ask_all(cmd, some, nsome, NULL);
	for (size_t i = 0; i < n; i++) {
		if (k < nsome && some[k].name == asks[i].name)
			asks[i] = some[k++];
	}
	free(some);
}
