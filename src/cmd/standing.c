/* Looking at what runs and at the files; see standing.h. */
#include "cmd/standing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "launch/runtime.h"
#include "os/os.h"
#include "super/super.h"
#include "util/mem.h"

#define PATIENCE_MS 2000

static int
look_who_runs(struct cmd *cmd, struct standings *s)
{
	json_t *request = json_pack("{s:s,s:b}", "do", "status", "brief", 1);
	struct ask *asks = asks_for(&s->targets, request, PATIENCE_MS);
	struct diag d = { 0 };
	char **names = NULL;
	size_t n = 0;
	int result = context_run_names(&d, &cmd->c, &names, &n);

	if (result == -1)
		complain(cmd, NULL, &d);
	else
		ask_running(cmd, asks, s->n, names, n);
	for (size_t i = 0; i < s->n && result == 0; i++) {
		s->v[i].runs = asks[i].told == TOLD_ANSWER;
		strlcpy(
		    s->v[i].state, json_text(asks[i].answer, "state"), sizeof(s->v[i].state));
		if (asks[i].told == TOLD_NOTHING)
			fail_as(&s->v[i].d, DIAG_BUSY, "its supervisor does not answer");
		diag_move(&s->v[i].d, &asks[i].d);
	}
	asks_free(asks, s->n);
	strings_free(names, n);
	json_decref(request);
	return result;
}

static json_t *
read_record(const struct context *c, const char *name)
{
	char *dir = runtime_path(c, name, "");
	struct diag gone = { 0 };
	json_t *record = NULL;

	if (record_read(&gone, dir, &record) == -1)
		record = NULL;
	diag_free(&gone);
	free(dir);
	return record;
}

/* A VM can have been started from a file that is no member of the fleet: by its path, or as an
 * instance that nothing lists. */
static bool
is_of_file(const struct fleet_member *m, const char *file)
{
	return m != NULL && m->vm.file != NULL &&
	       (strcmp(m->vm.file, file) == 0 || context_same_file(m->vm.file, file));
}

/* The file that s is to be held against. -1: there is none, or d says what is wrong with it. */
static int
find_file(struct cmd *cmd, struct standings *all, struct standing *s, const json_t *record)
{
	bool by_path = context_is_path(s->word);
	const char *from = by_path ? s->word : json_text(record, "file");
	struct fleet_member *m = fleet_find(&all->fleet, s->name);
	char *word;
	bool loaded;

	if (m != NULL && (is_of_file(m, from) ||
			     (!by_path && (from[0] == '\0' || access(from, F_OK) == -1)))) {
		struct diag known = { 0 };

		s->file = m;
		if (m->loaded)
			return 0;
		/* Of the whole fleet all was said in one: once more, for this one alone. */
		(void)context_load(&known, &cmd->c, s->name, &s->own);
		diag_move(&s->d, &known);
		return -1;
	}
	if (from[0] == '\0' || access(from, F_OK) == -1)
		return -1;
	word = context_word(s->name, from);
	loaded = context_load(&s->d, &cmd->c, word, &s->own) == 0;
	free(word);
	if (!loaded)
		return -1;
	s->file = &s->own;
	return 0;
}

static bool
is_sound(struct standing *s, const struct fleet *fleet)
{
	(void)fleet_check(&s->d, fleet, s->file);
	if (vm_system_check(s->file->doc, &s->file->vm, os_here()) == -1)
		conf_report(&s->d, s->file->doc);
	return s->d.count == 0;
}

static void
compare(struct cmd *cmd, struct standings *all, struct standing *s)
{
	json_t *record = s->runs ? read_record(&cmd->c, s->name) : NULL;
	bool differs = false;

	if (s->d.count > 0) {
		s->stand = STAND_UNKNOWN;
	} else if (find_file(cmd, all, s, record) == -1) {
		s->stand = s->d.count > 0 ? STAND_WRONG : s->runs ? STAND_NO_FILE : STAND_OFF;
	} else if (record == NULL) {
		s->stand = !is_sound(s, &all->fleet)		  ? STAND_WRONG
			   : s->file->vm.autostart ? STAND_DOWN
						   : STAND_OFF;
	} else if (differs_find(&s->d, &cmd->c, record, s->file, &s->differs) == -1) {
		s->stand = STAND_UNKNOWN;
		diag_free(&s->d);
		fail(&s->d, "what it was started with is not known: a vmrun started it that kept "
			    "nothing of it");
	} else if (s->file->unlisted && differs_was_listed(&s->differs, s->name)) {
		s->stand = STAND_NO_FILE;
	} else {
		differs = s->differs.changes.n > 0;
		/* What another file has come to clash with is not this one's fault. */
		s->stand = !differs			? STAND_SAME
			   : is_sound(s, &all->fleet) ? STAND_DIFFERS
						 : STAND_WRONG;
	}
	json_decref(record);
}

int
standings_look(struct cmd *cmd, struct standings *ret)
{
	struct standings s = { .n = 0 };
	struct diag others = { 0 };

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, true, &s.targets) == -1)
		return -1;
	if (context_fleet(&others, &cmd->c, &s.fleet) == -1) {
		complain(cmd, NULL, &others);
		targets_free(&s.targets);
		return -1;
	}
	diag_free(&others);
	s.n = s.targets.n;
	s.v = xcalloc(s.n, sizeof(*s.v));
	for (size_t i = 0; i < s.n; i++)
		s.v[i] = (struct standing){ .name = s.targets.v[i].name,
			.word = s.targets.v[i].word };
	if (look_who_runs(cmd, &s) == -1) {
		standings_free(&s);
		return -1;
	}
	fleet_claim(&s.fleet);
	for (size_t i = 0; i < s.n; i++)
		compare(cmd, &s, &s.v[i]);
	standings_order(cmd, &s);
	*ret = s;
	return 0;
}

void
standings_free(struct standings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		differs_free(&s->v[i].differs);
		free(s->v[i].needed_by);
		fleet_member_free(&s->v[i].own);
		diag_free(&s->v[i].d);
	}
	free(s->v);
	fleet_free(&s->fleet);
	targets_free(&s->targets);
	*s = (struct standings){ .n = 0 };
}

const char *
standing_why_gone(const struct standing *s)
{
	return s->file == NULL ? "has no file any more"
			       : "is not among the instances of its file any more";
}

bool
standing_live(const struct standing *s)
{
	for (size_t k = 0; k < s->differs.changes.n; k++) {
		if (s->differs.changes.v[k].unit != CHANGE_RESTART)
			return true;
	}
	return false;
}

bool
standing_waits(const struct standing *s)
{
	for (size_t k = 0; k < s->differs.changes.n; k++) {
		if (s->differs.changes.v[k].unit == CHANGE_RESTART)
			return true;
	}
	return false;
}
