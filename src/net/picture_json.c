/* The host's network as JSON; see picture.h. The fields are a promise of vmrun(1). */
#include <string.h>

#include "net/picture.h"
#include "util/buf.h"

/* Text of others may be no UTF-8, which JSON cannot say. */
static json_t *
text_json(const char *s)
{
	json_t *j = json_string(s);
	struct buf b = { 0 };

	if (j != NULL)
		return j;
	buf_add_visible(&b, s, strlen(s));
	j = json_string(b.s);
	buf_free(&b);
	return j;
}

static void
set_text(json_t *o, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0')
		json_object_set_new(o, key, text_json(s));
}

static void
set_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static void
set_nic(json_t *o, const struct picture *p, const struct picture_port *port)
{
	const struct picture_nic *nic = port->nic;
	struct buf stray = { 0 };
	char mac[MAC_TEXT];

	set_text(o, "vm", nic->vm);
	set_number(o, "nic", nic->nic);
	set_text(o, "mac", mac_format(nic->mac, mac));
	set_text(o, "state", nic->state);
	set_text(o, "network", nic->network);
	set_text(o, "detail", nic->detail);
	if (nic->vlan != 0)
		set_number(o, "vlan", nic->vlan);
	if (nic->isolated)
		json_object_set_new(o, "isolated", json_true());
	if (nic->guarded)
		json_object_set_new(o, "guard", json_true());
	if (nic->link_down)
		json_object_set_new(o, "link", json_false());
	if (picture_add_stray(&stray, p, port))
		set_text(o, "expected", nic->place);
	buf_free(&stray);
}

static json_t *
vlans_json(const struct picture *p, const struct os_link *link)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->facts->nvlans; i++) {
		const struct os_vlan *v = &p->facts->vlans[i];

		if (v->index == link->index)
			json_array_append_new(
			    all, json_pack("{s:i,s:i,s:b,s:b}", "first", (int)v->first, "last",
				     (int)v->last, "untagged", v->untagged, "pvid", v->pvid));
	}
	return all;
}

static json_t *
port_json(const struct picture *p, const struct picture_port *port, const struct os_link *bridge)
{
	const struct os_link *link = port->link;
	const struct os_traffic *t = port->traffic;
	json_t *o = json_object();

	if (link != NULL) {
		set_text(o, "name", link->name);
		set_text(o, "kind", link->kind[0] != '\0' ? link->kind : "hardware");
		json_object_set_new(o, "up", json_boolean(link->up));
		json_object_set_new(o, "carrier", json_boolean(link->carrier));
		set_number(o, "mtu", link->mtu);
		set_text(o, "alias", link->alias);
		json_object_set_new(o, "uplink", json_boolean(port->uplink));
	}
	if (t != NULL) {
		set_number(o, "rx_bytes", t->rx_bytes);
		set_number(o, "tx_bytes", t->tx_bytes);
		set_number(o, "rx_packets", t->rx_packets);
		set_number(o, "tx_packets", t->tx_packets);
	}
	if (bridge != NULL && bridge->vlan_filtering)
		json_object_set_new(o, "vlans", vlans_json(p, link));
	if (port->nic != NULL)
		set_nic(o, p, port);
	return o;
}

static json_t *
ports_json(const struct picture *p, const struct picture_port *ports, size_t n,
    const struct os_link *bridge)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, port_json(p, &ports[i], bridge));
	return all;
}

static json_t *
place_json(const struct picture *p, const struct picture_place *place)
{
	const struct os_link *link = place->link;
	json_t *o = json_object(), *addresses = json_array();
	char mac[MAC_TEXT];

	for (size_t i = 0; i < p->facts->naddrs; i++) {
		if (p->facts->addrs[i].index == link->index)
			json_array_append_new(addresses, json_string(p->facts->addrs[i].text));
	}
	set_text(o, "name", link->name);
	set_text(o, "kind", link->is_bridge ? "bridge" : "interface");
	json_object_set_new(o, "up", json_boolean(link->up));
	set_number(o, "mtu", link->mtu);
	set_text(o, "mac", mac_format(link->mac, mac));
	json_object_set_new(o, "vlan_filtering", json_boolean(link->vlan_filtering));
	json_object_set_new(o, "addresses", addresses);
	set_text(o, "lost_uplink", place->lost);
	json_object_set_new(
	    o, "ports", ports_json(p, place->ports, place->nports, link->is_bridge ? link : NULL));
	return o;
}

json_t *
picture_json(const struct picture *p)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->nplaces; i++)
		json_array_append_new(all, place_json(p, &p->places[i]));
	if (p->nothers > 0)
		json_array_append_new(all, json_pack("{s:s,s:o}", "kind", "none", "ports",
					       ports_json(p, p->others, p->nothers, NULL)));
	return all;
}
