/*
 * What is kept of a VM's last end. state_dir/last/NAME: the record of that event, as JSON; it is for people,
 * and is not worth waiting for a disk. state_dir/failed/NAME: the mark that the VM ended in failure and has
 * not been started since, with the reason as text, for `list`, which only looks which there are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "super/machine.h"
#include "util/fd.h"
#include "util/mem.h"

#define REASON_MAX 65536

static char *
mark_path(const struct context *c, const char *name)
{
	return xasprintf("%s/failed/%s", c->state_dir, name);
}

static char *
last_path(const struct context *c, const char *name)
{
	return xasprintf("%s/last/%s", c->state_dir, name);
}

void
failure_mark(const struct context *c, const char *name, const char *why)
{
	char *dir = xasprintf("%s/failed", c->state_dir), *path = mark_path(c, name);
	struct diag ignored = { 0 }; /* the log has it as well */

	if (dir_make(&ignored, dir, 0755) == 0)
		file_write(&ignored, path, 0644, why, strlen(why));
	diag_free(&ignored);
	free(path);
	free(dir);
}

void
failure_clear(const struct context *c, const char *name)
{
	char *path = mark_path(c, name);

	unlink(path);
	free(path);
}

/* Under a name of its own until it is whole. No VM can have one that begins so. */
void
last_write(const struct context *c, const char *name, const json_t *event)
{
	char *dir = xasprintf("%s/last", c->state_dir), *path = last_path(c, name);
	char *temporary = xasprintf("%s/.%s", dir, name);
	struct diag ignored = { 0 };
	json_t *last = json_deep_copy(event);
	FILE *f = NULL;

	json_object_set(last, "state", json_object_get(event, "event"));
	json_object_del(last, "event");
	json_object_del(last, "vm");
	if (dir_make(&ignored, dir, 0755) == 0)
		f = fopen(temporary, "we");
	if (f != NULL) {
		bool written = json_dumpf(last, f, JSON_COMPACT) == 0;

		if (fclose(f) == 0 && written)
			rename(temporary, path);
		else
			unlink(temporary);
	}
	json_decref(last);
	diag_free(&ignored);
	free(temporary);
	free(path);
	free(dir);
}

json_t *
super_last(const struct context *c, const char *name)
{
	char *path = last_path(c, name), *text = NULL;
	struct diag missing = { 0 };
	json_t *last = NULL;
	size_t n;

	if (file_read(&missing, path, REASON_MAX, &text, &n) == 0)
		last = json_loadb(text, n, 0, NULL);
	if (!json_is_object(last)) {
		json_decref(last);
		last = NULL;
	}
	diag_free(&missing);
	free(text);
	free(path);
	return last;
}

char *
super_failure(const struct context *c, const char *name)
{
	char *path = mark_path(c, name), *why = NULL;
	struct diag missing = { 0 };
	size_t n;

	if (file_read(&missing, path, REASON_MAX, &why, &n) == -1)
		why = NULL;
	diag_free(&missing);
	free(path);
	return why;
}
