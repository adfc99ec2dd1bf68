/* vmrun help, vmrun version: from the verb table itself. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"

#define LEFT_MAX 64

static int
left_side(const struct option_row *row, char left[LEFT_MAX])
{
	return snprintf(left, LEFT_MAX, "--%s%s%s", row->name, row->arg != NULL ? " " : "",
	    row->arg != NULL ? row->arg : "");
}

/* width NULL: print them, else only see how wide their left side is at most. */
static void
print_options(const struct verb *v, int *width, int left_width)
{
	char left[LEFT_MAX], letter[] = "-x,";

	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		int n;

		if (row->common || !option_taken(v, row))
			continue;
		n = left_side(row, left);
		if (width != NULL) {
			*width = n > *width ? n : *width;
			continue;
		}
		letter[1] = row->letter;
		printf("  %3s %-*s  %s\n", row->letter != '\0' ? letter : "", left_width, left,
		    row->help);
	}
}

static json_t *
options_json(const struct verb *v, bool common)
{
	json_t *all = json_array();

	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		json_t *o;

		if (row->common != common || !option_taken(v, row))
			continue;
		o = json_pack("{s:s,s:s}", "name", row->name, "help", row->help);
		if (row->letter != '\0')
			json_object_set_new(o, "letter", json_stringn(&row->letter, 1));
		if (row->arg != NULL)
			json_object_set_new(o, "arg", json_string(row->arg));
		json_array_append_new(all, o);
	}
	return all;
}

/* The tables themselves, for programs that are made from them; of one verb if only is one. */
static void
print_tables(const struct verb *only)
{
	json_t *all = json_array();

	for (size_t i = 0; verbs[i] != NULL; i++) {
		const struct verb *v = verbs[i];

		if (only == NULL || only == v)
			json_array_append_new(all, json_pack("{s:s,s:s,s:s,s:b,s:o}", "name", v->name, "args",
						       v->args, "help", v->help, "json", !v->plain, "options",
						       options_json(v, false)));
	}
	print_json(json_pack("{s:o,s:o}", "options", options_json(NULL, true), "verbs", all));
}

static int
help_verb(struct cmd *cmd, const char *name)
{
	const struct verb *v = verb_find(name);
	int width = 0;

	if (v == NULL)
		return usage(cmd, "there is no verb %s", name);
	if (cmd->o.json) {
		print_tables(v);
		return 0;
	}
	printf("usage: vmrun %s%s%s\n\n%s.\n", v->name, v->args[0] != '\0' ? " " : "", v->args,
	    v->help);
	if (v->options[0] != '\0')
		putchar('\n');
	print_options(v, &width, 0);
	print_options(v, NULL, width);
	return 0;
}

static int
run_help(struct cmd *cmd)
{
	if (cmd->argc > 0)
		return help_verb(cmd, cmd->argv[0]);
	if (cmd->o.json) {
		print_tables(NULL);
		return 0;
	}
	puts("usage: vmrun [--root DIR] [-c FILE] [-q|-v] [--json] VERB [options] [NAME...]\n\n"
	     "NAME is a VM's name, a glob ('web*'), a tag (@prod), or the path of a VM file.\n");
	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (!verbs[i]->hidden)
			printf("  %-10s %s\n", verbs[i]->name, verbs[i]->help);
	}
	puts("\n`vmrun help VERB` says more; see also vmrun(1), vmrun-vm.conf(5), vmrun.conf(5).");
	return 0;
}

static int
run_version(struct cmd *cmd)
{
	if (cmd->o.json)
		print_json(json_pack("{s:s}", "version", VMRUN_VERSION));
	else
		puts("vmrun " VMRUN_VERSION);
	return 0;
}

const struct verb verb_help = {
	.name = "help",
	.options = "",
	.args = "[VERB]",
	.help = "the verbs, or one of them",
	.run = run_help,
	.bare = true,
};

const struct verb verb_version = {
	.name = "version",
	.options = "",
	.args = "",
	.help = "which vmrun this is",
	.run = run_version,
	.bare = true,
};
