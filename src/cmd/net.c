/* vmrun net: bridges, ports and VMs as a tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "net/port.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/mem.h"

#define PATIENCE_MS 1000

struct owners {
	struct port_owner *v;
	size_t n;
};

static void
add_owners(struct owners *o, const struct ask *ask)
{
	const json_t *nics = json_object_get(ask->answer, "nics");

	for (unsigned i = 0; i < json_array_size(nics); i++) {
		const json_t *nic = json_array_get(nics, i);
		struct port_owner *w;

		if (json_text(nic, "tap")[0] == '\0')
			continue;
		o->v = xreallocarray(o->v, o->n + 1, sizeof(*o->v));
		w = &o->v[o->n++];
		*w = (struct port_owner){ .vm = ask->name, .nic = i };
		strlcpy(w->tap, json_text(nic, "tap"), sizeof(w->tap));
		strlcpy(w->bridge, json_text(nic, "bridge"), sizeof(w->bridge));
		mac_parse(json_text(nic, "mac"), &w->mac);
	}
}

static const struct port_owner *
owner_of(const struct owners *o, const char *tap)
{
	for (size_t i = 0; i < o->n; i++) {
		if (strcmp(o->v[i].tap, tap) == 0)
			return &o->v[i];
	}
	return NULL;
}

static json_t *
port_json(const struct os_link *link, const struct owners *o)
{
	const struct port_owner *w = owner_of(o, link->name);
	char text[MAC_TEXT];
	json_t *p =
	    json_pack("{s:s,s:b,s:i}", "name", link->name, "up", link->up, "mtu", (int)link->mtu);

	if (w != NULL) {
		json_object_set_new(p, "vm", json_string(w->vm));
		json_object_set_new(p, "nic", json_integer(w->nic));
		json_object_set_new(p, "mac", json_string(mac_format(w->mac, text)));
	}
	return p;
}

static json_t *
bridges_json(const struct os_link *links, size_t nlinks, const struct os_addr *addrs, size_t naddrs,
    const struct owners *o)
{
	json_t *bridges = json_array();

	for (size_t i = 0; i < nlinks; i++) {
		json_t *b, *ports, *addresses;

		if (!links[i].is_bridge)
			continue;
		ports = json_array();
		addresses = json_array();
		for (size_t k = 0; k < nlinks; k++) {
			if (links[k].master == links[i].index)
				json_array_append_new(ports, port_json(&links[k], o));
		}
		for (size_t k = 0; k < naddrs; k++) {
			if (addrs[k].index == links[i].index)
				json_array_append_new(addresses, json_string(addrs[k].text));
		}
		b = json_pack("{s:s,s:b,s:i,s:o,s:o}", "name", links[i].name, "up", links[i].up,
		    "mtu", (int)links[i].mtu, "addresses", addresses, "ports", ports);
		json_array_append_new(bridges, b);
	}
	return bridges;
}

static int
run(struct cmd *cmd)
{
	json_t *request = json_pack("{s:s}", "do", "status");
	struct targets t = { 0 };
	struct os_link *links = NULL;
	struct os_addr *addrs = NULL;
	struct owners owners = { 0 };
	struct ask *asks = NULL;
	struct diag d = { 0 };
	size_t nlinks, naddrs;

	if (cmd->argc > 0) {
		json_decref(request);
		return usage(cmd, "net takes no name");
	}
	if (choose(cmd, 0, NULL, VMS_ALL, true, &t) == 0) {
		asks = asks_for(&t, request, PATIENCE_MS);
		ask_all(cmd, asks, t.n, NULL);
		for (size_t i = 0; i < t.n; i++)
			add_owners(&owners, &asks[i]);
	}
	if (os_links(&d, &links, &nlinks) == -1 || os_addrs(&d, &addrs, &naddrs) == -1) {
		complain(cmd, NULL, &d);
	} else if (cmd->o.json) {
		print_json(bridges_json(links, nlinks, addrs, naddrs, &owners));
	} else {
		struct buf b = { 0 };

		port_picture(&b, links, nlinks, addrs, naddrs, owners.v, owners.n);
		fputs(b.s != NULL ? b.s : "", stdout);
		buf_free(&b);
	}
	asks_free(asks, t.n);
	targets_free(&t);
	free(owners.v);
	free(addrs);
	free(links);
	json_decref(request);
	return cmd->status;
}

const struct verb verb_net = {
	.name = "net",
	.options = "",
	.args = "",
	.help = "bridges, their ports, VMs and MACs as a tree",
	.run = run,
};
