/*
 * Finds where in a file's text a setting is written, and changes that place alone; see edit.h.
 *
 * The text is one that conf_open_text() has taken, so a scanner suffices that knows strings,
 * comments, brackets and what separates settings; where it meets something else it gives up.
 */
#include "conf/edit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/diag.h"
#include "util/mem.h"

#define NOWHERE SIZE_MAX

struct place {
	size_t begin, end; /* of the value */
	size_t whole;      /* where the setting begins: its name; of an element as begin */
};

static char
at(const struct buf *t, size_t i)
{
	return i < t->len ? t->s[i] : '\0';
}

/* Behind a line that begins at i. */
static size_t
line_end(const struct buf *t, size_t i)
{
	while (i < t->len && t->s[i] != '\n')
		i++;
	return i;
}

static size_t
comment_end(const struct buf *t, size_t i)
{
	for (i += 2; i < t->len; i++) {
		if (t->s[i] == '*' && at(t, i + 1) == '/')
			return i + 2;
	}
	return t->len;
}

/* Behind white space, comments and includes. */
static size_t
skip_blank(const struct buf *t, size_t i)
{
	for (;;) {
		char c = at(t, i);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
			i++;
		else if (c == '#' || c == '@' || (c == '/' && at(t, i + 1) == '/'))
			i = line_end(t, i);
		else if (c == '/' && at(t, i + 1) == '*')
			i = comment_end(t, i);
		else
			return i;
	}
}

/* Behind a string, and those that follow it as parts of the same. */
static size_t
skip_strings(const struct buf *t, size_t i)
{
	size_t end = i;

	while (at(t, i) == '"') {
		for (i++; i < t->len && t->s[i] != '"'; i++)
			i += t->s[i] == '\\';
		end = i + 1;
		i = skip_blank(t, end);
	}
	return end <= t->len ? end : NOWHERE;
}

/* Behind a value that begins at i. */
static size_t
skip_value(const struct buf *t, size_t i)
{
	unsigned depth = 0;
	size_t begin = i;

	do {
		char c = at(t, i);

		if (c == '"') {
			i = skip_strings(t, i);
			if (i == NOWHERE)
				return NOWHERE;
		} else if (c == '(' || c == '[' || c == '{') {
			depth++;
			i++;
		} else if (c == ')' || c == ']' || c == '}') {
			if (depth == 0)
				return NOWHERE;
			depth--;
			i++;
		} else if (depth > 0 && c != '\0') {
			i++;
		} else {
			while (isalnum((unsigned char)at(t, i)) ||
			       (at(t, i) != '\0' && strchr("+-._*", at(t, i)) != NULL))
				i++;
		}
		if (depth > 0)
			i = skip_blank(t, i);
	} while (depth > 0 && i < t->len);
	return depth > 0 || i == begin ? NOWHERE : i;
}

static bool
is_name(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '*';
}

static bool
is_close(char c)
{
	return c == '\0' || c == ')' || c == ']' || c == '}';
}

/* The next setting of a group, from i on: false at its end. */
static bool
next_member(const struct buf *t, size_t *i, struct place *ret)
{
	size_t p = skip_blank(t, *i);

	while (at(t, p) == ';' || at(t, p) == ',')
		p = skip_blank(t, p + 1);
	ret->whole = p;
	while (is_name(at(t, p)))
		p++;
	if (p == ret->whole)
		return false;
	p = skip_blank(t, p);
	if (at(t, p) != '=' && at(t, p) != ':')
		return false;
	ret->begin = skip_blank(t, p + 1);
	ret->end = skip_value(t, ret->begin);
	*i = ret->end;
	return ret->end != NOWHERE;
}

/* The next element of a list, likewise. */
static bool
next_element(const struct buf *t, size_t *i, struct place *ret)
{
	size_t p = skip_blank(t, *i);

	if (at(t, p) == ',')
		p = skip_blank(t, p + 1);
	if (is_close(at(t, p)))
		return false;
	*ret = (struct place){ p, skip_value(t, p), p };
	*i = ret->end;
	return ret->end != NOWHERE;
}

static bool
is_list(const struct buf *t, const struct place *p)
{
	return at(t, p->begin) == '(' || at(t, p->begin) == '[';
}

/* The whole text is a group without brackets. */
static size_t
inside(const struct buf *t, const struct place *p)
{
	return p->whole == NOWHERE ? 0 : p->begin + 1;
}

static bool
is_group(const struct buf *t, const struct place *p)
{
	return p->whole == NOWHERE || at(t, p->begin) == '{';
}

