/* Scalar settings: type, range, and the sentence that says what was expected instead. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/doc.h"
#include "util/mem.h"
#include "util/num.h"

bool
value_expands(const struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    struct buf *why)
{
	bool has = config_setting_type(s) == CONFIG_TYPE_STRING && doc->vars != NULL && !key->percent;
	const char *text = has ? config_setting_get_string(s) : "";

	while ((text = strchr(text, '%')) != NULL) {
		char letter = text[1];

		if (letter == 'i' && doc->vars->instance == NULL) {
			buf_addf(why, "%%i is the instance, and %s is none", doc->vars->name);
			return false;
		}
		if (letter == '\0' || strchr("in%", letter) == NULL) {
			buf_add_quoted(why, config_setting_get_string(s));
			buf_add(why, ": % is followed by n (the VM's name), i (its instance) or % "
				     "(one of them)");
			return false;
		}
		text += 2;
	}
	return true;
}

/* NULL: not a string. It is lent until the next call. */
static const char *
as_string(struct conf_doc *doc, const config_setting_t *s)
{
	const char *text;

	if (config_setting_type(s) != CONFIG_TYPE_STRING)
		return NULL;
	text = config_setting_get_string(s);
	if (doc->vars == NULL || strchr(text, '%') == NULL)
		return text;
	doc->expanded.len = 0;
	for (const char *end; (end = strchr(text, '%')) != NULL; text = end + 2) {
		const char *value = end[1] == 'n'   ? doc->vars->name
				    : end[1] == 'i' ? doc->vars->instance
						    : "%";

		buf_addn(&doc->expanded, text, (size_t)(end - text));
		buf_add(&doc->expanded, value != NULL ? value : "");
		if (end[1] == '\0') {
			text = end + 1;
			break;
		}
	}
	buf_add(&doc->expanded, text);
	return doc->expanded.s;
}

static void
add_value(struct buf *b, struct conf_doc *doc, const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		buf_add_quoted(b, as_string(doc, s));
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		buf_addf(b, "%lld", config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		buf_addf(b, "%g", config_setting_get_float(s));
		break;
	case CONFIG_TYPE_BOOL:
		buf_add(b, config_setting_get_bool(s) ? "true" : "false");
		break;
	case CONFIG_TYPE_ARRAY:
		buf_add(b, "an array");
		break;
	case CONFIG_TYPE_LIST:
		buf_add(b, "a list");
		break;
	default:
		buf_add(b, "a group");
		break;
	}
}

void
value_mismatch(
    struct conf_doc *doc, const config_setting_t *s, const char *expected, struct buf *why)
{
	add_value(why, doc, s);
	buf_addf(why, " is not %s", expected);
}

static bool
is_integer(const config_setting_t *s)
{
	return config_setting_type(s) == CONFIG_TYPE_INT ||
	       config_setting_type(s) == CONFIG_TYPE_INT64;
}

void
value_add_number(struct buf *b, const struct conf_key *key, int64_t n)
{
	if (key->kind == CONF_SIZE)
		buf_add_size(b, (uint64_t)n);
	else if (key->kind == CONF_RATE)
		buf_add_rate(b, (uint64_t)n);
	else if (key->kind == CONF_DURATION)
		buf_add_duration(b, n);
	else
		buf_addf(b, "%" PRId64, n);
}

static bool
in_range(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key, int64_t n,
    struct buf *why)
{
	if ((key->min == 0 && key->max == 0) || (n >= key->min && n <= key->max))
		return true;
	add_value(why, doc, s);
	buf_add(why, " is out of range (");
	value_add_number(why, key, key->min);
	buf_add(why, " to ");
	value_add_number(why, key, key->max);
	buf_addc(why, ')');
	return false;
}

bool
value_int(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    int64_t *ret, struct buf *why)
{
	int64_t n;

	if (!is_integer(s)) {
		value_mismatch(doc, s, "a whole number", why);
		return false;
	}
	n = config_setting_get_int64(s);
	if (!in_range(doc, s, key, n, why))
		return false;
	*ret = n;
	return true;
}

static bool
store_bool(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    void *field, struct buf *why)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL) {
		value_mismatch(doc, s, "true or false (without quotes)", why);
		return false;
	}
	if (key->kind == CONF_BOOL)
		*(bool *)field = config_setting_get_bool(s);
	else
		*(int *)field = config_setting_get_bool(s) ? SWITCH_ON : SWITCH_OFF;
	return true;
}

/* A number of bytes, or of bits a second. */
static bool
store_amount(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    int (*parse)(const char *s, uint64_t *ret), const char *expected, uint64_t *ret,
    struct buf *why)
{
	const char *text = as_string(doc, s);
	uint64_t n;

	if (is_integer(s) && config_setting_get_int64(s) >= 0) {
		n = (uint64_t)config_setting_get_int64(s);
	} else if (text == NULL || parse(text, &n) == -1) {
		value_mismatch(doc, s, expected, why);
		return false;
	}
	if (!in_range(doc, s, key, n > INT64_MAX ? INT64_MAX : (int64_t)n, why))
		return false;
	*ret = n;
	return true;
}

