/* The host's network as a tree for people; see picture.h. Names and aliases are whatever somebody
 * on this host wrote: nothing of them reaches a terminal as it is. */
#include <string.h>

#include "net/picture.h"
#include "util/buf.h"

/* A longer cell stands out of its column. */
#define CELL_MAX 44 /* characters */

enum column { NAME, OWNER, MAC, RULES, STATE, TRAFFIC, COLUMNS };

struct row {
	struct buf cell[COLUMNS];
	struct buf note; /* after the columns */
};

struct table {
	size_t width[COLUMNS];
};

/* Characters, not bytes: "née". */
static size_t
width_of(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += ((unsigned char)b->s[i] & 0xc0) != 0x80;
	return n;
}

static void
add_visible(struct buf *b, const char *s)
{
	buf_add_visible(b, s, strlen(s));
}

static void
row_free(struct row *r)
{
	for (size_t i = 0; i < COLUMNS; i++)
		buf_free(&r->cell[i]);
	buf_free(&r->note);
}

static void
fill_owner(struct row *r, const struct picture *p, const struct picture_port *port)
{
	struct buf raw = { 0 };
	char mac[MAC_TEXT];

	if (port->nic != NULL) {
		picture_add_owner(&raw, port->nic);
		add_visible(&r->cell[OWNER], raw.s);
		buf_add(&r->cell[MAC], mac_format(port->nic->mac, mac));
	} else if (port->uplink) {
		buf_add(&r->cell[OWNER], "uplink");
	} else if (port->link->alias[0] != '\0') {
		buf_addc(&r->cell[OWNER], '"');
		add_visible(&r->cell[OWNER], port->link->alias);
		buf_addc(&r->cell[OWNER], '"');
	}
	buf_free(&raw);
	if (picture_add_stray(&raw, p, port))
		add_visible(&r->note, raw.s);
	buf_free(&raw);
}

static struct row
row_of(const struct picture *p, const struct picture_port *port)
{
	struct row r = { 0 };

	fill_owner(&r, p, port);
	picture_add_rules(&r.cell[RULES], p, port);
	picture_add_traffic(&r.cell[TRAFFIC], port);
	if (port->link != NULL) {
		add_visible(&r.cell[NAME], port->link->name);
		buf_add(&r.cell[STATE], picture_state(port->link));
	} else {
		add_visible(&r.cell[NAME], port->nic->interface);
		add_visible(&r.cell[STATE], port->nic->network);
		if (port->nic->detail[0] != '\0')
			buf_addc(&r.cell[STATE], ' ');
		add_visible(&r.cell[STATE], port->nic->detail);
	}
	return r;
}

static void
measure(struct table *t, const struct picture *p, const struct picture_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct row r = row_of(p, &ports[i]);

		for (size_t k = 0; k < COLUMNS; k++) {
			size_t width = width_of(&r.cell[k]);

			if (width > t->width[k] && width <= CELL_MAX)
				t->width[k] = width;
		}
		row_free(&r);
	}
}

static void
add_row(struct buf *b, const struct table *t, const struct row *r, bool last)
{
	size_t blank = 1; /* before the next cell that says anything */

	buf_add(b, last ? "└─" : "├─");
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t width = width_of(&r->cell[i]);

		if (width > 0) {
			buf_addf(b, "%*s%s", (int)blank, "", r->cell[i].s);
			blank = 2 + (t->width[i] > width ? t->width[i] - width : 0);
		} else if (t->width[i] > 0) {
			blank += t->width[i] + 2;
		}
	}
	if (r->note.len > 0)
		buf_addf(b, "  %s", r->note.s);
	buf_addc(b, '\n');
}

static void
add_rows(struct buf *b, const struct table *t, const struct picture *p,
    const struct picture_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct row r = row_of(p, &ports[i]);

		add_row(b, t, &r, i + 1 == n);
		row_free(&r);
	}
}

static void
add_place(struct buf *b, const struct table *t, const struct picture *p,
    const struct picture_place *place)
{
	const struct os_link *link = place->link;
	size_t start;

	add_visible(b, link->name);
	buf_add(b, "  ");
	start = b->len;
	picture_add_addresses(b, p, place, "  ");
	buf_addf(
	    b, "%smtu %u  %s", b->len > start ? "  " : "", link->mtu, link->up ? "up" : "down");
	if (link->vlan_filtering)
		buf_add(b, "  VLAN filtering");
	if (place->lost != NULL) {
		buf_add(b, "  lost its uplink ");
		add_visible(b, place->lost);
	}
	buf_addc(b, '\n');
	add_rows(b, t, p, place->ports, place->nports);
}

void
picture_text(struct buf *b, const struct picture *p)
{
	struct table t = { 0 };

	measure(&t, p, p->ports, p->nports);
	measure(&t, p, p->others, p->nothers);
	for (size_t i = 0; i < p->nplaces; i++)
		add_place(b, &t, p, &p->places[i]);
	if (p->nothers > 0)
		buf_add(b, "on no bridge\n");
	add_rows(b, &t, p, p->others, p->nothers);
}
