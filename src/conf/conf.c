/* Opens and closes a document, and finds places in it. */
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/diag.h"
#include "util/mem.h"

/* libconfig's error, in terms of the files. */
static void
parse_error(struct conf_doc *doc)
{
	const char *why = config_error_text(&doc->text->config);
	unsigned line = (unsigned)config_error_line(&doc->text->config);
	unsigned last = doc->text->source.line > 1 ? doc->text->source.line - 1 : 1;

	if (line > last)
		problem_add(&doc->problems, last, "%s at the end of the file", why);
	else
		problem_add(&doc->problems, line, "%s, here or just before", why);
	problem_add_long_string(&doc->problems, &doc->text->source);
}

static int
finish(struct diag *d, struct conf_doc *doc, struct conf_doc **ret)
{
	if (doc->problems.n == 0 && !config_read_string(&doc->text->config, doc->text->source.text.s))
		parse_error(doc);
	if (conf_report(d, doc) == -1) {
		conf_close(doc);
		errno = EINVAL;
		return -1;
	}
	buf_free(&doc->text->source.text);
	*ret = doc;
	return 0;
}

static struct conf_doc *
doc_new(void)
{
	struct conf_doc *doc = xcalloc(1, sizeof(*doc));

	doc->text = xcalloc(1, sizeof(*doc->text));
	doc->text->refs = 1;
	config_init(&doc->text->config);
	return doc;
}

int
conf_open(struct diag *d, const char *path, struct conf_doc **ret)
{
	struct conf_doc *doc = doc_new();

	if (source_read_file(d, doc, path) == -1) {
		int saved = errno;

		conf_close(doc);
		errno = saved;
		return -1;
	}
	return finish(d, doc, ret);
}

int
conf_open_text(struct diag *d, const char *name, const char *dir, const char *text, size_t len,
    struct conf_doc **ret)
{
	struct conf_doc *doc = doc_new();

	if (source_read_text(d, doc, name, dir, text, len) == -1) {
		conf_close(doc);
		return -1;
	}
	return finish(d, doc, ret);
}

struct conf_doc *
conf_again(struct conf_doc *doc)
{
	struct conf_doc *again = xcalloc(1, sizeof(*again));

	again->text = doc->text;
	again->text->refs++;
	return again;
}

void
conf_inherit(struct conf_doc *doc, struct conf_doc *below)
{
	doc->below = xreallocarray(doc->below, doc->nbelow + 1, sizeof(struct conf_doc *));
	doc->below[doc->nbelow++] = below;
}

size_t
conf_inherited(const struct conf_doc *doc)
{
	return doc->nbelow;
}

struct conf_doc *
conf_below(struct conf_doc *doc, size_t i)
{
	return doc->below[i];
}

bool
conf_is_idle(const struct conf_doc *doc, const char *path)
{
	for (size_t i = 0; i < doc->nidle; i++) {
		size_t n = strlen(doc->idle[i]);

		if (strncmp(path, doc->idle[i], n) == 0 &&
		    (path[n] == '\0' || path[n] == '.' || path[n] == '['))
			return true;
	}
	return false;
}

void
conf_idle(struct conf_doc *doc, const char *path)
{
	if (conf_is_idle(doc, path))
		return;
	doc->idle = xreallocarray(doc->idle, doc->nidle + 1, sizeof(*doc->idle));
	doc->idle[doc->nidle++] = xstrdup(path);
}

static void
text_free(struct conf_text *text)
{
	if (--text->refs > 0)
		return;
	config_destroy(&text->config);
	source_free(&text->source);
	free(text);
}

void
conf_close(struct conf_doc *doc)
{
	if (doc == NULL)
		return;
	text_free(doc->text);
	for (size_t i = 0; i < doc->nbelow; i++)
		conf_close(doc->below[i]);
	free(doc->below);
	strings_free(doc->idle, doc->nidle);
	problems_free(&doc->problems);
	strings_free(doc->places, doc->nplaces);
	buf_free(&doc->expanded);
	free(doc);
}

const char *
conf_file(const struct conf_doc *doc)
{
	return doc->text->source.files[0].path;
}

/* One step of a path, "name" or "[2]"; NULL: it is not written. */
static config_setting_t *
step(config_setting_t *s, const char *word, size_t n)
{
	if (word[0] == '[') {
		unsigned long i = strtoul(word + 1, NULL, 10);

		if (config_setting_is_list(s) || config_setting_is_array(s))
			return config_setting_get_elem(s, (unsigned)i);
		return i == 0 ? s : NULL;
	}
	if (!config_setting_is_group(s))
		return NULL;
	for (unsigned i = 0; i < (unsigned)config_setting_length(s); i++) {
		config_setting_t *member = config_setting_get_elem(s, i);
		const char *name = config_setting_name(member);

		if (strncmp(name, word, n) == 0 && name[n] == '\0')
			return member;
	}
	return NULL;
}

