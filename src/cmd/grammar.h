/*
 * A verb's usage ("[-t TIME] [soft|hard] NAME...") as a grammar of the words behind it, for
 * completion: what may stand next?
 *
 * Theory of operation. The text is compiled to a nondeterministic automaton, after Thompson: one
 * state for each word of it, and empty ones for brackets, "..." and " | ". Options, and what stands
 * between them and the end of their bracket, are left out: they are not bound to a place. Of
 * "--enabled|NAME..." the names remain, and need not be.
 */
#ifndef VMRUN_CMD_GRAMMAR_H
#define VMRUN_CMD_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#define GRAMMAR_STATES 64

struct grammar_state {
	const char *word; /* NULL: an empty one */
	size_t len;
	int next[2]; /* -1: none */
};

struct grammar {
	struct grammar_state state[GRAMMAR_STATES];
	int n, start;
};

/* Is a word of the usage, "NAME" or "up|down", one that the user's may stand for? */
bool grammar_accepts(const char *word, size_t len, const char *user);
/* false: the usage is not such a text, or too long. It is lent. */
bool grammar_compile(struct grammar *g, const char *usage);
/* The words of the usage that may stand behind those of the user, each once; next has room for
 * GRAMMAR_STATES. */
size_t grammar_next(
    const struct grammar *g, int argc, char *const *argv, const struct grammar_state **next);

#endif
