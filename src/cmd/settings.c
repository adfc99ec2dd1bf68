/* The texts of VM files, as the command line changes them, and the way of a new one to its name. */
#include "cmd/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "conf/conf.h"
#include "conf/edit.h"
#include "launch/fleet_now.h"
#include "launch/pending.h"
#include "launch/resolved.h"
#include "launch/vm_file.h"
#include "super/super.h"
#include "util/braces.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"

#define NAMES_MAX 10000 /* of one word */

void
put_changes_right(struct cmd *cmd)
{
	struct diag d = { 0 };

	if (pending_recover(&d, &cmd->c) == -1)
		complain(cmd, NULL, &d);
}

int
new_names(struct diag *d, int argc, char **argv, char ***ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	for (int i = 0; i < argc; i++) {
		char **words;
		size_t n;

		if (braces_expand(argv[i], NAMES_MAX, &words, &n) == -1)
			return fail_as(d, DIAG_USAGE, "%s: more than %d names", argv[i], NAMES_MAX);
		*ret = xreallocarray(*ret, *ret_n + n, sizeof(**ret));
		for (size_t k = 0; k < n; k++)
			(*ret)[(*ret_n)++] = xstrdup(words[k]);
		strings_free(words, n);
	}
	return 0;
}

char *
file_of(const struct context *c, const char *name)
{
	return xasprintf("%s/%s.conf", c->vm_dir, name);
}

char *
path_from_here(const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/' || getcwd(here, sizeof(here)) == NULL)
		return xstrdup(path);
	path += strncmp(path, "./", 2) == 0 ? 2 : 0;
	return xasprintf("%s/%s", here, path);
}

static int
set_one(struct diag *d, const struct conf_key *table, struct buf *text, const char *word)
{
	const char *equals = strchr(word, '=');
	char *path;
	int result;

	if (equals == NULL)
		return fail_as(d, DIAG_USAGE, "--set takes KEY=VALUE, not \"%s\"", word);
	path = xstrndup(word, (size_t)(equals - word));
	/* "key = value" is as it is in a file. */
	path[strcspn(path, " \t")] = '\0';
	equals += 1 + strspn(equals + 1, " \t");
	result = conf_assign(d, text, table, path, equals);
	free(path);
	return result;
}

int
settings_make(struct diag *d, const struct options *o, const struct conf_key *table,
    struct buf *text)
{
	for (size_t i = 0; i < o->unset.n; i++) {
		if (conf_edit_remove(d, text, o->unset.v[i]) == -1)
			return -1;
	}
	for (size_t i = 0; i < o->set.n; i++) {
		if (set_one(d, table, text, o->set.v[i]) == -1)
			return -1;
	}
	return 0;
}

void
write_inherited_disks(const struct context *c, const struct fleet_member *m, struct buf *text)
{
	const struct conf_trail_style style = { .percent = vm_instance(m->vm.name) != NULL };
	struct conf_trail all, disks = { 0 };

	if (text->len > 0 && text->s[text->len - 1] != '\n')
		buf_addc(text, '\n');
	resolved_now(c, m, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct conf_entry *e = &all.v[i];

		if (strncmp(e->path, "disks[", 6) == 0 && e->where != NULL && !e->idle)
			conf_trail_add(
			    &disks, e->row, xstrdup(e->path), xstrdup(e->text), xstrdup(e->where));
	}
	conf_trail_print(text, &disks, &style);
	conf_trail_free(&disks);
	conf_trail_free(&all);
}

int
name_is_free(struct diag *d, const struct context *c, const char *name)
{
	char *path = file_of(c, name), *of_many = context_file_of(c, name), *running = NULL;
	int result = vm_name_check(d, name);

	if (result == 0 && access(path, F_OK) == 0)
		result = fail(d, "there is a VM of that name already: %s", path);
	else if (result == 0 && strcmp(of_many, path) != 0 && context_is_member(c, name))
		result = fail(d, "there is a VM of that name already: %s lists it", of_many);
	else if (result == 0 && (running = super_file(c, name)) != NULL)
		result = fail(d, "a VM of that name runs, from the file %s", running);
	free(running);
	free(of_many);
	free(path);
	return result;
}

int
new_file_write(struct diag *d, struct fleet_now *n, const char *path, mode_t mode,
    const struct buf *text)
{
	const struct context *c = fleet_now_context(n);
	const struct context_draft draft = { path, text->s, text->len };
	const struct file_as as = { mode, (uid_t)-1, (gid_t)-1, true };
	int lock = -1, result = -1;

	if (dir_make(d, c->vm_dir, 0755) == -1 ||
	    (geteuid() == 0 && path_trusted(d, c->vm_dir) == -1) ||
	    vm_files_lock(d, c, &lock) == -1)
		return -1;
	if (fleet_now_check(d, n, &draft) == 0) {
		fleet_now_begin(n, path);
		result = file_put(d, path, &as, text->s, text->len);
		fleet_now_end(n);
	}
	fd_close(&lock);
	return result;
}

void
say_missing(struct cmd *cmd, struct fleet_now *n, const char *name, const char *word)
{
	struct fleet_member m;
	struct diag d = { 0 };

	if (context_load(&d, &cmd->c, word, &m) == 0 && fleet_now_look(&d, n, NULL) == 0)
		check_against_host(&d, &cmd->c, fleet_now_fleet(n), word, &m);
	for (const char *p = d.text; p != NULL && *p != '\0'; p += strcspn(p, "\n") + 1)
		warn_user(cmd, name, "%.*s", (int)strcspn(p, "\n"), p);
	fleet_member_free(&m);
	diag_free(&d);
}
