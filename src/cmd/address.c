/* What is known of the addresses of VMs; see address.h. Nothing is guessed. */
#include "cmd/address.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/agent.h"
#include "net/network.h"
#include "os/os.h"
#include "util/fd.h"
#include "util/ip.h"
#include "util/num.h"

#define PATIENCE_MS 1000
#define AGENT_MS    2000
#define LEASES_MAX  (16u << 20) /* bytes */
#define KNOWN_MAX   256         /* addresses of a NIC: a guest can say as many as it likes */

int
address_look(struct diag *d, struct address_view *v)
{
	*v = (struct address_view){ 0 };
	if (os_neighbours(d, &v->neighbours, &v->nneighbours) == 0 &&
	    os_links(d, &v->links, &v->nlinks) == 0)
		return 0;
	address_view_free(v);
	return -1;
}

void
address_view_free(struct address_view *v)
{
	free(v->links);
	free(v->neighbours);
	*v = (struct address_view){ 0 };
}

/* One more reason to believe in an address of a NIC; takes over how. The same address is one entry,
 * however it is written. */
static void
add_known(json_t *addresses, const char *text, json_t *how)
{
	char normal[IP_TEXT];
	json_t *known, *from;
	struct ip ip;
	size_t i;

	if (ip_parse(text, &ip) == -1 || json_array_size(addresses) >= KNOWN_MAX) {
		json_decref(how);
		return;
	}
	ip_format(&ip, normal);
	json_array_foreach(addresses, i, known)
	{
		if (strcmp(json_text(known, "address"), normal) == 0) {
			json_array_append_new(json_object_get(known, "from"), how);
			return;
		}
	}
	from = json_array();
	json_array_append_new(from, how);
	json_array_append_new(addresses, json_pack("{s:s,s:o}", "address", normal, "from", from));
}

static bool
is_mac(const char *text, struct mac mac)
{
	struct mac m;

	return text[0] != '\0' && mac_parse(text, &m) == 0 && mac_equal(m, mac);
}

/* --- the guest agent --- */

static void
add_from_agent(json_t *addresses, const json_t *interfaces, struct mac mac)
{
	const json_t *interface, *address;
	size_t i, k;

	json_array_foreach(interfaces, i, interface)
	{
		if (!is_mac(json_text(interface, "hardware-address"), mac))
			continue;
		json_array_foreach(json_object_get(interface, "ip-addresses"), k, address)
		{
			json_t *how = json_pack("{s:s,s:s}", "source", "agent", "interface",
			    json_text(interface, "name"));
			const json_t *prefix = json_object_get(address, "prefix");

			if (json_is_integer(prefix))
				json_object_set_new(
				    how, "prefix", json_integer(json_integer_value(prefix)));
			add_known(addresses, json_text(address, "ip-address"), how);
		}
	}
}

const char *
agent_path(const json_t *record)
{
	const json_t *channel;
	size_t i;

	json_array_foreach(json_object_get(record, "channels"), i, channel)
	{
		if (strcmp(json_text(channel, "id"), "agent0") == 0)
			return json_text(channel, "path");
	}
	return "";
}

/* NULL, and in that case perhaps a note why. */
static json_t *
ask_agent(struct cmd *cmd, const char *name, const json_t *record, json_t *notes)
{
	const char *path = agent_path(record), *note = NULL;
	struct ask ask = { .name = name, .patience = PATIENCE_MS };
	json_t *interfaces = NULL;
	struct diag d = { 0 };

	if (path[0] == '\0')
		return NULL;
	ask.request = json_pack("{s:s}", "do", "agent");
	ask_all(cmd, &ask, 1, NULL);
	if (!json_is_true(json_object_get(ask.answer, "ok")))
		note = "the guest's agent cannot be asked";
	else if (!json_is_true(json_object_get(ask.answer, "listens")))
		note = "the guest's agent does not run";
	else if (json_is_true(json_object_get(ask.answer, "busy")))
		note = "somebody else speaks to the guest's agent";
	else if (agent_interfaces(&d, path, AGENT_MS, &interfaces) == -1)
		json_array_append_new(notes, json_stringn(d.text, strcspn(d.text, "\n")));
	if (note != NULL)
		json_array_append_new(notes, json_string(note));
	diag_free(&d);
	diag_free(&ask.d);
	json_decref(ask.request);
	json_decref(ask.answer);
	return interfaces;
}

/* --- what the host knows --- */

/* dnsmasq's own form: "EXPIRY MAC ADDRESS NAME CLIENT-ID", for IPv6 with something else for a MAC.
 */
static void
add_lease(json_t *addresses, char *line, const char *bridge, struct mac mac)
{
	char *field[3];
	json_t *how;
	int64_t expiry;

	for (size_t i = 0; i < 3; i++) {
		field[i] = strsep(&line, " ");
		if (field[i] == NULL)
			return;
	}
	if (int_parse(field[0], 0, INT64_MAX, &expiry) == -1 || !is_mac(field[1], mac) ||
	    (expiry != 0 && expiry < time(NULL)))
		return;
	how = json_pack("{s:s,s:s}", "source", "dhcp", "bridge", bridge);
	if (expiry != 0)
		json_object_set_new(how, "expires", json_integer(expiry));
	add_known(addresses, field[2], how);
}

