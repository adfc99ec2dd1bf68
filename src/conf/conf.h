/*
 * The generic table engine: libconfig text in, C structures out, driven by rows that describe keys.
 * The only user of libconfig. What a key is called, takes, defaults to and means is said in its row
 * and nowhere else; parsing, checking, the manual's key list and the sample files are made from it.
 *
 * Theory of operation. conf_open() reads a file itself (regular files only, bounded in size and
 * depth; @include is followed here, not by libconfig, so that a loop, a FIFO or a folder is an
 * error with a place), joins it to one text with a map from each line to its file and line, and
 * gives that to libconfig. Integers beyond 32 bits get their L suffix, because libconfig 1.5 would
 * cut them short silently. conf_apply() then walks the settings against a table and stores values;
 * all errors of a file are collected as "file:line: key.path: reason (value, what was expected)",
 * an unknown key with the nearest known one.
 */
#ifndef VMRUN_CONF_CONF_H
#define VMRUN_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct conf_doc;
struct diag;

enum conf_kind {
	CONF_STRING,   /* char * ; min and max bound its length in bytes */
	CONF_BOOL,     /* bool */
	CONF_SWITCH,   /* int : enum conf_switch ; true or false */
	CONF_INT,      /* int64_t ; min..max */
	CONF_SIZE,     /* uint64_t bytes ; "512M" or an integer ; min..max */
	CONF_RATE,     /* uint64_t bits a second ; "100M" (decimal) or an integer ; min..max */
	CONF_DURATION, /* int64_t ms ; "90s" or an integer of seconds ; min..max in ms */
	CONF_CHOICE,   /* int : index into choices; "true" and "false" among them are bare words */
	CONF_PATH,     /* char * ; relative ones are made absolute against the file's own folder */
	CONF_CHOICES, /* int * at offset, size_t at count_offset ; array of words from choices, none
			 twice */
	CONF_INTS,    /* int64_t * at offset, size_t at count_offset ; each min..max */
	CONF_CUSTOM,  /* row's parse() stores a fixed-size value from a string */
	CONF_CUSTOMS, /* void * at offset, size_t at count_offset ; list of strings, from each of which
			 parse() stores elem_size bytes that hold no pointer */
	CONF_GROUP,   /* a struct inside the object, described by sub */
	CONF_LIST,    /* struct array: void * at offset, size_t at count_offset, elem_size, sub */
	CONF_STRINGS, /* char ** at offset, size_t at count_offset ; array or list of strings */
	CONF_PATHS,   /* as CONF_STRINGS, made absolute */
	CONF_NESTED,  /* a group that is kept for a later conf_apply() of its own (host "defaults")
		       */
};

/* A truth value for which not to be given means something else than either. */
enum conf_switch { SWITCH_UNSAID, SWITCH_OFF, SWITCH_ON };

/* What becomes of a file that a CONF_PATH or CONF_PATHS names. */
enum conf_access {
	ACCESS_OTHER, /* whoever reads the key knows */
	ACCESS_READ,
	ACCESS_SECRET, /* read, and shown to nobody */
	ACCESS_OWN,    /* read by vmrun itself, not by QEMU */
};

struct conf_key {
	const char *name;
	enum conf_kind kind;
	size_t offset;              /* of the value in the object that the table describes */
	size_t count_offset; /* CONF_LIST, CONF_STRINGS, CONF_PATHS, CONF_CHOICES, CONF_INTS,
				CONF_CUSTOMS */
	size_t elem_size;           /* CONF_LIST, CONF_CUSTOMS */
	int64_t min, max;           /* both 0: no bound; of a list: how many elements */
	const char *const *choices; /* CONF_CHOICE, CONF_CHOICES; ended by NULL */
	/* CONF_CUSTOM, CONF_CUSTOMS: 0, or -1 with *ret_expected set to what was expected. */
	int (*parse)(const char *s, void *field, const char **ret_expected);
	bool number; /* CONF_CUSTOM: a whole number stands for the string of its digits */
	const char *not_group; /* CONF_CUSTOM: said of a group besides; NULL: nothing */
	const char *def; /* default as it would be written in a file, without quotes; of a CONF_LIST
			    that of its scalar, in a list of one; NULL: none */
	const char *unit; /* for the manual: "bytes", "seconds", … ; NULL: none */
	const char *help; /* one line, a sentence without its full stop */
	const char *example;        /* for the sample file and the manual; NULL: the default */
	const struct conf_key *sub; /* CONF_GROUP, CONF_LIST; ended by a row without a name */
	const char *scalar; /* CONF_GROUP, CONF_LIST: the sub-key that a bare value stands for */
	enum conf_access access; /* CONF_PATH, CONF_PATHS; of others only ACCESS_SECRET: the value is
				    one */
	/* Among the rows of one group: what is given in a file and replaces puts away what a file
	 * of less weight, or the default, said of those that yield. */
	bool replaces, yields;
	bool percent; /* CONF_STRING: "%" means something of its own in it, see conf_expand() */
	bool single;   /* CONF_LIST, CONF_STRINGS, CONF_CHOICES, CONF_CUSTOMS, CONF_INTS: a bare group, string
			  or number stands for a list of one */
	bool required; /* must be given in each element of its list */
	bool alternative; /* excludes another key: the sample shows it commented out */
};

