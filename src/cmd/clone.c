/* vmrun clone: another VM like one that there is, with its own MACs, uuid and images. */
#include "launch/clone.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/clone_text.h"
#include "cmd/cmd.h"
#include "cmd/settings.h"
#include "conf/conf.h"
#include "conf/edit.h"
#include "launch/fleet_now.h"
#include "launch/pending.h"
#include "launch/runtime.h"
#include "launch/vm_file.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "super/event.h"

#define PATIENCE_MS 2000

struct cloner {
	struct cmd *cmd;
	struct fleet_now *fleet;
	struct clone cl;
	struct fleet_member source;
	struct runtime source_lock, own_lock;
	struct buf text;
	json_t *changes;
	mode_t mode;
	const char *key; /* of the image that is being copied */
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = sig;
}

/* A copy can take long, and what is half of one is not to stay. What is ignored stays so. */
static void
catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal }, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static void
begins(const char *key, void *arg)
{
	struct cloner *k = arg;

	k->key = key;
}

static void
show_progress(unsigned percent, void *arg)
{
	const struct cloner *k = arg;

	fprintf(stderr, "\r%s: copying %s, %u%%", k->cl.name, k->key, percent);
	fflush(stderr);
}

static bool
shows_progress(const struct cmd *cmd)
{
	return isatty(STDERR_FILENO) && !cmd->o.json && !cmd->o.quiet;
}

/* Whoever writes to an image while it is copied would make the copy worthless. */
static int
hold_source(struct diag *d, struct cloner *k)
{
	const char *name = k->source.vm.name;
	json_t *request = json_pack("{s:s}", "do", "status");
	struct ask ask = { .name = name, .request = request, .patience = PATIENCE_MS };
	int result = 0;

	if (clone_needs_source(&k->cl)) {
		ask_all(k->cmd, &ask, 1, NULL);
		if (ask.told == TOLD_FAILED)
			diag_move(d, &ask.d);
		if (ask.told != TOLD_STOPPED)
			result = fail(d, "%s is running and writes to its images: stop it first", name);
		else
			result = runtime_lock(d, &k->cmd->c, name, &k->source_lock);
	}
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return result;
}

static void
give_up_lock(struct runtime *r)
{
	if (r->dir != NULL && !runtime_has_record(r))
		runtime_remove(r);
	else
		runtime_release(r);
}

/* The images, and then the file: with that there is a clone. */
static int
make(struct diag *d, struct cloner *k)
{
	struct context *c = &k->cmd->c;
	int result;

	if (runtime_lock(d, c, k->cl.name, &k->own_lock) == -1 || hold_source(d, k) == -1)
		return -1;
	catch_signals();
	result = clone_make(d, &k->cl);
	if (k->cl.watch.progress != NULL && k->key != NULL)
		fputs("\r\033[K", stderr);
	if (result == 0)
		result = new_file_write(d, k->fleet, k->cl.file, k->mode, &k->text);
	give_up_lock(&k->source_lock);
	if (k->cl.note != NULL && pending_end(d, c, k->cl.name, k->cl.note) == -1)
		result = -1;
	return result;
}

/* Strings of the source, whose percent signs mean something, become those of a VM for which they do not, or only one
 * of its own: %i is the source's number, and %n the clone's name, as of an instance it is the instance's. */
static void
replace_percents(const struct cloner *k, const char *instance, struct buf *out)
{
	const char *percent = vm_instance(k->cl.name) != NULL ? "%%" : "%";

	for (const char *p = k->text.s; *p != '\0'; p++) {
		if (p[0] != '%') {
			buf_addc(out, *p);
		} else if (instance != NULL && p[1] == 'i') {
			buf_add(out, instance), p++;
		} else if (instance != NULL && p[1] == 'n') {
			buf_add(out, k->cl.name), p++;
		} else {
			buf_add(out, percent);
			p += instance != NULL && p[1] == '%';
		}
	}
}

/* What a file says of any instance, said of one; an instance's own file says the same of another. */
static void
of_one(struct cloner *k)
{
	const char *instance = vm_instance(k->source.vm.name);
	char *name = context_name_of(k->source.vm.file);
	bool of_many = instance != NULL && vm_is_instance_file(name);
	struct diag ignored = { 0 };
	struct buf out = { 0 };

	if (of_many || (instance != NULL) != (vm_instance(k->cl.name) != NULL)) {
		buf_add(&out, "");
		replace_percents(k, instance, &out);
		buf_free(&k->text);
		k->text = out;
	}
	if (of_many && conf_edit_count(&k->text, "instances") > 0)
		conf_edit_remove(&ignored, &k->text, "instances");
	diag_free(&ignored);
	free(name);
}

