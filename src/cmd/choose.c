/* From the words of the command line to VMs: names, globs, @tags, --all, paths of files. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "conf/conf.h"
#include "super/super.h"
#include "util/mem.h"

/* What words are held against. The tags need the files read, the names do not. */
struct candidates {
	char **name;
	size_t n;
	struct fleet fleet; /* loaded at the first @tag */
	bool fleet_loaded;
};

void
targets_add(struct targets *t, const char *name, const char *word)
{
	t->v = xreallocarray(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = (struct target){ xstrdup(name), xstrdup(word) };
}

/* Each VM once, however many words mean it. */
static void
add_target(struct targets *t, const char *name, const char *word)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].name, name) == 0)
			return;
	}
	targets_add(t, name, word);
}

/* Are the names needed that there are? Plain words for what can be started are not held against
 * them. */
static bool
needs_names(int argc, char **argv, enum universe universe)
{
	for (int i = 0; i < argc; i++) {
		if (strpbrk(argv[i], "*?[@") != NULL)
			return true;
	}
	return argc == 0 || universe == VMS_ALL;
}

/* Two sorted lists into one, each name once. */
static int
gather(struct diag *d, const struct context *c, enum universe universe, struct candidates *ret)
{
	char **files, **running = NULL;
	size_t nfiles, nrunning = 0;
	struct candidates k = { 0 };

	if (context_vm_names(d, c, &files, &nfiles) == -1)
		return -1;
	if (universe == VMS_ALL && context_run_names(d, c, &running, &nrunning) == -1) {
		names_free(files, nfiles);
		return -1;
	}
	k.name = xcalloc(nfiles + nrunning, sizeof(*k.name));
	for (size_t i = 0, j = 0; i < nfiles || j < nrunning;) {
		int order = i == nfiles ? 1 : j == nrunning ? -1 : strcmp(files[i], running[j]);

		k.name[k.n++] = xstrdup(order <= 0 ? files[i] : running[j]);
		i += order <= 0;
		j += order >= 0;
	}
	names_free(files, nfiles);
	names_free(running, nrunning);
	*ret = k;
	return 0;
}

static void
candidates_free(struct candidates *k)
{
	names_free(k->name, k->n);
	fleet_free(&k->fleet);
}

/* A file that is wrong elsewhere still has its tags. */
static const struct vm *
member_of(struct cmd *cmd, struct candidates *k, const char *name)
{
	struct fleet_member *m;

	if (!k->fleet_loaded) {
		struct diag ignored = { 0 };

		k->fleet_loaded = true;
		context_fleet(&ignored, &cmd->c, &k->fleet);
		diag_free(&ignored);
	}
	m = fleet_find(&k->fleet, name);
	return m != NULL ? &m->vm : NULL;
}

/* A path means the VM of that file: one that runs under its name from another file is not meant. */
static bool
runs_from_elsewhere(struct diag *d, const struct context *c, const char *name, const char *path)
{
	char *file = super_file(c, name);
	bool elsewhere = file != NULL && !context_same_file(file, path);

	if (elsewhere)
		fail_as(d, DIAG_CONFIG, "a VM called %s runs from another file, %s", name, file);
	free(file);
	return elsewhere;
}

static void
choose_word(struct cmd *cmd, struct candidates *k, const char *word, enum universe universe,
    struct targets *t)
{
	bool plain = strpbrk(word, "*?[@") == NULL;
	struct diag d = { 0 };
	bool matched = false;

	if (context_is_path(word)) {
		char *name = context_name_of(word);

		if (vm_name_check(&d, name) == 0 && !runs_from_elsewhere(&d, &cmd->c, name, word))
			add_target(t, name, word);
		free(name);
	} else if (plain) {
		/* With an explicit name the file's absence is for whoever loads it to say. */
		bool known = universe == VMS_WITH_FILE;

		for (size_t i = 0; !known && i < k->n; i++)
			known = strcmp(k->name[i], word) == 0;
		if (vm_name_check(&d, word) == 0 && known)
			add_target(t, word, word);
		else if (d.count == 0)
			fail_as(&d, DIAG_CONFIG, "there is no VM of that name");
	} else {
		for (size_t i = 0; i < k->n; i++) {
			const struct vm *vm = word[0] == '@' ? member_of(cmd, k, k->name[i]) : NULL;

			if (!fleet_match(word, k->name[i], vm != NULL ? vm->tags : NULL,
				vm != NULL ? vm->ntags : 0))
				continue;
			matched = true;
			add_target(t, k->name[i], k->name[i]);
		}
		if (!matched)
			fail_as(&d, DIAG_CONFIG, "no VM matches");
	}
	if (d.count > 0)
		say_failure(cmd, word, &d);
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
	for (size_t i = 0; argc == 0 && i < k.n; i++)
		targets_add(&t, k.name[i], k.name[i]);
	for (int i = 0; i < argc; i++)
		choose_word(cmd, &k, argv[i], universe, &t);
	candidates_free(&k);
	*ret = t;
	return 0;
}

/* A file that does not even parse may be of one that is to start: then that is said. */
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
		struct fleet_member again;

		if (m->vm.autostart) {
			targets_add(&t, m->vm.name, m->vm.name);
		} else if (m->doc == NULL && context_load(&d, &cmd->c, m->vm.name, &again) == -1) {
			fail_as(&d, DIAG_CONFIG,
			    "so nobody knows whether it has autostart = true; it is not started");
			say_failure(cmd, m->vm.name, &d);
			vm_free(&again.vm);
		}
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
	names_free(names, n);
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
