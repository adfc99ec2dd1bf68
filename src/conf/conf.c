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
	const char *why = config_error_text(&doc->config);
	unsigned line = (unsigned)config_error_line(&doc->config);
	unsigned last = doc->source.line > 1 ? doc->source.line - 1 : 1;

	if (line > last)
		problem_add(&doc->problems, last, "%s at the end of the file", why);
	else
		problem_add(&doc->problems, line, "%s, here or just before", why);
	problem_add_long_string(&doc->problems, &doc->source);
}

static int
finish(struct diag *d, struct conf_doc *doc, struct conf_doc **ret)
{
	if (doc->problems.n == 0 && !config_read_string(&doc->config, doc->source.text.s))
		parse_error(doc);
	if (conf_report(d, doc) == -1) {
		conf_close(doc);
		errno = EINVAL;
		return -1;
	}
	buf_free(&doc->source.text);
	*ret = doc;
	return 0;
}

static struct conf_doc *
doc_new(void)
{
	struct conf_doc *doc = xcalloc(1, sizeof(*doc));

	config_init(&doc->config);
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

void
conf_close(struct conf_doc *doc)
{
	if (doc == NULL)
		return;
	config_destroy(&doc->config);
	source_free(&doc->source);
	problems_free(&doc->problems);
	for (size_t i = 0; i < doc->nplaces; i++)
		free(doc->places[i]);
	free(doc->places);
	buf_free(&doc->expanded);
	free(doc);
}

const char *
conf_file(const struct conf_doc *doc)
{
	return doc->source.files[0].path;
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

/* The setting at path, *ret_exact true; or the nearest one around it. */
static config_setting_t *
locate(struct conf_doc *doc, const char *path, bool *ret_exact)
{
	config_setting_t *s = config_root_setting(&doc->config);

	*ret_exact = false;
	while (*path != '\0') {
		size_t n = 1 + strcspn(path + 1, ".[");
		config_setting_t *inner = step(s, path, n);

		if (inner == NULL)
			return s;
		s = inner;
		path += n;
		path += *path == '.';
	}
	*ret_exact = true;
	return s;
}

bool
conf_has(struct conf_doc *doc, const char *path)
{
	bool exact;

	locate(doc, path, &exact);
	return exact;
}

bool
conf_includes(const struct conf_doc *doc)
{
	return doc->source.nfiles > 1;
}

bool
conf_is_group(struct conf_doc *doc, const char *path)
{
	bool exact;
	config_setting_t *s = locate(doc, path, &exact);

	return exact && config_setting_is_group(s);
}

unsigned
conf_line(struct conf_doc *doc, const char *path)
{
	bool exact;
	config_setting_t *s = locate(doc, path, &exact);

	return config_setting_is_root(s) ? 0 : (unsigned)config_setting_source_line(s);
}

static char *
place_of(struct conf_doc *doc, unsigned joined)
{
	unsigned line = 0;
	const struct source_file *file =
	    joined > 0 ? source_place(&doc->source, joined, &line) : NULL;

	return file != NULL ? xasprintf("%s:%u", file->shown, line)
			    : xstrdup(doc->source.files[0].shown);
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
	char *text = place_of(doc, conf_line(doc, path));

	doc->places = xreallocarray(doc->places, doc->nplaces + 1, sizeof(*doc->places));
	doc->places[doc->nplaces++] = text;
	return text;
}
