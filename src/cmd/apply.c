/* vmrun apply: what runs is made what the files say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/standing.h"
#include "util/mem.h"

#define PATIENCE_MS 60000 /* for a change: hooks, and a guest that is asked to open its drive */

struct applying {
	struct cmd *cmd;
	struct standings s;
	bool did;                       /* anything, or would have */
	const struct standing **chosen; /* by those(), each of its targets' */
	struct ask *asks;               /* of those, while they are asked to change */
};

static bool
dry(const struct applying *a)
{
	return a->cmd->o.dry_run;
}

static bool
silent(const struct applying *a)
{
	return a->cmd->o.json || a->cmd->o.quiet;
}

/* --- lines for people --- */

struct line {
	const struct applying *a;
	const struct standing *s;
	bool restart;      /* which lines are wanted */
	const char *words; /* before each */
};

static void
print_line(void *arg, const char *text, bool restart)
{
	const struct line *line = arg;

	if (restart == line->restart)
		printf("%s: %s%s\n", line->s->name, line->words, text);
}

static void
say_lines(const struct applying *a, const struct standing *s, bool restart, const char *words)
{
	struct line line = { a, s, restart, words };

	if (!silent(a))
		standing_lines(s, print_line, &line);
	fflush(stdout);
}

/* Whoever requires what is gone has a wrong file by now, and must not go down for that. */
static void
say_needed(const struct applying *a, struct standing *s)
{
	fail(&s->d, "%s, and is not stopped: %s", standing_why_gone(s), s->needed_by);
	say_failure(a->cmd, s->name, &s->d);
}

/* --- which of them --- */

typedef bool wanted(const struct applying *a, const struct standing *s);

/* As targets; which is which is in a->chosen. */
static struct targets
those(struct applying *a, wanted *want)
{
	struct targets t = { xcalloc(a->s.n, sizeof(*t.v)), 0 };

	free(a->chosen);
	a->chosen = xcalloc(a->s.n, sizeof(*a->chosen));
	for (size_t i = 0; i < a->s.n; i++) {
		const struct standing *s = &a->s.v[i];

		if (!want(a, s))
			continue;
		a->chosen[t.n] = s;
		t.v[t.n++] = (struct target){ xstrdup(s->name), xstrdup(s->word) };
	}
	a->did = a->did || t.n > 0;
	return t;
}

static bool
is_to_start(const struct applying *a, const struct standing *s)
{
	return s->stand == STAND_DOWN;
}

static bool
is_to_stop(const struct applying *a, const struct standing *s)
{
	return s->stand == STAND_NO_FILE && a->cmd->o.prune && s->needed_by == NULL;
}

static bool
is_to_restart(const struct applying *a, const struct standing *s)
{
	return s->stand == STAND_DIFFERS && a->cmd->o.restart && standing_waits(s);
}

static bool
is_to_change(const struct applying *a, const struct standing *s)
{
	return s->stand == STAND_DIFFERS && !is_to_restart(a, s) && standing_live(s);
}

/* --- the plan, for --dry-run --- */

static void
would(const struct applying *a, const struct standing *s, const char *what, const char *words)
{
	if (a->cmd->o.json)
		say_result(a->cmd, s->name, s->runs ? s->state : "stopped",
		    json_pack("{s:s,s:o}", "would", what, "changes", standing_changes(s)), "%s",
		    s->state);
	else if (words != NULL && !a->cmd->o.quiet)
		printf("%s: %s\n", s->name, words);
}

