/*
 * Rewrites a file's text for libconfig, token by token, and finds what libconfig does not: comments
 * go, @include lines are followed, integers become decimal with the L that those beyond 32 bits
 * need (libconfig 1.5 cuts them short silently), a comma before a closing bracket goes (1.5 has
 * none). Brackets and strings that are not closed, names given twice and units without quotes are
 * errors here with their place. Lines stay lines, so that libconfig's line numbers are those of the
 * joined text.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"
#include "util/mem.h"

/* ASCII only, whatever the locale: bytes above 127 belong to no token. */
static bool
is_alnum(char c)
{
	return (unsigned char)c < 0x80 && isalnum((unsigned char)c);
}

static bool
is_name_start(char c)
{
	return (unsigned char)c < 0x80 && (isalpha((unsigned char)c) || c == '*');
}

/* The byte after f->p, or NUL at the end. */
static char
next(const struct frame *f)
{
	return f->end - f->p > 1 ? f->p[1] : '\0';
}

static void
newline(struct reader *r, struct frame *f)
{
	buf_addc(&r->source->text, '\n');
	r->source->line++;
	f->line++;
	f->p++;
}

static void
token(struct reader *r, char c)
{
	r->pending.len = 0;
	r->last = c;
}

static void
nul(struct reader *r)
{
	problem_add(r->problems, r->source->line, "a NUL byte: not a text file");
	r->stop = true;
}

static void
block_comment(struct reader *r, struct frame *f)
{
	unsigned line = r->source->line;

	for (f->p += 2; f->p < f->end && (*f->p != '*' || next(f) != '/');) {
		if (*f->p == '\n')
			newline(r, f);
		else
			f->p++;
	}
	if (f->p == f->end) {
		problem_add(r->problems, line, "the comment that begins here is not closed");
		r->stop = true;
		return;
	}
	buf_addc(&r->source->text, ' ');
	f->p += 2;
}

static void
string_byte(struct reader *r, struct frame *f)
{
	if (*f->p == '\0') {
		nul(r);
	} else if (*f->p == '\n') {
		newline(r, f);
	} else {
		if (*f->p == '\\' && next(f) != '\n' && f->end - f->p > 1) {
			if (f->end - f->p >= 4 && memcmp(f->p + 2, "00", 2) == 0 &&
			    (f->p[1] == 'x' || f->p[1] == 'X')) {
				problem_add(r->problems, r->source->line,
				    "\\x00 cannot be part of a string");
				r->stop = true;
			}
			buf_addc(&r->source->text, *f->p++);
			if (*f->p == '\0')
				nul(r);
		}
		buf_addc(&r->source->text, *f->p++);
	}
}

static void
string(struct reader *r, struct frame *f)
{
	unsigned line = r->source->line;

	token(r, '"');
	buf_addc(&r->source->text, *f->p++);
	while (f->p < f->end && *f->p != '"' && !r->stop)
		string_byte(r, f);
	if (r->stop)
		return;
	if (f->p == f->end) {
		problem_add(r->problems, line, "the string that begins here is not closed");
		problem_add_long_string(r->problems, r->source);
		r->stop = true;
		return;
	}
	if (r->source->line != line && r->source->string_line == 0)
		r->source->string_line = line;
	buf_addc(&r->source->text, *f->p++);
}

/* "key: " of the setting that the scanner is at, for a message. */
static void
add_current_key(const struct reader *r, struct buf *b)
{
	if (r->nnames > 0) {
		const struct seen_name *name = &r->names[r->nnames - 1];

		buf_add_name(b, r->source->text.s + name->at, name->len);
		buf_add(b, ": ");
	}
}

static void
number_problem(struct reader *r, const char *s, size_t n, const char *why)
{
	struct buf b = { 0 };

	add_current_key(r, &b);
	buf_add_name(&b, s, n);
	problem_add(r->problems, r->source->line, "%s %s", b.s, why);
	buf_free(&b);
}

/* How many there are from i on. */
static size_t
digits(const char *s, size_t i, size_t n)
{
	size_t count = 0;

	while (i + count < n && isdigit((unsigned char)s[i + count]))
		count++;
	return count;
}

