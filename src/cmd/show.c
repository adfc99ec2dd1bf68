/* vmrun show: what the keys of a VM come to over all files, and which file and line said so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "conf/conf.h"
#include "launch/resolved.h"
#include "util/buf.h"
#include "util/mem.h"

/* JSON holds UTF-8 only; what is not, is shown visibly. */
static json_t *
text_json(const char *text)
{
	json_t *s = json_string(text);
	struct buf b = { 0 };

	if (s != NULL)
		return s;
	buf_add(&b, "");
	buf_add_visible(&b, text, strlen(text));
	s = json_string(b.s);
	buf_free(&b);
	return s;
}

/* "/etc/vmrun/vms/web1.conf:3" as its two parts; of a file as a whole there is no line. */
static void
add_place(json_t *o, const char *where)
{
	const char *colon = strrchr(where, ':');
	size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
	char *file;

	if (digits == 0 || colon[1 + digits] != '\0') {
		json_object_set_new(o, "file", text_json(where));
		return;
	}
	file = xstrndup(where, (size_t)(colon - where));
	json_object_set_new(o, "file", text_json(file));
	json_object_set_new(o, "line", json_integer(strtol(colon + 1, NULL, 10)));
	free(file);
}

static json_t *
trail_json(const struct conf_trail *t)
{
	json_t *array = json_array();

	for (size_t i = 0; i < t->n; i++) {
		const struct conf_entry *e = &t->v[i];
		json_t *o = json_object();

		json_object_set_new(o, "key", text_json(e->path));
		json_object_set_new(o, "value", text_json(e->text));
		json_object_set_new(o, "default", json_boolean(e->where == NULL));
		if (e->where != NULL)
			add_place(o, e->where);
		json_array_append_new(array, o);
	}
	return array;
}

/* What says how the file is put together, and would do it again. */
static bool
is_of_files(const struct conf_entry *e)
{
	return strcmp(e->path, "template") == 0 || strcmp(e->path, "instances") == 0;
}

static void
print(const struct conf_trail *t, const char *name, bool first)
{
	const struct conf_trail_style style = { .places = true,
		.defaults = true,
		.percent = vm_instance(name) != NULL,
		.skip = is_of_files };
	struct buf b = { 0 };

	conf_trail_print(&b, t, &style);
	printf("%s# %s\n%s", first ? "" : "\n", name, b.s);
	buf_free(&b);
}

static int
run(struct cmd *cmd)
{
	json_t *all = json_object();
	struct targets t;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_WITH_FILE, false, &t) == -1) {
		json_decref(all);
		return cmd->status;
	}
	for (size_t i = 0; i < t.n; i++) {
		struct fleet_member m;
		struct conf_trail trail;
		struct diag d = { 0 };

		if (context_load(&d, &cmd->c, t.v[i].word, &m) == -1) {
			complain(cmd, t.v[i].name, &d);
		} else {
			resolved_now(&cmd->c, &m, &trail);
			if (cmd->o.json)
				json_object_set_new(all, t.v[i].name, trail_json(&trail));
			else
				print(&trail, t.v[i].name, i == 0);
			conf_trail_free(&trail);
		}
		fleet_member_free(&m);
	}
	if (cmd->o.json)
		print_json(json_incref(all));
	json_decref(all);
	targets_free(&t);
	return cmd->status;
}

const struct verb verb_show = {
	.name = "show",
	.options = "all",
	.args = "NAME...",
	.help = "what each key comes to over all files, and which file and line said so",
	.run = run,
};
