/* vmrun argv: the command line that start would run, here or on another system, for people, shells
 * and programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "launch/media.h"
#include "launch/plan.h"
#include "os/os.h"
#include "util/buf.h"

static json_t *
as_json(const struct argv *a)
{
	json_t *array = json_array();

	for (size_t i = 0; i < a->n; i++) {
		json_t *s = json_string(a->v[i]);

		/* JSON holds UTF-8 only; what is not, is shown visibly. */
		if (s == NULL) {
			struct buf b = { 0 };

			buf_add_visible(&b, a->v[i], strlen(a->v[i]));
			s = json_string(b.s);
			buf_free(&b);
		}
		json_array_append_new(array, s);
	}
	return array;
}

static void
notes(const struct cmd *cmd, const struct plan *p, const char *note)
{
	const char *name = p->member.vm.name;

	if (p->os != os_here())
		warn_user(cmd, name,
		    "this is the line for %s; the version of QEMU and the paths are those of this "
		    "host",
		    p->os->title);
	if (note != NULL)
		warn_user(cmd, name, "%s", note);
	if (p->given.preview)
		warn_user(cmd, name, "%s",
		    p->given.salted ? "it was never started: its MAC and uuid are those that a "
				      "start would give it now"
				    : "there is no ledger yet: the first start will give it "
				      "another MAC and uuid");
}

static int
compose(struct cmd *cmd, const struct target *t, const struct fleet *fleet,
    const struct os_facts *os, struct argv *ret, struct diag *d)
{
	struct plan p;
	struct plan_facts facts;
	char *note;
	int result;

	if (plan_preview(d, &cmd->c, t->word, fleet, os, &p, &note) == -1)
		return -1;
	result = plan_facts(d, &cmd->c, &p, true, &facts);
	if (result == 0) {
		if (os != os_here())
			facts.f.sandbox = os->seccomp;
		result = media_open(d, &cmd->c, &p, true, &facts);
		if (result == 0)
			result = qemu_argv(d, &p.member.vm, &facts.f, ret);
		plan_facts_free(&facts);
	}
	if (result == 0)
		notes(cmd, &p, note);
	free(note);
	plan_free(&p);
	return result;
}

static void
print_all(struct cmd *cmd, const struct targets *t, const struct fleet *fleet,
    const struct os_facts *os)
{
	json_t *all = json_object();

	for (size_t i = 0; i < t->n; i++) {
		struct argv a = { 0 };
		struct diag d = { 0 };
		struct buf text = { 0 };

		if (compose(cmd, &t->v[i], fleet, os, &a, &d) == -1) {
			complain(cmd, t->v[i].name, &d);
		} else if (cmd->o.json) {
			json_object_set_new(all, t->v[i].name, as_json(&a));
		} else {
			argv_print(&text, &a);
			printf("%s%s%s%s", i > 0 ? "\n" : "", t->n > 1 ? "# " : "",
			    t->n > 1 ? t->v[i].name : "", t->n > 1 ? "\n" : "");
			fputs(text.s, stdout);
		}
		buf_free(&text);
		argv_free(&a);
	}
	/* One VM is one array, several are an object of arrays by name. */
	if (cmd->o.json && t->n == 1 && json_object_size(all) == 1)
		print_json(json_incref(json_object_get(all, t->v[0].name)));
	else if (cmd->o.json)
		print_json(json_incref(all));
	json_decref(all);
}

static int
run(struct cmd *cmd)
{
	const struct os_facts *os = cmd->o.os != NULL ? os_facts(cmd->o.os) : os_here();
	struct diag others = { 0 };
	struct fleet fleet;
	struct targets t;

	if (os == NULL)
		return usage(cmd, "--os takes linux, freebsd or darwin, not \"%s\"", cmd->o.os);
	if (choose(cmd, cmd->argc, cmd->argv, VMS_WITH_FILE, false, &t) == -1)
		return cmd->status;
	if (context_fleet(&others, &cmd->c, &fleet) == -1) {
		complain(cmd, NULL, &others);
	} else {
		diag_free(&others); /* other files' faults are for check to say */
		print_all(cmd, &t, &fleet, os);
		fleet_free(&fleet);
	}
	targets_free(&t);
	return cmd->status;
}

const struct verb verb_argv = {
	.name = "argv",
	.options = "all os",
	.args = "[--os SYSTEM] NAME...",
	.help = "print the QEMU command line, ready for a shell; nothing is touched",
	.run = run,
};
