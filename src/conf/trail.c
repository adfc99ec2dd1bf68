/* What each key comes to over all layers, and where it was said; see trail.h. */
#include "conf/trail.h"

#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/mem.h"
#include "util/num.h"

/* A group as one layer gives it: its setting, or the bare value that stands for its main key. */
struct part {
	struct conf_doc *doc;
	config_setting_t *s;
	bool bare;
};

struct trail_walk {
	struct conf_trail *trail;
	struct buf path;
};

/* Any scalar value; a row copied with offset 0 stores into it. */
union scalar {
	bool truth;
	int choice;
	int64_t n;
	uint64_t amount;
	char *string;
};

static void
path_cut(struct trail_walk *w, size_t len)
{
	w->path.len = len;
	w->path.s[len] = '\0';
}

void
conf_trail_add(
    struct conf_trail *t, const struct conf_key *row, char *path, char *text, char *where)
{
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 64 : 2 * t->cap;
		t->v = xreallocarray(t->v, t->cap, sizeof(*t->v));
	}
	t->v[t->n++] = (struct conf_entry){ path, row, text, where, false };
}

/* Takes over text and where. */
static void
add_entry(struct trail_walk *w, const struct conf_key *row, char *text, char *where)
{
	conf_trail_add(w->trail, row, xstrdup(w->path.s), text, where);
}

static void
add_word(struct buf *b, const char *word)
{
	if (word_is_truth(word))
		buf_add(b, word);
	else
		buf_add_conf_string(b, word);
}

static void
add_scalar(struct buf *b, const struct conf_key *key, const union scalar *v)
{
	switch (key->kind) {
	case CONF_BOOL:
		buf_add(b, v->truth ? "true" : "false");
		break;
	case CONF_SWITCH:
		buf_add(b, v->choice == SWITCH_ON ? "true" : "false");
		break;
	case CONF_INT:
		value_add_number(b, key, v->n);
		break;
	case CONF_SIZE:
	case CONF_RATE:
	case CONF_DURATION:
		buf_addc(b, '"');
		value_add_number(b, key, v->n);
		buf_addc(b, '"');
		break;
	case CONF_CHOICE:
		add_word(b, key->choices[v->choice]);
		break;
	default:
		buf_add_conf_string(b, v->string);
	}
}

static void
scalar_free(const struct conf_key *key, union scalar *v)
{
	if (key->kind == CONF_STRING || key->kind == CONF_PATH)
		free(v->string);
}

/* The value of a scalar row. */
static char *
scalar_text(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key)
{
	struct conf_key row = *key;
	struct buf b = { 0 }, why = { 0 };
	union scalar v = { 0 };

	row.offset = 0;
	if (key->kind == CONF_CUSTOM)
		value_add_custom(&b, doc, s);
	else if (value_store(doc, s, &row, &v, &why))
		add_scalar(&b, &row, &v);
	scalar_free(key, &v);
	buf_free(&why);
	return buf_steal(&b);
}

/* One value of a row that takes several. */
static void
add_one_of(
    struct buf *b, struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key)
{
	struct buf why = { 0 };
	char *string = NULL;
	int64_t n;
	int choice;

	if (key->kind == CONF_CUSTOMS)
		value_add_custom(b, doc, s);
	else if (key->kind == CONF_INTS && value_int(doc, s, key, &n, &why))
		value_add_number(b, key, n);
	else if (key->kind == CONF_CHOICES && value_choice(doc, s, key, &choice, &why))
		add_word(b, key->choices[choice]);
	else if (value_string(doc, s, key, &string, &why))
		buf_add_conf_string(b, string);
	free(string);
	buf_free(&why);
}

static char *
several_text(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key)
{
	bool lone = key->single && is_lone(s, key);
	unsigned n = lone ? 1 : (unsigned)config_setting_length(s);
	struct buf b = { 0 };

	buf_add(&b, n > 0 ? "[ " : "[");
	for (unsigned i = 0; i < n; i++) {
		buf_add(&b, i > 0 ? ", " : "");
		add_one_of(&b, doc, lone ? s : config_setting_get_elem(s, i), key);
	}
	buf_add(&b, " ]");
	return buf_steal(&b);
}

