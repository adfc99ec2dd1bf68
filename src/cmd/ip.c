/* vmrun ip: the addresses of VMs, and how each is known. Nothing is guessed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/address.h"
#include "cmd/cmd.h"
#include "util/buf.h"

#define PATIENCE_MS 1000

/* --- text --- */

static void
add_how(struct buf *b, const json_t *how)
{
	const char *source = json_text(how, "source");

	if (strcmp(source, "agent") == 0)
		buf_addf(b, "guest agent, %s", json_text(how, "interface"));
	else if (strcmp(source, "dhcp") == 0)
		buf_addf(b, "DHCP lease on %s", json_text(how, "bridge"));
	else if (strcmp(source, "file") == 0)
		buf_add(b, "its file, and guarded");
	else
		buf_addf(b, "neighbour table of %s, %s", json_text(how, "interface"),
		    json_is_true(json_object_get(how, "reachable")) ? "reachable" : "stale");
}

/* Of the table's columns, over all of its rows. */
struct widths {
	int vm, nic, address;
};

static void
widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static void
widen_vm(struct widths *w, const json_t *vm)
{
	const json_t *nic, *known;
	char number[24];
	size_t i, k;

	json_array_foreach(json_object_get(vm, "nics"), i, nic)
	{
		snprintf(number, sizeof(number), "%zu", i);
		widen(&w->vm, json_text(vm, "name"));
		widen(&w->nic, number);
		json_array_foreach(json_object_get(nic, "addresses"), k, known)
		{
			widen(&w->address, json_text(known, "address"));
		}
	}
}

static void
print_line(const struct widths *w, const char *vm, const json_t *nic, const char *address,
    const char *text)
{
	struct buf visible = { 0 };

	buf_add_visible(&visible, text, strlen(text));
	printf("%-*s  nic %-*lld  %-*s  %s\n", w->vm, vm, w->nic,
	    (long long)json_integer_value(json_object_get(nic, "nic")), w->address, address,
	    visible.s);
	buf_free(&visible);
}

static void
print_nic(const struct widths *w, const char *vm, const json_t *nic)
{
	const json_t *all = json_object_get(nic, "addresses"), *known, *how;
	const char *note = json_text(nic, "note");
	size_t i, k;

	json_array_foreach(all, i, known)
	{
		struct buf b = { 0 };

		json_array_foreach(json_object_get(known, "from"), k, how)
		{
			if (k > 0)
				buf_add(&b, "; ");
			add_how(&b, how);
		}
		print_line(w, vm, nic, json_text(known, "address"), b.s);
		buf_free(&b);
	}
	if (json_array_size(all) == 0)
		print_line(w, vm, nic, "-",
		    note[0] != '\0' ? note : "nobody on this host has heard of one");
}

static void
print_table(const json_t *all)
{
	struct widths w = { .address = 15 };
	const json_t *vm, *nic;
	size_t i, k;

	json_array_foreach(all, i, vm)
	{
		widen_vm(&w, vm);
	}
	json_array_foreach(all, i, vm)
	{
		json_array_foreach(json_object_get(vm, "nics"), k, nic)
		{
			print_nic(&w, json_text(vm, "name"), nic);
		}
	}
	fflush(stdout); /* before what is said of it */
}

/* Is an address of the VM known that is good for more than its own link? */
static bool
is_known(const json_t *vm)
{
	const json_t *nic, *known;
	size_t i, k;

	json_array_foreach(json_object_get(vm, "nics"), i, nic)
	{
		json_array_foreach(json_object_get(nic, "addresses"), k, known)
		{
			if (strncmp(json_text(known, "address"), "fe80:", 5) != 0)
				return true;
		}
	}
	return false;
}

static void
say_notes(struct cmd *cmd, const json_t *vm)
{
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(vm, "notes"), i, note)
	{
		warn_user(cmd, json_text(vm, "name"), "%s", json_string_value(note));
	}
	if (!is_known(vm) && cmd->status == 0)
		cmd->status = DIAG_FAILED;
}

static void
fail_vm(struct cmd *cmd, struct ask *ask)
{
	if (ask->told == TOLD_STOPPED)
		fail(&ask->d, "it is not running");
	else if (ask->told == TOLD_NOTHING)
		fail(&ask->d, "its supervisor does not answer");
	complain(cmd, ask->name, &ask->d);
}

static void
show_all(struct cmd *cmd, struct ask *asks, size_t n, const struct address_view *v)
{
	json_t *all = json_array();
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (asks[i].told == TOLD_ANSWER)
			json_array_append_new(all, addresses_find(cmd, v, asks[i].name, asks[i].answer));
	}
	if (!cmd->o.json)
		print_table(all);
	for (size_t i = 0; i < n; i++) {
		if (asks[i].told == TOLD_ANSWER)
			say_notes(cmd, json_array_get(all, k++));
		else
			fail_vm(cmd, &asks[i]);
	}
	if (cmd->o.json)
		print_json(json_incref(all));
	json_decref(all);
}

static int
run(struct cmd *cmd)
{
	struct address_view v = { 0 };
	struct diag d = { 0 };
	struct targets t;
	json_t *request;
	struct ask *asks;

	if (choose(cmd, cmd->argc, cmd->argv, VMS_ALL, false, &t) == -1)
		return cmd->status;
	request = json_pack("{s:s,s:b}", "do", "status", "brief", 1);
	asks = asks_for(&t, request, PATIENCE_MS);
	ask_all(cmd, asks, t.n, NULL);
	if (address_look(&d, &v) == -1)
		complain(cmd, NULL, &d);
	else
		show_all(cmd, asks, t.n, &v);
	address_view_free(&v);
	asks_free(asks, t.n);
	json_decref(request);
	targets_free(&t);
	return cmd->status;
}

const struct verb verb_ip = {
	.name = "ip",
	.options = "all",
	.args = "NAME...",
	.help = "addresses of VMs, and how each is known",
	.run = run,
	.suits = VERB_RUNNING,
};
