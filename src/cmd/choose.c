/* From the words of the command line to VMs: names, globs, @tags, --all, paths of files, and braces
 * around any of them. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/unread.h"
#include "conf/conf.h"
#include "super/super.h"
#include "util/braces.h"
#include "util/mem.h"
#include "util/sorted.h"

#define WORDS_MAX 65536 /* that braces stand for */

/* What words are held against. The tags need the files read, the names do not. */
struct candidates {
	char **name; /* sorted */
	size_t n;
	struct fleet fleet; /* loaded at the first @tag */
	bool fleet_loaded;
};

void
targets_add(struct targets *t, const char *name, const char *word)
{
	t->v = xgrow(t->v, t->n, sizeof(*t->v));
	t->v[t->n++] = (struct target){ xstrdup(name), choose_word_for(word) };
}

/* Are the names needed that there are? Plain words for what can be started are not held against
 * them. */
static bool
needs_names(int argc, char **argv, enum universe universe)
{
	for (int i = 0; i < argc; i++) {
		if (argv[i][0] == '@' || strpbrk(argv[i], "*?[{") != NULL)
			return true;
	}
	return argc == 0 || universe != VMS_WITH_FILE;
}

static int
file_names(
    struct diag *d, const struct context *c, enum universe universe, char ***ret, size_t *ret_n)
{
	if (universe == VMS_CHECKED)
		return context_checked_names(d, c, ret, ret_n);
	return context_vm_names(d, c, ret, ret_n);
}

/* Two sorted lists into one, each name once. What is wrong with a file of instances is in d. */
static int
gather(struct diag *d, const struct context *c, enum universe universe, struct candidates *ret)
{
	char **files, **running = NULL;
	size_t nfiles, nrunning = 0;
	struct candidates k = { 0 };

	if (file_names(d, c, universe, &files, &nfiles) == -1)
		return -1;
	if (universe == VMS_ALL && context_run_names(d, c, &running, &nrunning) == -1) {
		strings_free(files, nfiles);
		return -1;
	}
	k.name = xcalloc(nfiles + nrunning, sizeof(*k.name));
	for (size_t i = 0, j = 0; i < nfiles || j < nrunning;) {
		int order = i == nfiles ? 1 : j == nrunning ? -1 : strcmp(files[i], running[j]);

		k.name[k.n++] = xstrdup(order <= 0 ? files[i] : running[j]);
		i += order <= 0;
		j += order >= 0;
	}
	strings_free(files, nfiles);
	strings_free(running, nrunning);
	*ret = k;
	return 0;
}

static void
candidates_free(struct candidates *k)
{
	strings_free(k->name, k->n);
	fleet_free(&k->fleet);
}

static struct fleet_member *
member_of(struct cmd *cmd, struct candidates *k, const char *name)
{
	if (!k->fleet_loaded) {
		struct diag ignored = { 0 };

		k->fleet_loaded = true;
		context_fleet(&ignored, &cmd->c, &k->fleet);
		diag_free(&ignored);
	}
	return fleet_find(&k->fleet, name);
}

static bool
has_tag(struct cmd *cmd, struct candidates *k, const char *tag)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct fleet_member *m = member_of(cmd, k, k->name[i]);

		for (size_t t = 0; m != NULL && t < m->vm.ntags; t++) {
			if (strcmp(m->vm.tags[t], tag) == 0)
				return true;
		}
	}
	return false;
}

/* A file that is wrong elsewhere still has its tags. Of one that is gone, or that cannot be read,
 * it is known only while the VM runs; *ret_unread: it is not. */
static bool
match(struct cmd *cmd, struct candidates *k, const char *word, const char *name, bool *ret_unread)
{
	const struct fleet_member *m;
	bool result = false;

	*ret_unread = false;
	if (word[0] != '@')
		return fleet_match(word, name, NULL, 0);
	m = member_of(cmd, k, name);
	if (m != NULL && (m->vm.ntags > 0 || !unread_is(m)))
		return fleet_match(word, name, m->vm.tags, m->vm.ntags);
	if (!unread_runs_with(cmd, word, name, &result))
		*ret_unread = m != NULL && !m->unlisted;
	return result;
}

/* The VM called name runs from another file than the word means, which is what the message says. */
static bool
runs_from_elsewhere(struct diag *d, const struct context *c, const char *name, const char *word)
{
	char *running = super_file(c, name), *file = context_file_of(c, word);
	bool elsewhere = running != NULL && !context_same_file(running, file);

	if (elsewhere && context_is_path(word))
		fail_as(d, DIAG_CONFIG, "a VM called %s runs from another file, %s", name, running);
	else if (elsewhere && context_is_there(c, file))
		fail_as(d, DIAG_CONFIG,
		    "the name means two VMs: one that runs from %s, and that of %s; name one by "
		    "its "
		    "path",
		    running, file);
	else
		elsewhere = false;
	free(file);
	free(running);
	return elsewhere;
}

