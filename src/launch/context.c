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
#include "launch/layers.h"
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

bool
context_is_there(const struct context *c, const char *path)
{
	return draft_of(c, path) != NULL || access(path, F_OK) == 0 || errno != ENOENT;
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
int
context_read(struct diag *d, const struct context *c, const char *path, struct conf_doc **ret)
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

static char *
beside(const char *path, const char *name)
{
	char *dir = folder_of(path), *result = xasprintf("%s/%s", dir, name);

	free(dir);
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
		if (context_read(d, &c, c.host_file, &c.host_doc) == -1)
			goto fail;
	}
	if (host_load(d, c.host_doc, &c.host) == -1)
		goto fail;
	place_from_host(&c, c.host.vm_dir, &c.vm_dir);
	c.template_dir = beside(c.vm_dir, "templates");
	place_from_host(&c, c.host.template_dir, &c.template_dir);
	place_from_host(&c, c.host.state_dir, &c.state_dir);
	place_from_host(&c, c.host.run_dir, &c.run_dir);
	place_from_host(&c, c.host.log_dir, &c.log_dir);
	c.disk_dir = xasprintf("%s/disks", c.state_dir);
	place_from_host(&c, c.host.disk_dir, &c.disk_dir);
	c.ledger = xasprintf("%s/ledger", c.state_dir);
	c.layers = layers_new();
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
	layers_free(c->layers);
	free(c->vm_dir);
	free(c->template_dir);
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
	const char *base = basename_of(path);
	size_t n = strlen(base), suffix = strlen(SUFFIX);

	if (n > suffix && strcmp(base + n - suffix, SUFFIX) == 0)
		n -= suffix;
	return xstrndup(base, n);
}

/* dir/name.conf, or where there is none the file that the instance of that name is of. */
static char *
file_in(const struct context *c, const char *dir, const char *name)
{
	char *own = xasprintf("%s/%s" SUFFIX, dir, name), *base = vm_instance_file(name);
	char *shared = base != NULL ? xasprintf("%s/%s" SUFFIX, dir, base) : NULL;
	bool is_shared = shared != NULL && !context_is_there(c, own) && context_is_there(c, shared);

	free(base);
	free(is_shared ? own : shared);
	return is_shared ? shared : own;
}

char *
context_file_of(const struct context *c, const char *word)
{
	char *path, *dir, *name, *shared;

	if (!context_is_path(word))
		return file_in(c, c->vm_dir, word);
	path = absolute(word);
	name = context_name_of(word);
	if (!context_is_there(c, path) && vm_instance(name) != NULL) {
		dir = folder_of(path);
		shared = file_in(c, dir, name);
		free(dir);
		free(path);
		path = shared;
	}
	free(name);
	return path;
}

char *
context_word(const char *name, const char *file)
{
	char *base = context_name_of(file), *dir, *word;

	if (!vm_is_instance_file(base)) {
		free(base);
		return xstrdup(file);
	}
	dir = folder_of(file);
	word = xasprintf("%s/%s" SUFFIX, dir, name);
	free(dir);
	free(base);
	return word;
}

bool
context_has_file(const struct context *c, const char *name)
{
	char *path = file_in(c, c->vm_dir, name);
	bool there = context_is_there(c, path);

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
	char *base = context_name_of(path);
	int result = vm_is_instance_file(base) ? layers_open(d, c, path, &m.doc)
					       : context_read(d, c, path, &m.doc);

	free(base);
	if (result == -1) {
		m.vm.name = xstrdup(name);
		m.vm.file = xstrdup(path);
	} else {
		result = layers_inherit(d, c, m.doc);
		m.incomplete = result == -1;
		if (vm_load(d, name, m.doc, c->host_doc, &m.vm) == -1)
			result = -1;
		m.loaded = result == 0;
	}
	*ret = m;
	return m.loaded ? 0 : -1;
}

/* Somebody may have taken the name of a template for a VM's. */
static void
no_such_vm(struct diag *d, const struct context *c, const char *word, const char *path)
{
	char *template = xasprintf("%s/%s" SUFFIX, c->template_dir, word);
	bool is_template = !context_is_path(word) && context_is_there(c, template);

	fail_as(d, DIAG_CONFIG, "there is no VM of that name: %s does not exist%s", path,
	    is_template ? "; a template has it" : "");
	free(template);
}

int
context_load(struct diag *d, const struct context *c, const char *word, struct fleet_member *ret)
{
	char *path = context_file_of(c, word);
	char *name = context_is_path(word) ? context_name_of(word) : xstrdup(word);
	int result = -1;

	*ret = (struct fleet_member){ 0 };
	if (vm_name_check(d, name) == -1)
		goto cleanup;
	if (!context_is_there(c, path)) {
		no_such_vm(d, c, word, path);
		goto cleanup;
	}
	result = load_file(d, c, name, path, ret);
cleanup:
	free(path);
	free(name);
	return result;
}

/* A file of instances none of which belongs to the fleet is a member without anything in it, so that
 * what is wrong with it is said. */
static void
load_sample(struct diag *d, const struct context *c, const char *base, struct fleet_member *ret)
{
	char *name = xasprintf("%s" CONTEXT_SAMPLE, base), *path = context_file_of(c, base);
	struct fleet_member m;

	load_file(d, c, name, path, &m);
	*ret = (struct fleet_member){ .vm = { .name = xstrdup(base) }, .loaded = m.doc != NULL };
	fleet_member_free(&m);
	free(path);
	free(name);
}

static void
load_member(struct diag *d, const struct context *c, const char *name, struct fleet_member *ret)
{
	char *path = context_file_of(c, name);

	/* A file that could never be a VM is a member all the same: check must name it. */
	if (vm_is_instance_file(name)) {
		load_sample(d, c, name, ret);
	} else if (vm_name_check(d, name) == 0) {
		load_file(d, c, name, path, ret);
	} else {
		diag_wrap(d, d->count - 1, "%s", path);
		*ret = (struct fleet_member){ .vm = { .name = xstrdup(name) } };
	}
	free(path);
}

int
context_fleet(struct diag *d, const struct context *c, struct fleet *ret)
{
	struct fleet f = { 0 };
	struct diag lists = { 0 }; /* that of a file whose list is wrong is said when it is loaded */
	char **names, **more;
	size_t n, nmore;

	if (context_fleet_names(&lists, c, &names, &n, &more, &nmore) == -1) {
		diag_move(d, &lists);
		return -1;
	}
	diag_free(&lists);
	f.member = xcalloc(n + nmore, sizeof(*f.member));
	for (size_t i = 0, k = 0; i < n || k < nmore;) {
		bool listed = k == nmore || (i < n && strcmp(names[i], more[k]) < 0);
		struct fleet_member *m = &f.member[f.n++];

		load_member(d, c, listed ? names[i++] : more[k++], m);
		m->unlisted = !listed;
	}
	strings_free(names, n);
	strings_free(more, nmore);
	*ret = f;
	return 0;
}

char *
context_log(const struct context *c, const char *name)
{
	return xasprintf("%s/%s.log", c->log_dir, name);
}