static void
add_leases(struct cmd *cmd, json_t *addresses, const char *bridge, struct mac mac)
{
	char *path = network_leases(cmd->c.state_dir, bridge), *text;
	struct diag ignored = { 0 };
	size_t n;

	if (file_read(&ignored, path, LEASES_MAX, &text, &n) == 0) {
		for (char *line = text, *next; line != NULL; line = next) {
			next = strchr(line, '\n');
			if (next != NULL)
				*next++ = '\0';
			add_lease(addresses, line, bridge, mac);
		}
		free(text);
	}
	diag_free(&ignored);
	free(path);
}

static void
add_neighbours(json_t *addresses, const struct address_view *v, struct mac mac)
{
	for (size_t i = 0; i < v->nneighbours; i++) {
		const struct os_neighbour *n = &v->neighbours[i];
		const char *interface = "?";

		if (!mac_equal(n->mac, mac))
			continue;
		for (size_t k = 0; k < v->nlinks; k++) {
			if (v->links[k].index == n->index)
				interface = v->links[k].name;
		}
		add_known(addresses, n->address,
		    json_pack("{s:s,s:s,s:b}", "source", "neighbour", "interface", interface,
			"reachable", n->reachable));
	}
}

/* A guard lets a guest have those alone; a whole network of them says less. */
static void
add_written(json_t *addresses, const json_t *nic)
{
	const json_t *list = json_object_get(json_object_get(nic, "port"), "addresses"), *one;
	char text[IP_TEXT];
	struct ip_net net;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *s = json_string_value(one);

		if (s != NULL && ip_net_parse(s, &net) == 0 && net.bits == 8 * net.ip.len)
			add_known(addresses, ip_format(&net.ip, text),
			    json_pack("{s:s}", "source", "file"));
	}
}

static int
compare_known(const void *a, const void *b)
{
	const char *x = json_text(*(json_t *const *)a, "address");
	const char *y = json_text(*(json_t *const *)b, "address");
	bool local_x = strncmp(x, "fe80:", 5) == 0, local_y = strncmp(y, "fe80:", 5) == 0;
	bool six_x = strchr(x, ':') != NULL, six_y = strchr(y, ':') != NULL;
	struct ip p = { 0 }, q = { 0 };

	if (local_x != local_y)
		return local_x ? 1 : -1;
	if (six_x != six_y)
		return six_x ? 1 : -1;
	(void)ip_parse(x, &p);
	(void)ip_parse(y, &q);
	return ip_compare(&p, &q);
}

/* IPv4, IPv6, and last those that mean something on their own link only. Takes over addresses. */
static json_t *
sorted(json_t *addresses)
{
	json_t *v[KNOWN_MAX], *result = json_array();
	size_t n = json_array_size(addresses);

	for (size_t i = 0; i < n; i++)
		v[i] = json_array_get(addresses, i);
	qsort(v, n, sizeof(v[0]), compare_known);
	for (size_t i = 0; i < n; i++)
		json_array_append(result, v[i]);
	json_decref(addresses);
	return result;
}

/* Why a NIC has none, where that is in its nature. */
static const char *
nature_of(const char *network)
{
	if (strcmp(network, "user") == 0)
		return "its address is inside QEMU's own network, where only forwards lead";
	if (strcmp(network, "passt") == 0)
		return "passt gives the guest the addresses of the host";
	if (strcmp(network, "none") == 0)
		return "it leads nowhere";
	return NULL;
}

static json_t *
nic_json(struct cmd *cmd, const struct address_view *v, const json_t *record, size_t i,
    const json_t *interfaces)
{
	const json_t *nic = json_array_get(json_object_get(record, "nics"), i);
	const char *network = json_text(nic, "network"), *nature = nature_of(network);
	json_t *addresses = json_array(), *o;
	struct mac mac = { { 0 } };

	mac_parse(json_text(nic, "mac"), &mac);
	add_from_agent(addresses, interfaces, mac);
	if (json_text(nic, "bridge")[0] != '\0')
		add_leases(cmd, addresses, json_text(nic, "bridge"), mac);
	if (nature == NULL)
		add_neighbours(addresses, v, mac);
	add_written(addresses, nic);
	o = json_pack("{s:i,s:s,s:s,s:o}", "nic", (int)i, "mac", json_text(nic, "mac"), "network",
	    network, "addresses", sorted(addresses));
	if (nature != NULL)
		json_object_set_new(o, "note", json_string(nature));
	return o;
}

json_t *
addresses_find(
    struct cmd *cmd, const struct address_view *v, const char *name, const json_t *record)
{
	json_t *notes = json_array(), *nics = json_array();
	json_t *interfaces = ask_agent(cmd, name, record, notes);
	size_t n = json_array_size(json_object_get(record, "nics"));

	if (n == 0)
		json_array_append_new(notes, json_string("it has no NIC"));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(nics, nic_json(cmd, v, record, i, interfaces));
	json_decref(interfaces);
	return json_pack("{s:s,s:s,s:o,s:o}", "name", name, "state", json_text(record, "state"),
	    "nics", nics, "notes", notes);
}
