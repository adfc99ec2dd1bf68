/* What the files of conf/ share: the joined text with its map of places, and an open document. */
#ifndef VMRUN_CONF_DOC_H
#define VMRUN_CONF_DOC_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "util/buf.h"

#define CONF_FILE_MAX     (1u << 20) /* bytes of one file, and of all files joined */
#define CONF_FILES_MAX    100        /* files of one document, the same one counted each time */
#define CONF_INCLUDE_MAX  10         /* files inside one another */
#define CONF_NEST_MAX     32         /* brackets inside one another */
#define CONF_SETTINGS_MAX 5000 /* of one document: libconfig compares each with its siblings */
#define CONF_REPORT_MAX   100  /* messages about one document */

/* One file of a document. */
struct source_file {
	char *shown; /* as messages name it */
	char *path;  /* absolute; NULL if the document has no folder */
	char *dir;   /* folder of path; NULL likewise */
};

/* From this line of the joined text on, lines are those of a file from the given one on. */
struct source_segment {
	unsigned joined, line;
	size_t file;
};

struct source {
	struct buf text; /* what libconfig gets: no comments, no @include, integers made explicit */
	unsigned line;   /* the line of text that is written now, from 1 */
	unsigned string_line; /* where the first string of several lines begins; 0: there is none */
	struct source_file *files;
	size_t nfiles;
	struct source_segment *segments;
	size_t nsegments;
};

struct problem {
	unsigned line; /* of the joined text; 0: none */
	char *text;
};

struct problems {
	struct problem *list;
	size_t n, dropped;
};

/* What was read; several documents may be of one text. */
struct conf_text {
	config_t config;
	struct source source;
	size_t refs;
};

struct conf_doc {
	struct conf_text *text;
	struct problems problems;
	char **idle; /* see conf_idle() */
	size_t nidle;
	struct conf_doc **below; /* what it inherits from, the weakest first; owned */
	size_t nbelow;
	char **places; /* what conf_where() has given out */
	size_t nplaces;
	const struct conf_vars *vars; /* NULL: "%" is one */
	struct buf expanded;          /* the last string with variables put in */
};

/* conf.c: "file:line" of a setting, to be freed by the caller. */
char *conf_place(struct conf_doc *doc, const config_setting_t *s);
/* conf.c: the document, doc or one below it, that says what is at path, and the line of its joined
 * text; see conf_where(). *ret_line 0: none. */
struct conf_doc *conf_line(struct conf_doc *doc, const char *path, unsigned *ret_line);

/* problems.c */
void problem_add(struct problems *p, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A value in a message: at most 60 bytes of it, visible, in quotes. */
void buf_add_quoted(struct buf *b, const char *s);
/* A name in a message, likewise but without quotes. */
void buf_add_name(struct buf *b, const char *s, size_t n);
/* A string that ends on another line often lacks its quote: say so after an error. */
void problem_add_long_string(struct problems *p, const struct source *s);
void problems_free(struct problems *p);

/* source.c */
struct diag;
int source_read_file(struct diag *d, struct conf_doc *doc, const char *path);
int source_read_text(struct diag *d, struct conf_doc *doc, const char *name, const char *dir,
    const char *text, size_t len);
/* Which file and which of its lines a line of the joined text is; NULL: the document has none. */
const struct source_file *source_place(const struct source *s, unsigned joined, unsigned *ret_line);
/* dir and path as one path, without "./" and doubled slashes, so that a file has one name in most
 * cases;
 * "..", which means something else behind a symbolic link, stays. dir is ignored if path is
 * absolute. */
char *source_path(const char *dir, const char *path);
void source_free(struct source *s);

/* value.c: store a scalar setting in obj; false with what is wrong about it added to why. */
bool value_store(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    void *obj, struct buf *why);
/* One string of a key that takes several, to be freed, or one number or choice; the same on
 * failure. */
bool value_string(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    char **ret, struct buf *why);
bool value_int(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    int64_t *ret, struct buf *why);
bool value_choice(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    int *ret, struct buf *why);
/* Of the choices: one that is written without quotes. */
bool word_is_truth(const char *word);
/* By the key's parse(). */
bool value_custom(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    void *field, struct buf *why);
/* A number of a key as it would be written in a file: "512M", "90s", 5. */
void value_add_number(struct buf *b, const struct conf_key *key, int64_t n);
/* "VALUE is not EXPECTED", of any setting. */
void value_mismatch(
    struct conf_doc *doc, const config_setting_t *s, const char *expected, struct buf *why);
/* Can the variables in a string be put in (conf_expand())? false with what is wrong added to why.
 * Of any setting; the functions above put them in by themselves. */
bool value_expands(const struct conf_doc *doc, const config_setting_t *s,
    const struct conf_key *key, struct buf *why);
/* A CONF_CUSTOM as it would be written in a file: a string in quotes, or a number. */
void value_add_custom(struct buf *b, struct conf_doc *doc, const config_setting_t *s);

/* apply.c: of a value. Does the key take several, and is what is written several? May it stand for a
 * list of one? */
bool takes_several(const struct conf_key *key);
bool is_sequence(const config_setting_t *s);
bool is_lone(const config_setting_t *s, const struct conf_key *key);

/* table.c */
/* Store the row's default, which it must have. */
void default_value(const struct conf_key *key, void *obj);
const struct conf_key *table_find(const struct conf_key *table, const char *name, size_t n);
void *table_field(const struct conf_key *key, void *obj);
size_t *table_count(const struct conf_key *key, void *obj);

#endif