static bool
is_target(const struct targets *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
say_differs(const struct applying *a, const struct standing *s, const struct targets *good)
{
	bool restarts = is_to_restart(a, s);

	/* Why not has been said. */
	if (restarts && !is_target(good, s->name))
		return;

	would(a, s, restarts ? "restart" : standing_live(s) ? "change" : "wait", NULL);
	if (restarts) {
		say_lines(a, s, true, "would restart for ");
		say_lines(a, s, false, "would restart with ");
	} else {
		say_lines(a, s, false, "would change ");
		say_lines(a, s, true, "waits for a restart: ");
	}
}

static void
say_gone(const struct applying *a, const struct standing *s)
{
	const char *why = standing_why_gone(s);
	char *words = a->cmd->o.prune ? xasprintf("would stop: it %s", why)
				      : xasprintf("%s, and runs on (--prune stops it)", why);

	would(a, s, a->cmd->o.prune ? "stop" : "none", words);
	free(words);
}

static void
say_plan(struct applying *a)
{
	struct targets t = those(a, is_to_restart);
	struct targets good = targets_that_start(a->cmd, &t, &a->s.fleet);

	for (size_t i = 0; i < a->s.n; i++) {
		struct standing *s = &a->s.v[i];

		switch (s->stand) {
		case STAND_OFF:
		case STAND_SAME:
			continue;
		case STAND_WRONG:
		case STAND_UNKNOWN:
			say_failure(a->cmd, s->name, &s->d);
			break;
		case STAND_NO_FILE:
			if (a->cmd->o.prune && s->needed_by != NULL)
				say_needed(a, s);
			else
				say_gone(a, s);
			break;
		case STAND_DOWN:
			would(a, s, "start", "would start");
			break;
		case STAND_DIFFERS:
			say_differs(a, s, &good);
			break;
		}
		a->did = true;
	}
	targets_free(&good);
	targets_free(&t);
}

/* --- doing it --- */

static void
prune(struct applying *a)
{
	struct targets t = those(a, is_to_stop);

	if (t.n > 0)
		stop_targets_alone(a->cmd, &t);
	targets_free(&t);
	for (size_t i = 0; i < a->s.n; i++) {
		struct standing *s = &a->s.v[i];

		if (s->stand != STAND_NO_FILE || is_to_stop(a, s))
			continue;
		a->did = true;
		if (a->cmd->o.prune)
			say_needed(a, s);
		else if (a->cmd->o.json)
			say_result(a->cmd, s->name, s->state, json_pack("{s:s}", "did", "none"),
			    "%s", s->state);
		else if (!a->cmd->o.quiet)
			printf("%s: %s, and runs on (--prune stops it)\n", s->name,
			    standing_why_gone(s));
	}
}

static bool
is_among(const json_t *list, const char *key)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(one), key) == 0)
			return true;
	}
	return false;
}

struct told_line {
	const char *name;
	const json_t *changed;
};

/* The key is what a line begins with. */
static void
print_changed(void *arg, const char *text, bool restart)
{
	const struct told_line *t = arg;
	size_t n = strcspn(text, " ");
	char *key = xstrndup(text, n > 0 ? n - 1 : 0);

	if (!restart && is_among(t->changed, key))
		printf("%s: changed %s\n", t->name, text);
	free(key);
}

/* "nics[0].bridge, nics[0].vlan: no such bridge" */
static void
add_failures(struct diag *d, const json_t *failed)
{
	const json_t *one, *key;
	size_t i, k;

	json_array_foreach(failed, i, one)
	{
		struct buf keys = { 0 };

		json_array_foreach(json_object_get(one, "keys"), k, key)
		{
			buf_addf(&keys, "%s%s", k > 0 ? ", " : "", json_string_value(key));
		}
		fail(d, "%s: %s", keys.s != NULL ? keys.s : "", json_text(one, "error"));
		buf_free(&keys);
	}
}