static bool
store_duration(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    int64_t *ret, struct buf *why)
{
	const char *text = as_string(doc, s);
	long long seconds = is_integer(s) ? config_setting_get_int64(s) : -1;
	int64_t n;

	if (seconds >= 0 && seconds <= INT64_MAX / 1000) {
		n = seconds * 1000;
	} else if (text == NULL || duration_parse(text, &n) == -1) {
		value_mismatch(
		    doc, s, "a time (seconds, or a string with ms, s, m, h or d, as in \"90s\")", why);
		return false;
	}
	if (!in_range(doc, s, key, n, why))
		return false;
	*ret = n;
	return true;
}

bool
word_is_truth(const char *word)
{
	return strcmp(word, "true") == 0 || strcmp(word, "false") == 0;
}

bool
value_choice(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    int *ret, struct buf *why)
{
	bool bare = config_setting_type(s) == CONFIG_TYPE_BOOL;
	const char *text = !bare ? as_string(doc, s) : config_setting_get_bool(s) ? "true" : "false";

	for (int i = 0; text != NULL && key->choices[i] != NULL; i++) {
		if (strcmp(key->choices[i], text) == 0 && word_is_truth(text) == bare) {
			*ret = i;
			return true;
		}
	}
	value_mismatch(doc, s, key->choices[1] == NULL ? "" : "one of ", why);
	for (int i = 0; key->choices[i] != NULL; i++) {
		const char *quote = word_is_truth(key->choices[i]) ? "" : "\"";

		buf_addf(why, "%s%s%s%s", i > 0 ? ", " : "", quote, key->choices[i], quote);
	}
	return false;
}

bool
value_custom(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    void *field, struct buf *why)
{
	const char *expected = "valid", *text = as_string(doc, s);
	char digits[24];

	if (key->number && is_integer(s)) {
		snprintf(digits, sizeof(digits), "%lld", config_setting_get_int64(s));
		text = digits;
	}
	if (key->parse(text != NULL ? text : "", field, &expected) == 0 && text != NULL)
		return true;
	value_mismatch(doc, s, expected, why);
	if (config_setting_is_group(s) && key->not_group != NULL)
		buf_addf(why, "; %s", key->not_group);
	return false;
}

void
value_add_custom(struct buf *b, struct conf_doc *doc, const config_setting_t *s)
{
	const char *text = as_string(doc, s);

	if (is_integer(s))
		buf_addf(b, "%lld", config_setting_get_int64(s));
	else
		buf_add_conf_string(b, text != NULL ? text : "");
}

/* NULL: too long, or relative where there is no folder. */
static char *
absolute(struct conf_doc *doc, const config_setting_t *s, const char *path, struct buf *why)
{
	unsigned line;
	const struct source_file *file =
	    source_place(&doc->text->source, (unsigned)config_setting_source_line(s), &line);
	char *result;

	if (path[0] != '/' && (file == NULL || file->dir == NULL)) {
		value_mismatch(doc, s, "an absolute path", why);
		return NULL;
	}
	result = source_path(file != NULL ? file->dir : NULL, path);
	if (strlen(result) >= PATH_MAX) {
		buf_add_quoted(why, path);
		buf_addf(why, " is longer than a path can be (%d bytes)", PATH_MAX - 1);
		free(result);
		return NULL;
	}
	return result;
}

bool
value_string(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    char **ret, struct buf *why)
{
	bool path = key->kind == CONF_PATH || key->kind == CONF_PATHS;
	bool bounded = key->kind == CONF_STRING && (key->min != 0 || key->max != 0);
	const char *text = as_string(doc, s);
	char *value;
	size_t n;

	if (text != NULL && key->percent)
		text = config_setting_get_string(s);
	if (text == NULL || (path && *text == '\0')) {
		value_mismatch(doc, s, path ? "a path" : "a string", why);
		return false;
	}
	n = strlen(text);
	if (bounded && (n < (uint64_t)key->min || n > (uint64_t)key->max)) {
		buf_add_quoted(why, text);
		if (n == 0)
			buf_add(why, " is empty");
		else
			buf_addf(why, " is %zu bytes long (%" PRId64 " to %" PRId64 ")", n,
			    key->min, key->max);
		return false;
	}
	value = path ? absolute(doc, s, text, why) : xstrdup(text);
	if (value == NULL)
		return false;
	*ret = value;
	return true;
}

static bool
replace_string(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key,
    char **field, struct buf *why)
{
	char *value;

	if (!value_string(doc, s, key, &value, why))
		return false;
	free(*field);
	*field = value;
	return true;
}

bool
value_store(struct conf_doc *doc, const config_setting_t *s, const struct conf_key *key, void *obj,
    struct buf *why)
{
	void *field = table_field(key, obj);

	switch (key->kind) {
	case CONF_BOOL:
	case CONF_SWITCH:
		return store_bool(doc, s, key, field, why);
	case CONF_INT:
		return value_int(doc, s, key, field, why);
	case CONF_SIZE:
		return store_amount(doc, s, key, size_parse,
		    "a size (bytes, or a string with K, M, G or T, as in \"512M\")", field, why);
	case CONF_RATE:
		return store_amount(doc, s, key, rate_parse,
		    "a rate (bits a second, or a string with k, M or G, as in \"100M\")", field,
		    why);
	case CONF_DURATION:
		return store_duration(doc, s, key, field, why);
	case CONF_CHOICE:
		return value_choice(doc, s, key, field, why);
	case CONF_CUSTOM:
		return value_custom(doc, s, key, field, why);
	default:
		return replace_string(doc, s, key, field, why);
	}
}
