/* Files that are of several VMs; see layers.h. */
#include "launch/layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "launch/context.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/sorted.h"

#define TEMPLATES_MAX 32 /* of one VM */

/* One file of a document, by which it is seen that it has changed. */
struct stamp {
	char *path;
	struct stat st;
};

struct layer {
	char *path;
	struct conf_doc *doc;
	struct stamp *stamps;
	size_t nstamps;
};

struct layers {
	struct layer *v; /* sorted by path */
	size_t n;
};

struct layers *
layers_new(void)
{
	return xcalloc(1, sizeof(struct layers));
}

static void
layer_clear(struct layer *l)
{
	conf_close(l->doc);
	for (size_t i = 0; i < l->nstamps; i++)
		free(l->stamps[i].path);
	free(l->stamps);
	l->doc = NULL;
	l->stamps = NULL;
	l->nstamps = 0;
}

static void
forget(struct layers *l)
{
	for (size_t i = 0; i < l->n; i++) {
		layer_clear(&l->v[i]);
		free(l->v[i].path);
	}
	free(l->v);
	*l = (struct layers){ 0 };
}

void
layers_forget(const struct context *c)
{
	forget(c->layers);
}

void
layers_free(struct layers *l)
{
	if (l == NULL)
		return;
	forget(l);
	free(l);
}

static int
by_path(const void *path, const void *layer)
{
	return strcmp(path, ((const struct layer *)layer)->path);
}

/* The layer of that path, made if there is none yet. */
static struct layer *
layer_of(struct layers *l, const char *path)
{
	size_t i = sorted_first(path, l->v, l->n, sizeof(*l->v), by_path);

	if (i < l->n && strcmp(l->v[i].path, path) == 0)
		return &l->v[i];
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	memmove(&l->v[i + 1], &l->v[i], (l->n++ - i) * sizeof(*l->v));
	l->v[i] = (struct layer){ .path = xstrdup(path) };
	return &l->v[i];
}

static void
stamp(struct layer *l)
{
	const char *path;

	for (size_t i = 0; (path = conf_source(l->doc, i)) != NULL; i++) {
		struct stamp s = { .path = xstrdup(path) };

		(void)stat(path, &s.st);
		l->stamps = xreallocarray(l->stamps, l->nstamps + 1, sizeof(*l->stamps));
		l->stamps[l->nstamps++] = s;
	}
}

static bool
is_fresh(const struct layer *l)
{
	for (size_t i = 0; i < l->nstamps; i++) {
		const struct stat *old = &l->stamps[i].st;
		struct stat st;

		if (stat(l->stamps[i].path, &st) == -1 || st.st_dev != old->st_dev ||
		    st.st_ino != old->st_ino || st.st_size != old->st_size ||
		    st.st_mtim.tv_sec != old->st_mtim.tv_sec ||
		    st.st_mtim.tv_nsec != old->st_mtim.tv_nsec || st.st_ctime != old->st_ctime)
			return false;
	}
	return l->doc != NULL;
}

int
layers_open(struct diag *d, const struct context *c, const char *path, struct conf_doc **ret)
{
	struct layer *l;

	if (c->draft != NULL && strcmp(c->draft->path, path) == 0)
		return context_read(d, c, path, ret);
	l = layer_of(c->layers, path);
	if (!is_fresh(l)) {
		layer_clear(l);
		if (context_read(d, c, path, &l->doc) == -1)
			return -1;
		stamp(l);
	}
	*ret = conf_again(l->doc);
	return 0;
}

bool
layers_have(const struct context *c, const struct stat *st)
{
	for (size_t i = 0; i < c->layers->n; i++) {
		const struct layer *l = &c->layers->v[i];

		for (size_t k = 0; k < l->nstamps; k++) {
			if (l->stamps[k].st.st_ino == st->st_ino && l->stamps[k].st.st_dev == st->st_dev)
				return true;
		}
	}
	return false;
}

/* Templates that are being looked at, each named by the one below it. */
struct chain {
	const struct chain *below;
	const char *path, *name;
};