/* One step of a path, "name" or "[2]". */
static bool
step(const struct buf *t, const struct place *p, const char *word, size_t n, struct place *ret)
{
	size_t i = inside(t, p);
	struct place one;

	if (word[0] == '[') {
		unsigned long wanted = strtoul(word + 1, NULL, 10);

		if (!is_list(t, p)) {
			*ret = *p;
			return wanted == 0;
		}
		while (next_element(t, &i, &one)) {
			if (wanted-- == 0) {
				*ret = one;
				return true;
			}
		}
		return false;
	}
	while (is_group(t, p) && next_member(t, &i, &one)) {
		if (strncmp(t->s + one.whole, word, n) == 0 && !is_name(at(t, one.whole + n))) {
			*ret = one;
			return true;
		}
	}
	return false;
}

/* The place of path, and of what is around it. *ret_rest is what of path is not there: "" if all
 * is. */
static void
locate(const struct buf *t, const char *path, struct place *ret_around, struct place *ret,
    const char **ret_rest)
{
	struct place here = { 0, t->len, NOWHERE }, around = here, inner;

	while (*path != '\0') {
		size_t n = 1 + strcspn(path + 1, ".[");

		if (!step(t, &here, path, n, &inner))
			break;
		around = here;
		here = inner;
		path += n;
		path += *path == '.';
	}
	*ret_around = around;
	*ret = here;
	*ret_rest = path;
}

/* The bytes from begin to end become s. */
static void
replace(struct buf *t, size_t begin, size_t end, const char *s)
{
	struct buf out = { 0 };

	buf_addn(&out, t->s, begin);
	buf_add(&out, s);
	buf_addn(&out, t->s + end, t->len - end);
	buf_free(t);
	*t = out;
}

/* The white space that the line of i begins with, to be freed. */
static char *
indent_of(const struct buf *t, size_t i)
{
	size_t begin, n;

	while (i > 0 && t->s[i - 1] != '\n')
		i--;
	begin = i;
	n = strspn(t->s + begin, " \t");
	return xstrndup(t->s + begin, n);
}

/* What follows at i on the same line is at most a separator and comments: where that line ends.
 * NOWHERE: something else follows. */
static size_t
rest_of_line(const struct buf *t, size_t i)
{
	for (;;) {
		char c = at(t, i);

		if (c == '\n')
			return i;
		if (c == '#' || (c == '/' && at(t, i + 1) == '/'))
			return line_end(t, i);
		if (c == '/' && at(t, i + 1) == '*')
			i = comment_end(t, i);
		else if (c == ' ' || c == '\t' || c == '\r' || c == ';' || c == ',')
			i++;
		else
			return c == '\0' ? t->len : NOWHERE;
	}
}

/* Behind the last of the members or elements of p; NOWHERE: it has none. */
static size_t
last_of(const struct buf *t, const struct place *p, struct place *ret)
{
	size_t i = inside(t, p), end = NOWHERE;
	struct place one;

	while (is_list(t, p) ? next_element(t, &i, &one) : next_member(t, &i, &one)) {
		*ret = one;
		end = one.end;
	}
	return end;
}

/* text as the last thing of the group or list p, on a line of its own if the others are. separator
 * stands between two of them. */
static void
add_last(struct buf *t, const struct place *p, const char *text, char separator)
{
	char separated[] = { separator, '\0' };
	struct place last = { 0 };
	size_t end = last_of(t, p, &last), after, line;
	char *indent, *added;

	if (end == NOWHERE && p->whole == NOWHERE) {
		/* Behind the comments that a file begins with. */
		buf_add(t, t->len > 0 && t->s[t->len - 1] != '\n' ? "\n" : "");
		buf_addf(t, "%s\n", text);
		return;
	}
	if (end == NOWHERE) {
		added = xasprintf(" %s ", text);
		/* Before what there is of comments and spaces. */
		replace(t, inside(t, p), inside(t, p), added);
		free(added);
		return;
	}
	after = skip_blank(t, end);
	/* Settings may have commas between them as well. */
	if (at(t, after) != separator && (separator != ';' || at(t, after) != ',')) {
		replace(t, end, end, separated);
		after = end;
	}
	line = rest_of_line(t, after + 1);
	indent = indent_of(t, last.whole);
	if (line == NOWHERE) {
		added = xasprintf(" %s", text);
		line = after + 1;
	} else {
		added = xasprintf("\n%s%s", indent, text);
	}
	replace(t, line, line, added);
	free(indent);
	free(added);
}

static int
not_there(struct diag *d, const char *path)
{
	return fail(d, "%s is not written in the file itself", path);
}

