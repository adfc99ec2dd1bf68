/* What a NIC's port was set to, in the record of its VM and out of it; see port_record.h. */
#include "launch/port_record.h"

#include <stdlib.h>
#include <string.h>

#include "launch/record.h"
#include "net/port.h"
#include "util/ip.h"
#include "util/mac.h"
#include "util/mem.h"

/* What a port can be told; a number or a bool that is zero is not said. */
static const struct {
	const char *name;
	enum { FLAG, NUMBER } kind;
	size_t offset;
} rows[] = {
#define ROW(name, kind, field)                                                                     \
	{                                                                                          \
		name, kind, offsetof(struct port_wish, field)                                      \
	}
	ROW("isolated", FLAG, isolated),
	ROW("vlan", NUMBER, vlan),
	ROW("guard", FLAG, guard),
	ROW("no_learning", FLAG, flags.no_learning),
	ROW("stp_cost", NUMBER, flags.stp_cost),
	ROW("stp_priority", NUMBER, flags.stp_priority),
	ROW("bpdu_guard", FLAG, flags.bpdu_guard),
	ROW("root_block", FLAG, flags.root_block),
	ROW("no_multicast_flood", FLAG, flags.no_multicast_flood),
	ROW("multicast_fast_leave", FLAG, flags.multicast_fast_leave),
	ROW("multicast_to_unicast", FLAG, flags.multicast_to_unicast),
	ROW("multicast_router", NUMBER, flags.multicast_router),
#undef ROW
};
_Static_assert(sizeof(enum os_router) == sizeof(unsigned), "multicast_router is a NUMBER");

#define NROWS (sizeof(rows) / sizeof(rows[0]))

static json_t *
nic_of(const json_t *record, size_t i)
{
	return json_array_get(json_object_get(record, "nics"), i);
}

/* "trunk" and "addresses", where there are any. */
static void
add_lists(json_t *port, const struct port_wish *w)
{
	json_t *trunk = json_array(), *addresses = json_array();
	char text[NET_TEXT];

	for (size_t k = 0; k < w->ntrunk; k++)
		json_array_append_new(trunk, json_integer(w->trunk[k]));
	for (size_t k = 0; k < w->naddresses; k++)
		json_array_append_new(
		    addresses, json_string(ip_net_format(&w->addresses[k], text)));
	if (w->ntrunk > 0)
		json_object_set(port, "trunk", trunk);
	if (w->naddresses > 0)
		json_object_set(port, "addresses", addresses);
	json_decref(trunk);
	json_decref(addresses);
}

void
port_record(json_t *record, size_t i, const struct port_wish *w, unsigned mtu)
{
	json_t *port = json_object();

	json_object_set_new(port, "mtu", json_integer(mtu));
	for (size_t k = 0; k < NROWS; k++) {
		const char *field = (const char *)w + rows[k].offset;
		unsigned number;
		bool flag;

		memcpy(&flag, field, sizeof(flag));
		if (rows[k].kind == FLAG && flag)
			json_object_set_new(port, rows[k].name, json_true());
		if (rows[k].kind == FLAG)
			continue;
		memcpy(&number, field, sizeof(number));
		if (number != 0)
			json_object_set_new(port, rows[k].name, json_integer(number));
	}
	add_lists(port, w);
	json_object_set_new(nic_of(record, i), "port", port);
}

static int64_t *
read_trunk(const json_t *list, size_t *ret_n)
{
	size_t n = json_array_size(list);
	int64_t *trunk = xcalloc(n, sizeof(*trunk));

	for (size_t k = 0; k < n; k++)
		trunk[k] = json_integer_value(json_array_get(list, k));
	*ret_n = n;
	return trunk;
}

/* NULL: one of them cannot be read, and a guard with fewer could be one with none. */
static struct ip_net *
read_addresses(const json_t *list, size_t *ret_n)
{
	size_t n = json_array_size(list);
	struct ip_net *addresses = xcalloc(n, sizeof(*addresses));

	for (size_t k = 0; k < n; k++) {
		const char *text = json_string_value(json_array_get(list, k));

		if (text == NULL || ip_net_parse(text, &addresses[k]) == -1) {
			free(addresses);
			return NULL;
		}
	}
	*ret_n = n;
	return addresses;
}

bool
port_recorded(const json_t *record, size_t i, struct port_wish *ret, unsigned *ret_mtu)
{
	const json_t *nic = nic_of(record, i), *port = json_object_get(nic, "port");
	const char *mac = json_string_value(json_object_get(nic, "mac"));
	struct port_wish w = { .vm = json_string_value(json_object_get(record, "name")),
		.nic = (unsigned)i,
		.bridge = json_string_value(json_object_get(nic, "bridge")) };

	if (!json_is_object(port) || mac == NULL || mac_parse(mac, &w.mac) == -1 || w.vm == NULL)
		return false;
	for (size_t k = 0; k < NROWS; k++) {
		const json_t *value = json_object_get(port, rows[k].name);
		unsigned number = (unsigned)json_integer_value(value);
		bool flag = json_is_true(value);

		if (rows[k].kind == FLAG)
			memcpy((char *)&w + rows[k].offset, &flag, sizeof(flag));
		else
			memcpy((char *)&w + rows[k].offset, &number, sizeof(number));
	}
	w.addresses = read_addresses(json_object_get(port, "addresses"), &w.naddresses);
	if (w.addresses == NULL)
		return false;
	w.trunk = read_trunk(json_object_get(port, "trunk"), &w.ntrunk);
	*ret_mtu = (unsigned)json_integer_value(json_object_get(port, "mtu"));
	*ret = w;
	return true;
}

void
port_recorded_free(struct port_wish *w)
{
	free((int64_t *)w->trunk);
	free((struct ip_net *)w->addresses);
	*w = (struct port_wish){ .vm = NULL };
}
