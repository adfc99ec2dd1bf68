/* What somebody changes at a running VM by a command, noted in the resolved file of what runs: its own
 * file says something else then, which diff is to show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch/resolved.h"
#include "super/machine.h"
#include "util/buf.h"
#include "util/mem.h"
#include "vm/change.h"

#define BY_HAND "vmrun" /* in the place of a file's name and line */

/* text NULL: it is not given any more. A resolved file that cannot be read or written is no reason to
 * undo what was done. */
static void
note(struct super *s, const struct conf_trail *runs, const char *key, const char *text)
{
	struct conf_trail now = { 0 }, merged;
	struct change change = { .runs = conf_trail_find(runs, key) };
	const struct changes one = { &change, 1 };
	const bool done = true;
	struct diag d = { 0 };
	struct buf b = { 0 };

	buf_addf(&b, "%s\t%s\t" BY_HAND "\n", key, text != NULL ? text : "");
	if (text != NULL)
		conf_trail_read(b.s, b.len, vm_keys, &now);
	buf_free(&b);
	if (now.n > 0)
		change.file = &now.v[0];
	if (change.runs != NULL || change.file != NULL) {
		changes_merge(runs, &one, &done, &merged);
		conf_trail_write(&b, &merged);
		(void)resolved_write(&d, &s->runtime, b.s);
		conf_trail_free(&merged);
	}
	log_diag(&s->log, &d);
	diag_free(&d);
	buf_free(&b);
	conf_trail_free(&now);
}

static int
read_runs(struct super *s, struct conf_trail *ret)
{
	struct diag ignored = { 0 };
	int result = resolved_read(&ignored, s->c, s->name, ret);

	diag_free(&ignored);
	return result;
}

void
super_note_link(struct super *s, size_t nic, bool up)
{
	struct conf_trail runs;
	char key[40];

	if (read_runs(s, &runs) == -1)
		return;
	snprintf(key, sizeof(key), "nics[%zu].link", nic);
	note(s, &runs, key, up ? "true" : "false");
	conf_trail_free(&runs);
}

/* The strings of a list in the syntax of files, but for those of f's port of the host. */
static void
add_others(struct buf *list, const char *text, const struct vm_forward *f)
{
	for (const char *at = strchr(text, '"'); at != NULL; at = strchr(at, '"')) {
		size_t n = strcspn(at + 1, "\"");
		char *one = xstrndup(at + 1, n);
		struct vm_forward other;

		if (forward_parse(one, &other) == -1 || !forward_same_port(f, &other))
			buf_addf(list, "%s\"%s\"", list->len > 0 ? ", " : "", one);
		free(one);
		at += 1 + n;
		at += *at == '"';
	}
}

void
super_note_forward(struct super *s, size_t nic, const struct vm_forward *f, bool add)
{
	char key[40], form[FORWARD_TEXT];
	const struct conf_entry *known;
	struct conf_trail runs;
	struct buf list = { 0 }, text = { 0 };

	if (read_runs(s, &runs) == -1)
		return;
	snprintf(key, sizeof(key), "nics[%zu].forward", nic);
	known = conf_trail_find(&runs, key);
	if (known != NULL)
		add_others(&list, known->text, f);
	if (add)
		buf_addf(
		    &list, "%s\"%s\"", list.len > 0 ? ", " : "", forward_format(f, form));
	if (list.len > 0)
		buf_addf(&text, "[ %s ]", list.s);
	note(s, &runs, key, text.s);
	buf_free(&list);
	buf_free(&text);
	conf_trail_free(&runs);
}
