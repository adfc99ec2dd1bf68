/* Asking many supervisors at once, and putting right what a crash left on the way. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "super/client.h"
#include "super/super.h"
#include "util/loop.h"
#include "util/mem.h"

#define AGAIN_MS   10    /* between looks at a VM that another vmrun is at work on */
#define AT_WORK_MS 10000 /* how long another vmrun may be at work before we give up */

struct round {
	struct cmd *cmd;
	void (*done)(struct cmd *cmd, struct ask *ask);
	size_t open;
};

/* One call of a round, with the ask it is for. */
struct turn {
	struct round *round;
	struct ask *ask;
	bool again, look;
	int64_t give_up; /* when another vmrun has been at work on it for too long; 0: it is not */
};

static void
settle(struct turn *t, enum told told)
{
	t->ask->told = told;
	t->round->open--;
	if (t->round->done != NULL)
		t->round->done(t->round->cmd, t->ask);
}

/* Nobody listens, or it went away: look at what is there. */
static void
look(struct turn *t)
{
	struct ask *ask = t->ask;
	enum super_found found;

	if (super_recover(&ask->d, &t->round->cmd->c, ask->name, &found) == -1)
		settle(t, TOLD_FAILED);
	else if (found == FOUND_NOTHING)
		settle(t, TOLD_STOPPED);
	else if (found == FOUND_BUSY && t->give_up != 0 && now_ms() >= t->give_up) {
		fail_as(&ask->d, DIAG_BUSY, "another vmrun is at work on it, try again");
		settle(t, TOLD_FAILED);
	} else {
		if (found == FOUND_QEMU)
			t->give_up = 0;
		else if (t->give_up == 0)
			t->give_up = now_ms() + AT_WORK_MS;
		t->again = true;
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
		look(t);
		break;
	case CALL_DIED:
		t->look = true; /* later: it can take its time, and others are waiting for their
				   answers */
		break;
	case CALL_SILENT:
		settle(t, TOLD_NOTHING);
		break;
	case CALL_DENIED:
		fail_as(&t->ask->d, DIAG_DENIED, "not permitted: %s", strerror(call->error));
		settle(t, TOLD_FAILED);
		break;
	case CALL_PENDING:
		break;
	}
}

void
ask_all(struct cmd *cmd, struct ask *asks, size_t n, void (*done)(struct cmd *cmd, struct ask *ask))
{
	struct round round = { cmd, done, n };
	struct turn *turns = xcalloc(n, sizeof(*turns));
	struct call *calls = xcalloc(n, sizeof(*calls));
	static const struct timespec pause = { 0, AGAIN_MS * 1000000L };

	for (size_t i = 0; i < n; i++)
		turns[i] = (struct turn){ .round = &round, .ask = &asks[i], .again = true };
	while (round.open > 0) {
		size_t ncalls = 0;

		for (size_t i = 0; i < n; i++) {
			if (!turns[i].again)
				continue;
			turns[i].again = false;
			calls[ncalls++] = (struct call){ .name = turns[i].ask->name,
				.request = turns[i].ask->request,
				.patience = turns[i].ask->patience,
				.done = on_call,
				.arg = &turns[i] };
		}
		client_run(&cmd->c, calls, ncalls);
		for (size_t i = 0; i < n; i++) {
			if (turns[i].look)
				look(&turns[i]);
			turns[i].look = false;
		}
		if (round.open == 0)
			break;
		nanosleep(&pause, NULL);
	}
	free(calls);
	free(turns);
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

bool
name_among(char **names, size_t n, const char *name)
{
	for (size_t low = 0, high = n; low < high;) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, names[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

void
ask_running(struct cmd *cmd, struct ask *asks, size_t n, char **running, size_t nrunning)
{
	struct ask *some = xcalloc(n, sizeof(*some));
	size_t nsome = 0, k = 0;

	for (size_t i = 0; i < n; i++) {
		asks[i].told = TOLD_STOPPED;
		if (name_among(running, nrunning, asks[i].name))
			some[nsome++] = asks[i];
	}
	ask_all(cmd, some, nsome, NULL);
	for (size_t i = 0; i < n; i++) {
		if (k < nsome && some[k].name == asks[i].name)
			asks[i] = some[k++];
	}
	free(some);
}
