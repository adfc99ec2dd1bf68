/* vmrun forward: the ports of the host that lead to a running guest on a network in user mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/forward_save.h"
#include "super/super.h"
#include "util/mem.h"
#include "util/num.h"
#include "vm/forward.h"

#define PATIENCE_MS 15000
#define ANY         SIZE_MAX /* no NIC was named */

struct order {
	char *name; /* of the VM */
	char *word; /* by which its file is found */
	size_t nic; /* ANY: its only one in user mode */
	const char *action;
	char **forwards;
	size_t n;
	bool running;
};

/* Asks the supervisor; NULL, with *ret_stopped, if nothing runs, or with a message. */
static json_t *
ask_one(struct cmd *cmd, struct diag *d, const char *name, json_t *request, bool *ret_stopped)
{
	struct ask ask = { .name = name, .request = request, .patience = PATIENCE_MS };
	json_t *answer = NULL;

	ask_all(cmd, &ask, 1, NULL);
	*ret_stopped = ask.told == TOLD_STOPPED;
	if (ask.told == TOLD_NOTHING)
		fail(d, "its supervisor or its QEMU does not answer");
	else if (ask.told == TOLD_ANSWER && !json_is_true(json_object_get(ask.answer, "ok")))
		fail(d, "%s", json_text(ask.answer, "error"));
	else if (ask.told == TOLD_ANSWER)
		answer = json_incref(ask.answer);
	diag_move(d, &ask.d);
	json_decref(ask.answer);
	json_decref(request);
	return answer;
}

static bool
is_user_mode(const char *network)
{
	return strcmp(network, "user") == 0 || strcmp(network, "passt") == 0;
}

/* The NIC that is meant. NULL where none, or more than one, can be. */
static int
choose_nic(struct diag *d, const json_t *nics, struct order *o)
{
	size_t found = ANY, n = 0;

	for (size_t i = 0; i < json_array_size(nics); i++) {
		if ((o->nic != ANY && o->nic != i) ||
		    !is_user_mode(json_text(json_array_get(nics, i), "network")))
			continue;
		found = i;
		n++;
	}
	if (n == 1) {
		o->nic = found;
		return 0;
	}
	if (n > 1)
		return fail(d,
		    "%zu of its NICs are on a network in user mode: say which, as in "
		    "'vmrun forward %s %zu %s'",
		    n, o->name, found, o->action);
	if (o->nic != ANY && o->nic >= json_array_size(nics))
		return fail(d, "it has no nics[%zu]", o->nic);
	return fail(d,
	    "%s on a network in user mode, where ports are forwarded; on a "
	    "bridge the guest has an address of its own",
	    o->nic != ANY ? "that NIC is not" : "no NIC of it is");
}

/* The NICs of one that does not run, as its file has them. */
static json_t *
nics_of_file(struct diag *d, const struct cmd *cmd, const char *word)
{
	json_t *nics = json_array();
	struct fleet_member m;

	if (context_load(d, &cmd->c, word, &m) == 0) {
		for (size_t i = 0; i < m.vm.nnics; i++)
			json_array_append_new(nics,
			    json_pack("{s:s}", "network",
				m.vm.nics[i].user.enabled || m.vm.nics[i].passt.enabled ? "user"
											: ""));
	}
	fleet_member_free(&m);
	return nics;
}

/* What there is to work on: the VM, its file, and the NIC. */
static int
look(struct cmd *cmd, struct diag *d, struct order *o)
{
	bool stopped;
	json_t *nics = NULL, *status;
	char *file = super_file(&cmd->c, o->name);
	int result = -1;

	status = ask_one(cmd, d, o->name, json_pack("{s:s}", "do", "status"), &stopped);
	o->running = status != NULL;
	if (o->running && file != NULL && !context_is_path(o->word)) {
		free(o->word);
		o->word = xstrdup(file);
	}
	if (stopped && !context_is_path(o->word) && !context_has_file(&cmd->c, o->name))
		fail_as(d, DIAG_CONFIG, "there is no VM of that name");
	else if (o->running)
		nics = json_incref(json_object_get(status, "nics"));
	else if (stopped && cmd->o.save && o->n > 0)
		nics = nics_of_file(d, cmd, o->word);
	else if (stopped)
		fail(d, "it is not running%s",
		    o->n > 0 ? "; --save changes its file for the next start" : "");
	if (d->count == 0)
		result = choose_nic(d, nics, o);
	json_decref(nics);
	json_decref(status);
	free(file);
	return result;
}

