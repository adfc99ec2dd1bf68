/* What differs between a running VM and its file, in words and as JSON; see standing.h. */
#include <stdlib.h>
#include <string.h>

#include "cmd/standing.h"
#include "util/mem.h"

/* A secret that a file holds itself is shown to nobody. */
static const char *
shown(const struct conf_entry *e)
{
	if (e == NULL)
		return NULL;
	return e->row->access == ACCESS_SECRET && e->row->kind != CONF_PATH &&
			       e->row->kind != CONF_PATHS
		   ? "(secret)"
		   : e->text;
}

/* The bytes of "nics[1]" in "nics[1].rate.in"; 0: it is in no list. */
static size_t
element_of(const char *key)
{
	size_t n = strcspn(key, "]");

	return key[n] == ']' ? n + 1 : 0;
}

static bool
has_element(const struct conf_trail *t, const char *key, size_t n)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strncmp(t->v[i].path, key, n) == 0 &&
		    (t->v[i].path[n] == '\0' || t->v[i].path[n] == '.'))
			return true;
	}
	return false;
}

/* An element that only one of the two has, in one line, as a file says it: what is the default is
 * left out. */
static void
add_element(struct buf *b, const struct conf_trail *t, const char *key, size_t n)
{
	static const struct conf_trail_style style = { .places = false };
	struct conf_trail inside = { 0 };
	struct buf text = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		const struct conf_entry *e = &t->v[i];

		if (strncmp(e->path, key, n) == 0 && e->path[n] == '.' && e->where != NULL)
			conf_trail_add(&inside, e->row, xstrdup(e->path + n + 1),
			    xstrdup(shown(e)), xstrdup(e->where));
	}
	conf_trail_print(&text, &inside, &style);
	conf_trail_free(&inside);
	buf_add(b, "{ ");
	for (size_t i = 0; i < text.len; i++) {
		if (text.s[i] == '\n')
			buf_addc(b, ' ');
		else if (text.s[i] != '\t')
			buf_addc(b, text.s[i]);
	}
	buf_addc(b, '}');
	buf_free(&text);
}

static void
add_change(struct buf *b, const struct change *c)
{
	const char *runs = shown(c->runs), *file = shown(c->file);

	buf_addf(b, "%s: ", c->key);
	if (runs != NULL && file != NULL && conf_entry_same(c->runs, c->file))
		buf_addf(b, "%s has another content", file);
	else
		buf_addf(b, "%s -> %s", runs != NULL ? runs : "(not given)",
		    file != NULL ? file : "(not given)");
}

void
standing_lines(const struct standing *s, standing_line *fn, void *arg)
{
	const struct changes *all = &s->differs.changes;
	const char *last = NULL;
	size_t last_n = 0;

	for (size_t k = 0; k < all->n; k++) {
		const struct change *c = &all->v[k];
		size_t n = element_of(c->key);
		bool in_file = n > 0 && has_element(&s->differs.file, c->key, n);
		bool in_runs = n > 0 && has_element(&s->differs.runs, c->key, n);
		struct buf line = { 0 };

		if (n > 0 && in_file != in_runs) {
			if (last != NULL && n == last_n && strncmp(last, c->key, n) == 0)
				continue;
			last = c->key;
			last_n = n;
			buf_addf(&line, "%.*s: %s ", (int)n, c->key,
			    in_file ? "added" : "removed");
			add_element(
			    &line, in_file ? &s->differs.file : &s->differs.runs, c->key, n);
		} else if (c->mark) {
			continue;
		} else {
			add_change(&line, c);
		}
		fn(arg, line.s, c->unit == CHANGE_RESTART);
		buf_free(&line);
	}
}

/* JSON holds UTF-8 only; what is not, is shown visibly. */
static json_t *
text_json(const char *text)
{
	json_t *s = text != NULL ? json_string(text) : json_null();
	struct buf b = { 0 };

	if (s != NULL)
		return s;
	buf_add_visible(&b, text, strlen(text));
	s = json_string(b.s);
	buf_free(&b);
	return s;
}

json_t *
standing_changes(const struct standing *s)
{
	const struct changes *all = &s->differs.changes;
	json_t *array = json_array();

	for (size_t k = 0; k < all->n; k++) {
		const struct change *c = &all->v[k];
		const struct conf_entry *only = c->runs == NULL	  ? c->file
						: c->file == NULL ? c->runs
								  : NULL;
		json_t *o;

		/* The defaults of an element that has come or gone. */
		if (c->mark || (only != NULL && only->where == NULL))
			continue;
		o = json_object();
		json_object_set_new(o, "key", text_json(c->key));
		json_object_set_new(o, "runs", text_json(shown(c->runs)));
		json_object_set_new(o, "file", text_json(shown(c->file)));
		json_object_set_new(
		    o, "how", json_string(c->unit == CHANGE_RESTART ? "restart" : "live"));
		json_array_append_new(array, o);
	}
	return array;
}
