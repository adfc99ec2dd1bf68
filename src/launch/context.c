/* Places, the host config and the folder of VM files; see context.h. */
#include "launch/context.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define SUFFIX ".conf"

static char *
absolute(const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/' || getcwd(here, sizeof(here)) == NULL)
		return xstrdup(path);
	return xasprintf("%s/%s", here, path);
}

/* $NAME/vmrun, or ~/fallback/vmrun: XDG Base Directory Specification 0.8. */
static char *
xdg(const char *variable, const char *fallback)
{
	const char *dir = getenv(variable), *home = getenv("HOME");

	if (dir != NULL && dir[0] == '/')
		return xasprintf("%s/vmrun", dir);
	return xasprintf(
	    "%s/%s/vmrun", home != NULL && home[0] == '/' ? home : "/nonexistent", fallback);
}

/* Where runtime files are, to be freed; NULL: nowhere. Under su, cron and the like the variable is
 * not set: then the folder that a login of the same user would be told, so that both see the same
 * VMs. macOS and FreeBSD have none. */
static char *
runtime_of_user(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *usual;
	struct stat st;

	if (runtime != NULL && runtime[0] == '/')
		return xstrdup(runtime);
	usual = xasprintf("/run/user/%u", (unsigned)geteuid());
	if (lstat(usual, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return usual;
	free(usual);
	return NULL;
}

static void
places_of_user(struct context *c)
{
	char *runtime = runtime_of_user();
	char *config = xdg("XDG_CONFIG_HOME", ".config");

	/* The packager's, for those who have none: Homebrew keeps all files below its prefix. */
	if (strlen(VMRUN_USERCONFDIR) > 0 && access(config, F_OK) == -1 && errno == ENOENT) {
		free(config);
		config = xstrdup(VMRUN_USERCONFDIR);
	}
	c->host_file = xasprintf("%s/vmrun.conf", config);
	c->vm_dir = xasprintf("%s/vms", config);
	c->state_dir = xdg("XDG_STATE_HOME", ".local/state");
	c->run_dir =
	    runtime != NULL ? xasprintf("%s/vmrun", runtime) : xasprintf("%s/run", c->state_dir);
	c->log_dir = xasprintf("%s/log", c->state_dir);
	free(runtime);
	free(config);
}

static void
places(struct context *c)
{
	if (c->root != NULL) {
		c->host_file = xasprintf("%s/etc/vmrun.conf", c->root);
		c->vm_dir = xasprintf("%s/etc/vms", c->root);
		c->state_dir = xasprintf("%s/lib", c->root);
		c->run_dir = xasprintf("%s/run", c->root);
		c->log_dir = xasprintf("%s/log", c->root);
	} else if (geteuid() != 0) {
		places_of_user(c);
	} else {
		c->host_file = xstrdup(VMRUN_SYSCONFDIR "/vmrun.conf");
		c->vm_dir = xstrdup(VMRUN_SYSCONFDIR "/vms");
		c->state_dir = xstrdup(VMRUN_STATEDIR);
		c->run_dir = xstrdup(VMRUN_RUNDIR);
		c->log_dir = xstrdup(VMRUN_LOGDIR);
	}
}

/* A folder that the host config names takes the built-in one's place; under --root it lies below
 * that, so that a copied vmrun.conf cannot lead a trial out of its folder. */
static void
place_from_host(const struct context *c, const char *written, char **place)
{
	if (written == NULL)
		return;
	free(*place);
	*place = c->root != NULL ? xasprintf("%s%s", c->root, written) : xstrdup(written);
}

static const struct context_draft *
draft_of(const struct context *c, const char *path)
{
	return c->draft != NULL && strcmp(c->draft->path, path) == 0 ? c->draft : NULL;
}

static bool
is_there(const struct context *c, const char *path)
{
	const struct context_draft *draft = draft_of(c, path);

	return draft != NULL ? draft->text != NULL : access(path, F_OK) == 0 || errno != ENOENT;
}

static int
open_draft(struct diag *d, const struct context_draft *draft, struct conf_doc **ret)
{
	char *dir = folder_of(draft->path);
	int result = conf_open_text(d, draft->path, dir, draft->text, draft->len, ret);

	free(dir);
	return result;
}

/* A config that cannot be read is a config error, unless it is for want of a right. Root has all
 * rights: it was refused because of who else could write it, as all of a Homebrew prefix. */
static int
open_config(struct diag *d, const struct context *c, const char *path, struct conf_doc **ret)
{
	const struct context_draft *draft = draft_of(c, path);
	struct diag own = { 0 };
	int result = draft != NULL ? open_draft(&own, draft, ret) : conf_open(&own, path, ret);

	if (own.status == DIAG_FAILED)
		own.status = DIAG_CONFIG;
	if (own.status == DIAG_DENIED && geteuid() == 0 && c->root == NULL &&
	    strncmp(path, VMRUN_SYSCONFDIR "/", strlen(VMRUN_SYSCONFDIR "/")) != 0)
		fail(
		    &own, "as root, use " VMRUN_SYSCONFDIR " for the host config and for VM files");
	diag_move(d, &own);
	return result;
}

int
context_open(struct diag *d, const char *root, const char *host_file, struct context *ret)
{
	struct context c = { .root = root != NULL ? absolute(root) : NULL };

	c.host_root = c.root != NULL ? xasprintf("%s/host", c.root) : xstrdup("");
	places(&c);
	if (host_file != NULL) {
		free(c.host_file);
		c.host_file = absolute(host_file);
	}
	if (host_file != NULL || access(c.host_file, F_OK) == 0 || errno != ENOENT) {
		if (open_config(d, &c, c.host_file, &c.host_doc) == -1)
			goto fail;
	}
	if (host_load(d, c.host_doc, &c.host) == -1)
		goto fail;
	place_from_host(&c, c.host.vm_dir, &c.vm_dir);
	place_from_host(&c, c.host.state_dir, &c.state_dir);
	place_from_host(&c, c.host.run_dir, &c.run_dir);
	place_from_host(&c, c.host.log_dir, &c.log_dir);
	c.disk_dir = xasprintf("%s/disks", c.state_dir);
	place_from_host(&c, c.host.disk_dir, &c.disk_dir);
	c.ledger = xasprintf("%s/ledger", c.state_dir);
	*ret = c;
	return 0;
fail:
	context_close(&c);
	return -1;
}

void
context_close(struct context *c)
{
	free(c->root);
	free(c->host_root);
	free(c->host_file);
	free(c->vm_dir);
	free(c->state_dir);
	free(c->run_dir);
	free(c->log_dir);
	free(c->disk_dir);
	free(c->ledger);
	host_free(&c->host);
	if (c->host_doc != NULL)
		conf_close(c->host_doc);
	*c = (struct context){ 0 };
}

bool
context_is_path(const char *word)
{
	size_t n = strlen(word), suffix = strlen(SUFFIX);

	return strchr(word, '/') != NULL ||
	       (n > suffix && strcmp(word + n - suffix, SUFFIX) == 0 && access(word, F_OK) == 0);
}

char *
context_name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
	size_t n = strlen(base), suffix = strlen(SUFFIX);

	if (n > suffix && strcmp(base + n - suffix, SUFFIX) == 0)
		n -= suffix;
	return xstrndup(base, n);
}

bool
context_has_file(const struct context *c, const char *name)
{
	char *path = xasprintf("%s/%s" SUFFIX, c->vm_dir, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

bool
context_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_ino == sb.st_ino &&
	       sa.st_dev == sb.st_dev;
}

static int
load_file(struct diag *d, const struct context *c, const char *name, const char *path,
    struct fleet_member *ret)
{
	struct fleet_member m = { 0 };

	if (open_config(d, c, path, &m.doc) == -1) {
		m.vm.name = xstrdup(name);
		m.vm.file = xstrdup(path);
	} else {
		m.loaded = vm_load(d, name, m.doc, c->host_doc, &m.vm) == 0;
	}
	*ret = m;
	return m.loaded ? 0 : -1;
}

int
context_load(struct diag *d, const struct context *c, const char *word, struct fleet_member *ret)
{
	bool is_path = context_is_path(word);
	char *path = is_path ? absolute(word) : xasprintf("%s/%s" SUFFIX, c->vm_dir, word);
	char *name = is_path ? context_name_of(word) : xstrdup(word);
	int result = -1;

	*ret = (struct fleet_member){ 0 };
	if (vm_name_check(d, name) == -1)
		goto cleanup;
	if (!is_there(c, path)) {
		fail_as(d, DIAG_CONFIG, "there is no VM of that name: %s does not exist", path);
		goto cleanup;
	}
	result = load_file(d, c, name, path, ret);
cleanup:
	free(path);
	free(name);
	return result;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
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

/* Among the sorted names that of the draft, or not. */
static void
put_draft(const struct context *c, char ***names, size_t *n)
{
	char *dir = folder_of(c->draft->path), *name = context_name_of(c->draft->path);
	bool among = strcmp(dir, c->vm_dir) == 0;
	size_t i = 0;
	int order = 1;

	while (i < *n && (order = strcmp((*names)[i], name)) < 0)
		i++;
	if (among && (i == *n || order != 0) && c->draft->text != NULL) {
		*names = xreallocarray(*names, *n + 1, sizeof(**names));
		memmove(*names + i + 1, *names + i, ((*n)++ - i) * sizeof(**names));
		(*names)[i] = name;
		name = NULL;
	} else if (among && i < *n && order == 0 && c->draft->text == NULL) {
		free((*names)[i]);
		memmove(*names + i, *names + i + 1, (--*n - i) * sizeof(**names));
	}
	free(name);
	free(dir);
}

int
context_vm_names(struct diag *d, const struct context *c, char ***ret, size_t *ret_n)
{
	if (context_names_in(d, c->vm_dir, SUFFIX, ret, ret_n) == -1)
		return -1;
	if (c->draft != NULL)
		put_draft(c, ret, ret_n);
	return 0;
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

int
context_fleet(struct diag *d, const struct context *c, struct fleet *ret)
{
	struct fleet f = { 0 };
	char **names;
	size_t n;

	if (context_vm_names(d, c, &names, &n) == -1)
		return -1;
	f.member = xcalloc(n, sizeof(*f.member));
	for (size_t i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s" SUFFIX, c->vm_dir, names[i]);

		/* A file that could never be a VM is a member all the same: check must name it. */
		if (vm_name_check(d, names[i]) == 0) {
			load_file(d, c, names[i], path, &f.member[f.n++]);
		} else {
			diag_wrap(d, d->count - 1, "%s", path);
			f.member[f.n++].vm.name = xstrdup(names[i]);
		}
		free(path);
	}
	names_free(names, n);
	*ret = f;
	return 0;
}

char *
context_log(const struct context *c, const char *name)
{
	return xasprintf("%s/%s.log", c->log_dir, name);
}
