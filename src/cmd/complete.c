/* vmrun complete: what may stand at the end of a command line; see complete.h. */
#include "cmd/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/grammar.h"
#include "cmd/options.h"
#include "util/mem.h"

/* The command line as far as it was typed. */
struct line {
	const char *root, *host_file;
	const struct verb *verb;
	char **words; /* that are no options */
	int nwords;
	const struct option_row *pending; /* the word that is typed is its value */
	bool ended;                       /* by "--" */
	bool unknown;                     /* there is no such verb */
};

/* A control character would become another line, or another word; no shell could write it either. */
void
complete_add(struct completion *k, const char *word, const char *help)
{
	if (strncmp(word, k->typed, strlen(k->typed)) != 0)
		return;
	for (const char *c = word; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return;
	}
	buf_addf(&k->out, "%.*s%s\t%s\n", (int)k->nkept, k->kept, word, help != NULL ? help : "");
}

static const struct option_row *
option_named(const char *name, size_t len)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (strlen(row->name) == len && strncmp(row->name, name, len) == 0)
			return row;
	}
	return NULL;
}

static const struct option_row *
option_lettered(char letter)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->letter == letter)
			return row;
	}
	return NULL;
}

static void
note_value(struct line *l, const struct option_row *row, const char *value)
{
	if (strcmp(row->name, "root") == 0)
		l->root = value;
	else if (strcmp(row->name, "config") == 0)
		l->host_file = value;
}

/* "--root=DIR", "--root" and its value, "-c", "-qc". */
static void
read_option(struct line *l, const char *word)
{
	const struct option_row *row = NULL;
	const char *value;

	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		row = option_named(word + 2, len);
		value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	} else {
		for (value = word + 1; *value != '\0' && (row == NULL || row->arg == NULL); value++)
			row = option_lettered(*value);
		value = *value != '\0' ? value : NULL;
	}
	if (row == NULL || row->arg == NULL)
		return;
	if (value != NULL)
		note_value(l, row, value);
	else
		l->pending = row;
}

/* All words but the last. */
static void
read_line(struct line *l, int argc, char **argv)
{
	for (int i = 0; i < argc - 1; i++) {
		bool words = l->verb != NULL && l->verb->words && l->nwords > 0;

		if (l->pending != NULL) {
			note_value(l, l->pending, argv[i]);
			l->pending = NULL;
		} else if (!l->ended && !words && strcmp(argv[i], "--") == 0) {
			l->ended = true;
		} else if (!l->ended && !words && argv[i][0] == '-' && argv[i][1] != '\0') {
			read_option(l, argv[i]);
		} else if (l->verb == NULL) {
			l->verb = verb_find(argv[i]);
			l->unknown = l->unknown || l->verb == NULL;
			l->ended = false;
		} else {
			l->words[l->nwords++] = argv[i];
		}
	}
}

static void
add_options(struct completion *k)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		char text[64];

		if (!option_taken(k->verb, row))
			continue;
		snprintf(text, sizeof(text), "--%s", row->name);
		complete_add(k, text, row->help);
		if (row->letter != '\0' && (k->typed[1] == '\0' || k->typed[1] == row->letter)) {
			snprintf(text, sizeof(text), "-%c", row->letter);
			complete_add(k, text, row->help);
		}
	}
}

static void
add_verbs(struct completion *k)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (!verbs[i]->hidden)
			complete_add(k, verbs[i]->name, verbs[i]->help);
	}
}

static void
add_words(struct completion *k)
{
	const struct grammar_state *next[GRAMMAR_STATES];
	struct grammar g;
	size_t n;

	if (!grammar_compile(&g, k->verb->args))
		return;
	n = grammar_next(&g, k->argc, k->argv, next);
	for (size_t i = 0; i < n; i++) {
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again = again || (next[j]->len == next[i]->len &&
					     strncmp(next[j]->word, next[i]->word, next[i]->len) == 0);
		if (!again)
			complete_word(k, next[i]->word, next[i]->len);
	}
}

/* "--os=li": the value's part of the word. */
static const struct option_row *
value_in(struct completion *k)
{
	size_t len = strcspn(k->typed, "=");
	const struct option_row *row = NULL;

	if (strncmp(k->typed, "--", 2) == 0 && k->typed[len] == '=')
		row = option_named(k->typed + 2, len - 2);
	if (row == NULL || row->arg == NULL)
		return NULL;
	k->kept = k->typed;
	k->nkept = len + 1;
	k->typed += len + 1;
	return row;
}

static void
complete(struct completion *k, const struct line *l)
{
	bool words = l->verb != NULL && l->verb->words && l->nwords > 0;
	const struct option_row *row = l->pending;

	if (row == NULL && !l->ended && !words)
		row = value_in(k);
	if (row != NULL)
		complete_word(k, row->arg, strlen(row->arg));
	else if (l->unknown)
		return;
	else if (k->typed[0] == '-' && !l->ended && !words)
		add_options(k);
	else if (l->verb == NULL)
		add_verbs(k);
	else
		add_words(k);
}

static int
run(struct cmd *cmd)
{
	struct line l = { .root = cmd->o.root, .host_file = cmd->o.host_file };
	struct diag ignored = { 0 };
	struct completion k;
	struct context c;

	if (cmd->argc == 0)
		return usage(cmd, "complete needs the words that were typed");
	l.words = xcalloc((size_t)cmd->argc, sizeof(*l.words));
	read_line(&l, cmd->argc, cmd->argv);
	k = (struct completion){ .verb = l.verb, .argc = l.nwords, .argv = l.words,
		.typed = cmd->argv[cmd->argc - 1], .kept = "" };
	if (context_open(&ignored, l.root, l.host_file, &c) == 0)
		k.c = &c;
	complete(&k, &l);
	if (k.out.len > 0)
		fputs(k.out.s, stdout);
	if (k.files)
		puts("\tfiles");
	else if (k.folders)
		puts("\tfolders");
	if (k.c != NULL)
		context_close(&c);
	diag_free(&ignored);
	buf_free(&k.out);
	free(l.words);
	return 0;
}

const struct verb verb_complete = {
	.name = "complete",
	.options = "",
	.args = "-- [WORD...]",
	.help = "what the last of these words may become, for a shell",
	.run = run,
	.bare = true,
	.words = true,
	.plain = true,
	.hidden = true,
};
