/* vmrun remove: a VM's file and all that vmrun keeps of it, its images if asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/remaining.h"
#include "cmd/remove_images.h"
#include "cmd/settings.h"
#include "launch/fleet_now.h"
#include "launch/pending.h"
#include "launch/runtime.h"
#include "launch/vm_file.h"
#include "net/ledger.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "super/event.h"

#define PATIENCE_MS 2000

struct removal {
	struct cmd *cmd;
	struct remaining *others;
	const char *name;
	char *file; /* NULL: it is gone already, but not all that was kept of it, or it is an instance */
	char *instances; /* the file of an instance that has none of its own; NULL: it is none */
	json_t *own, *kept, *released;
	bool runs;
};

static bool
is_running(struct cmd *cmd, const char *name, struct diag *d)
{
	json_t *request = json_pack("{s:s}", "do", "status");
	struct ask ask = { .name = name, .request = request, .patience = PATIENCE_MS };
	bool running;

	ask_all(cmd, &ask, 1, NULL);
	running = ask.told != TOLD_STOPPED;
	if (ask.told == TOLD_FAILED)
		diag_move(d, &ask.d);
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return running;
}

/* Nobody is asked about what would be refused. */
static int
may_be_removed(struct diag *d, struct removal *m)
{
	m->runs = is_running(m->cmd, m->name, d);
	if (d->count > 0)
		return -1;
	return !m->runs || m->cmd->o.force ? 0 : fail(d, "it is running: stop it first, or say --force");
}

/* Its images, as far as its file can be read. */
static int
look_at_images(struct diag *d, struct removal *m)
{
	struct fleet_member member = { 0 };
	struct diag wrong = { 0 };
	int result = 0;

	if (m->file == NULL && m->instances == NULL)
		return 0;
	context_load(&wrong, &m->cmd->c, m->file != NULL ? m->file : m->name, &member);
	if (member.doc == NULL && m->cmd->o.disks) {
		diag_move(d, &wrong);
		result = fail(d, "what its images are cannot be told; without --disks it can be removed");
	} else if (member.doc != NULL) {
		json_decref(m->own);
		json_decref(m->kept);
		result = images_sort(d, m->others, &member.vm, m->cmd->o.disks, m->runs, &m->own, &m->kept);
	}
	diag_free(&wrong);
	fleet_member_free(&member);
	return result;
}

/* With --force it is stopped, as vmrun stop would; it may have been started since it was looked at. Then it can be
 * seen which images others hold. */
static int
see_it_stopped(struct diag *d, struct removal *m)
{
	struct target one = { (char *)m->name, m->file != NULL ? m->file : (char *)m->name };
	struct targets t = { &one, 1 };
	bool ran = m->runs;

	if (may_be_removed(d, m) == -1)
		return -1;
	if (m->runs)
		stop_targets(m->cmd, &t, NULL);
	if (m->runs && is_running(m->cmd, m->name, d))
		return fail(d, "it is still running");
	ran = ran || m->runs;
	m->runs = false;
	return ran ? look_at_images(d, m) : 0;
}

static void
add_paths(struct buf *b, const json_t *paths)
{
	const json_t *path;
	size_t i;

	json_array_foreach(paths, i, path)
		buf_addf(b, "%s%s", i > 0 ? ", " : "", json_string_value(path));
}

static void
add_kept(struct buf *b, const json_t *kept)
{
	const json_t *one;
	size_t i;

	json_array_foreach(kept, i, one)
	{
		const char *why = json_text(one, "why");

		buf_addf(b, "%s%s", i > 0 ? ", " : "", json_text(one, "path"));
		if (strcmp(why, "not asked for") != 0)
			buf_addf(b, " (%s)", why);
	}
}