/* Of anything else libconfig takes the digits, and what sticks to them as the next name. */
static bool
is_float(const char *s, size_t n)
{
	size_t i = s[0] == '-' || s[0] == '+', begin, point;

	i += digits(s, i, n);
	point = i;
	if (i < n && s[i] == '.')
		i += 1 + digits(s, i + 1, n);
	if (i == n)
		return i > point;
	if ((s[i] | 0x20) != 'e')
		return false;
	i++;
	i += i < n && (s[i] == '-' || s[i] == '+');
	begin = i;
	return begin < n && begin + digits(s, begin, n) == n;
}

static void
number(struct reader *r, struct frame *f)
{
	const char *s = f->p;
	int64_t value = 0;
	size_t n;

	token(r, '0');
	for (f->p++; f->p < f->end; f->p++) {
		bool exponent = (*f->p == '-' || *f->p == '+') && (f->p[-1] | 0x20) == 'e';

		if (!is_alnum(*f->p) && *f->p != '.' && !exponent)
			break;
	}
	n = (size_t)(f->p - s);
	switch (integer_read(s, n, &value)) {
	case 1:
		buf_addf(&r->source->text, "%lld%s", (long long)value,
		    value < INT32_MIN || value > INT32_MAX ? "L" : "");
		return;
	case -1:
		number_problem(r, s, n, "does not fit into 64 bits");
		break;
	default:
		if (integer_has_unit(s, n))
			number_problem(r, s, n, "is a number with a unit: write it in quotes");
		else if (!is_float(s, n))
			number_problem(r, s, n, "is not a number");
	}
	buf_addn(&r->source->text, s, n);
}

static void
name(struct reader *r, struct frame *f)
{
	const char *s = f->p;

	token(r, 'a');
	while (f->p < f->end && (is_alnum(*f->p) || strchr("*-_", *f->p) != NULL) && *f->p != '\0')
		f->p++;
	r->pending = (struct seen_name){
		.at = r->source->text.len,
		.len = (size_t)(f->p - s),
		.line = r->source->line,
	};
	buf_addn(&r->source->text, s, r->pending.len);
}

static void
given_twice(struct reader *r, const struct seen_name *old)
{
	unsigned line = 0;
	const struct source_file *file = source_place(r->source, old->line, &line);
	struct buf b = { 0 };

	buf_add_name(&b, r->source->text.s + old->at, old->len);
	problem_add(r->problems, r->pending.line, "%s: given twice, first in %s:%u", b.s,
	    file->shown, line);
	buf_free(&b);
}

/* The pending name gets a value: is it the first time in this scope? */
static void
assign(struct reader *r)
{
	const char *text = r->source->text.s;
	const struct seen_name *wanted = &r->pending;

	if (wanted->len == 0)
		return;
	if (++r->nsettings > CONF_SETTINGS_MAX) {
		problem_add(r->problems, wanted->line, "more than %d settings", CONF_SETTINGS_MAX);
		r->stop = true;
		return;
	}
	for (size_t i = r->scopes[r->depth].first_name; i < r->nnames; i++) {
		const struct seen_name *old = &r->names[i];

		if (old->len == wanted->len &&
		    memcmp(text + old->at, text + wanted->at, old->len) == 0) {
			given_twice(r, old);
			return;
		}
	}
	r->names = xreallocarray(r->names, r->nnames + 1, sizeof(*r->names));
	r->names[r->nnames++] = *wanted;
}

static void
open_bracket(struct reader *r, char c)
{
	if (r->depth == CONF_NEST_MAX) {
		problem_add(r->problems, r->source->line,
		    "more than %d brackets inside one another", CONF_NEST_MAX);
		r->stop = true;
		return;
	}
	r->scopes[++r->depth] = (struct scope){
		.open = c,
		.line = r->source->line,
		.first_name = r->nnames,
	};
}

static char
closing(char open)
{
	return open == '(' ? ')' : open == '[' ? ']' : '}';
}

static void
close_bracket(struct reader *r, char c)
{
	struct scope *scope = &r->scopes[r->depth];
	unsigned line = 0;

	if (r->depth == 0) {
		problem_add(r->problems, r->source->line, "'%c' closes nothing", c);
		r->stop = true;
	} else if (closing(scope->open) != c) {
		source_place(r->source, scope->line, &line);
		problem_add(r->problems, r->source->line, "'%c' does not close the '%c' of line %u",
		    c, scope->open, line);
		r->stop = true;
	} else {
		if (c != '}' && r->last == ',' && strchr("([{,", r->before_comma) == NULL)
			r->source->text.s[r->comma_at] = ' ';
		r->nnames = scope->first_name;
		r->depth--;
	}
}

