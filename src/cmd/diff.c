/* vmrun diff: what runs against what the files say. */
#include <stdio.h>

#include "cmd/standing.h"

#define DIFFERS 1 /* exit status */

static void
say_line(void *arg, const char *text, bool restart)
{
	const struct standing *s = arg;

	printf("%s: %s  (%s)\n", s->name, text, restart ? "restart" : "live");
}

static void
say_short(const struct cmd *cmd, const struct standing *s, const char *text)
{
	if (!cmd->o.quiet)
		printf("%s: %s\n", s->name, text);
}

static void
say_needed(const struct cmd *cmd, const struct standing *s)
{
	if (!cmd->o.quiet)
		printf("%s: runs, and has no file, but %s  (not stopped)\n", s->name, s->needed_by);
}

static const char *
what_apply_does(const struct standing *s)
{
	switch (s->stand) {
	case STAND_DIFFERS:
		return standing_live(s) ? standing_waits(s) ? "change, restart" : "change"
					: "restart";
	case STAND_NO_FILE:
		return s->needed_by == NULL ? "stop" : "none";
	case STAND_DOWN:
		return "start";
	default:
		return "none";
	}
}

/* Only what differs: of ten thousand VMs that do not nobody wants to read. */
static void
say_json(struct cmd *cmd, const struct standing *s)
{
	say_result(cmd, s->name, s->runs ? s->state : "stopped",
	    json_pack("{s:s,s:o,s:o}", "apply", what_apply_does(s), "file",
		s->stand != STAND_NO_FILE && s->file != NULL && s->file->vm.file != NULL
		    ? json_string(s->file->vm.file)
		    : json_null(),
		"changes", standing_changes(s)),
	    "differs");
}

/* Does it differ? */
static bool
say(struct cmd *cmd, struct standing *s)
{
	switch (s->stand) {
	case STAND_OFF:
	case STAND_SAME:
		return false;
	case STAND_WRONG:
	case STAND_UNKNOWN:
		say_failure(cmd, s->name, &s->d);
		return true;
	case STAND_DIFFERS:
	case STAND_NO_FILE:
	case STAND_DOWN:
		break;
	}
	if (cmd->o.json)
		say_json(cmd, s);
	else if (s->stand == STAND_NO_FILE && s->needed_by != NULL)
		say_needed(cmd, s);
	else if (s->stand == STAND_NO_FILE)
		say_short(cmd, s,
		    s->file == NULL
			? "runs, and has no file  (stop, with --prune)"
			: "runs, and is not among the instances of its file any more  (stop, "
			  "with --prune)");
	else if (s->stand == STAND_DOWN)
		say_short(cmd, s, "does not run, and autostart = true  (start)");
	else if (!cmd->o.quiet)
		standing_lines(s, say_line, s);
	return true;
}

static int
run(struct cmd *cmd)
{
	struct standings s;
	bool differs = false;

	if (standings_look(cmd, &s) == -1)
		return cmd->status;
	for (size_t i = 0; i < s.n; i++) {
		if (say(cmd, &s.v[i]))
			differs = true;
	}
	standings_free(&s);
	if (differs && cmd->status == 0)
		cmd->status = DIFFERS;
	return end_results(cmd);
}

const struct verb verb_diff = {
	.name = "diff",
	.options = "all",
	.args = "[NAME...]",
	.help = "what the files say against what runs, and what apply would do about it",
	.run = run,
};
