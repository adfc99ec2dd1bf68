/* vmrun create: a file for a new VM, from a template or from nothing. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/create_disks.h"
#include "cmd/settings.h"
#include "conf/edit.h"
#include "launch/fleet_now.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/num.h"
#include "super/event.h"

#define FROM_MAX (1u << 20) /* bytes of a text to begin with */

/* A line of the file; without a value one that shows how it would be, unless a template says it. */
static void
add_line(struct buf *b, bool alone, const char *key, const char *value, const char *example)
{
	if (value != NULL)
		buf_addf(b, "%s = %s;\n", key, value);
	else if (alone)
		buf_addf(b, "#%s = %s;\n", key, example);
}

static char *
quoted(const char *format, const char *value)
{
	struct buf b = { 0 };
	char *result;

	buf_add_conf_string(&b, value);
	result = xasprintf(format, b.s);
	buf_free(&b);
	return result;
}

static void
add_template(struct buf *b, const char *names)
{
	bool several = strchr(names, ',') != NULL;

	buf_add(b, several ? "template = [ " : "template = ");
	for (const char *p = names; *p != '\0';) {
		size_t n = strcspn(p, ",");
		char *name = xstrndup(p, n);
		char *word = strchr(name, '/') != NULL ? path_from_here(name) : xstrdup(name);

		buf_add_conf_string(b, word);
		free(word);
		free(name);
		p += n;
		if (*p == ',')
			buf_add(b, ", "), p++;
	}
	buf_add(b, several ? " ];\n" : ";\n");
}

/* The text that people read first. */
static void
compose(const struct options *o, struct buf *b)
{
	bool alone = o->template == NULL;
	char *memory = o->memory != NULL ? quoted("%s", o->memory) : NULL;
	char *nics = o->bridge != NULL ? quoted("( { bridge = %s; } )", o->bridge) : NULL;
	char *iso = o->iso != NULL ? path_from_here(o->iso) : NULL;
	char *cdrom = iso != NULL ? quoted("( { file = %s; } )", iso) : NULL;

	buf_add(b, "# Made by vmrun create. Every key is in vmrun-vm.conf(5).\n\n");
	if (!alone)
		add_template(b, o->template);
	add_line(b, alone, "memory", memory, "\"512M\"");
	add_line(b, alone, "cpus", o->cpus, "1");
	if (o->disk.n == 0)
		add_line(b, alone, "disks", NULL, "( { file = \"/srv/vm/web1.qcow2\"; size = \"20G\"; } )");
	add_line(b, alone, "cdrom", cdrom, "( { file = \"/srv/iso/debian.iso\"; } )");
	add_line(b, alone, "nics", nics, "( { bridge = \"br0\"; } )");
	free(memory);
	free(nics);
	free(cdrom);
	free(iso);
}

/* The same settings in a text that is there. */
static int
change(struct diag *d, const struct options *o, struct buf *b)
{
	char *iso = o->iso != NULL ? path_from_here(o->iso) : NULL;
	struct buf template = { 0 };
	int result = 0;

	if (o->template != NULL) {
		add_template(&template, o->template);
		template.s[template.len - 2] = '\0';
		result = conf_assign(d, b, vm_keys, "template", template.s + strlen("template = "));
	}
	if (result == 0 && o->memory != NULL)
		result = conf_assign(d, b, vm_keys, "memory", o->memory);
	if (result == 0 && o->cpus != NULL)
		result = conf_assign(d, b, vm_keys, "cpus", o->cpus);
	if (result == 0 && o->bridge != NULL)
		result = conf_assign(d, b, vm_keys, "nics[0].bridge", o->bridge);
	if (result == 0 && iso != NULL)
		result = conf_assign(d, b, vm_keys, "cdrom[0].file", iso);
	buf_free(&template);
	free(iso);
	return result;
}

static int
read_input(struct diag *d, struct buf *b)
{
	char block[4096];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), stdin)) > 0) {
		buf_addn(b, block, n);
		if (b->len > FROM_MAX)
			return fail_as(d, DIAG_CONFIG, "standard input: larger than %u bytes", FROM_MAX);
	}
	return ferror(stdin) ? fail_sys(d, "standard input") : 0;
}

/* The text that --from names, and the folder that it is from. */
static int
read_from(struct diag *d, const char *from, struct buf *b)
{
	char *text;
	size_t n;

	if (strcmp(from, "-") == 0)
		return read_input(d, b);
	if (file_read(d, from, FROM_MAX, &text, &n) == -1)
		return -1;
	buf_addn(b, text, n);
	free(text);
	return 0;
}

