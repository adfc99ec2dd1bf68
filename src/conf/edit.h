/*
 * Changes to a configuration file that leave the rest of its text as it is, comments and all.
 *
 * A path is as in messages ("nics[0].forward"), where a bare group or value stands for a list of
 * one. What is to be changed must be written in the text itself: what an @include brings, or a
 * default, is not changed here. A value is libconfig's text ("\"tcp:22\"", "[ 1, 2 ]").
 *
 * Each of the three changes text, which is a file that conf_open_text() takes, or leaves it as it
 * is and says why (-1). Whether what comes out is what was meant is for the caller to see, by
 * reading it: conf_edit_file() asks before it replaces anything.
 */
#ifndef VMRUN_CONF_EDIT_H
#define VMRUN_CONF_EDIT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct conf_doc;
struct conf_key;
struct diag;

/* Give the setting at path a value, in place of its old one, or as the last of the group around. */
int conf_edit_set(struct diag *d, struct buf *text, const char *path, const char *value);
/* Make a value the last of the list or array at path, which is made if it is missing. */
int conf_edit_append(struct diag *d, struct buf *text, const char *path, const char *value);
/* Take the element ("nics[0].forward[1]") or the setting at path away. */
int conf_edit_remove(struct diag *d, struct buf *text, const char *path);

/* The value at path as it is written in the text, which lends it; false: it is not. */
bool conf_edit_find(const struct buf *text, const char *path, const char **ret, size_t *ret_len);
/* How many elements the list at path has as it is written, where a bare value is one. */
size_t conf_edit_count(const struct buf *text, const char *path);

/*
 * A setting as people give it on a command line, by a table's rows: the quotes may be left out, what is
 * around it is made where it is missing, a bare value that stands for a group becomes one where another of
 * the group's keys is set, and "[N]" of a list that has N elements is a new one.
 */
int conf_assign(struct diag *d, struct buf *text, const struct conf_key *table, const char *path,
    const char *value);

struct conf_edit {
	/* Makes the changes. */
	int (*change)(struct diag *d, struct buf *text, void *arg);
	/* Is the result sound, and what was meant? */
	int (*check)(struct diag *d, struct conf_doc *doc, void *arg);
	void *arg;
};
/* The file is read, changed, checked, and replaced in one step by one of the same mode and owner;
 * where it is a symbolic link, what that leads to. On failure it is what it was. */
int conf_edit_file(struct diag *d, const char *path, const struct conf_edit *edit);

#endif
