/* A trail as a file that says the same; see trail.h. */
#include <string.h>

#include "conf/doc.h"
#include "conf/trail.h"

#define PLACE_COLUMN 48 /* where the comments with the places begin, if the value leaves room */

struct printer {
	struct buf *b;
	const struct conf_trail_style *style;
};

/* Is it said, so that a line of it counts? */
static bool
is_said(const struct printer *p, const struct conf_entry *e)
{
	return e->where != NULL && !e->idle && (p->style->skip == NULL || !p->style->skip(e));
}

/* Is there anything to show of these entries? And among it, anything that counts? */
static bool
any_shown(const struct printer *p, const struct conf_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (e[i].where != NULL || p->style->defaults)
			return true;
	}
	return false;
}

static bool
any_said(const struct printer *p, const struct conf_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_said(p, &e[i]))
			return true;
	}
	return false;
}

static void
start_line(struct printer *p, unsigned depth, bool off)
{
	buf_add(p->b, off ? "# " : "");
	for (unsigned i = 0; i < depth; i++)
		buf_addc(p->b, '\t');
}

static void
add_text(struct printer *p, const struct conf_entry *e)
{
	for (const char *s = e->text; *s != '\0'; s++) {
		buf_addc(p->b, *s);
		if (*s == '%' && p->style->percent && !e->row->percent)
			buf_addc(p->b, '%');
	}
}

/* The place of a value, behind it. */
static void
end_line(struct printer *p, size_t begin, unsigned depth, const struct conf_entry *e)
{
	size_t column = p->b->len - begin + 7 * depth;

	if (p->style->places) {
		do {
			buf_addc(p->b, ' ');
		} while (++column < PLACE_COLUMN);
		buf_add(p->b, "# ");
		if (e->where == NULL)
			buf_add(p->b, "default");
		else
			buf_add_visible(p->b, e->where, strlen(e->where));
	}
	buf_addc(p->b, '\n');
}

static void
print_value(struct printer *p, const struct conf_entry *e, const char *name, size_t len,
    unsigned depth, bool off)
{
	size_t begin = p->b->len;

	start_line(p, depth, off);
	buf_addn(p->b, name, len);
	buf_add(p->b, " = ");
	add_text(p, e);
	buf_addc(p->b, ';');
	end_line(p, begin, depth, e);
}

static void print_members(
    struct printer *p, const struct conf_entry *e, size_t n, size_t skip, unsigned depth, bool off);

/* How many of the entries begin with the first len bytes of the first one, and end there or go on
 * with one of these. */
static size_t
run_of(const struct conf_entry *e, size_t n, size_t len, const char *next)
{
	size_t i = 1;

	while (i < n && strncmp(e[i].path, e[0].path, len) == 0 &&
	       (e[i].path[len] == '\0' || strchr(next, e[i].path[len]) != NULL))
		i++;
	return i;
}

static void
print_group(struct printer *p, const struct conf_entry *e, size_t n, size_t name, size_t len,
    unsigned depth, bool off)
{
	size_t begin = p->b->len;

	off = off || !any_said(p, e, n);
	start_line(p, depth, off);
	buf_addn(p->b, e->path + name, len);
	buf_add(p->b, " = {");
	if (e->path[name + len] == '\0') /* the mark of a group that was given empty */
		end_line(p, begin, depth, e);
	else
		buf_addc(p->b, '\n');
	print_members(p, e, n, name + len + 1, depth + 1, off);
	start_line(p, depth, off);
	buf_add(p->b, "};\n");
}

static void
print_list(struct printer *p, const struct conf_entry *e, size_t n, size_t name, size_t len,
    unsigned depth, bool off)
{
	off = off || !any_said(p, e, n);
	start_line(p, depth, off);
	buf_addn(p->b, e->path + name, len);
	buf_add(p->b, " = ( {");
	for (size_t i = 0; i < n;) {
		size_t end = name + len + strcspn(e[i].path + name + len, "]") + 1;
		size_t more = run_of(e + i, n - i, end, ".[");

		if (e[i].path[end] == '\0' && p->style->places) {
			buf_add(p->b, " # ");
			buf_add_visible(p->b, e[i].where, strlen(e[i].where));
		}
		buf_addc(p->b, '\n');
		print_members(p, e + i, more, end + 1, depth + 1, off);
		start_line(p, depth, off);
		i += more;
		buf_add(p->b, i < n ? "}, {" : "} );\n");
	}
}

/* What the entries, whose paths have the first skip bytes in common, say. */
static void
print_members(
    struct printer *p, const struct conf_entry *e, size_t n, size_t skip, unsigned depth, bool off)
{
	for (size_t i = 0, more; i < n; i += more) {
		const char *name = e[i].path + skip;
		size_t len;

		more = 1;
		if (strlen(e[i].path) < skip) /* the mark of what is around them */
			continue;
		len = strcspn(name, ".[");
		more = run_of(e + i, n - i, skip + len, ".[");
		if (!any_shown(p, e + i, more))
			continue;
		if (name[len] == '[' || (more > 1 && e[i + 1].path[skip + len] == '['))
			print_list(p, e + i, more, skip, len, depth, off);
		else if (name[len] == '.' || e[i].row->kind == CONF_GROUP)
			print_group(p, e + i, more, skip, len, depth, off);
		else
			print_value(p, &e[i], name, len, depth, off || !is_said(p, &e[i]));
	}
}

void
conf_trail_print(struct buf *b, const struct conf_trail *t, const struct conf_trail_style *style)
{
	struct printer p = { b, style };

	buf_add(b, "");
	print_members(&p, t->v, t->n, 0, 0, false);
}