/* What can be told of the options before there is a text. */
static int
check_options(struct diag *d, const struct options *o)
{
	char *iso = o->iso != NULL ? path_from_here(o->iso) : NULL;
	int64_t cpus;
	int result = 0;

	if (o->cpus != NULL && int_parse(o->cpus, INT64_MIN, INT64_MAX, &cpus) == -1)
		result = fail_as(d, DIAG_USAGE, "--cpus takes a number, not \"%s\"", o->cpus);
	else if (iso != NULL && access(iso, F_OK) == -1)
		result = fail_sys(d, "--iso %s", iso);
	free(iso);
	return result;
}

static int
make_text(struct diag *d, struct new_disks *n, const struct buf *from, struct buf *text)
{
	if (from->s == NULL) {
		compose(n->o, text);
	} else {
		buf_addn(text, from->s, from->len);
		if (change(d, n->o, text) == -1)
			return -1;
	}
	if (create_disks(d, n, text) == -1)
		return -1;
	return settings_make(d, n->o, vm_keys, text);
}

/* Nothing is on the host but the file: images are made by the first start. */
static int
create(struct diag *d, struct cmd *cmd, struct new_disks *n, const struct buf *from,
    struct fleet_now *fleet)
{
	char *path = file_of(&cmd->c, n->name);
	struct buf text = { 0 };
	int result = -1;

	if (name_is_free(d, &cmd->c, n->name) == 0 && check_options(d, n->o) == 0 &&
	    make_text(d, n, from, &text) == 0) {
		result = new_file_write(d, fleet, path, 0644, &text);
		if (result == -1)
			fail(d, "nothing is written");
	}
	buf_free(&text);
	free(path);
	return result;
}

static void
say_created(struct cmd *cmd, struct fleet_now *fleet, const struct new_disks *n)
{
	char *path = file_of(&cmd->c, n->name);
	json_t *extra = json_pack("{s:s,s:O}", "file", path, "disks", n->made);
	struct buf b = { 0 };
	const json_t *disk;
	size_t i;

	json_array_foreach(n->made, i, disk)
		buf_addf(&b, "%s%s", i > 0 ? ", " : "; its first start makes ", json_string_value(disk));
	if (n->replaced)
		buf_add(&b, "; its disks are these alone, not those of its templates");
	event_say(&cmd->c, n->name, EVENT_CREATED, json_pack("{s:s}", "file", path), "%s", path);
	say_result(cmd, n->name, "created", extra, "created, %s%s", path, b.len > 0 ? b.s : "");
	say_missing(cmd, fleet, n->name, n->name);
	buf_free(&b);
	free(path);
}

/* Of one name; true: there is a VM of it now. */
static bool
create_one(struct cmd *cmd, const char *name, const struct buf *from, struct fleet_now *fleet)
{
	struct new_disks n = { &cmd->o, &cmd->c, name, json_array(), false };
	struct diag d = { 0 };
	bool made = create(&d, cmd, &n, from, fleet) == 0;

	if (made)
		say_created(cmd, fleet, &n);
	else
		say_failure(cmd, name, &d);
	json_decref(n.made);
	return made;
}

static int
run(struct cmd *cmd)
{
	struct targets made = { 0 };
	struct fleet_now *fleet;
	struct buf from = { 0 };
	struct diag d = { 0 };
	char **names;
	size_t n;

	if (cmd->argc == 0)
		return usage(cmd, "create needs a name for the VM");
	put_changes_right(cmd);
	if (cmd->o.from != NULL && read_from(&d, cmd->o.from, &from) == -1) {
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	if (cmd->o.from != NULL && from.s == NULL)
		buf_add(&from, "");
	if (new_names(&d, cmd->argc, cmd->argv, &names, &n) == -1)
		complain(cmd, NULL, &d);
	fleet = fleet_now_new(&cmd->c);
	for (size_t i = 0; i < n; i++) {
		if (create_one(cmd, names[i], &from, fleet))
			targets_add(&made, names[i], names[i]);
	}
	fleet_now_free(fleet);
	strings_free(names, n);
	if (cmd->o.start && made.n > 0)
		start_targets(cmd, &made);
	targets_free(&made);
	buf_free(&from);
	return end_results(cmd);
}

const struct verb verb_create = {
	.name = "create",
	.options = "template from memory cpus disk iso bridge set unset start jobs",
	.args = "[--template NAME] [--from FILE] [--disk SIZE|FILE]... [--memory SIZE] [--cpus N]\n"
		"                    [--bridge BRIDGE] [--iso FILE] [--set KEY=VALUE]... [--start] NAME...",
	.help = "a file for a new VM, checked with the fleet before it is written",
	.run = run,
};
