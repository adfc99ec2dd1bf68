/* Reads libconfig's language by recursive descent; see text.h. */
#include "proto/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

enum token { T_END, T_NAME, T_STRING, T_NUMBER, T_TRUTH, T_MARK };

struct scanner {
	struct diag *d;
	const char *shown;
	const char *p, *end;
	unsigned line;
	unsigned depth, settings;

	enum token token; /* the one at hand */
	char mark;        /* T_MARK: one of = ; , ( ) [ ] { } */
	unsigned at;      /* its line */
	struct buf word;  /* of T_NAME and T_STRING */
	int64_t number;
};

static int wrong(struct scanner *s, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
wrong(struct scanner *s, unsigned line, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	fail(s->d, "%s:%u: %s", s->shown, line, b.s);
	buf_free(&b);
	return -1;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
byte_after(const struct scanner *s, size_t i)
{
	return (size_t)(s->end - s->p) > i ? s->p[i] : '\0';
}

static void
skip_line(struct scanner *s)
{
	while (s->p < s->end && *s->p != '\n')
		s->p++;
}

static int
skip_comment(struct scanner *s)
{
	unsigned begin = s->line;

	for (s->p += 2; s->p < s->end && (*s->p != '*' || byte_after(s, 1) != '/'); s->p++)
		s->line += *s->p == '\n';
	if (s->p == s->end)
		return wrong(s, begin, "the comment that begins here is not closed");
	s->p += 2;
	return 0;
}

/* To the next byte that means something. */
static int
skip_space(struct scanner *s)
{
	while (s->p < s->end) {
		char c = *s->p;

		if (c == '\n')
			s->line++;
		if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\n') {
			s->p++;
		} else if (c == '#' || (c == '/' && byte_after(s, 1) == '/')) {
			skip_line(s);
		} else if (c == '/' && byte_after(s, 1) == '*') {
			if (skip_comment(s) == -1)
				return -1;
		} else {
			break;
		}
	}
	return 0;
}

static int
hex_value(char c)
{
	return is_digit(c)                              ? c - '0'
	       : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							: -1;
}

/* What a backslash begins: libconfig's escapes; before anything else it stands for itself. */
static int
read_escape(struct scanner *s)
{
	static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
	char c = byte_after(s, 1);
	const char *known = c != '\0' ? strchr(from, c) : NULL;
	int high = hex_value(byte_after(s, 2)), low = hex_value(byte_after(s, 3));

	if (known != NULL) {
		buf_addc(&s->word, to[known - from]);
		s->p += 2;
	} else if (c == 'x' && high != -1 && low != -1) {
		if (high == 0 && low == 0)
			return wrong(s, s->line, "\\x00 cannot be part of a string");
		buf_addc(&s->word, (char)(high * 16 + low));
		s->p += 4;
	} else {
		buf_addc(&s->word, '\\');
		s->p++;
	}
	return 0;
}

static int
read_string(struct scanner *s)
{
	unsigned begin = s->line;

	s->token = T_STRING;
	buf_add(&s->word, "");
	for (s->p++; s->p < s->end && *s->p != '"';) {
		if (*s->p == '\\') {
			if (read_escape(s) == -1)
				return -1;
			continue;
		}
		if (*s->p == '\0')
			return wrong(s, s->line, "a NUL byte: not a text file");
		s->line += *s->p == '\n';
		buf_addc(&s->word, *s->p++);
	}
	if (s->p == s->end)
		return wrong(s, begin, "the string that begins here is not closed");
	s->p++;
	return 0;
}

static void
read_name(struct scanner *s)
{
	while (s->p < s->end && (is_letter(*s->p) || is_digit(*s->p) || *s->p == '*' ||
				    *s->p == '-' || *s->p == '_'))
		buf_addc(&s->word, *s->p++);
	s->token = T_NAME;
	if (strcasecmp(s->word.s, "true") == 0 || strcasecmp(s->word.s, "false") == 0) {
		s->token = T_TRUTH;
		s->number = strcasecmp(s->word.s, "true") == 0;
	}
}

/* Whole numbers, decimal or 0x, perhaps with an L or two; nothing may stick to one. */
static int
read_number(struct scanner *s)
{
	bool negative = *s->p == '-';
	uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
	unsigned base = 10, digits = 0;

	s->token = T_NUMBER;
	s->p += *s->p == '-' || *s->p == '+';
	if (byte_after(s, 0) == '0' && (byte_after(s, 1) | 0x20) == 'x') {
		base = 16;
		s->p += 2;
	}
	for (; s->p < s->end; s->p++, digits++) {
		int digit = hex_value(*s->p);

		if (digit == -1 || digit >= (int)base)
			break;
		if (value > (limit - (unsigned)digit) / base)
			return wrong(s, s->line, "a number that does not fit into 64 bits");
		value = value * base + (unsigned)digit;
	}
	for (unsigned i = 0; i < 2 && byte_after(s, 0) == 'L'; i++)
		s->p++;
	if (digits == 0 || byte_after(s, 0) == '.' || is_letter(byte_after(s, 0)) ||
	    is_digit(byte_after(s, 0)))
		return wrong(s, s->line, "a number that is not whole, or that something sticks to");
	s->number = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

static int
next(struct scanner *s)
{
	char c;

	s->word.len = 0;
	if (skip_space(s) == -1)
		return -1;
	s->at = s->line;
	s->token = T_END;
	if (s->p == s->end)
		return 0;
	c = *s->p;
	if (c == '"')
		return read_string(s);
	if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && is_digit(byte_after(s, 1))))
		return read_number(s);
	if (is_letter(c) || c == '*') {
		read_name(s);
		return 0;
	}
	if (c == '@')
		return wrong(s, s->line,
		    "@include is not followed: the rules that vmrun-net obeys are in one file");
	if (c == '\0' || strchr("=:;,()[]{}", c) == NULL)
		return wrong(s, s->line, "'%c' (0x%02x) belongs nowhere",
		    c > ' ' && c < 0x7f ? c : '?', (unsigned)(unsigned char)c);
	s->token = T_MARK;
	s->mark = c == ':' ? '=' : c;
	s->p++;
	return 0;
}

