/* A key table as an mdoc list for the manual, and as a commented sample file. */
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/mem.h"
#include "util/num.h"

#define SAMPLE_WIDTH 98 /* columns */

static const char *
kind_words(const struct conf_key *key)
{
	switch (key->kind) {
	case CONF_STRING:
		return "string";
	case CONF_BOOL:
	case CONF_SWITCH:
		return "true or false";
	case CONF_INT:
		return "number";
	case CONF_SIZE:
		return "size";
	case CONF_RATE:
		return "rate";
	case CONF_DURATION:
		return "time";
	case CONF_CHOICE:
		return "one of";
	case CONF_PATH:
		return "path";
	case CONF_CHOICES:
		return "list of";
	case CONF_GROUP:
	case CONF_NESTED:
		return "group";
	case CONF_LIST:
		return "list of groups";
	case CONF_STRINGS:
		return "list of strings";
	case CONF_PATHS:
		return "list of paths";
	case CONF_INTS:
		return "list of numbers";
	case CONF_CUSTOM:
		return "string";
	case CONF_CUSTOMS:
		return "list of";
	}
	return "";
}

static bool
is_number(const struct conf_key *key)
{
	return key->kind == CONF_INT || key->kind == CONF_INTS || key->kind == CONF_SIZE ||
	       key->kind == CONF_RATE ||
	       key->kind == CONF_DURATION;
}

/* The row whose default is the key's: a group's is that of the sub-key that a bare value stands
 * for. */
static const struct conf_key *
scalar_row(const struct conf_key *key)
{
	if (key->kind != CONF_GROUP || key->scalar == NULL)
		return key;
	return table_find(key->sub, key->scalar, strlen(key->scalar));
}

/* "size, 1M to 16T, default 512M" */
static void
add_facts(struct buf *b, const struct conf_key *key)
{
	const char *def = scalar_row(key)->def;

	if (key->kind == CONF_CUSTOM && key->unit != NULL)
		buf_add(b, key->unit);
	else
		buf_add(b, kind_words(key));
	if (key->kind == CONF_CUSTOMS)
		buf_addf(b, " %s", key->unit);
	for (size_t i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
		buf_addf(b, "%s %s", i > 0 ? "," : "", key->choices[i]);
	if ((key->min != 0 || key->max != 0) && is_number(key)) {
		buf_add(b, ", ");
		value_add_number(b, key, key->min);
		buf_add(b, " to ");
		value_add_number(b, key, key->max);
		if (key->unit != NULL)
			buf_addf(b, " %s", key->unit);
	}
	if (key->scalar != NULL)
		buf_addf(b, "; a bare value is its %s", key->scalar);
	if (key->required)
		buf_add(b, "; required");
	else if (def != NULL && *def != '\0')
		buf_addf(b, "; default %s", def);
}

/* Each on a line of its own, as mdoc(7) wants them. */
static void
add_sentences(struct buf *b, const char *help)
{
	const char *end;

	while ((end = strstr(help, ". ")) != NULL) {
		char *sentence = xstrndup(help, (size_t)(end - help) + 1);

		buf_add_mdoc(b, sentence);
		buf_addc(b, '\n');
		free(sentence);
		help = end + 2;
	}
	buf_add_mdoc(b, help);
}

void
conf_print_mdoc(struct buf *b, const struct conf_key *table)
{
	buf_add(b, ".Bl -tag -width Ds\n");
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		struct buf facts = { 0 };

		add_facts(&facts, key);
		buf_addf(b, ".It Ic %s\n", key->name);
		add_sentences(b, key->help);
		buf_add(b, "\n(");
		buf_add_mdoc(b, facts.s);
		buf_add(b, ").\n");
		if (key->sub != NULL)
			conf_print_mdoc(b, key->sub);
		buf_free(&facts);
	}
	buf_add(b, ".El\n");
}

static void
add_words(struct buf *b, const char *text)
{
	buf_add(b, "[ ");
	for (const char *end; *text != '\0'; text = end) {
		struct buf word = { 0 };

		end = strstr(text, ", ");
		if (end == NULL)
			end = text + strlen(text);
		buf_addn(&word, text, (size_t)(end - text));
		buf_add_conf_string(b, word.s);
		buf_free(&word);
		if (*end != '\0') {
			buf_add(b, ", ");
			end += 2;
		}
	}
	buf_add(b, " ]");
}

static void
add_example(struct buf *b, const struct conf_key *key)
{
	const char *text = key->example != NULL ? key->example : key->def != NULL ? key->def : "";

	switch (key->kind) {
	case CONF_BOOL:
	case CONF_SWITCH:
	case CONF_INT:
		buf_add(b, text);
		break;
	case CONF_INTS:
		buf_addf(b, "[ %s ]", text);
		break;
	case CONF_CHOICES:
	case CONF_STRINGS:
	case CONF_PATHS:
	case CONF_CUSTOMS:
		add_words(b, text);
		break;
	case CONF_NESTED:
		buf_addf(b, "{ %s }", text);
		break;
	case CONF_CHOICE:
		if (word_is_truth(text))
			buf_add(b, text);
		else
			buf_add_conf_string(b, text);
		break;
	default:
		buf_add_conf_string(b, text);
	}
}

static void
start_line(struct buf *b, unsigned depth)
{
	buf_addc(b, '#');
	for (unsigned i = 0; i < depth; i++)
		buf_addc(b, '\t');
}

/* Text for people, in lines of moderate length. What is to be uncommented has no space after its
 * '#'. */
static void
add_comment(struct buf *b, unsigned depth, const char *text)
{
	size_t column = 0; /* no line is begun */

	for (size_t n; *text != '\0'; text += n + (text[n] == ' ')) {
		n = strcspn(text, " ");
		if (column == 0 || column + 1 + n > SAMPLE_WIDTH) {
			if (column > 0)
				buf_addc(b, '\n');
			start_line(b, depth);
			buf_add(b, depth > 0 ? "#" : "");
			column = 2 + 8 * depth;
		}
		buf_addc(b, ' ');
		buf_addn(b, text, n);
		column += 1 + n;
	}
	buf_addc(b, '\n');
}

/* off: within a key that excludes another, so that each line is one of comment even when all around
 * it is uncommented. */
static void
sample(struct buf *b, const struct conf_key *table, unsigned depth, bool off)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		const char *open = key->kind == CONF_LIST ? "( {" : "{";
		const char *close = key->kind == CONF_LIST ? "} )" : "}";
		const char *mark = off || key->alternative ? "#" : "";
		struct buf facts = { 0 };

		buf_addc(&facts, '(');
		add_facts(&facts, key);
		buf_addc(&facts, ')');
		if (depth == 0 && key != table)
			buf_addc(b, '\n');
		add_comment(b, depth, key->help);
		add_comment(b, depth, facts.s);
		start_line(b, depth);
		buf_addf(b, "%s%s = ", mark, key->name);
		if (key->sub == NULL) {
			add_example(b, key);
		} else {
			buf_addf(b, "%s\n", open);
			sample(b, key->sub, depth + 1, off || key->alternative);
			start_line(b, depth);
			buf_addf(b, "%s%s", mark, close);
		}
		buf_add(b, ";\n");
		buf_free(&facts);
	}
}

void
conf_print_sample(struct buf *b, const struct conf_key *table)
{
	sample(b, table, 0, false);
}
