/*
 * The trail: what each key of an object comes to, as text, and where that was said.
 *
 * Layers (documents, or groups of them) lie over one another. Of each key the strongest layer that
 * gives it decides; groups are put together member by member, a list is that of one layer. The text
 * is in the syntax of a file, and in one form however it was written: "1024M" is "1G", a path is
 * absolute, a bare value of a group is its main key's. So two trails can be compared by their text.
 */
#ifndef VMRUN_CONF_TRAIL_H
#define VMRUN_CONF_TRAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

struct buf;

struct conf_layer {
	struct conf_doc *doc;
	const char *group; /* NULL: the whole file; else that group of it, which may be missing */
};

struct conf_entry {
	/* "memory.size", "disks[0].file"; of an empty list or group, which is an entry itself, its
	 * own, as in "input" with the text "( )" and "usb" with "{ }". */
	char *path;
	const struct conf_key *row;
	char *text;
	char *where; /* "file:line"; NULL: nobody gave it, it is the default */
	bool idle;   /* it was given, but see conf_idle() */
};

struct conf_trail {
	struct conf_entry *v; /* in the order of the table and of lists */
	size_t n, cap;
};

/* Of layers that conf_apply() found nothing wrong with, the weakest first, at most
 * CONF_LAYERS_MAX. */
#define CONF_LAYERS_MAX 40
void conf_trail(const struct conf_layer *layers, size_t n, const struct conf_key *table,
    struct conf_trail *ret);
void conf_trail_free(struct conf_trail *t);
/* Takes over all but row. */
void conf_trail_add(
    struct conf_trail *t, const struct conf_key *row, char *path, char *text, char *where);
/* NULL: no value was given, and there is no default. One entry takes as long as there are entries:
 * use conf_trail_compare() for many. A row with ACCESS_SECRET that is no path holds a secret, which
 * is to be shown only to who may read the file. */
const struct conf_entry *conf_trail_find(const struct conf_trail *t, const char *path);
/* Do both (either may be NULL) say the same? */
bool conf_entry_same(const struct conf_entry *a, const struct conf_entry *b);
/* Each path that a and b say something else of, in the order of paths; the one that says nothing
 * of it is NULL. Ends with the first result of fn that is not 0, and returns it. */
typedef int conf_differs_fn(void *arg, const struct conf_entry *a, const struct conf_entry *b);
int conf_trail_compare(
    const struct conf_trail *a, const struct conf_trail *b, conf_differs_fn *fn, void *arg);

/* As a file. What is a default is in it as comment, since a file that gives it says more than one
 * that does not; so is what is idle, and what skip (may be NULL) is true of. places: each line with
 * its origin in a comment. percent: write "%" so that conf_expand() brings it back. */
struct conf_trail_style {
	bool places, defaults, percent;
	bool (*skip)(const struct conf_entry *e);
};
void conf_trail_print(
    struct buf *b, const struct conf_trail *t, const struct conf_trail_style *style);

/* As lines, one an entry, with all that is in it; and back, without what the table does not have.
 */
void conf_trail_write(struct buf *b, const struct conf_trail *t);
void conf_trail_read(
    const char *text, size_t len, const struct conf_key *table, struct conf_trail *ret);

#endif
