/* vmrun net: bridges, ports and VMs, as a tree or a picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/net_up.h"
#include "net/picture.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/mem.h"

#define PATIENCE_MS 1000

/* What a picture is made from, owned. */
struct view {
	struct os_link *links;
	struct os_addr *addrs;
	struct os_traffic *traffic;
	struct os_vlan *vlans;
	struct picture_nic *nics;
	struct picture_uplink *uplinks;
	struct picture_facts f;
};

static void
view_free(struct view *v)
{
	free(v->links);
	free(v->addrs);
	free(v->traffic);
	free(v->vlans);
	free(v->nics);
	free(v->uplinks);
}

/* The strings live as long as the answer. */
static void
add_nics(struct view *v, const struct ask *ask)
{
	const json_t *nics = json_object_get(ask->answer, "nics"), *nic;
	size_t i;

	json_array_foreach(nics, i, nic)
	{
		struct picture_nic *n;

		v->nics = xreallocarray(v->nics, v->f.nnics + 1, sizeof(*v->nics));
		n = &v->nics[v->f.nnics++];
		*n = (struct picture_nic){ .vm = ask->name,
			.nic = (unsigned)i,
			.state = json_text(ask->answer, "state"),
			.network = json_text(nic, "network"),
			.detail = json_text(nic, "socket"),
			.vlan = (unsigned)json_integer_value(json_object_get(nic, "vlan")),
			.isolated = json_is_true(json_object_get(nic, "isolated")) };
		strlcpy(n->interface, json_text(nic, "tap"), sizeof(n->interface));
		if (n->interface[0] != '\0')
			strlcpy(n->place, json_text(nic, "bridge"), sizeof(n->place));
		else if (n->detail[0] == '\0')
			n->detail = json_text(nic, "bridge"); /* of vmnet */
		mac_parse(json_text(nic, "mac"), &n->mac);
	}
	v->f.nics = v->nics;
}

static void
add_uplinks(struct view *v, const struct host *host)
{
	v->uplinks = xcalloc(host->nbridges, sizeof(*v->uplinks));
	for (size_t i = 0; i < host->nbridges; i++) {
		if (bridge_is_bridged(&host->bridges[i]))
			v->uplinks[v->f.nuplinks++] =
			    (struct picture_uplink){ host->bridges[i].name,
				    host->bridges[i].uplink.interface };
	}
	v->f.uplinks = v->uplinks;
}

/* Links last: a VM that was told to run has its taps by then, or has them no more. */
static int
look(struct diag *d, struct view *v)
{
	if (os_addrs(d, &v->addrs, &v->f.naddrs) == -1 ||
	    os_traffic(d, &v->traffic, &v->f.ntraffic) == -1 ||
	    os_vlans(d, &v->vlans, &v->f.nvlans) == -1 ||
	    os_links(d, &v->links, &v->f.nlinks) == -1)
		return -1;
	v->f.links = v->links;
	v->f.addrs = v->addrs;
	v->f.traffic = v->traffic;
	v->f.vlans = v->vlans;
	return 0;
}

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
	if (net_recover(cmd, &d, NULL) == -1)
		complain(cmd, NULL, &d);
	request = json_pack("{s:s}", "do", "status");
	if (choose(cmd, 0, NULL, VMS_ALL, true, &t) == 0) {
		asks = asks_for(&t, request, PATIENCE_MS);
		ask_all(cmd, asks, t.n, NULL);
		for (size_t i = 0; i < t.n; i++)
			add_nics(&v, &asks[i]);
	}
	add_uplinks(&v, &cmd->c.host);
	if (look(&d, &v) == -1)
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
	.options = "DStX",
	.args = "[--dot|--svg] | [-t TIME] [--force] up|down BRIDGE...",
	.help = "bridges, their ports, VMs and MACs, as a tree or a picture",
	.run = run,
};