static bool
at_mark(const struct scanner *s, char mark)
{
	return s->token == T_MARK && s->mark == mark;
}

static int
unexpected(struct scanner *s, const char *expected)
{
	static const char *const names[] = { [T_END] = "the end of the file",
		[T_NAME] = "a name",
		[T_STRING] = "a string",
		[T_NUMBER] = "a number",
		[T_TRUTH] = "true or false" };

	if (s->token == T_MARK)
		return wrong(s, s->at, "'%c' where %s was expected", s->mark, expected);
	return wrong(s, s->at, "%s where %s was expected", names[s->token], expected);
}

static int read_value(struct scanner *s, struct text_value *v);

static struct text_value *
add(struct text_value *to)
{
	to->value = xreallocarray(to->value, to->n + 1, sizeof(*to->value));
	to->value[to->n] = (struct text_value){ .name = NULL };
	return &to->value[to->n++];
}

/* NAME = VALUE, and perhaps ; or , after it. */
static int
read_setting(struct scanner *s, struct text_value *group)
{
	struct text_value *v;

	if (s->token != T_NAME)
		return unexpected(s, "the name of a setting");
	if (text_find(group, s->word.s) != NULL)
		return wrong(s, s->at, "%.40s is given twice", s->word.s);
	if (++s->settings > TEXT_SETTINGS_MAX)
		return wrong(s, s->at, "more than %d settings", TEXT_SETTINGS_MAX);
	v = add(group);
	v->name = xstrdup(s->word.s);
	v->line = s->at;
	if (next(s) == -1)
		return -1;
	if (!at_mark(s, '='))
		return unexpected(s, "'='");
	if (next(s) == -1 || read_value(s, v) == -1)
		return -1;
	return at_mark(s, ';') || at_mark(s, ',') ? next(s) : 0;
}

