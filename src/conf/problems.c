/* Messages about a document: collected in any order, reported by line; see conf_report(). */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/diag.h"
#include "util/mem.h"

#define COLLECT_MAX 2000 /* so that a hostile file cannot grow us; CONF_REPORT_MAX are shown */
#define SHOWN_MAX   60   /* bytes of a value or a name */

static void
add(struct problems *p, unsigned line, char *text)
{
	if (p->n == COLLECT_MAX) {
		p->dropped++;
		free(text);
		return;
	}
	p->list = xreallocarray(p->list, p->n + 1, sizeof(*p->list));
	p->list[p->n++] = (struct problem){ .line = line, .text = text };
}

void
problem_add(struct problems *p, unsigned line, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	add(p, line, buf_steal(&b));
}

void
problem_add_long_string(struct problems *p, const struct source *s)
{
	if (s->string_line > 0)
		problem_add(p, s->string_line,
		    "the string that begins here ends on another line: is its quote missing?");
}

void
problems_free(struct problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i].text);
	free(p->list);
	*p = (struct problems){ 0 };
}

/* How many bytes of s to show: never half of a UTF-8 character. */
static size_t
shown_length(const char *s, size_t n)
{
	if (n <= SHOWN_MAX)
		return n;
	n = SHOWN_MAX;
	while (n > SHOWN_MAX - 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void
buf_add_name(struct buf *b, const char *s, size_t n)
{
	size_t shown = shown_length(s, n);

	buf_add_visible(b, s, shown);
	if (shown < n)
		buf_add(b, "…");
}

void
buf_add_quoted(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	buf_add_name(b, s, strlen(s));
	buf_addc(b, '"');
}

void
conf_fail(struct conf_doc *doc, const char *path, const char *fmt, ...)
{
	struct buf b = { 0 };
	unsigned line;
	struct conf_doc *where = conf_line(doc, path, &line);
	va_list ap;

	if (*path != '\0')
		buf_addf(&b, "%s: ", path);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	add(&where->problems, line, buf_steal(&b));
}

/* By line, and in the order of adding within one. */
static void
sort(struct problems *p)
{
	for (size_t i = 1; i < p->n; i++) {
		struct problem x = p->list[i];
		size_t k = i;

		for (; k > 0 && p->list[k - 1].line > x.line; k--)
			p->list[k] = p->list[k - 1];
		p->list[k] = x;
	}
}

int
conf_report(struct diag *d, struct conf_doc *doc)
{
	struct problems *p = &doc->problems;
	const char *main_file = doc->text->source.files[0].shown;
	int result = p->n > 0 ? -1 : 0;

	for (size_t i = 0; i < doc->nbelow; i++) {
		if (conf_report(d, doc->below[i]) == -1)
			result = -1;
	}
	sort(p);
	for (size_t i = 0; i < p->n && i < CONF_REPORT_MAX; i++) {
		unsigned line = 0;
		const struct source_file *file =
		    p->list[i].line > 0 ? source_place(&doc->text->source, p->list[i].line, &line) : NULL;

		if (file == NULL)
			fail_as(d, DIAG_CONFIG, "%s: %s", main_file, p->list[i].text);
		else
			fail_as(d, DIAG_CONFIG, "%s:%u: %s", file->shown, line, p->list[i].text);
	}
	if (p->n + p->dropped > CONF_REPORT_MAX) {
		fail_as(d, DIAG_CONFIG, "%s: and %zu more", main_file,
		    p->n + p->dropped - CONF_REPORT_MAX);
	}
	problems_free(p);
	return result;
}