static void
choose_path(struct cmd *cmd, const char *word, struct targets *t, struct diag *d)
{
	char *name = context_name_of(word);

	if (strchr(word, '/') == NULL && context_has_file(&cmd->c, word))
		fail_as(d, DIAG_CONFIG,
		    "the word means two VMs: that of the file here, ./%s, and one of that name",
		    word);
	else if (vm_name_check(d, name) == 0 && !runs_from_elsewhere(d, &cmd->c, name, word))
		targets_add(t, name, word);
	free(name);
}

/* With an explicit name of what can be started the file's absence is for whoever loads it to say.
 */
static void
choose_name(struct cmd *cmd, struct candidates *k, const char *word, enum universe universe,
    struct targets *t, struct diag *d)
{
	bool known = universe != VMS_ALL || sorted_has(k->name, k->n, word) ||
		     (vm_instance(word) != NULL && context_has_file(&cmd->c, word));

	if (universe == VMS_CHECKED && vm_is_instance_file(word) &&
	    context_has_file(&cmd->c, word)) {
		targets_add(t, word, word);
		return;
	}
	if (vm_name_check(d, word) == -1 || runs_from_elsewhere(d, &cmd->c, word, word))
		return;
	if (known)
		targets_add(t, word, word);
	else
		fail_as(d, DIAG_CONFIG, "there is no VM of that name%s%s",
		    has_tag(cmd, k, word) ? "; with that tag there are some: @" : "",
		    has_tag(cmd, k, word) ? word : "");
}

/* Whoever does something to what runs has missed nobody. */
static void
say_unread(struct cmd *cmd, const char *name, const char *tag, enum universe universe)
{
	struct diag d = { 0 };

	if (unread_why(cmd, name, &d) && universe == VMS_ALL) {
		warn_user(cmd, name, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	} else if (d.count > 0) {
		fail_as(&d, DIAG_CONFIG, "so nobody knows whether it has the tag %s", tag);
		say_failure(cmd, name, &d);
	}
	diag_free(&d);
}

static void
choose_pattern(struct cmd *cmd, struct candidates *k, const char *word, enum universe universe,
    struct targets *t, struct diag *d)
{
	bool is_tag = word[0] == '@', matched = false, unread;

	for (size_t i = 0; i < k->n; i++) {
		if (match(cmd, k, word, k->name[i], &unread)) {
			matched = true;
			targets_add(t, k->name[i], k->name[i]);
		} else if (unread) {
			say_unread(cmd, k->name[i], word + 1, universe);
		}
	}
	if (!matched)
		fail_as(d, DIAG_CONFIG, "no VM matches");
	else if (!is_tag && context_is_path(word) && context_is_there(&cmd->c, word))
		fail_as(d, DIAG_CONFIG,
		    "the word means two things: the file ./%s, and all VMs that match it", word);
}

static void
choose_word(struct cmd *cmd, struct candidates *k, const char *word, enum universe universe,
    struct targets *t)
{
	bool pattern = strpbrk(word, "*?[") != NULL && strchr(word, '/') == NULL;
	struct diag d = { 0 };
	size_t before = t->n;

	if (word[0] == '@' || pattern)
		choose_pattern(cmd, k, word, universe, t, &d);
	else if (context_is_path(word))
		choose_path(cmd, word, t, &d);
	else
		choose_name(cmd, k, word, universe, t, &d);
	for (; d.count > 0 && t->n > before; t->n--) {
		free(t->v[t->n - 1].name);
		free(t->v[t->n - 1].word);
	}
	if (d.count > 0)
		say_failure(cmd, word, &d);
}

/* What a word with braces stands for, one by one; a path of that very name is a path. */
static void
choose_words(struct cmd *cmd, struct candidates *k, const char *word, enum universe universe,
    struct targets *t)
{
	struct diag d = { 0 };
	char **words;
	size_t n;

	if (strchr(word, '{') == NULL ||
	    (context_is_path(word) && context_is_there(&cmd->c, word))) {
		choose_word(cmd, k, word, universe, t);
		return;
	}
	if (braces_expand(word, WORDS_MAX, &words, &n) == -1) {
		fail_as(&d, DIAG_USAGE, "the braces stand for more than %d words", WORDS_MAX);
		say_failure(cmd, word, &d);
		return;
	}
	for (size_t i = 0; i < n; i++)
		choose_word(cmd, k, words[i], universe, t);
	strings_free(words, n);
}

/* A target and where it stood. */
struct place {
	const struct target *target;
	size_t order;
};

static int
by_target(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->target->name, y->target->name);

	return order != 0 ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* Two words for one name: is it another VM that the second one means? */
static bool
is_another(struct cmd *cmd, const struct target *first, const struct target *second)
{
	char *a, *b;
	bool another;

	if (strcmp(first->word, second->word) == 0)
		return false;
	a = context_file_of(&cmd->c, first->word);
	b = context_file_of(&cmd->c, second->word);
	another = !context_same_file(a, b);
	if (another) {
		struct diag d = { 0 };

		fail_as(&d, DIAG_CONFIG, "the name means two VMs here: that of %s, and that of %s",
		    a, b);
		say_failure(cmd, first->name, &d);
	}
	free(a);
	free(b);
	return another;
}

/* Each VM once, however many words mean it, and where the first one had it. None of two that have
 * one name. */
static void
choose_once(struct cmd *cmd, struct targets *t)
{
	struct place *sorted = xcalloc(t->n, sizeof(*sorted));
	bool *out = xcalloc(t->n, sizeof(*out));
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++)
		sorted[i] = (struct place){ &t->v[i], i };
	qsort(sorted, t->n, sizeof(*sorted), by_target);
	for (size_t i = 1, first = 0; i < t->n; i++) {
		if (strcmp(sorted[first].target->name, sorted[i].target->name) != 0) {
			first = i;
			continue;
		}
		out[sorted[i].order] = true;
		if (!out[sorted[first].order] &&
		    is_another(cmd, sorted[first].target, sorted[i].target))
			out[sorted[first].order] = true;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (out[i]) {
			free(t->v[i].name);
			free(t->v[i].word);
		} else {
			t->v[kept++] = t->v[i];
		}
	}
	t->n = kept;
	free(out);
	free(sorted);
}

