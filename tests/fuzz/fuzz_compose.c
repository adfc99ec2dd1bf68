/*
 * Any bytes as a golden case (../golden/argv_case.h): what loads is composed, and is a command line
 * of options with their values, in which no text of the VM file is anything but a value.
 *
 * To see the latter, each character that means something in an option list or in JSON is replaced
 * by one that does not in all that the VM file says, and the line is composed again: it must be the
 * same but for those characters, option by option and key by key.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "argv_case.h"
#include "conf/conf.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/mem.h"

#define NAMES_MAX 256

const char *__lsan_default_suppressions(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 loses a string that a syntax error comes after. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\nleak:strbuf_append";
}

struct paper {
	struct handle_source source;
	int fds;
	char *names[NAMES_MAX];
	size_t n;
};

static struct qemu_handle
get(struct handle_source *s, enum handle_kind kind, const char *name)
{
	struct paper *p = (struct paper *)s;

	if (s->descriptors || p->n == NAMES_MAX)
		return (struct qemu_handle){ .fd = 10 + p->fds++ };
	p->names[p->n] = xstrdup(name);
	return (struct qemu_handle){ .fd = -1, .name = p->names[p->n++] };
}

/* --- the same VM without a character that means anything --- */

static const char special[] = ",=\"{}\\'";
static const char plain[] = "~^`|!<>"; /* in the same order; seldom in a text */

static void
make_plain_but(char *s, char kept)
{
	for (; s != NULL && *s != '\0'; s++) {
		const char *at = *s != kept ? strchr(special, *s) : NULL;

		if (at != NULL)
			*s = plain[at - special];
	}
}

static void
make_plain(char *s)
{
	make_plain_but(s, '\0');
}

/* Could two texts become one? */
static bool
is_ambiguous(const char *s)
{
	return s != NULL && strpbrk(s, plain) != NULL;
}

/* Calls fn for each text of the table. */
static void
each_text(const struct conf_key *table, void *obj,
    void (*fn)(const struct conf_key *key, char *text, void *arg), void *arg)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		char *field = (char *)obj + key->offset;
		size_t n = 0;

		if (key->kind == CONF_STRINGS || key->kind == CONF_PATHS || key->kind == CONF_LIST)
			n = *(size_t *)(void *)((char *)obj + key->count_offset);
		switch (key->kind) {
		case CONF_STRING:
		case CONF_PATH:
			fn(key, *(char **)(void *)field, arg);
			break;
		case CONF_STRINGS:
		case CONF_PATHS:
			for (size_t i = 0; i < n; i++)
				fn(key, (*(char ***)(void *)field)[i], arg);
			break;
		case CONF_GROUP:
			each_text(key->sub, field, fn, arg);
			break;
		case CONF_LIST:
			for (size_t i = 0; i < n; i++) {
				each_text(key->sub, *(char **)(void *)field + i * key->elem_size,
				    fn, arg);
			}
			break;
		default:
			break;
		}
	}
}

static void
note_ambiguous(const struct conf_key *key, char *text, void *arg)
{
	*(bool *)arg = *(bool *)arg || is_ambiguous(text);
}

/* A feature of the CPU is an option by right: "NAME=VALUE". */
static void
make_text_plain(const struct conf_key *key, char *text, void *arg)
{
	make_plain_but(text, strcmp(key->name, "features") == 0 ? '=' : '\0');
}

/* --- comparing --- */

static void
must(bool good, const char *why, const char *a, const char *b)
{
	if (good)
		return;
	fprintf(stderr, "%s:\n  %s\n  %s\n", why, a, b);
	abort();
}

static bool
same_but_for_special(const char *a, const char *b)
{
	char *x = xstrdup(a), *y = xstrdup(b);
	bool same;

	make_plain(x);
	make_plain(y); /* what is not from a text is as it was */
	same = strcmp(x, y) == 0;
	free(x);
	free(y);
	return same;
}

/* One part "key=value" of an option list, of which a comma in the value is written twice. A part
 * without '=' has a value only. */
static const char *
next_part(const char *s, struct buf *key, struct buf *value)
{
	size_t n = strcspn(s, "=,");

	if (s[n] == '=') {
		buf_addn(key, s, n);
		s += n + 1;
	}
	for (; *s != '\0'; s++) {
		if (*s == ',' && *++s != ',')
			break;
		buf_addc(value, *s);
	}
	return s;
}