struct gathering {
	struct diag *d;
	const struct context *c;
	struct conf_doc *doc;
	char *paths[TEMPLATES_MAX]; /* of what doc inherits from so far */
	size_t n;
	bool failed;
};

/* Where a template is: a path, from the file that has it, or a name. */
static char *
template_path(const struct context *c, const struct conf_doc *from, const char *name)
{
	const char *file = conf_file(from);
	char *dir, *path;

	if (strchr(name, '/') == NULL)
		return xasprintf("%s/%s.conf", c->template_dir, name);
	if (name[0] == '/' || file == NULL)
		return xstrdup(name);
	dir = folder_of(file);
	path = xasprintf("%s/%s", dir, name);
	free(dir);
	return path;
}

/* "a loop: a > b > a" */
static void
add_chain(struct buf *b, const struct chain *chain)
{
	if (chain->below != NULL)
		add_chain(b, chain->below);
	buf_addf(b, "%s > ", chain->name);
}

static bool
is_open(const struct chain *chain, const char *path)
{
	for (; chain != NULL; chain = chain->below) {
		if (strcmp(chain->path, path) == 0)
			return true;
	}
	return false;
}

static bool
is_there_already(const struct gathering *g, const char *path)
{
	for (size_t i = 0; i < g->n; i++) {
		if (strcmp(g->paths[i], path) == 0)
			return true;
	}
	return false;
}

static void gather(
    struct gathering *g, struct conf_doc *from, const char *key, const struct chain *chain);

/* The template of that name, and before it those that it names. Takes over path. */
static void
gather_one(struct gathering *g, struct conf_doc *from, const char *key, const char *name,
    char *path, const struct chain *chain)
{
	const struct chain here = { chain, path, name };
	struct conf_doc *template;
	struct buf loop = { 0 };

	g->failed = g->failed || is_open(chain, path) || !context_is_there(g->c, path);
	if (is_open(chain, path)) {
		add_chain(&loop, chain);
		conf_fail(from, key, "a loop: %s%s", loop.s, name);
		buf_free(&loop);
	} else if (is_there_already(g, path)) {
		free(path);
		return;
	} else if (!context_is_there(g->c, path)) {
		conf_fail(
		    from, key, "there is no template \"%.60s\": %s does not exist", name, path);
	} else if (layers_open(g->d, g->c, path, &template) == -1) {
		g->failed = true;
	} else {
		gather(g, template, "template", &here);
		if (g->n < TEMPLATES_MAX) {
			conf_inherit(g->doc, template);
			g->paths[g->n++] = path;
			return;
		}
		conf_close(template);
		conf_fail(from, key, "more than %d templates of one VM", TEMPLATES_MAX);
	}
	free(path);
}

static bool
is_name(const char *name)
{
	struct diag ignored = { 0 };
	bool result = strchr(name, '/') != NULL ||
		      (strchr(name, '@') == NULL && vm_name_check(&ignored, name) == 0);

	diag_free(&ignored);
	return result;
}

static void
gather(struct gathering *g, struct conf_doc *from, const char *key, const struct chain *chain)
{
	size_t n = conf_count(from, key);

	for (size_t i = 0; i < n; i++) {
		char *element = xasprintf("%s[%zu]", key, i);
		const char *name = conf_text(from, element);

		if (name != NULL && is_name(name)) {
			gather_one(g, from, element, name, template_path(g->c, from, name), chain);
		} else if (name != NULL) {
			conf_fail(from, element, "\"%.60s\" is not the name of a template", name);
			g->failed = true;
		}
		free(element);
	}
}

int
layers_inherit(struct diag *d, const struct context *c, struct conf_doc *doc)
{
	struct gathering g = { .d = d, .c = c, .doc = doc };

	if (conf_has_own(doc, "template"))
		gather(&g, doc, "template", NULL);
	else if (c->host_doc != NULL)
		gather(&g, c->host_doc, "defaults.template", NULL);
	for (size_t i = 0; i < g.n; i++)
		free(g.paths[i]);
	return g.failed ? -1 : 0;
}
