/* vmrun net up, vmrun net down: a bridge of vmrun.conf and its uplink, as it is described there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "net/persist.h"
#include "net/uplink.h"
#include "os/os.h"
#include "super/network.h"
#include "util/buf.h"
#include "super/event.h"

/* In the watchdog, which outlives the command. */
static void
told(const char *bridge, struct diag *d)
{
	if (d->count == 0)
		fprintf(stderr,
		    "vmrun: %s: the command has ended half way: everything is as it was\n", bridge);
	else
		fprintf(stderr,
		    "vmrun: %s: the command has ended half way, and what was cannot be put "
		    "back yet: %s",
		    bridge, d->text);
}

static struct uplink_place
place_of(const struct cmd *cmd)
{
	return (struct uplink_place){ cmd->c.run_dir, cmd->c.host_root, told };
}

struct putting_back {
	struct cmd *cmd;
	int n;
};

static void
say_restored(const char *bridge, void *arg)
{
	struct putting_back *p = arg;

	p->n++;
	warn_user(p->cmd, bridge,
	    "a command that moved its uplink was killed: everything is as it was before");
}

int
net_recover(struct cmd *cmd, struct diag *d, const char *bridge)
{
	struct uplink_place place = place_of(cmd);
	struct putting_back p = { .cmd = cmd };

	return uplink_recover(d, &place, bridge, say_restored, &p) == -1 ? -1 : p.n;
}

/* "10.0.0.1, fe80::1 answer"; false: without gateways. */
static bool
add_gateways(struct buf *b, const struct os_gateways *g)
{
	bool asked = false;

	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].fixed)
			continue;
		buf_addf(b, "%s%s", asked ? ", " : "", g->v[i].text);
		asked = true;
	}
	if (asked)
		buf_add(b, g->n > 1 ? " answer" : " answers");
	return asked;
}

static json_t *
gateways_json(const struct os_gateways *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->n; i++)
		json_array_append_new(list, json_string(g->v[i].text));
	return list;
}

/* What has moved, or that there was no address to move. */
static void
add_moved(struct buf *b, const struct host_bridge *bridge, bool up, const struct uplink_done *done)
{
	const char *uplink = bridge->uplink.interface, *where = up ? bridge->name : uplink;

	if (done->addresses > 0)
		buf_addf(b, "%u address%s of %s on %s, routes and MAC as before", done->addresses,
		    done->addresses == 1 ? "" : "es", uplink, where);
	else
		buf_addf(b,
		    "%s had no address, so none was moved (ip addr add ADDRESS/BITS dev %s, if "
		    "this host is to be reached there)",
		    up ? uplink : bridge->name, where);
	buf_add(b, "; ");
	if (!add_gateways(b, &done->gateways))
		buf_addf(b, "no gateway to ask, so %s looked at",
		    done->addresses > 0 ? "these and the carrier were" : "the carrier was");
	if (done->kept && !up)
		buf_add(b, "; the bridge stays");
}

static void
say_done(struct cmd *cmd, const struct host_bridge *b, bool up, const struct uplink_done *done,
    const struct persist *p)
{
	const char *state = up ? "up" : "down";
	json_t *extra =
	    json_pack("{s:s,s:b,s:i,s:o}", "uplink", b->uplink.interface, "already", done->already,
		"addresses", (int)done->addresses, "gateways", gateways_json(&done->gateways));
	struct buf moved = { 0 };

	json_object_set_new(extra, "files", net_persist_json(p));
	add_moved(&moved, b, up, done);
	if (!done->already)
		event_say(&cmd->c, b->name, up ? EVENT_NETWORK_UP : EVENT_NETWORK_DOWN, NULL,
		    "%s", moved.s);
	if (done->already)
		say_result(cmd, b->name, state, extra, "already %s", state);
	else
		say_result(cmd, b->name, state, extra, "%s: %s", state, moved.s);
	if (p->n > 0 && !cmd->o.json && !cmd->o.quiet)
		printf("%s: %zu file%s %s\n", b->name, p->n, p->n == 1 ? "" : "s",
		    up ? "written, for the next boot" : "removed");
	if (p->then != NULL)
		warn_user(cmd, b->name, "%s", p->then);
	buf_free(&moved);
}