static void
compare_list(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x != '\0' || *y != '\0') {
		struct buf keys[2] = { 0 }, values[2] = { 0 };

		must(*x != '\0' && *y != '\0', "a part more", a, b);
		x = next_part(x, &keys[0], &values[0]);
		y = next_part(y, &keys[1], &values[1]);
		for (size_t i = 0; i < 2; i++) {
			buf_add(&keys[i], "");
			buf_add(&values[i], "");
		}
		must(strcmp(keys[0].s, keys[1].s) == 0, "another key", a, b);
		must(same_but_for_special(values[0].s, values[1].s), "another value", a, b);
		for (size_t i = 0; i < 2; i++) {
			buf_free(&keys[i]);
			buf_free(&values[i]);
		}
	}
}

static bool
same_json(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *inner;

	if (json_is_string(a) && json_is_string(b))
		return same_but_for_special(json_string_value(a), json_string_value(b));
	if (json_is_object(a) && json_is_object(b)) {
		json_object_foreach((json_t *)a, key, inner)
		{
			if (!same_json(inner, json_object_get(b, key)))
				return false;
		}
		return json_object_size(a) == json_object_size(b);
	}
	if (json_is_array(a) && json_is_array(b)) {
		for (size_t i = 0; i < json_array_size(a); i++) {
			if (!same_json(json_array_get(a, i), json_array_get(b, i)))
				return false;
		}
		return json_array_size(a) == json_array_size(b);
	}
	return json_equal(a, b);
}

static void
compare_json(const char *a, const char *b)
{
	json_t *x = json_loads(a, 0, NULL), *y = json_loads(b, 0, NULL);

	must(x != NULL && y != NULL, "no JSON", a, b);
	must(same_json(x, y), "other JSON", a, b);
	json_decref(x);
	json_decref(y);
}

static bool
is_in(const char *word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

static void
compare_value(const char *flag, const char *a, const char *b)
{
	/* Their values are one text each. */
	static const char *const whole[] = { "-kernel", "-initrd", "-append", "-dtb", "-bios",
		NULL };

	if (is_in(flag, whole))
		must(same_but_for_special(a, b), "another text", a, b);
	else if (*a == '{')
		compare_json(a, b);
	else
		compare_list(a, b);
}

/* The first n of them; what is behind is passed as the user wrote it. */
static void
compare(const struct argv *a, const struct argv *b, size_t n)
{
	static const char *const alone[] = { "-nodefaults", "-no-user-config", "-S", "-no-shutdown",
		"-no-reboot", NULL };

	must(a->n == b->n && a->v[a->n] == NULL, "another number", a->v[0], b->v[0]);
	for (size_t i = 1; i < n; i++) {
		const char *flag = a->v[i];

		must(*flag == '-' && strcmp(flag, b->v[i]) == 0, "no option", flag, b->v[i]);
		if (is_in(flag, alone))
			continue;
		must(++i < n, "no value", flag, flag);
		compare_value(flag, a->v[i], b->v[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct paper p = { .source.get = get };
	struct argv_case c = { 0 };
	struct argv first = { 0 }, second = { 0 };
	struct diag d = { 0 };
	bool ambiguous = false;
	/* vmrun finds out which there is; only a case can name what there is not. */
	static const char *const accels[] = { "kvm", "hvf", "tcg", NULL };

	if (argv_case_text(&d, "fuzz", (const char *)data, size, &p.source, &c) == 0 &&
	    is_in(c.facts.accel, accels) && qemu_argv(&d, &c.vm, &c.facts, &first) == 0) {
		each_text(vm_keys, &c.vm, note_ambiguous, &ambiguous);
		each_text(vm_keys, &c.vm, make_text_plain, NULL);
		for (size_t i = 0; i < p.n; i++) {
			ambiguous = ambiguous || is_ambiguous(p.names[i]);
			make_plain(p.names[i]);
		}
		if (!ambiguous && qemu_argv(&d, &c.vm, &c.facts, &second) == 0)
			compare(&first, &second, first.n - c.vm.nargs);
	}
	argv_free(&first);
	argv_free(&second);
	argv_case_free(&c);
	while (p.n > 0)
		free(p.names[--p.n]);
	diag_free(&d);
	return 0;
}