/* The file of instances that cannot be read: nobody knows which there would be. Those who look at
 * what runs need not; of checked ones it is said when it is checked. */
static void
say_lists(struct cmd *cmd, enum universe universe, struct diag *d)
{
	if (universe == VMS_WITH_FILE && d->count > 0)
		complain(cmd, NULL, d);
	else if (universe == VMS_ALL && d->count > 0)
		warn_user(cmd, NULL, "%.*s", (int)strcspn(d->text, "\n"), d->text);
	diag_free(d);
}

int
choose(struct cmd *cmd, int argc, char **argv, enum universe universe, bool none_is_all,
    struct targets *ret)
{
	struct targets t = { 0 };
	struct candidates k = { 0 };
	struct diag d = { 0 };

	if (argc == 0 && !cmd->o.all && !none_is_all) {
		cmd->status = usage(cmd, "%s needs the name of a VM, or --all", cmd->verb->name);
		return -1;
	}
	if (argc > 0 && cmd->o.all) {
		cmd->status = usage(cmd, "names and --all exclude each other");
		return -1;
	}
	if (needs_names(argc, argv, universe) && gather(&d, &cmd->c, universe, &k) == -1) {
		complain(cmd, NULL, &d);
		return -1;
	}
	say_lists(cmd, universe, &d);
	for (size_t i = 0; argc == 0 && i < k.n; i++)
		targets_add(&t, k.name[i], k.name[i]);
	for (int i = 0; i < argc; i++)
		choose_words(cmd, &k, argv[i], universe, &t);
	if (argc > 0)
		choose_once(cmd, &t);
	candidates_free(&k);
	*ret = t;
	return 0;
}

static void
say_unknown(struct cmd *cmd, const char *name)
{
	struct diag d = { 0 };

	if (unread_why(cmd, name, &d)) {
		fail_as(&d, DIAG_CONFIG,
		    "so nobody knows whether it has autostart = true; it is not started");
		say_failure(cmd, name, &d);
	}
	diag_free(&d);
}

int
choose_enabled(struct cmd *cmd, struct targets *ret)
{
	struct targets t = { 0 };
	struct fleet f;
	struct diag d = { 0 };

	if (context_fleet(&d, &cmd->c, &f) == -1) {
		complain(cmd, NULL, &d);
		return -1;
	}
	diag_free(&d);
	for (size_t i = 0; i < f.n; i++) {
		const struct fleet_member *m = &f.member[i];

		if (m->unlisted)
			continue;
		if (m->vm.autostart)
			targets_add(&t, m->vm.name, m->vm.name);
		else if (unread_is(m))
			say_unknown(cmd, m->vm.name);
	}
	fleet_free(&f);
	*ret = t;
	return 0;
}

int
choose_running(struct cmd *cmd, struct targets *ret)
{
	struct targets t = { 0 };
	struct diag d = { 0 };
	char **names;
	size_t n;

	if (context_run_names(&d, &cmd->c, &names, &n) == -1) {
		complain(cmd, NULL, &d);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		targets_add(&t, names[i], names[i]);
	strings_free(names, n);
	*ret = t;
	return 0;
}

void
targets_free(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].name);
		free(t->v[i].word);
	}
	free(t->v);
	*t = (struct targets){ 0 };
}
