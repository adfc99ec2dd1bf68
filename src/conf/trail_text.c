/* A trail as lines of text, and back: what is kept of a VM that runs; see trail.h. */
#include <string.h>

#include "conf/doc.h"
#include "conf/trail.h"
#include "util/mem.h"

#define IDLE "\tidle" /* behind the place */

/* Values have no control characters: the syntax writes them as \x09. Places may. */
void
conf_trail_write(struct buf *b, const struct conf_trail *t)
{
	buf_add(b, "");
	for (size_t i = 0; i < t->n; i++) {
		const struct conf_entry *e = &t->v[i];

		buf_addf(b, "%s\t%s\t", e->path, e->text);
		if (e->where != NULL)
			buf_add_visible(b, e->where, strlen(e->where));
		buf_add(b, e->idle ? IDLE "\n" : "\n");
	}
}

/* The row of a path such as "disks[0].file"; NULL: there is none. */
static const struct conf_key *
row_of(const struct conf_key *table, const char *path, size_t len)
{
	const struct conf_key *key = NULL;

	while (len > 0 && table != NULL) {
		size_t n = 0, past;

		while (n < len && path[n] != '.' && path[n] != '[')
			n++;
		key = table_find(table, path, n);
		if (key == NULL)
			return NULL;
		for (past = n; past < len && path[past] != '.'; past++)
			continue;
		past += past < len;
		path += past;
		len -= past;
		table = key->sub;
	}
	return len == 0 ? key : NULL;
}

/* One line, without its end; what an other version of the table wrote and this one does not know is
 * left out. */
static void
read_line(const char *line, size_t len, const struct conf_key *table, struct conf_trail *ret)
{
	const char *text = memchr(line, '\t', len), *where, *idle, *past, *end = line + len;
	const struct conf_key *row =
	    text != NULL ? row_of(table, line, (size_t)(text - line)) : NULL;

	if (row == NULL)
		return;
	text++;
	where = memchr(text, '\t', (size_t)(end - text));
	if (where == NULL)
		return;
	idle = memchr(where + 1, '\t', (size_t)(end - where - 1));
	past = idle != NULL ? idle : end;
	conf_trail_add(ret, row, xstrndup(line, (size_t)(text - 1 - line)),
	    xstrndup(text, (size_t)(where - text)),
	    where + 1 < past ? xstrndup(where + 1, (size_t)(past - where - 1)) : NULL);
	ret->v[ret->n - 1].idle = idle != NULL;
}

void
conf_trail_read(const char *text, size_t len, const struct conf_key *table, struct conf_trail *ret)
{
	const char *end = text + len;

	*ret = (struct conf_trail){ 0 };
	while (text < end) {
		const char *line = text, *nl = memchr(text, '\n', (size_t)(end - text));

		if (nl == NULL)
			break;
		read_line(line, (size_t)(nl - line), table, ret);
		text = nl + 1;
	}
}