/* One that a supervisor tells may have several lines. */
static void
add_lines(struct diag *d, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		fail(d, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static struct applying *under_way; /* for told(), which ask_all() calls with no more than these */

static void
told(struct cmd *cmd, struct ask *ask)
{
	const struct standing *s = under_way->chosen[ask - under_way->asks];
	const json_t *changed = json_object_get(ask->answer, "changed");
	struct told_line line = { ask->name, changed };

	if (ask->told == TOLD_STOPPED)
		fail(&ask->d, "it has ended meanwhile");
	else if (ask->told == TOLD_NOTHING)
		fail_as(&ask->d, DIAG_BUSY, "its supervisor does not answer");
	else if (ask->told == TOLD_ANSWER && !json_is_true(json_object_get(ask->answer, "ok")))
		add_lines(&ask->d, json_text(ask->answer, "error"));
	if (json_array_size(changed) > 0 && cmd->o.json)
		say_result(cmd, ask->name, s->state,
		    json_pack("{s:s,s:O,s:O}", "did", "change", "changed", changed, "waiting",
			json_object_get(ask->answer, "waiting")),
		    "%s", s->state);
	else if (!cmd->o.json && !cmd->o.quiet)
		standing_lines(s, print_changed, &line);
	fflush(stdout);
	add_failures(&ask->d, json_object_get(ask->answer, "failed"));
	if (ask->d.count > 0)
		say_failure(cmd, ask->name, &ask->d);
}

static void
change(struct applying *a)
{
	json_t *request = json_pack("{s:s}", "do", "change");
	struct targets t = those(a, is_to_change);

	a->asks = asks_for(&t, request, PATIENCE_MS);
	under_way = a;
	ask_all(a->cmd, a->asks, t.n, told);
	asks_free(a->asks, t.n);
	targets_free(&t);
	json_decref(request);
}

static const struct standing *
standing_of(const struct applying *a, const struct targets *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].name, name) == 0)
			return a->chosen[i];
	}
	return NULL;
}

/* Those that require one of them stop before it, and come back after it. */
static void
restart(struct applying *a)
{
	struct targets t = those(a, is_to_restart), also = { 0 };
	struct targets good = targets_that_start(a->cmd, &t, &a->s.fleet);

	for (size_t i = 0; i < good.n; i++) {
		const struct standing *s = standing_of(a, &t, good.v[i].name);

		say_lines(a, s, true, "restarts for ");
		say_lines(a, s, false, "restarts with ");
	}
	if (good.n > 0 && stop_targets_also(a->cmd, &good, NULL, &also)) {
		for (size_t i = 0; i < also.n; i++)
			targets_add(&good, also.v[i].name, also.v[i].word);
		start_targets(a->cmd, &good);
	}
	targets_free(&also);
	targets_free(&good);
	targets_free(&t);
}

static void
say_waiting(struct applying *a)
{
	for (size_t i = 0; i < a->s.n; i++) {
		const struct standing *s = &a->s.v[i];

		if (s->stand != STAND_DIFFERS || is_to_restart(a, s) || !standing_waits(s))
			continue;
		a->did = true;
		if (a->cmd->o.json && !is_to_change(a, s))
			say_result(a->cmd, s->name, s->state,
			    json_pack("{s:s,s:o}", "did", "none", "changes", standing_changes(s)),
			    "%s", s->state);
		say_lines(a, s, true, "waits for a restart: ");
	}
}

static void
say_wrong(struct applying *a)
{
	for (size_t i = 0; i < a->s.n; i++) {
		struct standing *s = &a->s.v[i];

		if (s->stand != STAND_WRONG && s->stand != STAND_UNKNOWN)
			continue;
		a->did = true;
		say_failure(a->cmd, s->name, &s->d);
	}
}

static void
start(struct applying *a)
{
	struct targets t = those(a, is_to_start);

	if (t.n > 0)
		start_targets(a->cmd, &t);
	targets_free(&t);
}

static int
run(struct cmd *cmd)
{
	struct applying a = { .cmd = cmd };

	if (standings_look(cmd, &a.s) == -1)
		return cmd->status;
	if (dry(&a)) {
		say_plan(&a);
	} else {
		say_wrong(&a);
		prune(&a);
		change(&a);
		restart(&a);
		say_waiting(&a);
		start(&a);
	}
	if (!a.did && !silent(&a))
		puts("nothing to do");
	free(a.chosen);
	standings_free(&a.s);
	return end_results(cmd);
}

const struct verb verb_apply = {
	.name = "apply",
	.options = "all dry-run jobs prune restart timeout",
	.args = "[--dry-run] [--prune] [--restart] [-j N] [-t TIME] [NAME...]",
	.help = "make what runs be what the files say: start, change, and stop if told to",
	.run = run,
};
