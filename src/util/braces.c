/* Braces as shells expand them; see braces.h. */
#include "util/braces.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/num.h"

#define WORD_MAX 4096 /* bytes of a word that is looked into */

struct words {
	char **v;
	size_t n, max;
};

/* A pair of braces that stands for several words. */
struct braces {
	const char *open, *close;
	bool list; /* {a,b}; else a range */
	int64_t first, last, step;
	int width;
};

static int expand(struct words *w, const char *before, size_t len, const char *rest);

/* Takes over word. */
static int
add(struct words *w, char *word)
{
	if (w->n >= w->max) {
		free(word);
		return -1;
	}
	w->v = xgrow(w->v, w->n, sizeof(*w->v));
	w->v[w->n++] = word;
	return 0;
}

/* "01" of "01..40" as a number, with its digits. */
static const char *
read_number(const char *s, const char *end, int64_t *ret, int *width)
{
	size_t sign = *s == '-', n = sign + strspn(s + sign, "0123456789");
	char text[20];

	if (n == sign || n >= sizeof(text) || s + n > end)
		return NULL;
	memcpy(text, s, n);
	text[n] = '\0';
	if (int_parse(text, -INT64_C(1000000000), INT64_C(1000000000), ret) == -1)
		return NULL;
	if (s[sign] == '0' && n > sign + 1 && (int)n > *width)
		*width = (int)n;
	return s + n;
}

/* 1..40 or 1..40..5 between the braces. */
static bool
is_range(struct braces *b)
{
	const char *s = read_number(b->open + 1, b->close, &b->first, &b->width);
	int ignored = 0;

	if (s == NULL || strncmp(s, "..", 2) != 0)
		return false;
	s = read_number(s + 2, b->close, &b->last, &b->width);
	b->step = 1;
	if (s != NULL && strncmp(s, "..", 2) == 0)
		s = read_number(s + 2, b->close, &b->step, &ignored);
	if (b->step < 0)
		b->step = -b->step;
	return s == b->close && b->step != 0;
}

/* The brace that closes the one at open; commas: of its own. NULL: there is none. */
static const char *
closing(const char *open, size_t *ret_commas)
{
	size_t depth = 0;

	*ret_commas = 0;
	for (const char *s = open; *s != '\0'; s++) {
		if (*s == '{')
			depth++;
		else if (*s == '}' && --depth == 0)
			return s;
		*ret_commas += *s == ',' && depth == 1;
	}
	return NULL;
}

/* The first braces of s that stand for several words. */
static bool
find(const char *s, struct braces *ret)
{
	size_t commas;

	for (; (s = strchr(s, '{')) != NULL; s++) {
		*ret = (struct braces){ .open = s, .close = closing(s, &commas) };
		if (ret->close == NULL)
			continue;
		ret->list = commas > 0;
		if (ret->list || is_range(ret))
			return true;
	}
	return false;
}

/* before and the word of len bytes, and what comes of rest behind it. */
static int
go_on(struct words *w, const char *before, size_t len, const char *word, size_t n, const char *rest)
{
	char *joined = xasprintf("%.*s%.*s", (int)len, before, (int)n, word);
	char *whole = xasprintf("%s%s", joined, rest);
	int result = expand(w, whole, strlen(joined), whole + strlen(joined));

	free(whole);
	free(joined);
	return result;
}

/* One of the words between commas may have braces itself: what is in it comes first. */
static int
each_of_list(struct words *w, const char *before, size_t len, const struct braces *b)
{
	const char *start = b->open + 1;
	size_t depth = 0;
	int result = 0;

	for (const char *s = start; s <= b->close && result == 0; s++) {
		if ((*s == ',' && depth == 0) || s == b->close) {
			struct words inner = { .max = w->max };
			char *word = xstrndup(start, (size_t)(s - start));

			result = expand(&inner, word, 0, word);
			for (size_t i = 0; i < inner.n && result == 0; i++)
				result = go_on(
				    w, before, len, inner.v[i], strlen(inner.v[i]), b->close + 1);
			strings_free(inner.v, inner.n);
			free(word);
			start = s + 1;
		}
		depth += *s == '{';
		depth -= *s == '}' && depth > 0;
	}
	return result;
}

static int
each_of_range(struct words *w, const char *before, size_t len, const struct braces *b)
{
	int64_t step = b->first <= b->last ? b->step : -b->step;
	int result = 0;

	for (int64_t n = b->first; (step > 0 ? n <= b->last : n >= b->last) && result == 0;
	     n += step) {
		char text[32];

		snprintf(text, sizeof(text), "%0*" PRId64, b->width, n);
		result = go_on(w, before, len, text, strlen(text), b->close + 1);
	}
	return result;
}

/* All words that begin with len bytes of before, which are done, and go on with rest. */
static int
expand(struct words *w, const char *before, size_t len, const char *rest)
{
	struct braces b;
	char *start;
	int result;

	if (!find(rest, &b))
		return add(w, xasprintf("%.*s%s", (int)len, before, rest));
	start = xasprintf("%.*s%.*s", (int)len, before, (int)(b.open - rest), rest);
	result = b.list ? each_of_list(w, start, strlen(start), &b)
			: each_of_range(w, start, strlen(start), &b);
	free(start);
	return result;
}

int
braces_expand(const char *word, size_t max, char ***ret, size_t *ret_n)
{
	struct words w = { .max = max };
	bool too_long = strlen(word) > WORD_MAX;

	if ((too_long ? add(&w, xstrdup(word)) : expand(&w, "", 0, word)) == -1) {
		strings_free(w.v, w.n);
		return -1;
	}
	*ret = w.v;
	*ret_n = w.n;
	return 0;
}
