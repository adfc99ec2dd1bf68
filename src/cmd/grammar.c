/* The words behind a verb, by its usage; see grammar.h. */
#include "cmd/grammar.h"

#include <string.h>

/* A part of the automaton: where it begins, and the empty state that it ends in. -1: failed. */
struct part {
	int start, end;
};

static const struct part failed = { -1, -1 };

static struct part alternatives(struct grammar *g, const char **at);

static int
new_state(struct grammar *g, const char *word, size_t len)
{
	if (g->n == GRAMMAR_STATES)
		return -1;
	g->state[g->n] = (struct grammar_state){ word, len, { -1, -1 } };
	return g->n++;
}

static void
join(struct grammar *g, int from, int to)
{
	g->state[from].next[g->state[from].next[0] != -1] = to;
}

static bool
take(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* "-t TIME", up to the end of its bracket or the next alternative; of "--enabled|NAME" the option alone. */
static bool
skip_option(const char **at)
{
	size_t len = strcspn(*at, " []|");

	if ((*at)[len] == '|') {
		*at += len + 1;
		return **at != '-';
	}
	for (int depth = 0; **at != '\0'; (*at)++) {
		if (**at == '[')
			depth++;
		else if (**at == ']' && depth-- == 0)
			return false;
		else if (depth == 0 && strncmp(*at, " | ", 3) == 0)
			return false;
	}
	return false;
}

/* Around a part: "[…]", or "…" behind it. */
static struct part
wrap(struct grammar *g, struct part inner, bool optional, bool repeated)
{
	int start = new_state(g, NULL, 0), end = new_state(g, NULL, 0);

	if (start == -1 || end == -1)
		return failed;
	join(g, start, inner.start);
	if (optional)
		join(g, start, end);
	join(g, inner.end, end);
	if (repeated)
		join(g, inner.end, inner.start);
	return (struct part){ start, end };
}

static struct part
word(struct grammar *g, const char **at)
{
	const char *begin = *at;
	size_t len = strcspn(begin, " []");
	const char *dots = strstr(begin, "...");
	int start, end;

	if (dots != NULL && dots < begin + len)
		len = (size_t)(dots - begin);
	start = new_state(g, begin, len);
	end = new_state(g, NULL, 0);
	if (len == 0 || start == -1 || end == -1)
		return failed;
	*at += len;
	join(g, start, end);
	return (struct part){ start, end };
}

static struct part
item(struct grammar *g, const char **at, bool optional)
{
	bool bracket = take(at, "[");
	struct part p = bracket ? alternatives(g, at) : word(g, at);

	if (p.start == -1 || (bracket && !take(at, "]")))
		return failed;
	return wrap(g, p, optional || bracket, take(at, "..."));
}

static void
skip_space(const char **at)
{
	/* " | " is not only space. */
	while (strchr(" \n\t", **at) != NULL && **at != '\0' && strncmp(*at, " | ", 3) != 0)
		(*at)++;
}

static struct part
sequence(struct grammar *g, const char **at)
{
	int start = new_state(g, NULL, 0);
	struct part all = { start, start };

	for (skip_space(at); all.start != -1 && **at != '\0' && **at != ']' &&
			     strncmp(*at, " | ", 3) != 0;
	     skip_space(at)) {
		bool instead = **at == '-' && skip_option(at); /* of an option */
		struct part next;

		if (!instead && strchr(" \n\t]-", **at) != NULL)
			continue;
		next = item(g, at, instead);
		if (next.start == -1)
			return failed;
		join(g, all.end, next.start);
		all.end = next.end;
	}
	return all;
}

static struct part
alternatives(struct grammar *g, const char **at)
{
	struct part all = sequence(g, at);

	while (all.start != -1 && take(at, " | ")) {
		struct part other = sequence(g, at);
		int start = new_state(g, NULL, 0), end = new_state(g, NULL, 0);

		if (other.start == -1 || start == -1 || end == -1)
			return failed;
		join(g, start, all.start);
		join(g, start, other.start);
		join(g, all.end, end);
		join(g, other.end, end);
		all = (struct part){ start, end };
	}
	return all;
}

bool
grammar_compile(struct grammar *g, const char *usage)
{
	g->n = 0;
	g->start = alternatives(g, &usage).start;
	return g->start != -1 && *usage == '\0';
}

bool
grammar_accepts(const char *word, size_t len, const char *user)
{
	if (len == 3 && strncmp(word, "NIC", len) == 0)
		return user[0] != '\0' && user[strspn(user, "0123456789")] == '\0';
	if (word[0] >= 'A' && word[0] <= 'Z')
		return true;
	for (const char *end = word + len; word < end;) {
		size_t n = strcspn(word, "|");

		if (n > (size_t)(end - word))
			n = (size_t)(end - word);
		if (strlen(user) == n && strncmp(word, user, n) == 0)
			return true;
		word += n + 1;
	}
	return false;
}

/* state, and what is reached from it without a word. */
static void
reach(const struct grammar *g, int state, bool *set)
{
	if (state == -1 || set[state])
		return;
	set[state] = true;
	if (g->state[state].word == NULL) {
		reach(g, g->state[state].next[0], set);
		reach(g, g->state[state].next[1], set);
	}
}

size_t
grammar_next(
    const struct grammar *g, int argc, char *const *argv, const struct grammar_state **next)
{
	bool set[GRAMMAR_STATES] = { false };
	size_t n = 0;

	reach(g, g->start, set);
	for (int i = 0; i < argc; i++) {
		bool after[GRAMMAR_STATES] = { false };

		for (int s = 0; s < g->n; s++) {
			const struct grammar_state *state = &g->state[s];

			if (set[s] && state->word != NULL &&
			    grammar_accepts(state->word, state->len, argv[i]))
				reach(g, state->next[0], after);
		}
		memcpy(set, after, sizeof(set));
	}
	for (int s = 0; s < g->n; s++) {
		if (set[s] && g->state[s].word != NULL)
			next[n++] = &g->state[s];
	}
	return n;
}
