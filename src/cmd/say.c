/* What people and programs read: messages on stderr, outcomes on stdout, JSON documents. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "util/buf.h"

/* What is on the terminal below the last line. */
static struct {
	void (*hide)(void *arg);
	void (*show)(void *arg);
	void *arg;
} below;

void
say_above(void (*hide)(void *arg), void (*show)(void *arg), void *arg)
{
	below.hide = hide;
	below.show = show;
	below.arg = arg;
}

static void
make_room(void)
{
	if (below.hide != NULL)
		below.hide(below.arg);
}

static void
give_back(void)
{
	if (below.show != NULL)
		below.show(below.arg);
}

void
show_messages(const char *name, const struct diag *d)
{
	struct buf visible = { 0 };

	make_room();
	/* It is a word of the command line, and can be anything. */
	buf_add_visible(&visible, name != NULL ? name : "", name != NULL ? strlen(name) : 0);
	for (char *line = d->text; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");

		fprintf(
		    stderr, "vmrun: %s%s%.*s\n", visible.s, name != NULL ? ": " : "", (int)n, line);
		line += n + (line[n] == '\n');
	}
	buf_free(&visible);
	give_back();
}

bool
says_yes(const char *question)
{
	char answer[16] = "";

	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

void
complain(struct cmd *cmd, const char *name, struct diag *d)
{
	show_messages(name, d);
	if (cmd->status == 0)
		cmd->status = d->status;
	else if (d->status != 0 && cmd->status != d->status)
		cmd->status = DIAG_FAILED;
	diag_free(d);
}

void
warn_user(const struct cmd *cmd, const char *name, const char *fmt, ...)
{
	struct buf raw = { 0 }, text = { 0 };
	va_list ap;

	if (cmd->o.quiet)
		return;
	va_start(ap, fmt);
	buf_addv(&raw, fmt, ap);
	va_end(ap);
	buf_add_visible(&text, raw.s, raw.len);
	make_room();
	fprintf(
	    stderr, "vmrun: %s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "", text.s);
	buf_free(&raw);
	buf_free(&text);
	give_back();
}

static void
collect(struct cmd *cmd, const char *name, bool ok, json_t *extra)
{
	struct buf visible = { 0 };
	json_t *o;

	/* What is not UTF-8 cannot stand in JSON as it is. */
	buf_add_visible(&visible, name, strlen(name));
	o = json_pack("{s:s,s:b}", "name", visible.s, "ok", ok);
	buf_free(&visible);
	json_object_update(o, extra);
	if (cmd->results == NULL)
		cmd->results = json_array();
	json_array_append_new(cmd->results, o);
}

void
say_result(
    struct cmd *cmd, const char *name, const char *state, json_t *extra, const char *fmt, ...)
{
	va_list ap;

	if (cmd->o.json) {
		json_t *o = json_pack("{s:s}", "state", state);

		json_object_update(o, extra);
		collect(cmd, name, true, o);
		json_decref(o);
	} else if (!cmd->o.quiet) {
		make_room();
		printf("%s: ", name);
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		putchar('\n');
		fflush(stdout); /* as it happens, also into a pipe */
		give_back();
	}
	json_decref(extra);
}

void
say_failure(struct cmd *cmd, const char *name, struct diag *d)
{
	if (cmd->o.json) {
		json_t *o = json_pack("{s:s#,s:i}", "error", d->text != NULL ? d->text : "",
		    (int)(d->len > 0 ? d->len - 1 : 0), "status", d->status);

		collect(cmd, name, false, o);
		json_decref(o);
	}
	complain(cmd, name, d);
}

void
print_json(json_t *document)
{
	json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(document);
}

int
end_results(struct cmd *cmd)
{
	if (cmd->o.json) {
		print_json(cmd->results != NULL ? cmd->results : json_array());
		cmd->results = NULL;
	}
	return cmd->status;
}

int
usage(const struct cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	if (fmt != NULL) {
		struct buf raw = { 0 }, text = { 0 };

		va_start(ap, fmt);
		buf_addv(&raw, fmt, ap);
		va_end(ap);
		buf_add_visible(&text, raw.s, raw.len);
		fprintf(stderr, "vmrun: %s\n", text.s);
		buf_free(&raw);
		buf_free(&text);
	}
	if (cmd->verb != NULL)
		fprintf(stderr, "usage: vmrun %s%s%s\n", cmd->verb->name,
		    cmd->verb->args[0] != '\0' ? " " : "", cmd->verb->args);
	else
		fputs("usage: vmrun [--root DIR] [-c FILE] [-q|-v] [--json] VERB [options] "
		      "[NAME...]\n"
		      "`vmrun help` lists the verbs.\n",
		    stderr);
	return DIAG_USAGE;
}

const char *
json_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}