struct found {
	config_setting_t *s; /* the setting at the path, or the nearest one around it */
	bool exact;
	bool shadows; /* the path leads into a list of this document: what is not in it is not in
			 what it inherits either */
};

static struct found
locate(struct conf_doc *doc, const char *path)
{
	struct found f = { .s = config_root_setting(&doc->text->config) };

	while (*path != '\0') {
		size_t n = 1 + strcspn(path + 1, ".[");
		config_setting_t *inner = step(f.s, path, n);

		f.shadows = f.shadows || *path == '[';
		if (inner == NULL)
			return f;
		f.s = inner;
		path += n;
		path += *path == '.';
	}
	f.exact = true;
	return f;
}

/* In doc, or else in the strongest of those below it; *ret_doc is the one. */
static struct found
locate_deep(struct conf_doc *doc, const char *path, struct conf_doc **ret_doc)
{
	struct found own = locate(doc, path);

	*ret_doc = doc;
	for (size_t i = doc->nbelow; i-- > 0 && !own.exact && !own.shadows;) {
		struct found f = locate(doc->below[i], path);

		if (f.exact || f.shadows) {
			*ret_doc = doc->below[i];
			return f;
		}
	}
	return own;
}

enum conf_found
conf_find(struct conf_doc *doc, const char *path)
{
	struct conf_doc *where;
	struct found f = locate_deep(doc, path, &where);

	return f.exact ? CONF_GIVEN : f.shadows ? CONF_SHADOWED : CONF_ABSENT;
}

bool
conf_has(struct conf_doc *doc, const char *path)
{
	return conf_find(doc, path) == CONF_GIVEN;
}

bool
conf_has_own(struct conf_doc *doc, const char *path)
{
	return locate(doc, path).exact;
}

const char *
conf_text(struct conf_doc *doc, const char *path)
{
	struct found f = locate(doc, path);

	return f.exact && config_setting_type(f.s) == CONFIG_TYPE_STRING
		   ? config_setting_get_string(f.s)
		   : NULL;
}

size_t
conf_count(struct conf_doc *doc, const char *path)
{
	struct found f = locate(doc, path);

	if (!f.exact)
		return 0;
	return config_setting_is_list(f.s) || config_setting_is_array(f.s)
		   ? (size_t)config_setting_length(f.s)
		   : 1;
}

bool
conf_includes(const struct conf_doc *doc)
{
	return doc->text->source.nfiles > 1;
}

const char *
conf_source(const struct conf_doc *doc, size_t i)
{
	return i < doc->text->source.nfiles ? doc->text->source.files[i].path : NULL;
}

bool
conf_is_group(struct conf_doc *doc, const char *path)
{
	struct conf_doc *where;
	struct found f = locate_deep(doc, path, &where);

	return f.exact && config_setting_is_group(f.s);
}

struct conf_doc *
conf_line(struct conf_doc *doc, const char *path, unsigned *ret_line)
{
	struct conf_doc *where;
	struct found f = locate_deep(doc, path, &where);

	*ret_line =
	    config_setting_is_root(f.s) ? 0 : (unsigned)config_setting_source_line(f.s);
	return where;
}

static char *
place_of(struct conf_doc *doc, unsigned joined)
{
	unsigned line = 0;
	const struct source_file *file =
	    joined > 0 ? source_place(&doc->text->source, joined, &line) : NULL;

	return file != NULL ? xasprintf("%s:%u", file->shown, line)
			    : xstrdup(doc->text->source.files[0].shown);
}

char *
conf_place(struct conf_doc *doc, const config_setting_t *s)
{
	return place_of(doc,
	    config_setting_is_root(s) ? 0 : (unsigned)config_setting_source_line(s));
}

void
conf_expand(struct conf_doc *doc, const struct conf_vars *vars)
{
	doc->vars = vars;
}

const char *
conf_where(struct conf_doc *doc, const char *path)
{
	unsigned line;
	struct conf_doc *where = conf_line(doc, path, &line);
	char *text = place_of(where, line);

	doc->places = xreallocarray(doc->places, doc->nplaces + 1, sizeof(*doc->places));
	doc->places[doc->nplaces++] = text;
	return text;
}
