/* Completion: paths of keys and their values, from the key table of VM files. */
#include <string.h>

#include "cmd/complete.h"
#include "conf/conf.h"

/* The row of a part of a path, as "nics" of "nics[0].bridge". */
static const struct conf_key *
row_of(const struct conf_key *table, const char *name, size_t len)
{
	for (; table->name != NULL; table++) {
		if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

/* The table that the last part of a path is in; *at moves behind the last dot. NULL: there is none. */
static const struct conf_key *
table_of(const char **at, const char *end)
{
	const struct conf_key *table = vm_keys;
	const char *dot;

	while ((dot = memchr(*at, '.', (size_t)(end - *at))) != NULL) {
		const struct conf_key *row = row_of(table, *at, strcspn(*at, ".[="));

		if (row == NULL || row->sub == NULL)
			return NULL;
		table = row->sub;
		*at = dot + 1;
	}
	return table;
}

static void
keep_to(struct completion *k, const char *at)
{
	if (k->nkept == 0)
		k->kept = k->typed;
	k->nkept += (size_t)(at - k->typed);
	k->typed = at;
}

static void
add_values(struct completion *k, const struct conf_key *key)
{
	static const char *const truths[] = { "true", "false", NULL };
	const char *const *values = NULL;

	if (key->scalar != NULL && key->sub != NULL)
		key = row_of(key->sub, key->scalar, strlen(key->scalar));
	if (key->kind == CONF_BOOL || key->kind == CONF_SWITCH)
		values = truths;
	else if (key->kind == CONF_CHOICE || key->kind == CONF_CHOICES)
		values = key->choices;
	for (; values != NULL && *values != NULL; values++)
		complete_add(k, *values, NULL);
	if (key->kind == CONF_PATH || key->kind == CONF_PATHS)
		k->files = true;
	if (strcmp(key->name, "bridge") == 0)
		complete_word(k, "BRIDGE", 6);
	else if (strcmp(key->name, "template") == 0)
		complete_word(k, "TEMPLATE", 8);
}

/* A group goes on behind a dot, and may have a value of its own. */
static void
add_row(struct completion *k, const struct conf_key *key, bool with_value)
{
	char text[128];

	if (key->sub != NULL) {
		snprintf(text, sizeof(text), "%s%s.", key->name, key->kind == CONF_LIST ? "[0]" : "");
		complete_add(k, text, key->help);
	}
	if (key->sub == NULL || key->scalar != NULL) {
		snprintf(text, sizeof(text), "%s%s", key->name, with_value ? "=" : "");
		complete_add(k, text, key->help);
	}
}

void
complete_key(struct completion *k, bool with_value)
{
	const char *equals = with_value ? strchr(k->typed, '=') : NULL;
	const char *end = equals != NULL ? equals : k->typed + strlen(k->typed), *at = k->typed;
	const struct conf_key *table = table_of(&at, end), *row;

	if (table == NULL)
		return;
	if (equals != NULL) {
		row = row_of(table, at, strcspn(at, "[="));
		keep_to(k, equals + 1);
		if (row != NULL)
			add_values(k, row);
		return;
	}
	/* Any element of a list, not the first alone. */
	if (memchr(at, '[', (size_t)(end - at)) != NULL) {
		row = row_of(table, at, strcspn(at, "["));
		if (row != NULL && row->sub != NULL && end[-1] == ']') {
			keep_to(k, end);
			complete_add(k, ".", row->help);
		}
		return;
	}
	keep_to(k, at);
	for (row = table; row->name != NULL; row++)
		add_row(k, row, with_value);
}
