/* vmrun edit: VM files changed by an editor or by settings, and replaced once they are sound. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/edit_copy.h"
#include "cmd/settings.h"
#include "launch/fleet_now.h"
#include "launch/vm_file.h"
#include "super/super.h"
#include "util/buf.h"
#include "util/mem.h"
#include "super/event.h"
#include "util/sorted.h"

/* A file that is edited. */
struct editing {
	struct cmd *cmd;
	struct fleet_now *fleet;
	const char *name; /* as results call it */
	const char *path;
	struct buf old, text;
};

static bool
runs(const struct editing *e)
{
	char *file = super_file(&e->cmd->c, e->name);
	bool is = file != NULL && context_same_file(file, e->path);

	free(file);
	return is;
}

static void
say_written(struct editing *e)
{
	bool running = runs(e);
	json_t *extra = json_pack("{s:s,s:b}", "file", e->path, "running", running);

	event_say(&e->cmd->c, e->name, EVENT_EDITED, json_pack("{s:s}", "file", e->path), "%s", e->path);
	if (running)
		say_result(e->cmd, e->name, "changed", extra,
		    "changed; it runs on as it was started: vmrun diff %s shows what differs, vmrun apply "
		    "%s brings it into force",
		    e->name, e->name);
	else
		say_result(e->cmd, e->name, "changed", extra, "changed");
	if (e->cmd->o.template == NULL && !vm_is_instance_file(e->name))
		say_missing(e->cmd, e->fleet, e->name, e->path);
}

static void
say_same(struct editing *e)
{
	say_result(e->cmd, e->name, "unchanged",
	    json_pack("{s:s,s:b}", "file", e->path, "running", runs(e)), "unchanged");
}

/* Replaces the file by the text. true: it is as it was to be, and that is said. */
static bool
put(struct diag *d, struct editing *e, enum vm_file_written *ret)
{
	*ret = vm_file_replace(d, e->fleet, e->path, &e->old, &e->text);
	if (*ret == VM_FILE_WRITTEN)
		say_written(e);
	else if (*ret == VM_FILE_SAME)
		say_same(e);
	return *ret == VM_FILE_WRITTEN || *ret == VM_FILE_SAME;
}

/* Without an editor. */
static int
edit_settings(struct diag *d, struct editing *e)
{
	enum vm_file_written written;

	buf_addn(&e->text, e->old.s, e->old.len);
	if (settings_make(d, &e->cmd->o, vm_keys, &e->text) == -1)
		return fail(d, "%s is left as it is", e->path);
	if (put(d, e, &written))
		return 0;
	if (written == VM_FILE_CHANGED)
		return fail_as(d, DIAG_BUSY, "%s was changed meanwhile, try again", e->path);
	return fail(d, "%s is left as it is", e->path);
}

/* The copy is wrong, and d says how. 1: edit it again; 0: it was thrown away; -1: it stays, and d says
 * where. */
static int
ask_again(struct diag *d, struct editing *e, const char *copy)
{
	struct diag shown = { 0 };
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return fail(d, "%s is left as it is; what was written is in %s", e->path, copy);
	diag_move(&shown, d);
	show_messages(e->name, &shown);
	diag_free(&shown);
	for (;;) {
		fprintf(stderr, "Edit it again (e), or discard the changes (d)? ");
		fflush(stderr);
		if (fgets(answer, sizeof(answer), stdin) == NULL)
			return fail_as(d, DIAG_CONFIG, "%s is left as it is; what was written is in %s",
			    e->path, copy);
		if (answer[0] == 'e' || answer[0] == 'E')
			return 1;
		if (answer[0] == 'd' || answer[0] == 'D')
			return 0;
	}
}

/* One round with the editor. 1: another one is wanted. */
static int
edit_round(struct diag *d, struct editing *e, const char *copy, bool *ret_keep)
{
	int result = editor_run(d, copy);
	enum vm_file_written written;

	buf_free(&e->text);
	*ret_keep = true;
	if (vm_file_read(d, copy, &e->text) == -1)
		return -1;
	if (result == -1) {
		*ret_keep = e->text.len != e->old.len ||
			    memcmp(e->text.s, e->old.s, e->old.len) != 0;
		return *ret_keep ? fail(d, "%s is left as it is; what was written is in %s",
				       e->path, copy)
				 : fail(d, "%s is left as it is", e->path);
	}
	if (put(d, e, &written)) {
		*ret_keep = false;
		return 0;
	}
	if (written == VM_FILE_CHANGED)
		return fail(d,
		    "%s was changed by somebody else meanwhile, and is left as that: what was written here "
		    "is in %s",
		    e->path, copy);
	if (written != VM_FILE_WRONG)
		return fail(d, "what was written is in %s", copy);
	result = ask_again(d, e, copy);
	if (result == 0) {
		*ret_keep = false;
		say_same(e);
	}
	return result;
}