static int
read_settings(struct scanner *s, struct text_value *group, bool inside)
{
	while (inside ? !at_mark(s, '}') : s->token != T_END) {
		if (read_setting(s, group) == -1)
			return -1;
	}
	return 0;
}

/* libconfig's arrays hold scalars of one kind; a number beyond 32 bits is another kind. */
static bool
fits_array(const struct text_value *array)
{
	const struct text_value *a = &array->value[0], *b = &array->value[array->n - 1];

	if (b->kind != TEXT_STRING && b->kind != TEXT_NUMBER && b->kind != TEXT_TRUTH)
		return false;
	if (a->kind != b->kind)
		return false;
	return a->kind != TEXT_NUMBER ||
	       (a->number == (int32_t)a->number) == (b->number == (int32_t)b->number);
}

static int
read_elements(struct scanner *s, struct text_value *v, char close)
{
	while (!at_mark(s, close)) {
		unsigned line = s->at;

		if (read_value(s, add(v)) == -1)
			return -1;
		if (v->kind == TEXT_ARRAY && !fits_array(v))
			return wrong(s, line, "an array holds scalars of one kind");
		if (at_mark(s, close))
			break;
		if (!at_mark(s, ','))
			return unexpected(s, "',' or the end of the list");
		if (next(s) == -1)
			return -1;
	}
	return 0;
}

static int
read_bracket(struct scanner *s, struct text_value *v)
{
	char open = s->mark;
	char close = open == '{' ? '}' : open == '(' ? ')' : ']';
	unsigned begin = s->at;
	int result;

	if (s->depth == TEXT_NEST_MAX)
		return wrong(s, begin, "more than %d brackets inside one another", TEXT_NEST_MAX);
	s->depth++;
	v->kind = open == '{' ? TEXT_GROUP : open == '(' ? TEXT_LIST : TEXT_ARRAY;
	if (next(s) == -1)
		return -1;
	result = open == '{' ? read_settings(s, v, true) : read_elements(s, v, close);
	if (result == -1)
		return -1;
	s->depth--;
	return next(s);
}

/* Strings that follow each other are one. */
static int
read_strings(struct scanner *s, struct text_value *v)
{
	struct buf b = { 0 };

	v->kind = TEXT_STRING;
	while (s->token == T_STRING) {
		buf_add(&b, s->word.s);
		if (next(s) == -1) {
			buf_free(&b);
			return -1;
		}
	}
	v->string = buf_steal(&b);
	return 0;
}

static int
read_value(struct scanner *s, struct text_value *v)
{
	if (v->line == 0)
		v->line = s->at;
	if (s->token == T_STRING)
		return read_strings(s, v);
	if (s->token == T_NUMBER || s->token == T_TRUTH) {
		v->kind = s->token == T_NUMBER ? TEXT_NUMBER : TEXT_TRUTH;
		v->number = s->number;
		return next(s);
	}
	if (at_mark(s, '{') || at_mark(s, '(') || at_mark(s, '['))
		return read_bracket(s, v);
	return unexpected(s, "a value");
}

int
text_read(struct diag *d, const char *shown, const char *text, size_t len, struct text_value *ret)
{
	struct scanner s = { .d = d, .shown = shown, .p = text, .end = text + len, .line = 1 };
	struct text_value all = { .kind = TEXT_GROUP };
	int result = -1;

	if (len > TEXT_MAX)
		return fail(d, "%s: larger than %u bytes", shown, TEXT_MAX);
	if (next(&s) == 0 && read_settings(&s, &all, false) == 0)
		result = 0;
	buf_free(&s.word);
	if (result == -1)
		text_free(&all);
	else
		*ret = all;
	return result;
}

void
text_free(struct text_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		text_free(&v->value[i]);
	free(v->value);
	free(v->name);
	free(v->string);
	*v = (struct text_value){ .kind = TEXT_GROUP };
}

const struct text_value *
text_find(const struct text_value *group, const char *name)
{
	for (size_t i = 0; i < group->n; i++) {
		if (strcmp(group->value[i].name, name) == 0)
			return &group->value[i];
	}
	return NULL;
}