/* What is written, or removed, is agreed to before anything is changed, and done once all is well.
 */
static int
persist_begin(
    struct cmd *cmd, struct diag *d, const struct host_bridge *b, bool up, struct persist *ret)
{
	if (!cmd->o.persist)
		return 0;
	if (!up)
		persist_find(cmd->c.host_root, b->name, ret);
	else if (persist_make(d, cmd->c.host_root, b, ret) == -1)
		return -1;
	return net_persist_agree(cmd, d, ret, up);
}

static int
persist_end(struct cmd *cmd, struct diag *d, bool up, const struct persist *p)
{
	if (!up)
		return persist_remove(d, cmd->c.host_root, p);
	return persist_write(d, cmd->c.host_root, p);
}

static void
move(struct cmd *cmd, const struct host_bridge *b, bool up)
{
	struct uplink_place place = place_of(cmd);
	struct uplink_done done = { 0 };
	struct persist p = { .n = 0 };
	struct diag d = { 0 };
	int result = persist_begin(cmd, &d, b, up, &p);

	if (result == 0 && up && !cmd->o.persist)
		net_warn_managed(cmd, b);
	if (result == 0)
		result = up ? uplink_up(&d, &place, b, cmd->o.timeout, cmd->o.force, &done)
			    : uplink_down(&d, &place, b, cmd->o.timeout, cmd->o.force, &done);
	if (result == 0)
		result = persist_end(cmd, &d, up, &p);
	if (result == -1)
		say_failure(cmd, b->name, &d);
	else
		say_done(cmd, b, up, &done, &p);
	persist_free(&p);
}

/* A network of the host's own. b NULL: one that vmrun.conf no longer speaks of. */
static void
make(struct cmd *cmd, const char *name, const struct host_bridge *b, bool up)
{
	const char *state = up ? "up" : "down";
	struct diag d = { 0 };
	char *warning = NULL;
	bool already = false;
	int result;

	if (cmd->o.persist)
		result = fail(&d, "--persist is for a bridge with an interface as its uplink; this "
				  "network is made "
				  "by vmrun, after a boot as well: by the first VM on it if it "
				  "says create, or by "
				  "net up");
	else
		result = up ? network_up(&d, &cmd->c, b, &already, &warning)
			    : network_down(&d, &cmd->c, name, &already);
	if (result == 0 && !already)
		event_say(&cmd->c, name, up ? EVENT_NETWORK_UP : EVENT_NETWORK_DOWN, NULL, "by net %s",
		    up ? "up" : "down");
	if (result == -1)
		say_failure(cmd, name, &d);
	else
		say_result(cmd, name, state, json_pack("{s:b}", "already", already), "%s%s",
		    already ? "already " : "", state);
	if (warning != NULL)
		warn_user(cmd, NULL, "%s", warning);
	free(warning);
}

static int
work(struct cmd *cmd, const char *name, bool up)
{
	const struct host_bridge *b = host_bridge_find(&cmd->c.host, name);
	struct diag d = { 0 };

	if (b == NULL && !up && network_is_known(&cmd->c, name)) {
		make(cmd, name, NULL, false);
	} else if (b == NULL) {
		fail_as(&d, DIAG_CONFIG,
		    "%s does not describe it (bridges = ( { name = \"%s\"; uplink = \"eth0\"; } ))",
		    cmd->c.host_file, name);
		say_failure(cmd, name, &d);
	} else if (bridge_is_bridged(b)) {
		move(cmd, b, up);
	} else {
		make(cmd, name, b, up);
	}
	return cmd->status;
}

int
net_up_down(struct cmd *cmd)
{
	bool up = strcmp(cmd->argv[0], "up") == 0;

	if (!up && strcmp(cmd->argv[0], "down") != 0)
		return usage(cmd, "net takes up or down, not \"%s\"", cmd->argv[0]);
	if (cmd->argc == 1)
		return usage(cmd, "net %s needs the name of a bridge", cmd->argv[0]);
	if (cmd->o.dot || cmd->o.svg)
		return usage(
		    cmd, "net %s draws nothing: --dot and --svg go without it", cmd->argv[0]);
	for (int i = 1; i < cmd->argc; i++)
		(void)work(cmd, cmd->argv[i], up);
	return end_results(cmd);
}
