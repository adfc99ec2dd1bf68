/* Settings from a command line, written into a file's text; see conf_assign() in edit.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "conf/edit.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#define PATH_BYTES 256 /* of a setting's path */
#define STEPS_MAX  16  /* of its names and numbers */

struct assign {
	struct diag *d;
	struct buf *text;
	const struct conf_key *table;
};

/* The row of a path, and by *ret_element whether it is one element of that row's list. NULL: there is
 * none, and whoever reads the text will say so. */
static const struct conf_key *
row_of(const struct conf_key *table, const char *path, bool *ret_element)
{
	const struct conf_key *key = NULL;

	*ret_element = false;
	while (*path != '\0') {
		size_t n;

		if (*path == '[') {
			*ret_element = true;
			path += strcspn(path, "]");
			path += *path == ']';
			continue;
		}
		path += *path == '.';
		n = strcspn(path, ".[");
		if (key != NULL && (key->sub == NULL || (key->kind == CONF_LIST && !*ret_element)))
			return NULL;
		key = table_find(key != NULL ? key->sub : table, path, n);
		if (key == NULL)
			return NULL;
		*ret_element = false;
		path += n;
	}
	return key;
}

static bool
is_number(const char *s)
{
	s += *s == '-';
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool
is_truth(const char *s)
{
	return strcmp(s, "true") == 0 || strcmp(s, "false") == 0;
}

/* What of the value is to be written as it is: no quotes belong around it. */
static bool
is_bare(const struct conf_key *key, const char *value)
{
	if (value[0] != '\0' && strchr("\"([{", value[0]) != NULL)
		return true;
	if (key == NULL)
		return is_number(value) || is_truth(value);
	switch (key->kind) {
	case CONF_GROUP:
	case CONF_LIST:
		if (key->scalar != NULL && key->sub != NULL)
			return is_bare(table_find(key->sub, key->scalar, strlen(key->scalar)), value);
		return false;
	case CONF_STRING:
	case CONF_STRINGS:
	case CONF_PATH:
	case CONF_PATHS:
	case CONF_CUSTOM:
	case CONF_CUSTOMS:
		return false;
	case CONF_CHOICE:
	case CONF_CHOICES:
		return word_is_truth(value);
	default:
		return is_number(value) || is_truth(value);
	}
}

/* As it is written in a file, to be freed. */
static char *
literal(const struct conf_key *key, const char *value)
{
	struct buf b = { 0 };

	if (is_bare(key, value))
		buf_add(&b, value);
	else
		buf_add_conf_string(&b, value);
	return buf_steal(&b);
}

/* Where the last step of the path begins: the '.' or '[' before it; 0: it is the only one. */
static size_t
last_step(const char *path)
{
	size_t i = strlen(path);

	while (i > 0 && path[i] != '.' && path[i] != '[')
		i--;
	return i;
}

static int assign(struct assign *a, const char *path, const char *text, unsigned depth);

static bool
written(const struct assign *a, const char *path, char *ret_first)
{
	const char *value;
	size_t len;

	if (!conf_edit_find(a->text, path, &value, &len))
		return false;
	*ret_first = len > 0 ? value[0] : '\0';
	return true;
}

/* The key that a bare value of a group, or of an element of a list, stands for; NULL: for none. */
static const char *
main_key(const struct assign *a, const char *path)
{
	bool element;
	const struct conf_key *key = row_of(a->table, path, &element);

	if (key == NULL || (key->kind != CONF_GROUP && key->kind != CONF_LIST))
		return NULL;
	return key->scalar;
}

/* A bare value that stands for a group becomes the group, with one more setting in it. */
static int
widen(struct assign *a, const char *parent, const char *name, const char *text)
{
	const char *stands = main_key(a, parent), *old;
	char *group;
	size_t len;
	int result;

	if (stands == NULL || !conf_edit_find(a->text, parent, &old, &len))
		return fail(a->d, "%s is not a group of keys in the file", parent);
	if (strcmp(stands, name) == 0)
		return conf_edit_set(a->d, a->text, parent, text);
	group = xasprintf("{ %s = %.*s; %s = %s; }", stands, (int)len, old, name, text);
	result = conf_edit_set(a->d, a->text, parent, group);
	free(group);
	return result;
}

/* The next element of the list at path, one of which may be all that is written. */
static int
add_element(struct assign *a, const char *list, size_t i, const char *text)
{
	size_t n = conf_edit_count(a->text, list), len;
	bool element;
	const struct conf_key *key = row_of(a->table, list, &element);
	bool array = key != NULL && key->kind != CONF_LIST;
	const char *old;
	char *whole, first;
	int result;

	if (i != n)
		return fail(a->d, "%s has %zu element%s in the file: the next would be %s[%zu]",
		    list, n, n == 1 ? "" : "s", list, n);
	if (written(a, list, &first) && (first == '(' || first == '['))
		return conf_edit_append(a->d, a->text, list, text);
	if (conf_edit_find(a->text, list, &old, &len))
		whole = xasprintf(array ? "[ %.*s, %s ]" : "( %.*s, %s )", (int)len, old, text);
	else
		whole = xasprintf(array ? "[ %s ]" : "( %s )", text);
	result = assign(a, list, whole, 0);
	free(whole);
	return result;
}

/* What is not written yet. */
static int
add(struct assign *a, const char *path, const char *text, unsigned depth)
{
	size_t cut = last_step(path);
	char *parent = xstrndup(path, cut), *made, first;
	const char *name = path + cut + (path[cut] == '.');
	int result;

	if (path[cut] == '[') {
		result = add_element(a, parent, strtoul(path + cut + 1, NULL, 10), text);
	} else if (cut == 0 || (written(a, parent, &first) && first == '{')) {
		result = conf_edit_set(a->d, a->text, path, text);
	} else if (written(a, parent, &first)) {
		result = widen(a, parent, name, text);
	} else {
		made = xasprintf("{ %s = %s; }", name, text);
		result = assign(a, parent, made, depth + 1);
		free(made);
	}
	free(parent);
	return result;
}

/* text is a value as it is written in a file. */
static int
assign(struct assign *a, const char *path, const char *text, unsigned depth)
{
	const char *stands = main_key(a, path);
	char first;

	if (depth > STEPS_MAX)
		return fail(a->d, "too many keys inside one another");
	if (!written(a, path, &first))
		return add(a, path, text, depth);
	/* What else the group says stays. */
	if (first == '{' && text[0] != '{' && text[0] != '(' && text[0] != '[' && stands != NULL) {
		char *inner = xasprintf("%s.%s", path, stands);
		int result = assign(a, inner, text, depth + 1);

		free(inner);
		return result;
	}
	return conf_edit_set(a->d, a->text, path, text);
}

/* "nics[0].forward" */
static bool
is_path(const char *s)
{
	if (strlen(s) >= PATH_BYTES)
		return false;
	for (bool first = true; *s != '\0'; first = false) {
		if (*s == '[' && !first) {
			size_t n = strspn(s + 1, "0123456789");

			if (n == 0 || n > 6 || s[n + 1] != ']')
				return false;
			s += n + 2;
			continue;
		}
		if (!first && *s++ != '.')
			return false;
		if (!isalpha((unsigned char)*s))
			return false;
		while (isalnum((unsigned char)*s) || *s == '_' || *s == '-')
			s++;
	}
	return true;
}

int
conf_assign(struct diag *d, struct buf *text, const struct conf_key *table, const char *path,
    const char *value)
{
	struct assign a = { d, text, table };
	bool element;
	char *written_form;
	int result;

	if (*path == '\0' || !is_path(path))
		return fail_as(d, DIAG_USAGE, "\"%s\" is not the path of a key, as nics[0].bridge is",
		    path);
	written_form = literal(row_of(table, path, &element), value);
	result = assign(&a, path, written_form, 0);
	free(written_form);
	return result;
}
