/* Reads a document's files into one text with a map of its lines; follows @include. */
#include "conf/doc.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/reader.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

const struct source_file *
source_place(const struct source *s, unsigned joined, unsigned *ret_line)
{
	for (size_t i = s->nsegments; i-- > 0;) {
		const struct source_segment *segment = &s->segments[i];

		if (segment->joined <= joined) {
			*ret_line = segment->line + (joined - segment->joined);
			return &s->files[segment->file];
		}
	}
	return NULL;
}

void
source_mark(struct source *s, size_t file, unsigned line)
{
	s->segments = xreallocarray(s->segments, s->nsegments + 1, sizeof(*s->segments));
	s->segments[s->nsegments++] =
	    (struct source_segment){ .joined = s->line, .line = line, .file = file };
}

void
source_free(struct source *s)
{
	buf_free(&s->text);
	for (size_t i = 0; i < s->nfiles; i++) {
		free(s->files[i].shown);
		free(s->files[i].path);
		free(s->files[i].dir);
	}
	free(s->files);
	free(s->segments);
	*s = (struct source){ 0 };
}

static void
add_path(struct buf *b, const char *path)
{
	for (size_t n; *path != '\0'; path += path[n] == '/' ? n + 1 : n) {
		n = strcspn(path, "/");
		if (n > 0 && (n != 1 || path[0] != '.')) {
			buf_addc(b, '/');
			buf_addn(b, path, n);
		}
	}
}

char *
source_path(const char *dir, const char *path)
{
	struct buf b = { 0 };

	if (path[0] != '/')
		add_path(&b, dir);
	add_path(&b, path);
	if (b.len == 0)
		buf_addc(&b, '/');
	return buf_steal(&b);
}

/* Takes over path. */
static size_t
add_file(struct source *s, const char *shown, char *path)
{
	s->files = xreallocarray(s->files, s->nfiles + 1, sizeof(*s->files));
	s->files[s->nfiles] = (struct source_file){
		.shown = xstrdup(shown),
		.path = path,
		.dir = path != NULL ? folder_of(path) : NULL,
	};
	return s->nfiles++;
}

static void
reader_start(struct reader *r, struct conf_doc *doc)
{
	*r = (struct reader){ .source = &doc->text->source, .problems = &doc->problems };
	doc->text->source.line = 1;
}

static void
reader_end(struct reader *r)
{
	lexer_finish(r);
	free(r->names);
}

static int
read_trusted(struct diag *d, const char *path, char **ret, size_t *ret_len)
{
	char *text;

	if (file_read(d, path, CONF_FILE_MAX, &text, ret_len) == -1)
		return -1;
	/* After it was opened, so that a missing file or a FIFO is called that. Nobody else can
	 * have changed what was read if nobody else can change it or a folder on the way to it now.
	 */
	if (geteuid() == 0 && path_trusted(d, path) == -1) {
		free(text);
		errno = EPERM;
		return -1;
	}
	*ret = text;
	return 0;
}

int
source_read_file(struct diag *d, struct conf_doc *doc, const char *path)
{
	char cwd[PATH_MAX], *text;
	size_t len;
	struct reader r;
	struct frame f = { .line = 1 };

	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return fail_sys(d, "%s: the current folder", path);
	if (read_trusted(d, path, &text, &len) == -1)
		return -1;
	reader_start(&r, doc);
	f.file = add_file(&doc->text->source, path, source_path(cwd, path));
	f.p = text;
	f.end = text + len;
	lexer_run(&r, &f);
	reader_end(&r);
	free(text);
	return 0;
}

int
source_read_text(struct diag *d, struct conf_doc *doc, const char *name, const char *dir,
    const char *text, size_t len)
{
	struct reader r;
	struct frame f = { .line = 1, .p = text, .end = text + len };

	if (len > CONF_FILE_MAX)
		return fail_as(
		    d, DIAG_CONFIG, "%s: larger than %u bytes", name, (unsigned)CONF_FILE_MAX);
	reader_start(&r, doc);
	f.file = add_file(&doc->text->source, name, dir == NULL ? NULL : source_path(dir, basename_of(name)));
	lexer_run(&r, &f);
	reader_end(&r);
	return 0;
}

/* The files that are open, outermost first, and the one that is wanted. */
static void
add_chain(struct buf *b, const struct source *s, const struct frame *f, const char *last)
{
	if (f->below != NULL)
		add_chain(b, s, f->below, NULL);
	buf_addf(b, "%s > ", s->files[f->file].shown);
	if (last != NULL)
		buf_add(b, last);
}

static bool
is_open(const struct source *s, const struct frame *f, const char *path)
{
	char wanted[PATH_MAX], open[PATH_MAX];

	if (realpath(path, wanted) == NULL)
		return false;
	for (; f != NULL; f = f->below) {
		if (realpath(s->files[f->file].path, open) != NULL && strcmp(open, wanted) == 0)
			return true;
	}
	return false;
}

/* Why the file must not be included; NULL: it may. */
static char *
refuse(const struct reader *r, const struct frame *from, const char *path, const char *shown)
{
	struct buf b = { 0 };
	unsigned depth = 1;

	for (const struct frame *f = from; f != NULL; f = f->below)
		depth++;
	if (is_open(r->source, from, path))
		buf_add(&b, "a loop: ");
	else if (depth > CONF_INCLUDE_MAX)
		buf_addf(&b, "more than %d files inside one another: ", CONF_INCLUDE_MAX);
	else if (r->source->nfiles >= CONF_FILES_MAX)
		return xasprintf("more than %d files", CONF_FILES_MAX);
	else
		return NULL;
	add_chain(&b, r->source, from, shown);
	return buf_steal(&b);
}

/* As messages show an included file: beside the one that includes it. */
static char *
shown_beside(const char *shown, const char *name)
{
	const char *slash = strrchr(shown, '/');

	if (name[0] == '/' || slash == NULL)
		return xstrdup(name);
	return xasprintf("%.*s%s", (int)(slash - shown + 1), shown, name);
}

void
source_include(struct reader *r, const struct frame *from, const char *name, unsigned line)
{
	const struct source_file *parent = &r->source->files[from->file];
	char *path, *shown, *text = NULL, *why = NULL;
	struct diag d = { 0 };
	size_t len;

	if (parent->dir == NULL) {
		problem_add(r->problems, line, "@include: not possible here");
		return;
	}
	path = source_path(parent->dir, name);
	shown = shown_beside(parent->shown, name);
	why = refuse(r, from, path, shown);
	if (why == NULL && read_trusted(&d, path, &text, &len) == -1)
		why = xstrndup(d.text, strcspn(d.text, "\n"));
	if (why == NULL) {
		struct frame f = { .below = from, .line = 1, .p = text, .end = text + len };

		f.file = add_file(r->source, shown, path);
		path = NULL;
		lexer_run(r, &f);
	} else {
		problem_add(r->problems, line, "@include: %s", why);
		r->stop = r->stop || r->source->nfiles >= CONF_FILES_MAX;
	}
	diag_free(&d);
	free(text);
	free(why);
	free(shown);
	free(path);
}