static int
ask(struct diag *d, const struct removal *m)
{
	struct buf question = { 0 };
	bool yes;

	if (m->cmd->o.yes)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return fail_as(d, DIAG_USAGE,
		    "it is not removed: --yes agrees to it, where nobody can be asked");
	buf_addf(&question, "%s: remove ", m->name);
	buf_add(&question, m->file != NULL ? m->file : "what is left of it");
	if (json_array_size(m->own) > 0) {
		buf_add(&question, ", and for good its images ");
		add_paths(&question, m->own);
	}
	buf_addc(&question, '?');
	if (json_array_size(m->kept) > 0) {
		buf_add(&question, " (There stay: ");
		add_kept(&question, m->kept);
		buf_add(&question, ".)");
	}
	yes = says_yes(question.s);
	buf_free(&question);
	return yes ? 0 : fail(d, "not agreed to, and nothing is changed");
}

/* The step that decides. */
static int
remove_file(struct diag *d, const struct removal *m)
{
	int lock = -1, result = 0;

	if (m->file == NULL)
		return 0;
	if (vm_files_lock(d, &m->cmd->c, &lock) == -1)
		return -1;
	fleet_now_begin(remaining_fleet(m->others), m->file);
	if (unlink(m->file) == -1)
		result = fail_sys(d, "%s", m->file);
	else if (folder_sync(m->file) == -1)
		result = fail_sys(d, "%s: its folder", m->file);
	fleet_now_end(remaining_fleet(m->others));
	fd_close(&lock);
	return result;
}

static int
remove_all(struct diag *d, struct removal *m)
{
	json_t *note = json_pack(
	    "{s:s,s:s,s:O}", "do", "remove", "file", m->file != NULL ? m->file : "", "images", m->own);
	int result = pending_write(d, &m->cmd->c, m->name, note);

	if (result == 0) {
		result = remove_file(d, m);
		if (result == 0)
			m->released = vm_macs(&m->cmd->c, m->name);
		if (pending_end(d, &m->cmd->c, m->name, note) == -1)
			result = -1;
	}
	json_decref(note);
	return result;
}

static void
say_removed(struct removal *m)
{
	char *log = context_log(&m->cmd->c, m->name);
	bool has_log = access(log, F_OK) == 0;
	json_t *extra = json_pack("{s:O,s:O,s:O}", "images", m->own, "kept", m->kept, "macs", m->released);
	struct buf b = { 0 };

	if (json_array_size(m->own) > 0) {
		buf_add(&b, ", with ");
		add_paths(&b, m->own);
	}
	if (json_array_size(m->kept) > 0 || has_log)
		buf_add(&b, "; there stay ");
	add_kept(&b, m->kept);
	if (has_log)
		buf_addf(&b, "%s%s", json_array_size(m->kept) > 0 ? " and " : "", log);
	if (m->instances != NULL)
		buf_addf(&b, "; %s describes it still", m->instances);
	if (m->file != NULL)
		json_object_set_new(extra, "file", json_string(m->file));
	if (has_log)
		json_object_set_new(extra, "log", json_string(log));
	event_say(&m->cmd->c, m->name, EVENT_REMOVED, NULL, "its file%s",
	    json_array_size(m->own) > 0 ? " and images" : "");
	say_result(m->cmd, m->name, "removed", extra, "removed%s", b.len > 0 ? b.s : "");
	buf_free(&b);
	free(log);
}

static int
remove_locked(struct diag *d, struct removal *m)
{
	struct runtime r = RUNTIME_NONE;
	int result;

	if (runtime_lock(d, &m->cmd->c, m->name, &r) == -1)
		return -1;
	if (m->file != NULL)
		remaining_warn(m->others, m->name);
	result = remove_all(d, m);
	runtime_remove(&r);
	return result;
}

