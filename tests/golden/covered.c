/* Is each key of VM files in a golden case, and each word of those that take one of several?
 * covered FOLDER, which has the cases; a line for each that is missing. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "util/diag.h"
#include "util/mem.h"
#include "vm/vm.h"

/* A row of the key tables, at its place: a table below two keys has its rows twice. */
struct row {
	char *path; /* "nics.bridge" */
	const struct conf_key *key;
	bool written;
	bool *chosen; /* of each of the choices */
};

struct rows {
	struct row *v;
	size_t n;
};

static void
collect(struct rows *rows, const struct conf_key *table, const char *prefix)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		char *path = xasprintf("%s%s", prefix, key->name);
		size_t choices = 0;

		while (key->choices != NULL && key->choices[choices] != NULL)
			choices++;
		rows->v = xreallocarray(rows->v, rows->n + 1, sizeof(*rows->v));
		rows->v[rows->n++] = (struct row){ path, key, false, xcalloc(choices + 1, 1) };
		if (key->sub != NULL) {
			char *inner = xasprintf("%s.", path);

			collect(rows, key->sub, inner);
			free(inner);
		}
	}
}

static size_t
count_rows(const struct conf_key *table)
{
	size_t n = 0;

	for (const struct conf_key *key = table; key->name != NULL; key++)
		n += 1 + (key->sub != NULL ? count_rows(key->sub) : 0);
	return n;
}

static void mark(struct row *row, struct conf_doc *doc, const struct conf_key *table,
    const char *prefix, const char *obj);

/* A group, or an element of a list; rows are those below it. */
static void
mark_group(struct row *row, struct conf_doc *doc, const struct conf_key *key, const char *path,
    const char *obj)
{
	char *inner = xasprintf("%s.", path);
	size_t at = 0;

	mark(row, doc, key->sub, inner, obj);
	free(inner);
	if (key->scalar == NULL || !conf_has(doc, path) || conf_is_group(doc, path))
		return;
	for (const struct conf_key *k = key->sub; k->name != NULL; k++) {
		if (strcmp(k->name, key->scalar) == 0)
			row[at].written = true;
		at += 1 + (k->sub != NULL ? count_rows(k->sub) : 0);
	}
}

static void
mark_list(struct row *row, struct conf_doc *doc, const struct conf_key *key, const char *path,
    const char *obj)
{
	const char *array = *(char *const *)(const void *)(obj + key->offset);
	size_t n = *(const size_t *)(const void *)(obj + key->count_offset);

	for (size_t i = 0; i < n; i++) {
		char *element = xasprintf("%s[%zu]", path, i);

		mark_group(row, doc, key, element, array + i * key->elem_size);
		free(element);
	}
}

static void
mark_choices(struct row *row, const char *obj)
{
	const struct conf_key *key = row->key;
	const int *value = (const int *)(const void *)(obj + key->offset);
	size_t n = 1;

	if (key->kind == CONF_CHOICES) {
		value = *(int *const *)(const void *)(obj + key->offset);
		n = *(const size_t *)(const void *)(obj + key->count_offset);
	} else if (key->kind != CONF_CHOICE) {
		return;
	}
	for (size_t i = 0; i < n; i++)
		row->chosen[value[i]] = true;
}

/* What doc writes of the table, and what obj has of it. */
static void
mark(struct row *row, struct conf_doc *doc, const struct conf_key *table, const char *prefix,
    const char *obj)
{
	for (const struct conf_key *key = table; key->name != NULL; key++) {
		char *path = xasprintf("%s%s", prefix, key->name);

		row->written |= conf_has(doc, path);
		mark_choices(row++, obj);
		if (key->kind == CONF_GROUP)
			mark_group(row, doc, key, path, obj + key->offset);
		else if (key->kind == CONF_LIST)
			mark_list(row, doc, key, path, obj);
		row += key->sub != NULL ? count_rows(key->sub) : 0;
		free(path);
	}
}

static int
mark_file(struct rows *rows, const char *path)
{
	struct diag d = { 0 };
	struct conf_doc *doc = NULL;
	struct vm vm = { 0 };
	const struct conf_vars one = { "worker@1", "1" };

	conf_defaults(vm_keys, &vm);
	if (conf_open(&d, path, &doc) == 0 && strstr(path, "@.conf") != NULL)
		conf_expand(doc, &one);
	if (doc != NULL && conf_apply(&d, doc, NULL, vm_keys, &vm) == 0)
		mark(rows->v, doc, vm_keys, "", (const char *)&vm);
	if (d.text != NULL)
		fputs(d.text, stderr);
	conf_clear(vm_keys, &vm);
	conf_close(doc);
	diag_free(&d);
	return d.count == 0 ? 0 : -1;
}

static size_t
report(const struct rows *rows)
{
	size_t missing = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->v[i];

		if (!row->written) {
			printf("no case says %s\n", row->path);
			missing++;
			continue;
		}
		for (size_t k = 0; row->key->choices != NULL && row->key->choices[k]; k++) {
			if (!row->chosen[k]) {
				printf(
				    "no case says %s = \"%s\"\n", row->path, row->key->choices[k]);
				missing++;
			}
		}
	}
	printf("%zu keys, %zu missing\n", rows->n, missing);
	return missing;
}

int
main(int argc, char **argv)
{
	struct rows rows = { 0 };
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int status = 0;

	if (dir == NULL)
		return 2;
	collect(&rows, vm_keys, "");
	while ((entry = readdir(dir)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');
		char *path = xasprintf("%s/%s", argv[1], entry->d_name);

		if (dot != NULL && strcmp(dot, ".conf") == 0 && mark_file(&rows, path) == -1)
			status = 1;
		free(path);
	}
	closedir(dir);
	if (report(&rows) > 0)
		status = 1;
	for (size_t i = 0; i < rows.n; i++) {
		free(rows.v[i].path);
		free(rows.v[i].chosen);
	}
	free(rows.v);
	return status;
}