/* "127.0.0.1:2222", "*:8000-8009". */
static void
print_host(const json_t *f)
{
	json_int_t port = json_integer_value(json_object_get(f, "port"));
	json_int_t last = json_integer_value(json_object_get(f, "last_port"));
	const char *address = json_text(f, "address");
	bool six = strchr(address, ':') != NULL;
	char text[128];

	snprintf(text, sizeof(text), "%s%s%s:%lld", six ? "[" : "", *address ? address : "*",
	    six ? "]" : "", (long long)port);
	if (last != port)
		snprintf(
		    text + strlen(text), sizeof(text) - strlen(text), "-%lld", (long long)last);
	printf("%-24s", text);
}

static void
list(struct cmd *cmd, struct order *o, struct diag *d)
{
	json_t *request = json_pack(
		   "{s:s,s:I,s:s}", "do", "forward", "nic", (json_int_t)o->nic, "action", "list"),
	       *answer, *all, *f;
	bool stopped;
	size_t i;

	answer = ask_one(cmd, d, o->name, request, &stopped);
	if (answer == NULL)
		return;
	all = json_object_get(answer, "forwards");
	if (cmd->o.json) {
		print_json(json_pack(
		    "{s:s,s:I,s:O}", "name", o->name, "nic", (json_int_t)o->nic, "forwards", all));
	} else {
		json_array_foreach(all, i, f)
		{
			const char *guest = json_text(f, "guest");

			printf("%s  ", json_text(f, "protocol"));
			print_host(f);
			printf(" %s%s%lld\n", guest, *guest != '\0' ? ":" : "port ",
			    (long long)json_integer_value(json_object_get(f, "guest_port")));
		}
	}
	json_decref(answer);
}

/* The forward of the running guest that has that port already, perhaps this very one; false: none.
 */
static bool
is_there(struct cmd *cmd, struct order *o, const struct vm_forward *wanted, struct vm_forward *ret)
{
	json_t *request = json_pack(
		   "{s:s,s:I,s:s}", "do", "forward", "nic", (json_int_t)o->nic, "action", "list"),
	       *answer, *f;
	struct diag ignored = { 0 };
	bool stopped, found = false;
	size_t i;

	answer = ask_one(cmd, &ignored, o->name, request, &stopped);
	json_array_foreach(json_object_get(answer, "forwards"), i, f)
	{
		if (!found && forward_parse(json_text(f, "forward"), ret) == 0)
			found = forward_clash(ret, wanted);
	}
	json_decref(answer);
	diag_free(&ignored);
	return found;
}

