/* The model of the host's network, from links and what supervisors say; see picture.h. */
#include "net/picture.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

static const struct picture_nic *
owner_of(const struct picture_facts *f, const struct os_link *link)
{
	for (size_t i = 0; i < f->nnics; i++) {
		if (f->nics[i].interface[0] != '\0' &&
		    strcmp(f->nics[i].interface, link->name) == 0)
			return &f->nics[i];
	}
	return NULL;
}

static const struct os_traffic *
traffic_of(const struct picture_facts *f, const struct os_link *link)
{
	for (size_t i = 0; i < f->ntraffic; i++) {
		if (f->traffic[i].index == link->index)
			return &f->traffic[i];
	}
	return NULL;
}

static const struct os_link *
link_named(const struct picture_facts *f, const char *name)
{
	for (size_t i = 0; name[0] != '\0' && i < f->nlinks; i++) {
		if (strcmp(f->links[i].name, name) == 0)
			return &f->links[i];
	}
	return NULL;
}

static const struct os_link *
link_numbered(const struct picture_facts *f, unsigned index)
{
	for (size_t i = 0; index != 0 && i < f->nlinks; i++) {
		if (f->links[i].index == index)
			return &f->links[i];
	}
	return NULL;
}

static const char *
wanted_uplink(const struct picture_facts *f, const struct os_link *bridge)
{
	for (size_t i = 0; i < f->nuplinks; i++) {
		if (strcmp(f->uplinks[i].bridge, bridge->name) == 0)
			return f->uplinks[i].uplink;
	}
	return NULL;
}

static bool
is_macvtap(const struct os_link *link)
{
	return strcmp(link->kind, "macvtap") == 0 && link->parent != 0;
}

