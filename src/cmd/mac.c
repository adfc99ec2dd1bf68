/* vmrun mac: the ledger. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/mac_check.h"
#include "net/ledger.h"

static json_t *
entry_json(const char *vm, unsigned nic, const char *mac, const char *from)
{
	return json_pack(
	    "{s:s,s:i,s:s,s:s}", "name", vm, "nic", (int)nic, "mac", mac, "from", from);
}

static void
print_entry(
    struct cmd *cmd, json_t *all, const char *vm, unsigned nic, struct mac mac, const char *from)
{
	char text[MAC_TEXT];

	mac_format(mac, text);
	if (cmd->o.json)
		json_array_append_new(all, entry_json(vm, nic, text, from));
	else
		printf("%-20s  nic %-3u  %s  %s\n", vm, nic, text, from);
}

/* Those in VM files are not given by the ledger, but a reader of the list wants to see them too. */
static void
list_written(struct cmd *cmd, json_t *all)
{
	struct diag ignored = { 0 };
	struct fleet f;

	if (context_fleet(&ignored, &cmd->c, &f) == 0) {
		for (size_t i = 0; i < f.n; i++) {
			const struct vm *vm = &f.member[i].vm;

			for (unsigned k = 0; k < vm->nnics; k++) {
				if (!mac_is_zero(vm->nics[k].mac))
					print_entry(cmd, all, vm->name, k, vm->nics[k].mac, "file");
			}
		}
		fleet_free(&f);
	}
	diag_free(&ignored);
}

static int
list(struct cmd *cmd)
{
	struct ledger_entry e;
	struct diag d = { 0 };
	struct ledger *l;
	json_t *all;
	size_t i = 0;

	if (ledger_read(&d, cmd->c.ledger, &l) == -1) {
		complain(cmd, NULL, &d);
		return cmd->status;
	}
	all = json_array();
	while (ledger_next(l, &i, &e))
		print_entry(cmd, all, e.vm, e.nic, e.mac, "ledger");
	list_written(cmd, all);
	ledger_close(l);
	if (cmd->o.json)
		print_json(all);
	else
		json_decref(all);
	return cmd->status;
}

/* A VM that has a file, or runs, keeps what it was given. */
static int
may_release(struct cmd *cmd, const char *name, struct diag *d)
{
	struct ask ask = { .name = name, .patience = 2000 };
	json_t *request;

	if (vm_name_check(d, name) == -1)
		return -1;
	if (context_is_member(&cmd->c, name))
		return fail(d, vm_instance(name) != NULL
				   ? "it is one of the instances that a file lists, or has a file of its own"
				   : "it has a VM file; remove that first");
	request = json_pack("{s:s}", "do", "status");
	ask.request = request;
	ask_all(cmd, &ask, 1, NULL);
	if (ask.told != TOLD_STOPPED)
		fail(d, "it is running");
	json_decref(request);
	json_decref(ask.answer);
	diag_free(&ask.d);
	return d->count > 0 ? -1 : 0;
}

static void
release(struct cmd *cmd, const char *name)
{
	struct diag d = { 0 };
	struct ledger *l;
	unsigned gone = 0;

	if (may_release(cmd, name, &d) == -1 || ledger_lock(&d, cmd->c.ledger, &l) == -1) {
		say_failure(cmd, name, &d);
		return;
	}
	gone = ledger_release(l, name);
	if (gone == 0)
		fail(&d, "the ledger does not know it");
	else
		ledger_commit(&d, l);
	ledger_close(l);
	if (d.count > 0)
		say_failure(cmd, name, &d);
	else
		say_result(cmd, name, "released", NULL, "released");
}

static int
run(struct cmd *cmd)
{
	if (cmd->argc == 0)
		return list(cmd);
	if (cmd->argc >= 2 && strcmp(cmd->argv[0], "check") == 0)
		return mac_check(cmd, cmd->argc - 1, cmd->argv + 1);
	if (strcmp(cmd->argv[0], "release") != 0 || cmd->argc < 2)
		return usage(cmd, NULL);
	for (int i = 1; i < cmd->argc; i++)
		release(cmd, cmd->argv[i]);
	return end_results(cmd);
}

const struct verb verb_mac = {
	.name = "mac",
	.options = "",
	.args = "[release NAME... | check FILE...]",
	.help = "every MAC that was given; forget those of a VM; compare hosts' vmrun.conf",
	.run = run,
};