/* One forward, in the running guest and then, if that is asked for, in the file. */
static int
change(struct cmd *cmd, struct order *o, const char *text, struct diag *d)
{
	bool add = strcmp(o->action, "add") == 0, stopped = false, there;
	int saved = 0;
	struct vm_forward f, other;
	json_t *answer = NULL;
	char form[FORWARD_TEXT], other_form[FORWARD_TEXT];

	(void)forward_parse(text, &f);
	forward_format(&f, form);
	there = add && o->running && is_there(cmd, o, &f, &other);
	if (there && !forward_equal(&f, &other))
		return fail(d, "%s: %s is there already", form, forward_format(&other, other_form));
	if (there && !cmd->o.save)
		return fail(d, "%s: it is there already", form);
	if (o->running && !there)
		answer = ask_one(cmd, d, o->name,
		    json_pack("{s:s,s:I,s:s,s:s}", "do", "forward", "nic", (json_int_t)o->nic,
			"action", o->action, "forward", form),
		    &stopped);
	if (o->running && !there && answer == NULL)
		return stopped ? fail(d, "it is not running") : -1;
	json_decref(answer);
	if (cmd->o.save)
		saved = forward_save(d, &cmd->c, o->word, o->nic, &f, add);
	if (saved == -1) {
		if (o->running && !there)
			diag_wrap(
			    d, 0, "%s was %s, but not saved", form, add ? "added" : "removed");
		return -1;
	}
	if (!o->running && !add && saved == 0)
		return fail(d, "%s: there is no such forward in its file", form);
	there = there || (!o->running && saved == 0);
	say_result(cmd, o->name, add ? "added" : "removed",
	    json_pack(
		"{s:I,s:s,s:b}", "nic", (json_int_t)o->nic, "forward", form, "saved", cmd->o.save),
	    "%s %s%s", form,
	    there ? "was there already"
	    : add ? "added"
		  : "removed",
	    !cmd->o.save ? ""
	    : o->running ? ", and saved"
			 : " in its file; it is not running");
	return 0;
}

static int
parse_words(struct cmd *cmd, struct order *o)
{
	struct vm_forward f;
	int64_t nic;
	int i = 1;

	if (cmd->argc >= 2 && int_parse(cmd->argv[1], 0, 1000, &nic) == 0) {
		o->nic = (size_t)nic;
		i = 2;
	}
	if (cmd->argc <= i)
		return usage(cmd, "forward takes the name of one VM, and list, add or remove");
	o->action = cmd->argv[i++];
	o->forwards = cmd->argv + i;
	o->n = (size_t)(cmd->argc - i);
	if (strcmp(o->action, "list") == 0)
		return o->n == 0 && !cmd->o.save ? 0 : usage(cmd, "list takes nothing more");
	if (strcmp(o->action, "add") != 0 && strcmp(o->action, "remove") != 0)
		return usage(cmd, "forward can list, add and remove, not \"%s\"", o->action);
	if (o->n == 0)
		return usage(cmd, "%s what? For example tcp:127.0.0.1:2222:22", o->action);
	for (size_t k = 0; k < o->n; k++) {
		if (forward_parse(o->forwards[k], &f) == -1)
			return usage(cmd,
			    "\"%s\" is not a forward, PROTOCOL:[ADDRESS:]PORT[:GUEST_PORT] (as in "
			    "tcp:127.0.0.1:2222:22)",
			    o->forwards[k]);
	}
	return 0;
}

static int
run(struct cmd *cmd)
{
	struct order o = { .nic = ANY };
	struct diag d = { 0 };
	int status = parse_words(cmd, &o);

	if (status != 0)
		return status;
	o.name =
	    context_is_path(cmd->argv[0]) ? context_name_of(cmd->argv[0]) : xstrdup(cmd->argv[0]);
	o.word = xstrdup(cmd->argv[0]);
	if (vm_name_check(&d, o.name) == 0 && look(cmd, &d, &o) == 0) {
		if (o.n == 0)
			list(cmd, &o, &d);
		for (size_t i = 0; i < o.n; i++) {
			if (change(cmd, &o, o.forwards[i], &d) == -1)
				say_failure(cmd, o.name, &d);
		}
	}
	if (d.count > 0)
		say_failure(cmd, o.name, &d);
	free(o.name);
	free(o.word);
	return cmd->o.json && o.n == 0 && cmd->status == 0 ? 0 : end_results(cmd);
}

const struct verb verb_forward = {
	.name = "forward",
	.options = "save",
	.args = "NAME [NIC] list | NAME [NIC] add|remove FORWARD...",
	.help = "list or change the host's ports that lead to a guest in user mode",
	.run = run,
	.suits = VERB_RUNNING,
};
