/* Rows of a key table: finding one, its field in an object, defaults and clearing. */
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/mem.h"
#include "util/num.h"

const struct conf_key *
table_find(const struct conf_key *table, const char *name, size_t n)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		if (strncmp(key->name, name, n) == 0 && key->name[n] == '\0')
			return key;
	}
	return NULL;
}

void *
table_field(const struct conf_key *key, void *obj)
{
	return (char *)obj + key->offset;
}

size_t *
table_count(const struct conf_key *key, void *obj)
{
	return (size_t *)(void *)((char *)obj + key->count_offset);
}

static int
choice_index(const struct conf_key *key, const char *word, size_t n)
{
	for (int i = 0; key->choices[i] != NULL; i++) {
		if (strncmp(key->choices[i], word, n) == 0 && key->choices[i][n] == '\0')
			return i;
	}
	return -1;
}

/* "disk, cdrom" */
static void
default_choices(const struct conf_key *key, void *obj)
{
	static const char between[] = ", ";
	int **list = table_field(key, obj);
	size_t *count = table_count(key, obj);

	for (const char *s = key->def + strspn(key->def, between); *s != '\0';) {
		size_t n = strcspn(s, between);

		*list = xreallocarray(*list, *count + 1, sizeof(**list));
		(*list)[(*count)++] = choice_index(key, s, n);
		s += n;
		s += strspn(s, between);
	}
}

static void default_element(const struct conf_key *key, void *obj);

void
default_value(const struct conf_key *key, void *obj)
{
	void *field = table_field(key, obj);
	const char *expected;

	switch (key->kind) {
	case CONF_STRING:
	case CONF_PATH:
		*(char **)field = xstrdup(key->def);
		break;
	case CONF_BOOL:
		*(bool *)field = strcmp(key->def, "true") == 0;
		break;
	case CONF_SWITCH:
		*(int *)field = strcmp(key->def, "true") == 0 ? SWITCH_ON : SWITCH_OFF;
		break;
	case CONF_INT:
		int_parse(key->def, INT64_MIN, INT64_MAX, field);
		break;
	case CONF_SIZE:
		size_parse(key->def, field);
		break;
	case CONF_RATE:
		rate_parse(key->def, field);
		break;
	case CONF_DURATION:
		duration_parse(key->def, field);
		break;
	case CONF_CHOICE:
		*(int *)field = choice_index(key, key->def, strlen(key->def));
		break;
	case CONF_CHOICES:
		default_choices(key, obj);
		break;
	case CONF_CUSTOM:
		key->parse(key->def, field, &expected);
		break;
	case CONF_LIST:
		default_element(key, obj);
		break;
	case CONF_GROUP:
	case CONF_STRINGS:
	case CONF_PATHS:
	case CONF_INTS:
	case CONF_CUSTOMS:
	case CONF_NESTED:
		break;
	}
}

/* A list of one, of which the default says what a bare value would. */
static void
default_element(const struct conf_key *key, void *obj)
{
	struct conf_key row = *table_find(key->sub, key->scalar, strlen(key->scalar));
	void **array = table_field(key, obj);

	*array = xcalloc(1, key->elem_size);
	*table_count(key, obj) = 1;
	conf_defaults(key->sub, *array);
	row.def = key->def;
	default_value(&row, *array);
}

void
conf_defaults(const struct conf_key *table, void *obj)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		if (key->kind == CONF_GROUP)
			conf_defaults(key->sub, table_field(key, obj));
		else if (key->def != NULL)
			default_value(key, obj);
	}
}

static void
clear_array(const struct conf_key *key, void *obj)
{
	void **array = table_field(key, obj);
	size_t *count = table_count(key, obj);

	for (size_t i = 0; i < *count; i++) {
		if (key->kind == CONF_LIST)
			conf_clear(key->sub, (char *)*array + i * key->elem_size);
		else if (key->kind != CONF_CHOICES && key->kind != CONF_INTS &&
			 key->kind != CONF_CUSTOMS)
			free(((char **)*array)[i]);
	}
	free(*array);
	*array = NULL;
	*count = 0;
}

/* Frees what the value holds; a scalar that holds nothing is left as it is. */
static void
clear_value(const struct conf_key *key, void *obj)
{
	char **string = table_field(key, obj);

	switch (key->kind) {
	case CONF_STRING:
	case CONF_PATH:
		free(*string);
		*string = NULL;
		break;
	case CONF_GROUP:
		conf_clear(key->sub, table_field(key, obj));
		break;
	case CONF_LIST:
	case CONF_STRINGS:
	case CONF_PATHS:
	case CONF_CHOICES:
	case CONF_INTS:
	case CONF_CUSTOMS:
		clear_array(key, obj);
		break;
	default:
		break;
	}
}

void
conf_clear(const struct conf_key *table, void *obj)
{
	for (const struct conf_key *key = table; key->name != NULL; key++)
		clear_value(key, obj);
}