/* The default of a row, as a file would say it. */
static char *
default_text(const struct conf_key *key)
{
	struct conf_key row = *key;
	struct buf b = { 0 };
	union scalar v = { 0 };

	row.offset = 0;
	if (key->kind == CONF_CUSTOM) {
		buf_add_conf_string(&b, key->def);
		return buf_steal(&b);
	}
	if (takes_several(key)) {
		buf_add(&b, "[ ");
		for (const char *s = key->def; *s != '\0';) {
			size_t n = strcspn(s, ", ");
			char *word = xstrndup(s, n);

			add_word(&b, word);
			free(word);
			s += n;
			s += strspn(s, ", ");
			buf_add(&b, *s != '\0' ? ", " : "");
		}
		buf_add(&b, " ]");
		return buf_steal(&b);
	}
	default_value(&row, &v);
	add_scalar(&b, &row, &v);
	scalar_free(key, &v);
	return buf_steal(&b);
}

static void walk_table(struct trail_walk *w, const struct conf_key *table, const char *scalar,
    const struct part *parts, size_t n);

static config_setting_t *
member(const struct part *p, const struct conf_key *key, const char *scalar)
{
	if (p->bare)
		return scalar != NULL && strcmp(key->name, scalar) == 0 ? p->s : NULL;
	return config_setting_get_member(p->s, key->name);
}

static size_t
given_since(const struct conf_trail *t, size_t i)
{
	size_t n = 0;

	for (; i < t->n; i++)
		n += t->v[i].where != NULL;
	return n;
}

/* What is given with nothing in it, in front of its defaults. */
static void
mark_empty(struct trail_walk *w, const struct conf_key *key, const struct part *p, size_t first)
{
	struct conf_trail *t = w->trail;
	struct conf_entry mark;

	if (given_since(t, first) > 0)
		return;
	add_entry(w, key, xstrdup("{ }"), conf_place(p->doc, p->s));
	mark = t->v[t->n - 1];
	memmove(&t->v[first + 1], &t->v[first], (t->n - 1 - first) * sizeof(mark));
	t->v[first] = mark;
}

static void
walk_element(struct trail_walk *w, const struct conf_key *key, unsigned i, const struct part *p)
{
	size_t len = w->path.len, first = w->trail->n;

	buf_addf(&w->path, "[%u]", i);
	walk_table(w, key->sub, key->scalar, p, 1);
	if (p->s != NULL)
		mark_empty(w, key, p, first);
	path_cut(w, len);
}

static void
walk_list(struct trail_walk *w, const struct conf_key *key, const struct part *p)
{
	bool lone = key->single && is_lone(p->s, key);
	unsigned n = lone ? 1 : (unsigned)config_setting_length(p->s);

	if (n == 0)
		add_entry(w, key, xstrdup("( )"), conf_place(p->doc, p->s));
	for (unsigned i = 0; i < n; i++) {
		config_setting_t *s = lone ? p->s : config_setting_get_elem(p->s, i);
		struct part element = { p->doc, s, !config_setting_is_group(s) };

		walk_element(w, key, i, &element);
	}
}

/* A list that nobody gave: of one element, of which the default says what a bare value would. */
static void
walk_default_list(struct trail_walk *w, const struct conf_key *key)
{
	size_t len = w->path.len, first = w->trail->n;
	struct conf_key row = *table_find(key->sub, key->scalar, strlen(key->scalar));

	buf_add(&w->path, "[0]");
	walk_table(w, key->sub, key->scalar, NULL, 0);
	row.def = key->def;
	buf_addf(&w->path, ".%s", key->scalar);
	for (size_t i = first; i < w->trail->n; i++) {
		if (strcmp(w->trail->v[i].path, w->path.s) != 0)
			continue;
		free(w->trail->v[i].text);
		w->trail->v[i].text = default_text(&row);
		path_cut(w, len);
		return;
	}
	add_entry(
	    w, table_find(key->sub, key->scalar, strlen(key->scalar)), default_text(&row), NULL);
	path_cut(w, len);
}

