/*
 * The options of the command line: one row each, from which parsing and completion are made. A verb
 * names those that it takes in its row, see struct verb; the common ones go before any verb as well.
 */
#ifndef VMRUN_CMD_OPTIONS_H
#define VMRUN_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cmd;
struct verb;

enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char *, of the command line */
	OPTION_TEXTS,    /* struct option_texts: may be given several times */
	OPTION_NUMBER,   /* int64_t ; min..max */
	OPTION_DURATION, /* int64_t ms ; "90s", "2m", or seconds */
	OPTION_VERB,     /* stands for the verb of its name */
};

struct option_texts {
	const char **v;
	size_t n;
};

struct option_row {
	const char *name; /* as in "--name" */
	char letter;      /* '\0': it has none */
	enum option_kind kind;
	size_t offset; /* in struct options */
	bool common;   /* of vmrun, not of a verb */
	int64_t min, max;
	const char *arg;  /* what its value is, as in usage: "FILE"; NULL for a flag */
	const char *help; /* a line without its full stop, for completion */
};

extern const struct option_row option_rows[]; /* sorted by name; ended by one without a name */

/* Does a verb take it? Of no verb (NULL) only the common ones are. */
bool option_taken(const struct verb *verb, const struct option_row *row);
/* Options before the verb, the verb, then its options and words in any order, into cmd. 0, or an
 * exit status, and it has been said why. */
int options_parse(struct cmd *cmd, int argc, char **argv);
void options_free(struct cmd *cmd);

#endif
