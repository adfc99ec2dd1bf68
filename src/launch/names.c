/* Which VMs there are, by the names of files and folders; see context.h. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "launch/context.h"
#include "launch/layers.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sorted.h"

#define SUFFIX ".conf"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
context_names_in(struct diag *d, const char *path, const char *suffix, char ***ret, size_t *ret_n)
{
	DIR *dir = opendir(path);
	char **names = NULL;
	size_t n = 0;
	struct dirent *e;

	if (dir == NULL && errno != ENOENT)
		return fail_sys(d, "%s", path);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name), cut = strlen(suffix);

		if (e->d_name[0] == '.' || len <= cut || strcmp(e->d_name + len - cut, suffix) != 0)
			continue;
		if (n % 64 == 0)
			names = xreallocarray(names, n + 64, sizeof(*names));
		names[n++] = xstrndup(e->d_name, len - cut);
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	*ret_n = n;
	return 0;
}

/* Sorted, unless a file is only a draft yet, which comes last. */
static int
file_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	char *dir, *name;

	if (context_names_in(d, c->vm_dir, SUFFIX, ret, ret_n) == -1)
		return -1;
	if (c->draft == NULL)
		return 0;
	dir = folder_of(c->draft->path);
	name = context_name_of(c->draft->path);
	if (strcmp(dir, c->vm_dir) == 0 && !sorted_has(*ret, *ret_n, name)) {
		*ret = xreallocarray(*ret, *ret_n + 1, sizeof(**ret));
		(*ret)[(*ret_n)++] = name;
		name = NULL;
	}
	free(name);
	free(dir);
	return 0;
}

struct list {
	char **v;
	size_t n;
};

/* Takes over name. */
static void
append(struct list *l, char *name)
{
	l->v = xgrow(l->v, l->n, sizeof(*l->v));
	l->v[l->n++] = name;
}

/* The VMs that the file of instances "worker@" lists. 0: it lists none. */
static size_t
append_instances(struct diag *d, const struct context *c, const char *base, struct list *l)
{
	char *path = context_file_of(c, base), **words;
	struct diag other = { 0 };
	struct conf_doc *doc;
	struct vm vm = { 0 };
	size_t n = 0;

	if (layers_open(d, c, path, &doc) == 0) {
		conf_collect(doc, NULL, vm_keys, &vm);
		conf_report(&other, doc); /* is for whoever loads one of them */
		diag_free(&other);
		if (vm_instances(&vm, &words, &n) == -1 ||
		    (vm.ninstances == 0 && conf_count(doc, "instances") > 0))
			fail_as(d, DIAG_CONFIG, "%s: instances: not a list of instances or ranges",
			    conf_where(doc, "instances"));
		for (size_t i = 0; i < n; i++) {
			append(l, xasprintf("%s%s", base, words[i]));
			free(words[i]);
		}
		free(words);
		vm_free(&vm);
		conf_close(doc);
	}
	free(path);
	return n;
}

/* Sorted, and each once. */
static void
sort_names(struct list *l)
{
	size_t kept = 0;

	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	for (size_t i = 0; i < l->n; i++) {
		if (kept > 0 && strcmp(l->v[kept - 1], l->v[i]) == 0)
			free(l->v[i]);
		else
			l->v[kept++] = l->v[i];
	}
	l->n = kept;
}

/* empty: files of instances that list none are among them. */
static int
vm_names(struct diag *d, const struct context *c, bool empty, struct list *ret)
{
	struct list l = { 0 };
	char **files;
	size_t n;

	if (file_names(d, c, &files, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!vm_is_instance_file(files[i]) ||
		    (append_instances(d, c, files[i], &l) == 0 && empty))
			append(&l, files[i]);
		else
			free(files[i]);
	}
	free(files);
	*ret = l;
	return 0;
}

static int
sorted_names(struct diag *d, const struct context *c, bool empty, char ***ret, size_t *ret_n)
{
	struct list l;

	if (vm_names(d, c, empty, &l) == -1)
		return -1;
	sort_names(&l);
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}

int
context_vm_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	return sorted_names(d, c, false, ret, ret_n);
}

int
context_checked_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	return sorted_names(d, c, true, ret, ret_n);
}

int
context_run_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	char **names;
	size_t n, kept = 0;

	if (context_names_in(d, c->run_dir, "", &names, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct diag foreign = { 0 };

		if (vm_name_check(&foreign, names[i]) == 0)
			names[kept++] = names[i];
		else
			free(names[i]);
		diag_free(&foreign);
	}
	*ret = names;
	*ret_n = kept;
	return 0;
}

/* Instances that run, and of which l, which is sorted, has nothing. */
static int
append_running(struct diag *d, const struct context *c, const struct list *l, struct list *ret)
{
	char **running;
	size_t n;

	if (context_run_names(d, c, &running, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (vm_instance(running[i]) != NULL && context_has_file(c, running[i]) &&
		    !sorted_has(l->v, l->n, running[i]))
			append(ret, running[i]);
		else
			free(running[i]);
	}
	free(running);
	return 0;
}

int
context_fleet_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n,
    char ***ret_more, size_t *ret_nmore)
{
	struct list l, more = { 0 };
	struct diag ignored = { 0 };

	if (vm_names(d, c, true, &l) == -1)
		return -1;
	sort_names(&l);
	if (l.n > 0)
		(void)append_running(&ignored, c, &l, &more);
	diag_free(&ignored);
	*ret = l.v;
	*ret_n = l.n;
	*ret_more = more.v;
	*ret_nmore = more.n;
	return 0;
}

bool
context_is_member(const struct context *c, const char *name)
{
	char *file = context_file_of(c, name), *base = context_name_of(file), **names;
	struct diag ignored = { 0 };
	bool result = context_is_there(c, file);
	size_t n;

	if (result && vm_is_instance_file(base) && context_vm_names(&ignored, c, &names, &n) == 0) {
		result = sorted_has(names, n, name);
		strings_free(names, n);
	}
	diag_free(&ignored);
	free(base);
	free(file);
	return result;
}