static int
edit_by_hand(struct diag *d, struct editing *e)
{
	bool keep = false;
	char *copy;
	int result;

	edit_copies_sweep(e->cmd, e->name, e->path, &e->old);
	if (edit_copy_make(d, e->path, &e->old, &copy) == -1)
		return -1;
	do
		result = edit_round(d, e, copy, &keep);
	while (result == 1);
	if (!keep)
		unlink(copy);
	free(copy);
	return result;
}

static int
not_there(struct diag *d, const struct cmd *cmd, const char *name, const char *path)
{
	char *instances = vm_instance_file(name);

	if (cmd->o.template != NULL)
		fail_as(d, DIAG_CONFIG, "there is no template of that name: %s does not exist", path);
	else if (instances != NULL && context_has_file(&cmd->c, name))
		fail_as(d, DIAG_CONFIG,
		    "it is an instance, and has no file of its own: vmrun edit %s changes all of them, and %s "
		    "would be that of this one alone",
		    instances, path);
	else
		fail_as(d, DIAG_CONFIG, "there is no VM of that name: %s does not exist", path);
	free(instances);
	return -1;
}

static void
edit_file(struct cmd *cmd, struct fleet_now *fleet, const char *name, const char *path)
{
	struct editing e = { .cmd = cmd, .fleet = fleet, .name = name, .path = path };
	struct diag d = { 0 };
	int result;

	if (access(path, F_OK) == -1 && errno == ENOENT)
		result = not_there(&d, cmd, name, path);
	else
		result = vm_file_read(&d, path, &e.old);
	if (result == 0)
		result = cmd->o.set.n + cmd->o.unset.n > 0 ? edit_settings(&d, &e)
							    : edit_by_hand(&d, &e);
	if (result == -1)
		say_failure(cmd, name, &d);
	buf_free(&e.old);
	buf_free(&e.text);
}

/* Files that the words mean, each once: one describes several VMs. */
struct files {
	struct target *v; /* word is the path */
	char **sorted;    /* the paths, which v owns */
	size_t n;
};

static int
by_path(const void *path, const void *other)
{
	return strcmp(path, *(char *const *)other);
}

/* Takes over path. */
static void
add_file(struct files *f, const char *name, char *path)
{
	size_t i = sorted_first(path, f->sorted, f->n, sizeof(*f->sorted), by_path);

	if (i < f->n && strcmp(f->sorted[i], path) == 0) {
		free(path);
		return;
	}
	f->v = xreallocarray(f->v, f->n + 1, sizeof(*f->v));
	f->sorted = xreallocarray(f->sorted, f->n + 1, sizeof(*f->sorted));
	memmove(f->sorted + i + 1, f->sorted + i, (f->n - i) * sizeof(*f->sorted));
	f->sorted[i] = path;
	f->v[f->n++] = (struct target){ xstrdup(name), path };
}

static void
add_word(struct cmd *cmd, struct files *f, char *word)
{
	char *path = context_is_path(word) ? path_from_here(word) : file_of(&cmd->c, word), *name;
	struct targets t;

	if (strpbrk(word, "*?[{") == NULL && (access(path, F_OK) == 0 || word[0] != '@')) {
		name = context_name_of(path);
		add_file(f, name, path);
		free(name);
		return;
	}
	free(path);
	if (choose(cmd, 1, &word, VMS_WITH_FILE, false, &t) == -1)
		return;
	/* Instances have one file. */
	for (size_t i = 0; i < t.n; i++) {
		path = context_file_of(&cmd->c, t.v[i].word);
		name = context_name_of(path);
		add_file(f, name, path);
		free(name);
	}
	targets_free(&t);
}

static int
run(struct cmd *cmd)
{
	struct files f = { 0 };
	struct fleet_now *fleet;

	if (cmd->argc == 0 && cmd->o.template == NULL)
		return usage(cmd, "edit needs the name of a VM, or --template");
	if (cmd->argc > 0 && cmd->o.template != NULL)
		return usage(cmd, "names and --template exclude each other");
	put_changes_right(cmd);
	if (cmd->o.template != NULL)
		add_file(&f, cmd->o.template,
		    xasprintf("%s/%s.conf", cmd->c.template_dir, cmd->o.template));
	for (int i = 0; i < cmd->argc; i++)
		add_word(cmd, &f, cmd->argv[i]);
	fleet = fleet_now_new(&cmd->c);
	for (size_t i = 0; i < f.n; i++) {
		edit_file(cmd, fleet, f.v[i].name, f.v[i].word);
		free(f.v[i].name);
		free(f.v[i].word);
	}
	free(f.v);
	free(f.sorted);
	fleet_now_free(fleet);
	return end_results(cmd);
}

const struct verb verb_edit = {
	.name = "edit",
	.options = "set unset template",
	.args = "[--set KEY=VALUE]... [--unset KEY]... NAME...|--template NAME",
	.help = "change VM files, which are checked before they are replaced",
	.run = run,
};
