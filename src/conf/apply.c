/* Walks a document's settings against a key table and stores what they say. */
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/diag.h"
#include "util/mem.h"
#include "util/nearest.h"

struct walk {
	struct conf_doc *doc;
	struct buf path; /* of the setting at hand, as messages show it: "nics[0].mac" */
};

static void apply_setting(
    struct walk *w, config_setting_t *s, const struct conf_key *key, void *obj);

/* Takes over why. */
static void
wrong(struct walk *w, const config_setting_t *s, struct buf *why)
{
	problem_add(&w->doc->problems, (unsigned)config_setting_source_line(s), "%s: %s", w->path.s,
	    why->s);
	buf_free(why);
}

static void
expected(struct walk *w, const config_setting_t *s, const char *what)
{
	struct buf why = { 0 };

	value_mismatch(w->doc, s, what, &why);
	wrong(w, s, &why);
}

static void
path_cut(struct walk *w, size_t len)
{
	w->path.len = len;
	w->path.s[len] = '\0';
}

static void
apply_member(struct walk *w, config_setting_t *s, const struct conf_key *table, void *obj)
{
	const char *name = config_setting_name(s);
	struct nearest near = { .name = name };
	const struct conf_key *key = table_find(table, name, strlen(name));
	size_t len = w->path.len;
	struct buf why = { 0 };

	buf_add(&w->path, len > 0 ? "." : "");
	buf_add_name(&w->path, name, strlen(name));
	if (key != NULL) {
		apply_setting(w, s, key, obj);
	} else {
		buf_add(&why, "unknown key");
		for (key = table; key->name != NULL; key++)
			nearest_try(&near, key->name);
		if (near.best != NULL)
			buf_addf(&why, ", did you mean \"%s\"?", near.best);
		wrong(w, s, &why);
	}
	path_cut(w, len);
}

static void
apply_group(struct walk *w, config_setting_t *group, const struct conf_key *table, void *obj)
{
	unsigned n = (unsigned)config_setting_length(group);

	for (unsigned i = 0; i < n; i++)
		apply_member(w, config_setting_get_elem(group, i), table, obj);
}

bool
takes_several(const struct conf_key *key)
{
	return key->kind == CONF_LIST || key->kind == CONF_STRINGS || key->kind == CONF_PATHS ||
	       key->kind == CONF_CHOICES || key->kind == CONF_INTS || key->kind == CONF_CUSTOMS;
}

bool
is_sequence(const config_setting_t *s)
{
	return config_setting_is_list(s) || config_setting_is_array(s);
}

/* A group, or what stands for its main key. what: in words, for the message. */
static void
apply_group_or_scalar(
    struct walk *w, config_setting_t *s, const struct conf_key *key, void *obj, const char *what)
{
	const struct conf_key *main =
	    key->scalar != NULL ? table_find(key->sub, key->scalar, strlen(key->scalar)) : NULL;

	if (config_setting_is_group(s))
		apply_group(w, s, key->sub, obj);
	else if (main != NULL &&
		 (config_setting_is_scalar(s) || (takes_several(main) && is_sequence(s))))
		apply_setting(w, s, main, obj);
	else
		expected(w, s, what);
}

static void
check_required(struct walk *w, config_setting_t *s, const struct conf_key *table)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		struct buf why = { 0 };

		if (!key->required || config_setting_get_member(s, key->name) != NULL)
			continue;
		buf_addf(&why, "\"%s\" is missing", key->name);
		wrong(w, s, &why);
	}
}

static void
apply_element(struct walk *w, config_setting_t *s, const struct conf_key *key, void *obj)
{
	conf_defaults(key->sub, obj);
	apply_group_or_scalar(w, s, key, obj, "a group such as { … }");
	if (config_setting_is_group(s))
		check_required(w, s, key->sub);
}

static bool
count_allowed(struct walk *w, config_setting_t *s, const struct conf_key *key)
{
	int64_t n = config_setting_length(s);
	struct buf why = { 0 };

	if ((key->min == 0 && key->max == 0) || (n >= key->min && n <= key->max))
		return true;
	if (n < key->min)
		buf_add(&why, "the list is empty");
	else
		buf_addf(&why, "%lld elements, at most %lld are allowed", (long long)n,
		    (long long)key->max);
	wrong(w, s, &why);
	return false;
}

/* Make room for the element at *count, zeroed. */
static void *
grow(const struct conf_key *key, void *obj, size_t size)
{
	char **array = table_field(key, obj);
	size_t *count = table_count(key, obj);

	*array = xreallocarray(*array, *count + 1, size);
	return memset(*array + size * (*count)++, 0, size);
}

static void
add_choice(struct walk *w, const config_setting_t *s, const struct conf_key *key, void *obj)
{
	size_t *count = table_count(key, obj);
	struct buf why = { 0 };
	int choice;

	if (!value_choice(w->doc, s, key, &choice, &why)) {
		wrong(w, s, &why);
		return;
	}
	for (size_t i = 0; i < *count; i++) {
		if ((*(int **)table_field(key, obj))[i] == choice) {
			buf_addf(&why, "\"%s\" is given twice", key->choices[choice]);
			wrong(w, s, &why);
			return;
		}
	}
	*(int *)grow(key, obj, sizeof(int)) = choice;
}