static void
walk_group(struct trail_walk *w, const struct conf_key *key, const struct part *given, size_t n)
{
	struct part parts[CONF_LAYERS_MAX];
	size_t first = w->trail->n;

	for (size_t i = 0; i < n; i++) {
		parts[i] = given[i];
		parts[i].bare = !config_setting_is_group(given[i].s);
	}
	walk_table(w, key->sub, key->scalar, parts, n);
	if (n > 0)
		mark_empty(w, key, &parts[n - 1], first);
}

/* given: what the layers say of the key, the weakest first. */
static void
walk_value(struct trail_walk *w, const struct conf_key *key, const struct part *given, size_t n,
    bool yields)
{
	const struct part *last = n > 0 ? &given[n - 1] : NULL;

	if (key->kind == CONF_GROUP)
		walk_group(w, key, given, n);
	else if (key->kind == CONF_NESTED)
		return;
	else if (last == NULL && (key->def == NULL || yields))
		return;
	else if (last == NULL && key->kind == CONF_LIST)
		walk_default_list(w, key);
	else if (last == NULL)
		add_entry(w, key, default_text(key), NULL);
	else if (key->kind == CONF_LIST)
		walk_list(w, key, last);
	else
		add_entry(w, key,
		    takes_several(key) ? several_text(last->doc, last->s, key)
				       : scalar_text(last->doc, last->s, key),
		    conf_place(last->doc, last->s));
}

/* The first of the parts that is not put away, for a row that yields, by a stronger one. */
static size_t
first_that_counts(
    const struct conf_key *table, const char *scalar, const struct part *parts, size_t n)
{
	while (n-- > 0) {
		for (const struct conf_key *key = table; key->name != NULL; key++) {
			if (key->replaces && member(&parts[n], key, scalar) != NULL)
				return n;
		}
	}
	return SIZE_MAX;
}

static void
walk_table(struct trail_walk *w, const struct conf_key *table, const char *scalar,
    const struct part *parts, size_t n)
{
	size_t len = w->path.len, first = first_that_counts(table, scalar, parts, n);
	struct part given[CONF_LAYERS_MAX] = { 0 };

	for (const struct conf_key *key = table; key->name != NULL; key++) {
		bool yields = key->yields && first != SIZE_MAX;
		size_t ngiven = 0;

		for (size_t i = yields ? first : 0; i < n; i++) {
			config_setting_t *s = member(&parts[i], key, scalar);

			if (s != NULL)
				given[ngiven++] = (struct part){ parts[i].doc, s, false };
		}
		buf_add(&w->path, len > 0 ? "." : "");
		buf_add(&w->path, key->name);
		walk_value(w, key, given, ngiven, yields);
		path_cut(w, len);
	}
}

void
conf_trail(
    const struct conf_layer *layers, size_t n, const struct conf_key *table, struct conf_trail *ret)
{
	struct part parts[CONF_LAYERS_MAX];
	struct trail_walk w = { .trail = ret };
	size_t nparts = 0;

	*ret = (struct conf_trail){ 0 };
	for (size_t i = 0; i < n; i++) {
		config_setting_t *s = config_root_setting(&layers[i].doc->text->config);

		if (layers[i].group != NULL)
			s = config_setting_get_member(s, layers[i].group);
		if (s != NULL && config_setting_is_group(s) && nparts < CONF_LAYERS_MAX)
			parts[nparts++] = (struct part){ layers[i].doc, s, false };
	}
	buf_add(&w.path, "");
	walk_table(&w, table, NULL, parts, nparts);
	buf_free(&w.path);
}

void
conf_trail_free(struct conf_trail *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].path);
		free(t->v[i].text);
		free(t->v[i].where);
	}
	free(t->v);
	*t = (struct conf_trail){ 0 };
}
