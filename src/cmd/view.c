/* What a picture of the host's network is made from; see view.h. */
#include "cmd/view.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

void
view_free(struct view *v)
{
	free(v->links);
	free(v->addrs);
	free(v->traffic);
	free(v->vlans);
	free(v->nics);
	free(v->uplinks);
	strings_free(v->texts, v->ntexts);
}

static void
add_uplink(struct view *v, const char *bridge, const char *uplink)
{
	v->uplinks = xreallocarray(v->uplinks, v->f.nuplinks + 1, sizeof(*v->uplinks));
	v->uplinks[v->f.nuplinks++] = (struct picture_uplink){ bridge, uplink };
	v->f.uplinks = v->uplinks;
}

static const char *
first_of(const json_t *nic, const char *const *keys)
{
	while (keys[1] != NULL && json_text(nic, keys[0])[0] == '\0')
		keys++;
	return json_text(nic, keys[0]);
}

/* What a NIC without an interface leads to: a socket, of vmnet the bridge, of passt its forwards.
 */
static const char *
detail_of(struct view *v, const json_t *nic)
{
	static const char *const details[] = { "socket", "listens", "bridge", NULL };
	const json_t *forwards = json_object_get(nic, "forwards"), *one;
	struct buf b = { 0 };
	size_t i;

	if (json_array_size(forwards) == 0)
		return first_of(nic, details);
	json_array_foreach(forwards, i, one)
	{
		buf_addf(&b, "%s%s", i > 0 ? " " : "",
		    json_is_string(one) ? json_string_value(one) : "?");
	}
	v->texts = xreallocarray(v->texts, v->ntexts + 1, sizeof(*v->texts));
	v->texts[v->ntexts] = buf_steal(&b);
	return v->texts[v->ntexts++];
}

static void
add_nic(struct view *v, const char *vm, const json_t *answer, const json_t *nic, unsigned i)
{
	static const char *const places[] = { "bridge", "uplink", NULL };
	bool there = json_text(nic, "tap")[0] != '\0';
	struct picture_nic *n;

	v->nics = xreallocarray(v->nics, v->f.nnics + 1, sizeof(*v->nics));
	n = &v->nics[v->f.nnics++];
	*n = (struct picture_nic){ .vm = vm,
		.nic = i,
		.state = json_text(answer, "state"),
		.network = json_text(nic, "network"),
		.detail = there ? "" : detail_of(v, nic),
		.vlan = (unsigned)json_integer_value(json_object_get(nic, "vlan")),
		.isolated = json_is_true(json_object_get(nic, "isolated")),
		.guarded = json_is_true(json_object_get(nic, "guard")),
		.link_down = json_is_false(json_object_get(nic, "link")) };
	strlcpy(n->interface, json_text(nic, "tap"), sizeof(n->interface));
	if (there)
		strlcpy(n->place, first_of(nic, places), sizeof(n->place));
	mac_parse(json_text(nic, "mac"), &n->mac);
	v->f.nics = v->nics;
	if (json_text(nic, "bridge_uplink")[0] != '\0')
		add_uplink(v, json_text(nic, "bridge"), json_text(nic, "bridge_uplink"));
}

void
view_add(struct view *v, const char *vm, const json_t *answer)
{
	const json_t *nic;
	size_t i;

	json_array_foreach(json_object_get(answer, "nics"), i, nic)
	{
		add_nic(v, vm, answer, nic, (unsigned)i);
	}
}

void
view_add_bridge(struct view *v, const char *vm, const char *bridge)
{
	struct picture_nic *n;

	if (bridge == NULL)
		return;
	v->nics = xreallocarray(v->nics, v->f.nnics + 1, sizeof(*v->nics));
	n = &v->nics[v->f.nnics++];
	*n = (struct picture_nic){ .vm = vm, .state = "", .network = "", .detail = "" };
	strlcpy(n->place, bridge, sizeof(n->place));
	v->f.nics = v->nics;
}

