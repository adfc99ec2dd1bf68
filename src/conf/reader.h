/* What source.c (files) and lexer.c (their text) share while a document is read. */
#ifndef VMRUN_CONF_READER_H
#define VMRUN_CONF_READER_H

#include "conf/doc.h"

/* A file that is being read, and below it the one that includes it. */
struct frame {
	const struct frame *below;
	size_t file; /* its index in source.files */
	const char *p, *end;
	unsigned line;
};

/* An open bracket. */
struct scope {
	char open;
	unsigned line;     /* joined */
	size_t first_name; /* the first of its names in reader.names */
};

/* A name that has been given a value in a scope that is still open. */
struct seen_name {
	size_t at, len; /* in source.text */
	unsigned line;  /* joined */
};

struct reader {
	struct source *source;
	struct problems *problems;
	struct scope scopes[CONF_NEST_MAX + 1]; /* [0] is the document itself */
	size_t depth;
	struct seen_name *names;
	size_t nnames, nsettings;
	struct seen_name pending; /* a name that '=' may follow; len 0: none */
	size_t comma_at;          /* in source.text, the last comma */
	char last,
	    before_comma; /* first character of the last token, and of the one before the comma */
	bool stop;        /* nothing that follows can be understood */
};

/* lexer.c: append f's text to the joined text, with what it includes. */
void lexer_run(struct reader *r, struct frame *f);
/* After the last file: what was left open. */
void lexer_finish(struct reader *r);

/* integer.c: 1: an integer, its value stored; 0: something else; -1: an integer beyond 64 bits. */
int integer_read(const char *s, size_t n, int64_t *ret);
/* integer.c: is it something like 512M or 90s? */
bool integer_has_unit(const char *s, size_t n);

/* source.c: note where the joined text comes from now. */
void source_mark(struct source *s, size_t file, unsigned line);
/* source.c: read the file that an @include on the joined line given names. */
void source_include(struct reader *r, const struct frame *from, const char *name, unsigned line);

#endif