static void
punctuation(struct reader *r, char c)
{
	if (c == '=' || c == ':') {
		assign(r);
	} else if (c == ',') {
		r->before_comma = r->last;
		r->comma_at = r->source->text.len;
	} else if (c == '(' || c == '[' || c == '{') {
		open_bracket(r, c);
	} else if (c == ')' || c == ']' || c == '}') {
		close_bracket(r, c);
	}
	token(r, c);
	buf_addc(&r->source->text, c);
}

/* The file that `@include "FILE"` names, alone on its line, at p; NULL: that is not what stands
 * there. */
static char *
include_name(const char *p, const char *end)
{
	static const char word[] = "@include";
	const char *name, *quote;

	if ((size_t)(end - p) < sizeof(word) || memcmp(p, word, sizeof(word) - 1) != 0)
		return NULL;
	for (p += sizeof(word) - 1; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	if (p == end || *p != '"')
		return NULL;
	name = p + 1;
	quote = memchr(name, '"', (size_t)(end - name));
	if (quote == NULL || quote == name)
		return NULL;
	for (p = name; p < quote; p++) {
		if (*p == '\0' || *p == '\\')
			return NULL;
	}
	for (p = quote + 1; p < end && strchr(" \t\r;", *p) != NULL && *p != '\0'; p++)
		;
	if (p < end && *p != '#' && (*p != '/' || end - p < 2 || p[1] != '/'))
		return NULL;
	return xstrndup(name, (size_t)(quote - name));
}

static void
include(struct reader *r, struct frame *f, bool line_start)
{
	const char *end = memchr(f->p, '\n', (size_t)(f->end - f->p));
	unsigned line = r->source->line;
	char *name;

	end = end != NULL ? end : f->end;
	name = line_start ? include_name(f->p, end) : NULL;
	f->p = end;
	if (name == NULL) {
		problem_add(r->problems, line, "expected: @include \"FILE\", on a line of its own");
		return;
	}
	/* A line of its own in the joined text too, so that its number is the include's. */
	buf_addc(&r->source->text, '\n');
	r->source->line++;
	source_include(r, f, name, line);
	free(name);
	if (f->p < f->end)
		f->p++;
	f->line++;
	source_mark(r->source, f->file, f->line);
}

static bool
line_start(const struct source *s)
{
	size_t i = s->text.len;

	while (i > 0 && (s->text.s[i - 1] == ' ' || s->text.s[i - 1] == '\t'))
		i--;
	return i == 0 || s->text.s[i - 1] == '\n';
}

static void
skip_line(struct frame *f)
{
	const char *end = memchr(f->p, '\n', (size_t)(f->end - f->p));

	f->p = end != NULL ? end : f->end;
}

void
lexer_run(struct reader *r, struct frame *f)
{
	struct buf *text = &r->source->text;

	source_mark(r->source, f->file, 1);
	while (f->p < f->end && !r->stop) {
		char c = *f->p;
		bool digit_follows = isdigit((unsigned char)next(f));

		if (text->len > CONF_FILE_MAX) {
			problem_add(r->problems, r->source->line, "more than %u bytes in all",
			    (unsigned)CONF_FILE_MAX);
			r->stop = true;
		} else if (c == '\n')
			newline(r, f);
		else if (c == '\0')
			nul(r);
		else if (c == '#' || (c == '/' && next(f) == '/'))
			skip_line(f);
		else if (c == '/' && next(f) == '*')
			block_comment(r, f);
		else if (c == '"')
			string(r, f);
		else if (isdigit((unsigned char)c) ||
			 ((c == '-' || c == '+' || c == '.') && digit_follows))
			number(r, f);
		else if (is_name_start(c))
			name(r, f);
		else if (c == '@')
			include(r, f, line_start(r->source));
		else if (strchr("=:,;()[]{}", c) != NULL) {
			punctuation(r, c);
			f->p++;
		} else {
			buf_addc(text, c);
			f->p++;
		}
	}
	if (text->len == 0 || text->s[text->len - 1] != '\n') {
		buf_addc(text, '\n');
		r->source->line++;
	}
}

void
lexer_finish(struct reader *r)
{
	if (r->stop)
		return;
	for (size_t i = r->depth; i > 0; i--) {
		problem_add(r->problems, r->scopes[i].line,
		    "the '%c' that begins here is not closed", r->scopes[i].open);
	}
}