/* Reads and parses path. -1 with every message that can be had. */
int conf_open(struct diag *d, const char *path, struct conf_doc **ret);
/* The same from memory; name stands for the file in messages, dir for its (absolute) folder. dir
 * NULL: there is none, so @include and relative paths are errors. */
int conf_open_text(struct diag *d, const char *name, const char *dir, const char *text, size_t len,
    struct conf_doc **ret);
void conf_close(struct conf_doc *doc);

/* From now on "%n" in a string of doc is the VM's name, "%i" its instance (NULL: it is none, and %i
 * is an error), "%%" a percent sign, and any other "%" is an error, but not of rows with percent. vars is lent; NULL: "%" means
 * nothing. */
struct conf_vars {
	const char *name, *instance;
};
void conf_expand(struct conf_doc *doc, const struct conf_vars *vars);

/* Store each default of the table in obj (zeroed by the caller). */
void conf_defaults(const struct conf_key *table, void *obj);
/* Store what doc says; group NULL is the whole file, else the CONF_NESTED group of that name (no
 * such group: nothing to do, 0). A list replaces what obj held. -1 when anything was wrong, with
 * all of it in d; obj can be freed with conf_clear() in any case. */
int conf_apply(struct diag *d, struct conf_doc *doc, const char *group,
    const struct conf_key *table, void *obj);
/* Each path in obj that a row with access names, in the table's order. where ("nics[0].rom") is
 * lent. Ends with the first -1 of fn, which is the result then. */
typedef int conf_file_fn(void *arg, const char *where, const char *path, enum conf_access access);
int conf_each_file(const struct conf_key *table, const void *obj, conf_file_fn *fn, void *arg);
/* Free what the table's values hold; pointers and counts become zero. */
void conf_clear(const struct conf_key *table, void *obj);

/* The same in two steps, so that messages of rules between keys come in one order with the rest:
 * conf_collect() notes in doc what is wrong, conf_fail() notes one thing more at a path (see
 * conf_where()), conf_report() moves all of it to d, sorted by line, the first hundred. -1 if there
 * was anything. */
void conf_collect(struct conf_doc *doc, const char *group, const struct conf_key *table, void *obj);
void conf_fail(struct conf_doc *doc, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int conf_report(struct diag *d, struct conf_doc *doc);

/* Another document of the same text, which was parsed once: with problems, variables and below it
 * documents of its own. */
struct conf_doc *conf_again(struct conf_doc *doc);
/* From now on what doc does not say may be said by below, which it takes over; the one given later
 * is the stronger. Questions about a path (conf_has(), conf_where() and the like) go through all of
 * them, but into no list behind one that a stronger document has; conf_fail() notes where the path
 * is said, and conf_report() reports all. conf_collect() is of doc alone: go from conf_below(0) up,
 * and doc at last. */
void conf_inherit(struct conf_doc *doc, struct conf_doc *below);
size_t conf_inherited(const struct conf_doc *doc);
struct conf_doc *conf_below(struct conf_doc *doc, size_t i);

/* Note that what doc inherits at the path is without effect, because it rules that out itself. Is the
 * path, or what is around it, noted so? */
void conf_idle(struct conf_doc *doc, const char *path);
bool conf_is_idle(const struct conf_doc *doc, const char *path);

/* The main file's absolute path; NULL if it was opened from memory without a folder. */
const char *conf_file(const struct conf_doc *doc);
/* Is the path ("nics[0].mac") written in doc? Where a bare group stands for a list of one, it is
 * [0]. And "file:line" of it, or of the nearest thing around it that is written, or of the file;
 * the text lives as long as doc. For cross-key messages. */
bool conf_has(struct conf_doc *doc, const char *path);
bool conf_has_own(struct conf_doc *doc, const char *path); /* in doc itself? */
enum conf_found {
	CONF_ABSENT,   /* whatever is weaker than doc and what it inherits decides */
	CONF_SHADOWED, /* no: it would be in a list that is written without it */
	CONF_GIVEN,
};
enum conf_found conf_find(struct conf_doc *doc, const char *path);
/* In doc itself: the string written at the path, with its "%" as they are, lent; NULL: there is
 * none. And how many values: of a list its length, of anything else 1, if it is not written 0. */
const char *conf_text(struct conf_doc *doc, const char *path);
size_t conf_count(struct conf_doc *doc, const char *path);
bool conf_includes(const struct conf_doc *doc); /* is there an @include in it? */
/* The path of the i-th of its files, the main one first; NULL: there are no more. */
const char *conf_source(const struct conf_doc *doc, size_t i);
bool conf_is_group(struct conf_doc *doc, const char *path);
const char *conf_where(struct conf_doc *doc, const char *path);

/* The table as an mdoc list, and as a commented sample file. */
void conf_print_mdoc(struct buf *b, const struct conf_key *table);
void conf_print_sample(struct buf *b, const struct conf_key *table);

#endif
