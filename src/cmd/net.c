/* vmrun net: bridges, ports and VMs, as a tree or a picture. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "cmd/view.h"
#include "net/picture.h"
#include "util/buf.h"

#define PATIENCE_MS 1000

static void
show(struct cmd *cmd, const struct view *v)
{
	struct picture p;
	struct buf b = { 0 };

	picture_make(&v->f, &p);
	if (cmd->o.json)
		print_json(picture_json(&p));
	else if (cmd->o.svg)
		picture_svg(&b, &p);
	else if (cmd->o.dot)
		picture_dot(&b, &p);
	else
		picture_text(&b, &p);
	fputs(b.s != NULL ? b.s : "", stdout);
	buf_free(&b);
	picture_free(&p);
}

static int
run(struct cmd *cmd)
{
	json_t *request;
	struct targets t = { 0 };
	struct view v = { .links = NULL };
	struct ask *asks = NULL;
	struct diag d = { 0 };

	if (cmd->argc > 0)
		return net_up_down(cmd);
	if (cmd->o.json + cmd->o.svg + cmd->o.dot > 1)
		return usage(cmd, "one of --json, --dot and --svg");
	if (cmd->o.timeout != -1 || cmd->o.force || cmd->o.persist || cmd->o.yes)
		return usage(cmd, "-t, --force, --persist and --yes need up or down");
	if (net_recover(cmd, &d, NULL) == -1)
		complain(cmd, NULL, &d);
	request = json_pack("{s:s}", "do", "status");
	if (choose(cmd, 0, NULL, VMS_ALL, true, &t) == 0) {
		asks = asks_for(&t, request, PATIENCE_MS);
		ask_all(cmd, asks, t.n, NULL);
		for (size_t i = 0; i < t.n; i++)
			view_add(&v, asks[i].name, asks[i].answer);
	}
	if (view_look(&d, &v, &cmd->c.host, true) == -1)
		complain(cmd, NULL, &d);
	else
		show(cmd, &v);
	view_free(&v);
	asks_free(asks, t.n);
	targets_free(&t);
	json_decref(request);
	return cmd->status;
}

const struct verb verb_net = {
	.name = "net",
	.options = "dot svg timeout force persist yes",
	.args = "[--dot|--svg] | [-t TIME] [--force] [--persist [--yes]] up|down BRIDGE...",
	.help = "bridges, their ports, VMs and MACs, as a tree or a picture",
	.run = run,
};