/* What the file says now is stronger than what was so at a start. */
static void
add_written(struct view *v, const struct host *host)
{
	size_t n = v->f.nuplinks, written = 0;
	struct picture_uplink *all = xcalloc(n + host->nbridges, sizeof(*all));

	for (size_t i = 0; i < host->nbridges; i++) {
		if (bridge_is_bridged(&host->bridges[i]))
			all[written++] = (struct picture_uplink){ host->bridges[i].name,
				host->bridges[i].uplink.interface };
	}
	for (size_t i = 0; i < n; i++)
		all[written + i] = v->uplinks[i];
	free(v->uplinks);
	v->f.uplinks = v->uplinks = all;
	v->f.nuplinks = written + n;
}

/* Links last: a VM that was told to run has its taps by then, or has them no more. */
int
view_look(struct diag *d, struct view *v, const struct host *host, bool whole)
{
	add_written(v, host);
	if (whole && (os_addrs(d, &v->addrs, &v->f.naddrs) == -1 ||
			 os_traffic(d, &v->traffic, &v->f.ntraffic) == -1 ||
			 os_vlans(d, &v->vlans, &v->f.nvlans) == -1))
		return -1;
	if (os_links(d, &v->links, &v->f.nlinks) == -1)
		return -1;
	v->f.links = v->links;
	v->f.addrs = v->addrs;
	v->f.traffic = v->traffic;
	v->f.vlans = v->vlans;
	return 0;
}

static bool
in_use(const struct view *v, const char *bridge)
{
	for (size_t i = 0; i < v->f.nnics; i++) {
		if (strcmp(v->f.nics[i].place, bridge) == 0)
			return true;
	}
	return false;
}

static void
warn_port(struct cmd *cmd, const struct picture *p, const struct picture_port *port)
{
	const struct os_link *link = port->link;
	struct buf why = { 0 };

	if (picture_add_stray(&why, p, port))
		warn_user(cmd, port->nic->vm, "nic %u%s%s: %s%s", port->nic->nic,
		    link != NULL ? ", tap " : "", link != NULL ? link->name : "", why.s,
		    link != NULL && link->master == 0 ? " (vmrun gc puts it back)" : "");
	buf_free(&why);
}

void
view_warn_ports(struct cmd *cmd, const struct view *v)
{
	struct picture p;

	picture_make(&v->f, &p);
	for (size_t i = 0; i < p.nports; i++)
		warn_port(cmd, &p, &p.ports[i]);
	for (size_t i = 0; i < p.nothers; i++)
		warn_port(cmd, &p, &p.others[i]);
	picture_free(&p);
}

/* As a port of a bridge it could be reached by these no more. */
static bool
has_addresses(const struct view *v, const struct os_addr *addrs, size_t n, const char *name)
{
	for (size_t i = 0; i < v->f.nlinks; i++) {
		if (strcmp(v->links[i].name, name) != 0)
			continue;
		for (size_t k = 0; k < n; k++) {
			if (addrs[k].index == v->links[i].index &&
			    strncmp(addrs[k].text, "fe80:", 5) != 0)
				return true;
		}
	}
	return false;
}

static void
warn_uplink(struct cmd *cmd, const struct view *v, const char *bridge, const char *lost)
{
	struct os_addr *addrs = NULL;
	struct diag ignored = { 0 };
	size_t n = 0;

	(void)os_addrs(&ignored, &addrs, &n);
	if (has_addresses(v, addrs, n, lost))
		warn_user(cmd, NULL,
		    "bridge %s has lost its uplink %s: nothing on it reaches the network (vmrun "
		    "net up "
		    "%s moves the addresses of %s as well)",
		    bridge, lost, bridge, lost);
	else
		warn_user(cmd, NULL,
		    "bridge %s has lost its uplink %s: nothing on it reaches the network (ip link "
		    "set "
		    "%s master %s)",
		    bridge, lost, lost, bridge);
	free(addrs);
	diag_free(&ignored);
}

bool
view_warn_uplinks(struct cmd *cmd, const struct view *v, bool all)
{
	struct picture p;
	bool warned = false;

	picture_make(&v->f, &p);
	for (size_t i = 0; i < p.nplaces; i++) {
		const char *bridge = p.places[i].link->name, *lost = p.places[i].lost;

		if (lost != NULL && (all || in_use(v, bridge))) {
			warn_uplink(cmd, v, bridge, lost);
			warned = true;
		}
	}
	picture_free(&p);
	return warned;
}