static void
add_int(struct walk *w, const config_setting_t *s, const struct conf_key *key, void *obj)
{
	struct buf why = { 0 };
	int64_t n;

	if (value_int(w->doc, s, key, &n, &why))
		*(int64_t *)grow(key, obj, sizeof(n)) = n;
	else
		wrong(w, s, &why);
}

static void
add_custom(struct walk *w, const config_setting_t *s, const struct conf_key *key, void *obj)
{
	size_t *count = table_count(key, obj);
	struct buf why = { 0 };

	if (value_custom(w->doc, s, key, grow(key, obj, key->elem_size), &why))
		return;
	(*count)--;
	wrong(w, s, &why);
}

static void
add_element(struct walk *w, config_setting_t *s, const struct conf_key *key, void *obj)
{
	struct buf why = { 0 };
	char *string;

	if (key->kind == CONF_LIST)
		apply_element(w, s, key, grow(key, obj, key->elem_size));
	else if (!value_expands(w->doc, s, key, &why))
		wrong(w, s, &why);
	else if (key->kind == CONF_CHOICES)
		add_choice(w, s, key, obj);
	else if (key->kind == CONF_INTS)
		add_int(w, s, key, obj);
	else if (key->kind == CONF_CUSTOMS)
		add_custom(w, s, key, obj);
	else if (value_string(w->doc, s, key, &string, &why))
		*(char **)grow(key, obj, sizeof(char *)) = string;
	else
		wrong(w, s, &why);
}

/* What is in words a value of a key that takes several. */
static const char *
sequence_words(const struct conf_key *key)
{
	switch (key->kind) {
	case CONF_LIST:
		return "a list of groups, as in ( { … }, { … } )";
	case CONF_CHOICES:
		return "a list of words, as in [ \"…\", \"…\" ]";
	case CONF_INTS:
		return "a list of numbers, as in [ 10, 20 ]";
	default:
		return "a list of strings, as in [ \"…\", \"…\" ]";
	}
}

/* What stands for a list of one. */
bool
is_lone(const config_setting_t *s, const struct conf_key *key)
{
	if (key->kind == CONF_LIST)
		return config_setting_is_group(s) ||
		       (key->scalar != NULL && config_setting_is_scalar(s));
	if (key->kind == CONF_INTS)
		return config_setting_type(s) == CONFIG_TYPE_INT ||
		       config_setting_type(s) == CONFIG_TYPE_INT64;
	return config_setting_type(s) == CONFIG_TYPE_STRING;
}

static void
apply_sequence(struct walk *w, config_setting_t *s, const struct conf_key *key, void *obj)
{
	struct conf_key self[2] = { *key, { 0 } };
	bool lone = key->single && is_lone(s, key);

	if (!lone && !is_sequence(s)) {
		expected(w, s, sequence_words(key));
		return;
	}
	conf_clear(self, obj);
	if (lone) {
		add_element(w, s, key, obj);
		return;
	}
	/* The bounds of numbers are of each of them. */
	if (key->kind != CONF_INTS && !count_allowed(w, s, key))
		return;
	for (unsigned i = 0; i < (unsigned)config_setting_length(s); i++) {
		size_t len = w->path.len;

		buf_addf(&w->path, "[%u]", i);
		add_element(w, config_setting_get_elem(s, i), key, obj);
		path_cut(w, len);
	}
}

static void
apply_setting(struct walk *w, config_setting_t *s, const struct conf_key *key, void *obj)
{
	struct buf why = { 0 };

	switch (key->kind) {
	case CONF_GROUP:
		apply_group_or_scalar(w, s, key, table_field(key, obj),
		    key->scalar != NULL ? "a value or a group such as { … }"
					: "a group such as { … }");
		break;
	case CONF_LIST:
	case CONF_STRINGS:
	case CONF_PATHS:
	case CONF_CHOICES:
	case CONF_INTS:
	case CONF_CUSTOMS:
		apply_sequence(w, s, key, obj);
		break;
	case CONF_NESTED:
		if (!config_setting_is_group(s))
			expected(w, s, "a group such as { … }");
		break;
	default:
		if (!value_expands(w->doc, s, key, &why) || !value_store(w->doc, s, key, obj, &why))
			wrong(w, s, &why);
	}
	buf_free(&why);
}

void
conf_collect(struct conf_doc *doc, const char *group, const struct conf_key *table, void *obj)
{
	config_setting_t *s = config_root_setting(&doc->text->config);
	struct walk w = { .doc = doc };

	buf_add(&w.path, group != NULL ? group : "");
	if (group != NULL)
		s = config_setting_get_member(s, group);
	if (s != NULL && config_setting_is_group(s))
		apply_group(&w, s, table, obj);
	buf_free(&w.path);
}

int
conf_apply(struct diag *d, struct conf_doc *doc, const char *group, const struct conf_key *table,
    void *obj)
{
	conf_collect(doc, group, table, obj);
	return conf_report(d, doc);
}