/* Hardware, what is put together of it, a tunnel. */
static bool
leads_out(const struct os_link *link)
{
	static const char *const kinds[] = { "", "bond", "team", "vlan", "vxlan" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(link->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_uplink(const struct picture_facts *f, const struct os_link *link, const struct os_link *place)
{
	const char *wanted = wanted_uplink(f, place);

	return (wanted != NULL && strcmp(wanted, link->name) == 0) || leads_out(link);
}

const char *
picture_uplink(const struct os_link *links, size_t n, const char *bridge)
{
	const struct picture_facts f = { .links = links, .nlinks = n };
	const struct os_link *place = link_named(&f, bridge);

	for (size_t i = 0; place != NULL && i < n; i++) {
		if (links[i].master == place->index && leads_out(&links[i]))
			return links[i].name;
	}
	return NULL;
}

static int
compare_ports(const void *a, const void *b)
{
	const struct picture_port *x = a, *y = b;

	if (x->uplink != y->uplink)
		return x->uplink ? -1 : 1;
	return strcmp(x->link->name, y->link->name);
}

static int
compare_places(const void *a, const void *b)
{
	const struct picture_place *x = a, *y = b;

	if (x->link->is_bridge != y->link->is_bridge)
		return x->link->is_bridge ? -1 : 1;
	return strcmp(x->link->name, y->link->name);
}

static bool
belongs_to(const struct os_link *link, const struct os_link *place)
{
	return place->is_bridge ? link->master == place->index
				: is_macvtap(link) && link->parent == place->index;
}

static bool
has_macvtap(const struct picture_facts *f, const struct os_link *place)
{
	for (size_t i = 0; i < f->nlinks; i++) {
		if (is_macvtap(&f->links[i]) && f->links[i].parent == place->index)
			return true;
	}
	return false;
}

static void
add_place(struct picture *p, const struct os_link *link)
{
	const struct picture_facts *f = p->facts;
	struct picture_place *place = &p->places[p->nplaces++];
	struct picture_port *ports = p->ports + p->nports;
	const char *wanted = link->is_bridge ? wanted_uplink(f, link) : NULL;

	*place = (struct picture_place){ .link = link, .ports = ports, .lost = wanted };
	for (size_t i = 0; i < f->nlinks; i++) {
		const struct os_link *l = &f->links[i];

		if (!belongs_to(l, link))
			continue;
		ports[place->nports++] = (struct picture_port){ .link = l,
			.nic = owner_of(f, l),
			.traffic = traffic_of(f, l),
			.uplink = link->is_bridge && is_uplink(f, l, link) };
		if (wanted != NULL && strcmp(wanted, l->name) == 0)
			place->lost = NULL;
	}
	qsort(ports, place->nports, sizeof(*ports), compare_ports);
	p->nports += place->nports;
}

static bool
is_shown(const struct picture *p, const struct picture_nic *nic)
{
	for (size_t i = 0; i < p->nports; i++) {
		if (p->ports[i].nic == nic)
			return true;
	}
	return false;
}

void
picture_make(const struct picture_facts *f, struct picture *ret)
{
	struct picture p = { .facts = f };

	p.places = xcalloc(f->nlinks + 1, sizeof(*p.places));
	/* A macvtap can be a bridge's port too: it has one master and one parent. */
	p.ports = xcalloc(2 * f->nlinks + 1, sizeof(*p.ports));
	p.others = xcalloc(f->nnics + 1, sizeof(*p.others));
	for (size_t i = 0; i < f->nlinks; i++) {
		if (f->links[i].is_bridge || has_macvtap(f, &f->links[i]))
			add_place(&p, &f->links[i]);
	}
	qsort(p.places, p.nplaces, sizeof(*p.places), compare_places);
	for (size_t i = 0; i < f->nnics; i++) {
		const struct os_link *link = link_named(f, f->nics[i].interface);

		if (is_shown(&p, &f->nics[i]))
			continue;
		p.others[p.nothers++] = (struct picture_port){ .link = link,
			.nic = &f->nics[i],
			.traffic = link != NULL ? traffic_of(f, link) : NULL };
	}
	*ret = p;
}

void
picture_free(struct picture *p)
{
	free(p->places);
	free(p->ports);
	free(p->others);
	*p = (struct picture){ 0 };
}

/* --- what the writers say alike --- */

void
picture_add_owner(struct buf *b, const struct picture_nic *nic)
{
	buf_add(b, nic->vm);
	if (strcmp(nic->state, "running") != 0)
		buf_addf(b, " (%s)", nic->state);
	buf_addf(b, " nic %u", nic->nic);
}

const char *
picture_state(const struct os_link *link)
{
	if (!link->up)
		return "down";
	return link->carrier ? "up" : "no carrier";
}

static void
add_comma(struct buf *b, size_t start)
{
	if (b->len > start)
		buf_add(b, ", ");
}

static void
add_word(struct buf *b, size_t start, bool is_so, const char *word)
{
	if (!is_so)
		return;
	add_comma(b, start);
	buf_add(b, word);
}

static void
add_vlan(struct buf *b, size_t start, const struct os_vlan *v)
{
	add_comma(b, start);
	buf_add(b, v->pvid ? "vlan " : v->untagged ? "untagged vlan " : "tagged vlan ");
	if (v->last != v->first)
		buf_addf(b, "%u-%u", v->first, v->last);
	else
		buf_addf(b, "%u", v->first);
}

/* What the kernel says of VLANs, where it keeps them apart; else what the VM's file did. */
void
picture_add_rules(struct buf *b, const struct picture *p, const struct picture_port *port)
{
	const struct picture_facts *f = p->facts;
	const struct os_link *bridge =
	    port->link != NULL ? link_numbered(f, port->link->master) : NULL;
	size_t start = b->len;

	for (size_t i = 0; bridge != NULL && bridge->vlan_filtering && i < f->nvlans; i++) {
		if (f->vlans[i].index == port->link->index)
			add_vlan(b, start, &f->vlans[i]);
	}
	if (b->len == start && port->nic != NULL && port->nic->vlan != 0)
		buf_addf(b, "vlan %u", port->nic->vlan);
	if (port->nic == NULL)
		return;
	add_word(b, start, port->nic->isolated, "isolated");
	add_word(b, start, port->nic->guarded, "guarded");
	add_word(b, start, port->nic->link_down, "link down");
}

static void
add_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)n;
	size_t unit = 0;

	if (n < 1024) {
		buf_addf(b, "%u B", (unsigned)n);
		return;
	}
	/* 1023.95 and more would be written as 1024.0 of a unit that ends before it. */
	for (value /= 1024; value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1024;
	buf_addf(b, "%.1f %s", value, units[unit]);
}

/* On a VM's port as the guest sees it, which the host sees the other way round. */
void
picture_add_traffic(struct buf *b, const struct picture_port *port)
{
	const struct os_traffic *t = port->traffic;
	bool tap = port->link != NULL && port->link->is_tap;

	if (t == NULL)
		return;
	buf_add(b, port->nic != NULL ? "to guest " : "in ");
	add_bytes(b, port->nic != NULL && tap ? t->tx_bytes : t->rx_bytes);
	buf_add(b, port->nic != NULL ? ", from guest " : ", out ");
	add_bytes(b, port->nic != NULL && tap ? t->rx_bytes : t->tx_bytes);
}

bool
picture_add_stray(struct buf *b, const struct picture *p, const struct picture_port *port)
{
	const struct os_link *link = port->link, *place;

	if (port->nic == NULL || port->nic->place[0] == '\0')
		return false;
	place = link == NULL       ? NULL
		: is_macvtap(link) ? link_numbered(p->facts, link->parent)
				   : link_numbered(p->facts, link->master);
	if (place != NULL && strcmp(place->name, port->nic->place) == 0)
		return false;
	buf_addf(b, "should be on %s, ", port->nic->place);
	if (link == NULL)
		buf_add(b, "and is gone");
	else
		buf_addf(b, "is on %s", place != NULL ? place->name : "none");
	return true;
}

void
picture_add_addresses(
    struct buf *b, const struct picture *p, const struct picture_place *place, const char *sep)
{
	size_t start = b->len;

	for (size_t i = 0; i < p->facts->naddrs; i++) {
		const struct os_addr *a = &p->facts->addrs[i];

		if (a->index != place->link->index || strncmp(a->text, "fe80:", 5) == 0)
			continue;
		if (b->len > start)
			buf_add(b, sep);
		buf_add(b, a->text);
	}
}
