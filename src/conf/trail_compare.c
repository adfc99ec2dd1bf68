/* Two trails against each other; see trail.h. */
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "conf/trail.h"
#include "util/mem.h"

#define CUSTOM_MAX 65536 /* bytes that a row's parse() stores; the largest takes some 2000 */

const struct conf_entry *
conf_trail_find(const struct conf_trail *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].path, path) == 0)
			return &t->v[i];
	}
	return NULL;
}

/* The string in a text such as "\"52:54:00:AB:00:01\"". */
static char *
unquote(const char *text)
{
	struct buf b = { 0 };

	if (*text != '"') /* a number */
		return xstrdup(text);
	for (text++; *text != '\0' && *text != '"'; text++) {
		if (*text == '\\' && text[1] == 'x' && text[2] != '\0' && text[3] != '\0') {
			const char digits[] = { text[2], text[3], '\0' };

			buf_addc(&b, (char)strtoul(digits, NULL, 16));
			text += 3;
		} else {
			text += *text == '\\' && text[1] != '\0';
			buf_addc(&b, *text);
		}
	}
	return buf_steal(&b);
}

/* What a row reads by its own rules is the same if it reads the same: the case of a MAC does not
 * matter. */
static bool
same_custom(const struct conf_key *row, const char *a, const char *b)
{
	char *x = unquote(a), *y = unquote(b);
	void *fields[] = { xcalloc(1, CUSTOM_MAX), xcalloc(1, CUSTOM_MAX) };
	const char *expected;
	bool same = row->parse(x, fields[0], &expected) == 0 &&
		    row->parse(y, fields[1], &expected) == 0 &&
		    memcmp(fields[0], fields[1], CUSTOM_MAX) == 0;

	free(fields[0]);
	free(fields[1]);
	free(x);
	free(y);
	return same;
}

bool
conf_entry_same(const struct conf_entry *a, const struct conf_entry *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (strcmp(a->text, b->text) == 0)
		return true;
	return a->row == b->row && a->row->kind == CONF_CUSTOM &&
	       same_custom(a->row, a->text, b->text);
}

static int
by_path(const void *a, const void *b)
{
	const struct conf_entry *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

static const struct conf_entry **
sorted(const struct conf_trail *t)
{
	const struct conf_entry **v = xcalloc(t->n + 1, sizeof(const struct conf_entry *));

	for (size_t i = 0; i < t->n; i++)
		v[i] = &t->v[i];
	qsort(v, t->n, sizeof(const struct conf_entry *), by_path);
	return v;
}

int
conf_trail_compare(
    const struct conf_trail *a, const struct conf_trail *b, conf_differs_fn *fn, void *arg)
{
	const struct conf_entry **x = sorted(a), **y = sorted(b);
	int result = 0;

	for (size_t i = 0, k = 0; result == 0 && (i < a->n || k < b->n);) {
		int order = i == a->n ? 1 : k == b->n ? -1 : strcmp(x[i]->path, y[k]->path);
		const struct conf_entry *old = order <= 0 ? x[i++] : NULL;
		const struct conf_entry *new = order >= 0 ? y[k++] : NULL;

		if (!conf_entry_same(old, new))
			result = fn(arg, old, new);
	}
	free(x);
	free(y);
	return result;
}
