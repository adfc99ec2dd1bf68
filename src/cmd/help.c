/* vmrun help, vmrun version: from the verb table itself. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static const struct {
	char letter;
	const char *text;
} option_help[] = {
	{ 'a', "-a, --all           every VM" },
	{ 'D', "    --dot           as a graph for Graphviz" },
	{ 'f', "-f, --follow        go on as the log grows" },
	{ 'X', "    --force         also while guests are on the bridge" },
	{ 'F', "    --foreground    stay in the foreground as the VM's supervisor" },
	{ 'H', "    --host          what this host has: tap, KVM, QEMU, bridges" },
	{ 'j', "-j, --jobs N        VMs worked on at the same time (default 8)" },
	{ 'n', "-n, --lines N       this many lines (default 20)" },
	{ 'P', "    --persist       also at boot: in the files of what configures the host" },
	{ 'o', "    --os SYSTEM     linux, freebsd or darwin instead of this system" },
	{ 'S', "    --svg           as a picture" },
	{ 's', "    --save          in the VM's file as well" },
	{ 't', "-t, --timeout TIME  seconds, or \"90s\", \"2m\"" },
	{ 'u', "    --for STATE     running, paused or stopped (default)" },
	{ 'y', "    --yes           agree to what would be asked" },
};

static int
help_verb(struct cmd *cmd, const char *name)
{
	const struct verb *v = verb_find(name);

	if (v == NULL)
		return usage(cmd, "there is no verb %s", name);
	printf("usage: vmrun %s%s%s\n\n%s.\n", v->name, v->args[0] != '\0' ? " " : "", v->args,
	    v->help);
	for (size_t i = 0; i < sizeof(option_help) / sizeof(option_help[0]); i++) {
		if (strchr(v->options, option_help[i].letter) != NULL)
			printf("%s  %s\n",
			    strchr(v->options, option_help[i].letter) == v->options ? "\n" : "",
			    option_help[i].text);
	}
	return 0;
}

static int
run_help(struct cmd *cmd)
{
	if (cmd->argc > 0)
		return help_verb(cmd, cmd->argv[0]);
	puts("usage: vmrun [--root DIR] [-c FILE] [-q|-v] [--json] VERB [options] [NAME...]\n\n"
	     "NAME is a VM's name, a glob ('web*'), a tag (@prod), or the path of a VM file.\n");
	for (size_t i = 0; verbs[i] != NULL; i++)
		printf("  %-9s %s\n", verbs[i]->name, verbs[i]->help);
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
