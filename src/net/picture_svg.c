/* The host's network as an SVG picture: four columns of boxes (uplinks, bridges, ports, VMs) and
 * the wires between them; see picture.h. */
#include <stdlib.h>
#include <string.h>

#include "net/picture.h"
#include "util/buf.h"
#include "util/mem.h"

/* In pixels; a character of a monospaced font is about 0.6 of its size wide. */
#define FONT       13
#define LINE       18
#define PAD        8
#define GAP        14 /* between boxes of a column */
#define WIRES      70 /* between columns */
#define EDGE       20 /* around it all */
#define LINE_CHARS 44 /* what is longer is cut */

enum column { UPLINKS, PLACES, PORTS, VMS, COLUMNS };

struct box {
	enum column column;
	const char *class;
	const char *vm; /* of a VM's box */
	unsigned y, height;
	struct buf text; /* lines, made visible; the first is the title */
};

struct wire {
	size_t from, to; /* boxes, the left one first */
	unsigned from_y, to_y;
};

struct drawing {
	struct box *boxes;
	size_t nboxes;
	struct wire *wires;
	size_t nwires;
	unsigned x[COLUMNS], width[COLUMNS], height;
};

static size_t
characters(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

/* A line of its own, however it is broken. */
static void
add_line(struct box *box, const char *s)
{
	struct buf line = { 0 };
	size_t n = 0, end = 0;

	if (s == NULL || s[0] == '\0')
		return;
	buf_add_visible(&line, s, strlen(s));
	for (; line.s[end] != '\0' && n < LINE_CHARS; n++) {
		do
			end++;
		while (((unsigned char)line.s[end] & 0xc0) == 0x80);
	}
	if (box->text.len > 0)
		buf_addc(&box->text, '\n');
	buf_addn(&box->text, line.s, end);
	if (line.s[end] != '\0')
		buf_add(&box->text, "…");
	buf_free(&line);
}

static unsigned
lines_of(const struct box *box)
{
	unsigned n = 1;

	for (size_t i = 0; i < box->text.len; i++)
		n += box->text.s[i] == '\n';
	return n;
}

static unsigned
height_of(const struct box *box)
{
	return lines_of(box) * LINE + 2 * PAD;
}

/* Without its text yet. */
static struct box *
add_box(struct drawing *d, enum column column, const char *class, unsigned y)
{
	struct box *box;

	d->boxes = xreallocarray(d->boxes, d->nboxes + 1, sizeof(*d->boxes));
	box = &d->boxes[d->nboxes++];
	*box = (struct box){ .column = column, .class = class, .y = y };
	return box;
}

static unsigned
middle_of(const struct box *box)
{
	return box->y + box->height / 2;
}

static void
add_wire(struct drawing *d, size_t from, unsigned from_y, size_t to, unsigned to_y)
{
	d->wires = xreallocarray(d->wires, d->nwires + 1, sizeof(*d->wires));
	d->wires[d->nwires++] = (struct wire){ from, to, from_y, to_y };
}

static const struct picture_nic *
next_nic(const struct picture *p, const char *vm, size_t *i)
{
	while (*i < p->facts->nnics) {
		const struct picture_nic *nic = &p->facts->nics[(*i)++];

		if (strcmp(nic->vm, vm) == 0)
			return nic;
	}
	return NULL;
}

/* The box of a VM, made with its first wire: not above the port that it hangs on, nor above the
 * bottom of the one before. */
static size_t
vm_box(struct drawing *d, const struct picture *p, const char *vm, unsigned y)
{
	const struct picture_nic *nic;
	struct buf line = { 0 };
	struct box *box;
	size_t i = 0;

	for (size_t k = 0; k < d->nboxes; k++) {
		if (d->boxes[k].vm != NULL && strcmp(d->boxes[k].vm, vm) == 0)
			return k;
		if (d->boxes[k].column == VMS && d->boxes[k].y + d->boxes[k].height + GAP > y)
			y = d->boxes[k].y + d->boxes[k].height + GAP;
	}
	box = add_box(d, VMS, "vm", y);
	box->vm = vm;
	while ((nic = next_nic(p, vm, &i)) != NULL) {
		char mac[MAC_TEXT];

		if (box->text.len == 0) {
			buf_addf(&line, "%s, %s", vm, nic->state);
			add_line(box, line.s);
			buf_free(&line);
		}
		buf_addf(&line, "nic %u  %s", nic->nic, mac_format(nic->mac, mac));
		if (nic->interface[0] == '\0')
			buf_addf(&line, "  %s", nic->network);
		add_line(box, line.s);
		buf_free(&line);
	}
	box->height = height_of(box);
	return d->nboxes - 1;
}

static void
wire_nic(struct drawing *d, const struct picture *p, const struct picture_nic *nic, size_t port)
{
	size_t vm = vm_box(d, p, nic->vm, d->boxes[port].y), i = 0;
	const struct picture_nic *other;
	unsigned line = 1;

	while ((other = next_nic(p, nic->vm, &i)) != NULL && other != nic)
		line++;
	add_wire(
	    d, port, middle_of(&d->boxes[port]), vm, d->boxes[vm].y + PAD + line * LINE + LINE / 2);
}

static const char *
class_of(const struct picture_port *port)
{
	if (!port->link->up || !port->link->carrier)
		return port->uplink ? "uplink off" : "port off";
	return port->uplink ? "uplink" : "port";
}

static size_t
port_box(struct drawing *d, const struct picture *p, const struct picture_port *port, unsigned y)
{
	struct box *box = add_box(d, port->uplink ? UPLINKS : PORTS, class_of(port), y);
	struct buf line = { 0 };
	size_t start;

	add_line(box, port->link->name);
	if (port->uplink)
		buf_add(&line, "uplink, ");
	start = line.len;
	picture_add_rules(&line, p, port);
	buf_addf(&line, "%s%s", line.len > start ? ", " : "", picture_state(port->link));
	add_line(box, line.s);
	buf_free(&line);
	if (port->nic == NULL && !port->uplink)
		add_line(box, port->link->alias);
	picture_add_traffic(&line, port);
	add_line(box, line.s);
	buf_free(&line);
	if (picture_add_stray(&line, p, port)) {
		box->class = "port bad";
		add_line(box, line.s);
	}
	buf_free(&line);
	box->height = height_of(box);
	return d->nboxes - 1;
}

static void
fill_place(struct box *box, const struct picture *p, const struct picture_place *place)
{
	struct buf text = { 0 };

	add_line(box, place->link->name);
	picture_add_addresses(&text, p, place, "\n");
	for (char *s = text.s, *next; s != NULL; s = next) {
		next = strchr(s, '\n');
		if (next != NULL)
			*next++ = '\0';
		add_line(box, s);
	}
	buf_free(&text);
	buf_addf(&text, "mtu %u, %s%s", place->link->mtu, place->link->up ? "up" : "down",
	    place->link->vlan_filtering ? ", VLAN filtering" : "");
	add_line(box, text.s);
	buf_free(&text);
	if (place->lost != NULL) {
		buf_addf(&text, "lost its uplink %s", place->lost);
		add_line(box, text.s);
		box->class = "place bad";
	}
	buf_free(&text);
}

/* The place as high as the higher of what hangs on its two sides; returns where the next begins. */
static unsigned
draw_place(
    struct drawing *d, const struct picture *p, const struct picture_place *place, unsigned y)
{
	unsigned left = y, right = y, bottom;
	size_t first = d->nboxes, at;

	for (size_t i = 0; i < place->nports; i++) {
		unsigned *side = place->ports[i].uplink ? &left : &right;
		size_t box = port_box(d, p, &place->ports[i], *side);

		*side = d->boxes[box].y + d->boxes[box].height + GAP;
	}
	bottom = left > right ? left : right;
	fill_place(add_box(d, PLACES, "place", y), p, place);
	at = d->nboxes - 1;
	d->boxes[at].height = height_of(&d->boxes[at]);
	if (bottom > y + GAP && bottom - GAP > y + d->boxes[at].height)
		d->boxes[at].height = bottom - GAP - y;
	for (size_t i = 0; i < place->nports; i++) {
		size_t box = first + i;
		unsigned middle = middle_of(&d->boxes[box]);

		if (place->ports[i].uplink)
			add_wire(d, box, middle, at, middle);
		else
			add_wire(d, at, middle, box, middle);
		if (place->ports[i].nic != NULL)
			wire_nic(d, p, place->ports[i].nic, box);
	}
	y += d->boxes[at].height + GAP;
	return (bottom > y ? bottom : y) + GAP;
}

static void
draw(struct drawing *d, const struct picture *p)
{
	unsigned y = EDGE;

	for (size_t i = 0; i < p->nplaces; i++)
		y = draw_place(d, p, &p->places[i], y);
	for (size_t i = 0; i < p->nothers; i++) {
		size_t box;

		if (p->others[i].link == NULL) {
			(void)vm_box(d, p, p->others[i].nic->vm, EDGE);
			continue;
		}
		box = port_box(d, p, &p->others[i], y);
		wire_nic(d, p, p->others[i].nic, box);
		y = d->boxes[box].y + d->boxes[box].height + GAP;
	}
}

/* --- once all boxes are there --- */

static unsigned
width_of(const struct box *box)
{
	size_t most = 0;

	for (const char *s = box->text.s, *end; *s != '\0'; s = *end == '\0' ? end : end + 1) {
		end = s + strcspn(s, "\n");
		if (characters(s, (size_t)(end - s)) > most)
			most = characters(s, (size_t)(end - s));
	}
	return (unsigned)most * FONT * 6 / 10 + 2 * PAD + 4;
}

/* A column without boxes takes no room. */
static unsigned
set_columns(struct drawing *d)
{
	unsigned x = EDGE, right = EDGE;

	for (size_t i = 0; i < d->nboxes; i++) {
		const struct box *box = &d->boxes[i];

		if (width_of(box) > d->width[box->column])
			d->width[box->column] = width_of(box);
		if (box->y + box->height + EDGE > d->height)
			d->height = box->y + box->height + EDGE;
	}
	for (size_t i = 0; i < COLUMNS; i++) {
		d->x[i] = x;
		if (d->width[i] == 0)
			continue;
		right = x + d->width[i] + EDGE;
		x += d->width[i] + WIRES;
	}
	return right;
}

static void
add_box_svg(struct buf *b, const struct drawing *d, const struct box *box)
{
	unsigned x = d->x[box->column], y = box->y + PAD + LINE - 5;
	const char *weight = " class=\"title\"";

	buf_addf(b, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"6\"/>\n",
	    box->class, x, box->y, d->width[box->column], box->height);
	for (const char *s = box->text.s, *end; *s != '\0'; s = *end == '\0' ? end : end + 1) {
		char *line;

		end = s + strcspn(s, "\n");
		line = xstrndup(s, (size_t)(end - s));
		buf_addf(b, "<text%s x=\"%u\" y=\"%u\">", weight, x + PAD, y);
		buf_add_xml(b, line);
		buf_add(b, "</text>\n");
		free(line);
		y += LINE;
		weight = "";
	}
}

static void
add_wire_svg(struct buf *b, const struct drawing *d, const struct wire *w)
{
	unsigned left = d->x[d->boxes[w->from].column] + d->width[d->boxes[w->from].column];
	unsigned right = d->x[d->boxes[w->to].column], middle = (left + right) / 2;

	buf_addf(b, "<path class=\"wire\" d=\"M%u %uC%u %u %u %u %u %u\"/>\n", left, w->from_y,
	    middle, w->from_y, middle, w->to_y, right, w->to_y);
}

static const char style[] =
    "<style>\n"
    ".page{fill:#fff}.wire{fill:none;stroke:#64748b;stroke-width:1.5}\n"
    "text{fill:#0f172a;font:13px ui-monospace,monospace;white-space:pre}"
    ".title{font-weight:bold}\n"
    "rect{stroke-width:1.5}.port{fill:#f1f5f9;stroke:#64748b}"
    ".uplink{fill:#fef3c7;stroke:#b45309}\n"
    ".place{fill:#dbeafe;stroke:#2563eb}.vm{fill:#dcfce7;stroke:#15803d}\n"
    ".off{stroke-dasharray:5 4}.bad{stroke:#dc2626;stroke-width:2.5}\n"
    "@media (prefers-color-scheme:dark){.page{fill:#0f172a}text{fill:#e2e8f0}"
    ".wire{stroke:#94a3b8}\n"
    ".port{fill:#1e293b;stroke:#94a3b8}.uplink{fill:#451a03;stroke:#f59e0b}\n"
    ".place{fill:#172554;stroke:#60a5fa}.vm{fill:#052e16;stroke:#4ade80}"
    ".bad{stroke:#f87171}}\n"
    "</style>\n";

void
picture_svg(struct buf *b, const struct picture *p)
{
	struct drawing d = { .height = 2 * EDGE };
	unsigned width;

	draw(&d, p);
	width = set_columns(&d);
	buf_addf(b,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
	    "viewBox=\"0 0 %u %u\" role=\"img\">\n<title>Network of this host</title>\n",
	    width, d.height, width, d.height);
	buf_add(b, style);
	buf_add(b, "<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
	for (size_t i = 0; i < d.nwires; i++)
		add_wire_svg(b, &d, &d.wires[i]);
	for (size_t i = 0; i < d.nboxes; i++)
		add_box_svg(b, &d, &d.boxes[i]);
	buf_add(b, "</svg>\n");
	for (size_t i = 0; i < d.nboxes; i++)
		buf_free(&d.boxes[i].text);
	free(d.boxes);
	free(d.wires);
}
