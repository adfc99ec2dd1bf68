/*
 * Completion: what a word of the command line that is being typed may become, for the scripts in
 * conf/completion. Nothing is asked of a VM, changed or put right, and what goes wrong is not said.
 */
#ifndef VMRUN_CMD_COMPLETE_H
#define VMRUN_CMD_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmd.h"
#include "util/buf.h"

struct completion {
	struct context *c;       /* NULL: there is no host config that can be read */
	const struct verb *verb; /* NULL: there is none yet */
	int argc;                /* words behind the verb before the one that is typed, no options */
	char **argv;
	const char *kept; /* what stands before the part of the word that is completed, and its length */
	size_t nkept;
	const char *typed; /* that part */
	struct buf out;    /* lines of a word, a tab, and what it is */
	bool files, folders; /* a path may stand there as well */
};

/* A word, if what is typed can become it. help may be NULL. */
void complete_add(struct completion *k, const char *word, const char *help);
/* Everything that a word of a usage stands for: "NAME", "KEY=VALUE", "up|down". */
void complete_word(struct completion *k, const char *word, size_t len);
/* Keys of a VM file by their paths, with '=' or not, and the values that are known. */
void complete_key(struct completion *k, bool with_value);

#endif