static int
look(struct diag *d, struct cloner *k, const char *word)
{
	struct context *c = &k->cmd->c;
	struct context_draft draft = { .path = k->cl.file };
	struct stat st;

	if (name_is_free(d, c, k->cl.name) == -1)
		return -1;
	if (context_load(d, c, word, &k->source) == -1)
		return -1;
	if (stat(k->source.vm.file, &st) == -1 || vm_file_read(d, k->source.vm.file, &k->text) == -1)
		return fail_sys(d, "%s", k->source.vm.file);
	k->mode = st.st_mode & 0777;
	of_one(k);
	if (clone_plan(d, &k->cl) == -1 ||
	    clone_text(d, k->fleet, &k->cmd->o, &k->cl, &k->text, &k->changes) == -1)
		return -1;
	draft.text = k->text.s;
	draft.len = k->text.len;
	return fleet_now_check(d, k->fleet, &draft);
}

static void
add_changes(struct buf *b, const json_t *changes)
{
	const json_t *one;
	size_t i;

	json_array_foreach(changes, i, one)
	{
		bool out = json_is_null(json_object_get(one, "value"));

		buf_addf(b, "%s%s%s%s", i > 0 ? ", " : "; ", json_text(one, "key"),
		    out ? " left out" : " = ", json_text(one, "value"));
	}
}

/* Of a linked clone, what has become the base of both. */
static json_t *
bases_of(const struct clone *cl)
{
	json_t *all = json_array();

	for (size_t i = 0; i < cl->n; i++) {
		if (cl->image[i].base != NULL)
			json_array_append_new(all, json_string(cl->image[i].base));
	}
	return all;
}

static void
say_cloned(struct cloner *k)
{
	struct buf b = { 0 };
	json_t *extra = json_pack("{s:s,s:s,s:O,s:o}", "file", k->cl.file, "source",
	    k->source.vm.name, "changes", k->changes, "bases", bases_of(&k->cl));

	add_changes(&b, k->changes);
	if (k->source.vm.tpm.version != TPM_NONE)
		buf_add(&b, "; its TPM is an empty one");
	event_say(&k->cmd->c, k->cl.name, EVENT_CLONED,
	    json_pack("{s:s,s:s}", "file", k->cl.file, "source", k->source.vm.name), "from %s",
	    k->source.vm.name);
	say_result(k->cmd, k->cl.name, "created", extra, "cloned from %s, %s%s", k->source.vm.name,
	    k->cl.file, b.len > 0 ? b.s : "");
	say_missing(k->cmd, k->fleet, k->cl.name, k->cl.name);
	buf_free(&b);
}

static bool
clone_one(struct cmd *cmd, struct fleet_now *fleet, const char *word, const char *name)
{
	char *file = file_of(&cmd->c, name);
	struct cloner k = { .cmd = cmd,
		.fleet = fleet,
		.cl = { .c = &cmd->c, .name = name, .file = file, .linked = cmd->o.linked },
		.source_lock = RUNTIME_NONE,
		.own_lock = RUNTIME_NONE };
	struct diag d = { 0 };
	bool made;

	k.cl.source = &k.source.vm;
	k.cl.begins = begins;
	k.cl.watch = (struct qemu_img_watch){ shows_progress(cmd) ? show_progress : NULL, &k, &stopped };
	made = look(&d, &k, word) == 0 && make(&d, &k) == 0;
	if (made) {
		say_cloned(&k);
	} else {
		fail(&d, "nothing is cloned");
		say_failure(cmd, name, &d);
	}
	give_up_lock(&k.own_lock);
	clone_free(&k.cl);
	fleet_member_free(&k.source);
	buf_free(&k.text);
	json_decref(k.changes);
	free(file);
	return made;
}

static int
run(struct cmd *cmd)
{
	struct targets made = { 0 };
	struct fleet_now *fleet;
	struct diag d = { 0 };
	char **names;
	size_t n;

	if (cmd->argc < 2)
		return usage(cmd, "clone needs a VM, and the name of the clone");
	if (cmd->o.linked && cmd->o.full)
		return usage(cmd, "--linked and --full exclude each other");
	put_changes_right(cmd);
	if (new_names(&d, cmd->argc - 1, cmd->argv + 1, &names, &n) == -1)
		complain(cmd, NULL, &d);
	fleet = fleet_now_new(&cmd->c);
	for (size_t i = 0; i < n && stopped == 0; i++) {
		if (clone_one(cmd, fleet, cmd->argv[0], names[i]))
			targets_add(&made, names[i], names[i]);
	}
	fleet_now_free(fleet);
	strings_free(names, n);
	if (cmd->o.start && made.n > 0 && stopped == 0)
		start_targets(cmd, &made);
	targets_free(&made);
	return end_results(cmd);
}

const struct verb verb_clone = {
	.name = "clone",
	.options = "linked full set unset start jobs",
	.args = "[--linked|--full] [--set KEY=VALUE]... [--unset KEY]... [--start] NAME NEW...",
	.help = "another VM like one that there is, with MACs, uuid and images of its own",
	.run = run,
};