int
conf_edit_set(struct diag *d, struct buf *text, const char *path, const char *value)
{
	struct place around, here;
	const char *rest;
	char *setting;

	locate(text, path, &around, &here, &rest);
	if (*rest == '\0' && here.whole != NOWHERE) {
		replace(text, here.begin, here.end, value);
		return 0;
	}
	if (*rest == '\0' || strpbrk(rest, ".[") != NULL || !is_group(text, &here))
		return not_there(d, path);
	setting = xasprintf("%s = %s;", rest, value);
	add_last(text, &here, setting, ';');
	free(setting);
	return 0;
}

int
conf_edit_append(struct diag *d, struct buf *text, const char *path, const char *value)
{
	struct place around, here;
	const char *rest;
	char *list;
	int result;

	locate(text, path, &around, &here, &rest);
	if (*rest == '\0' && here.whole != NOWHERE && is_list(text, &here)) {
		add_last(text, &here, value, ',');
		return 0;
	}
	if (*rest == '\0' && here.whole != NOWHERE)
		list = xasprintf(
		    "[ %.*s, %s ]", (int)(here.end - here.begin), text->s + here.begin, value);
	else
		list = xasprintf("[ %s ]", value);
	result = conf_edit_set(d, text, path, list);
	free(list);
	return result;
}

/* Is there nothing but white space before i on its line? */
static bool
begins_line(const struct buf *t, size_t i)
{
	while (i > 0 && (t->s[i - 1] == ' ' || t->s[i - 1] == '\t'))
		i--;
	return i == 0 || t->s[i - 1] == '\n';
}

static size_t
line_begin(const struct buf *t, size_t i)
{
	while (i > 0 && t->s[i - 1] != '\n')
		i--;
	return i;
}

/* The comma behind an element goes with it; that before the last one too. */
static void
remove_element(struct buf *t, const struct place *list, const struct place *here)
{
	size_t begin = here->begin, end = here->end, after = skip_blank(t, end), line, i, comma;
	struct place one;

	comma = NOWHERE;
	if (at(t, after) == ',') {
		end = after + 1;
	} else {
		i = inside(t, list);
		while (next_element(t, &i, &one) && one.begin < begin)
			comma = skip_blank(t, one.end);
	}
	line = rest_of_line(t, end);
	if (line != NOWHERE && begins_line(t, begin)) {
		begin = line_begin(t, begin);
		end = line + (at(t, line) == '\n');
	} else if (comma == NOWHERE) {
		end += strspn(t->s + end, " \t");
	} else if (comma + 1 + strspn(t->s + comma + 1, " \t\r\n") == begin) {
		begin = comma;
		comma = NOWHERE;
	}
	replace(t, begin, end, "");
	if (comma != NOWHERE && comma < begin && at(t, comma) == ',')
		replace(t, comma, comma + 1, "");
}

int
conf_edit_remove(struct diag *d, struct buf *text, const char *path)
{
	struct place around, here;
	const char *rest;
	size_t end, line;

	locate(text, path, &around, &here, &rest);
	if (*rest != '\0' || here.whole == NOWHERE)
		return not_there(d, path);
	if (path[strlen(path) - 1] == ']' && is_list(text, &around)) {
		remove_element(text, &around, &here);
		return 0;
	}
	/* A bare value was the whole list. */
	if (path[strlen(path) - 1] == ']') {
		replace(text, here.begin, here.end, "[ ]");
		return 0;
	}
	end = skip_blank(text, here.end);
	end = at(text, end) == ';' || at(text, end) == ',' ? end + 1 : here.end;
	line = rest_of_line(text, end);
	if (line != NOWHERE && begins_line(text, here.whole))
		replace(text, line_begin(text, here.whole), line + (at(text, line) == '\n'), "");
	else
		replace(text, here.whole, end + strspn(text->s + end, " \t"), "");
	return 0;
}

bool
conf_edit_find(const struct buf *text, const char *path, const char **ret, size_t *ret_len)
{
	struct place around, here;
	const char *rest;

	locate(text, path, &around, &here, &rest);
	if (*rest != '\0' || here.whole == NOWHERE)
		return false;
	*ret = text->s + here.begin;
	*ret_len = here.end - here.begin;
	return true;
}

size_t
conf_edit_count(const struct buf *text, const char *path)
{
	struct place around, here, one;
	const char *rest;
	size_t i, n = 0;

	locate(text, path, &around, &here, &rest);
	if (*rest != '\0' || here.whole == NOWHERE)
		return 0;
	if (!is_list(text, &here))
		return 1;
	for (i = inside(text, &here); next_element(text, &i, &one); n++)
		continue;
	return n;
}
