/* The host's network as a graph for Graphviz; see picture.h. */
#include <string.h>

#include "net/picture.h"
#include "util/buf.h"

/* A node's name: interfaces and VMs may be called alike. */
static void
add_node(struct buf *b, const char *kind, const char *name)
{
	struct buf id = { 0 };

	buf_addf(&id, "%s %s", kind, name);
	buf_add_dot(b, id.s);
	buf_free(&id);
}

static void
add_line(struct buf *label, const char *s)
{
	if (s == NULL || s[0] == '\0')
		return;
	if (label->len > 0)
		buf_addc(label, '\n');
	buf_add(label, s);
}

/* Takes over what label holds. */
static void
add_label(struct buf *b, struct buf *label, const char *more)
{
	buf_add(b, " [label=");
	buf_add_dot(b, label->s != NULL ? label->s : "");
	buf_addf(b, "%s]\n", more);
	buf_free(label);
}

static void
add_place(struct buf *b, const struct picture *p, const struct picture_place *place)
{
	struct buf label = { 0 }, addresses = { 0 };

	add_line(&label, place->link->name);
	picture_add_addresses(&addresses, p, place, "\n");
	add_line(&label, addresses.s);
	buf_addf(&label, "\nmtu %u, %s", place->link->mtu, place->link->up ? "up" : "down");
	if (place->lost != NULL)
		buf_addf(&label, "\nlost its uplink %s", place->lost);
	buf_addc(b, '\t');
	add_node(b, "interface", place->link->name);
	add_label(b, &label, place->link->is_bridge ? ", style=filled, fillcolor=\"#cfe3f7\"" : "");
	buf_free(&addresses);
}

static void
add_port(struct buf *b, const struct picture *p, const struct picture_port *port)
{
	struct buf label = { 0 }, more = { 0 };

	add_line(&label, port->link->name);
	if (port->uplink)
		add_line(&label, "uplink");
	else if (port->nic == NULL)
		add_line(&label, port->link->alias);
	picture_add_rules(&more, p, port);
	add_line(&label, more.s);
	buf_free(&more);
	add_line(&label, picture_state(port->link));
	picture_add_traffic(&more, port);
	add_line(&label, more.s);
	buf_free(&more);
	if (picture_add_stray(&more, p, port))
		add_line(&label, more.s);
	buf_free(&more);
	buf_addc(b, '\t');
	add_node(b, "interface", port->link->name);
	add_label(b, &label, "");
}

/* One edge, with the uplink on the left of its bridge. */
static void
add_edge(struct buf *b, const struct picture_place *place, const struct picture_port *port)
{
	const char *left = port->uplink ? port->link->name : place->link->name;
	const char *right = port->uplink ? place->link->name : port->link->name;

	buf_addc(b, '\t');
	add_node(b, "interface", left);
	buf_add(b, " -- ");
	add_node(b, "interface", right);
	buf_addc(b, '\n');
}

/* From the interface, if there is one, to the VM. */
static void
add_nic(struct buf *b, const struct picture_port *port)
{
	struct buf label = { 0 }, node = { 0 };
	char mac[MAC_TEXT];

	if (port->nic == NULL)
		return;
	if (port->link == NULL) {
		buf_addf(&node, "%s %u", port->nic->vm, port->nic->nic);
		add_line(&label, port->nic->network);
		add_line(&label, port->nic->detail);
		buf_addc(b, '\t');
		add_node(b, "network", node.s);
		add_label(b, &label, ", style=dashed");
	}
	buf_addc(b, '\t');
	if (port->link == NULL)
		add_node(b, "network", node.s);
	else
		add_node(b, "interface", port->link->name);
	buf_add(b, " -- ");
	add_node(b, "vm", port->nic->vm);
	buf_addf(&label, "nic %u\n%s", port->nic->nic, mac_format(port->nic->mac, mac));
	add_label(b, &label, "");
	buf_free(&node);
}

/* Each VM once, however many NICs it has. */
static void
add_vms(struct buf *b, const struct picture *p)
{
	const struct picture_facts *f = p->facts;

	for (size_t i = 0; i < f->nnics; i++) {
		struct buf label = { 0 };

		if (i > 0 && strcmp(f->nics[i].vm, f->nics[i - 1].vm) == 0)
			continue;
		add_line(&label, f->nics[i].vm);
		add_line(&label, f->nics[i].state);
		buf_addc(b, '\t');
		add_node(b, "vm", f->nics[i].vm);
		add_label(b, &label, ", style=\"filled,rounded\", fillcolor=\"#dff0d8\"");
	}
}

void
picture_dot(struct buf *b, const struct picture *p)
{
	buf_add(b, "graph vmrun {\n\trankdir=LR\n\tnode [shape=box, fontname=\"sans-serif\"]\n"
		   "\tedge [fontname=\"sans-serif\", fontsize=10]\n");
	for (size_t i = 0; i < p->nplaces; i++)
		add_place(b, p, &p->places[i]);
	for (size_t i = 0; i < p->nports; i++)
		add_port(b, p, &p->ports[i]);
	add_vms(b, p);
	for (size_t i = 0; i < p->nplaces; i++) {
		for (size_t k = 0; k < p->places[i].nports; k++)
			add_edge(b, &p->places[i], &p->places[i].ports[k]);
	}
	for (size_t i = 0; i < p->nports; i++)
		add_nic(b, &p->ports[i]);
	for (size_t i = 0; i < p->nothers; i++) {
		if (p->others[i].link != NULL)
			add_port(b, p, &p->others[i]);
		add_nic(b, &p->others[i]);
	}
	buf_add(b, "}\n");
}