static void
remove_one(struct cmd *cmd, struct remaining *others, const struct target *t)
{
	struct removal m = {
		.cmd = cmd, .others = others, .name = t->name, .own = json_array(), .kept = json_array()
	};
	struct diag d = { 0 };

	m.file = context_is_path(t->word) ? path_from_here(t->word) : file_of(&cmd->c, t->name);
	if (vm_instance(t->name) != NULL && access(m.file, F_OK) == -1 &&
	    context_has_file(&cmd->c, t->name)) {
		m.instances = context_file_of(&cmd->c, t->name);
		free(m.file);
		m.file = NULL;
	} else if (access(m.file, F_OK) == -1 && errno == ENOENT &&
		   vm_state_there(&cmd->c, t->name)) {
		free(m.file);
		m.file = NULL;
	} else if (access(m.file, F_OK) == -1 && errno == ENOENT) {
		fail_as(&d, DIAG_CONFIG, "there is no VM of that name: %s does not exist", m.file);
	}
	if (d.count == 0 && may_be_removed(&d, &m) == 0 && look_at_images(&d, &m) == 0 &&
	    ask(&d, &m) == 0 && see_it_stopped(&d, &m) == 0 && remove_locked(&d, &m) == 0)
		say_removed(&m);
	else
		say_failure(cmd, t->name, &d);
	json_decref(m.own);
	json_decref(m.kept);
	json_decref(m.released);
	free(m.instances);
	free(m.file);
}

/* Is anything kept of an instance of that file, "worker@"? Its name, to be freed; NULL: nothing is. */
static char *
kept_instance(struct cmd *cmd, const char *name)
{
	struct diag ignored = { 0 };
	struct ledger_entry e;
	struct ledger *l;
	char **names, *found = NULL;
	size_t n, len = strlen(name);

	if (context_run_names(&ignored, &cmd->c, &names, &n) == 0) {
		for (size_t i = 0; i < n && found == NULL; i++)
			found = strncmp(names[i], name, len) == 0 ? xstrdup(names[i]) : NULL;
		strings_free(names, n);
	}
	if (found == NULL && ledger_read(&ignored, cmd->c.ledger, &l) == 0) {
		for (size_t i = 0; found == NULL && ledger_next(l, &i, &e);)
			found = strncmp(e.vm, name, len) == 0 ? xstrdup(e.vm) : NULL;
		ledger_close(l);
	}
	diag_free(&ignored);
	return found;
}

/* A file of instances goes once nothing is kept of any of them. */
static void
remove_instances(struct cmd *cmd, struct remaining *others, const char *name)
{
	struct removal m = {
		.cmd = cmd, .others = others, .name = name, .own = json_array(), .kept = json_array()
	};
	char *instance = kept_instance(cmd, name);
	struct diag d = { 0 };

	m.file = file_of(&cmd->c, name);
	if (access(m.file, F_OK) == -1 && errno == ENOENT)
		fail_as(&d, DIAG_CONFIG, "there is no VM of that name: %s does not exist", m.file);
	else if (instance != NULL)
		fail(&d, "something is kept of %s, an instance: remove the instances first, as in vmrun remove "
			 "%s", instance, instance);
	if (d.count == 0 && ask(&d, &m) == 0)
		remaining_warn(others, name);
	if (d.count == 0 && remove_file(&d, &m) == 0) {
		m.released = json_array();
		say_removed(&m);
	} else {
		say_failure(cmd, name, &d);
	}
	json_decref(m.own);
	json_decref(m.kept);
	json_decref(m.released);
	free(instance);
	free(m.file);
}

static void
remove_words(struct cmd *cmd, struct remaining *others)
{
	struct targets t;
	int n = 0;

	for (int i = 0; i < cmd->argc; i++) {
		if (!vm_is_instance_file(cmd->argv[i]))
			cmd->argv[n++] = cmd->argv[i];
		else
			remove_instances(cmd, others, cmd->argv[i]);
	}
	if ((n == 0 && cmd->argc > 0) || choose(cmd, n, cmd->argv, VMS_WITH_FILE, false, &t) == -1)
		return;
	for (size_t i = 0; i < t.n; i++)
		remove_one(cmd, others, &t.v[i]);
	targets_free(&t);
}

static int
run(struct cmd *cmd)
{
	struct remaining *others;

	put_changes_right(cmd);
	others = remaining_new(cmd);
	remove_words(cmd, others);
	remaining_free(others);
	return end_results(cmd);
}

const struct verb verb_remove = {
	.name = "remove",
	.options = "all disks force yes timeout",
	.args = "[--disks] [--force] [--yes] NAME...",
	.help = "a VM's file, its MACs, and what else is kept of it; its images if asked for",
	.run = run,
	.suits = VERB_STOPPED,
};
