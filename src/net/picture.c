/* The host's bridges and their ports as a tree for people; see port_picture() in port.h. */
#include <stdlib.h>
#include <string.h>

#include "net/port.h"
#include "util/buf.h"
#include "util/mem.h"

struct view {
	const struct os_link *links;
	size_t nlinks;
	const struct os_addr *addrs;
	size_t naddrs;
	const struct port_owner *owners;
	size_t nowners;
};

/* Names and aliases are whatever somebody on this host wrote: nothing of them reaches a terminal as
 * it is. */
static void
add_visible(struct buf *b, const char *s)
{
	buf_add_visible(b, s, strlen(s));
}

static const struct port_owner *
owner_of(const struct view *v, const struct os_link *link)
{
	for (size_t i = 0; link->is_tap && i < v->nowners; i++) {
		if (strcmp(v->owners[i].tap, link->name) == 0)
			return &v->owners[i];
	}
	return NULL;
}

static const struct os_link *
tap_of(const struct view *v, const struct port_owner *owner)
{
	for (size_t i = 0; i < v->nlinks; i++) {
		if (v->links[i].is_tap && strcmp(v->links[i].name, owner->tap) == 0)
			return &v->links[i];
	}
	return NULL;
}

static const char *
state_word(const struct os_link *link)
{
	if (!link->up)
		return "down";
	return link->carrier ? "up" : "no carrier";
}

/* The way out of the host: hardware, or what is put together of it. */
static bool
is_uplink(const struct os_link *link)
{
	static const char *const kinds[] = { "", "bond", "team", "vlan" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(link->kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

static int
compare_ports(const void *a, const void *b)
{
	const struct os_link *const *x = a, *const *y = b;

	if (is_uplink(*x) != is_uplink(*y))
		return is_uplink(*x) ? -1 : 1;
	return strcmp((*x)->name, (*y)->name);
}

static int
compare_bridges(const void *a, const void *b)
{
	const struct os_link *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
add_bridge(struct buf *b, const struct view *v, const struct os_link *bridge)
{
	add_visible(b, bridge->name);
	for (size_t i = 0; i < v->naddrs; i++) {
		/* Every interface has a link-local address; it tells nothing. */
		if (v->addrs[i].index == bridge->index &&
		    strncmp(v->addrs[i].text, "fe80:", 5) != 0)
			buf_addf(b, "  %s", v->addrs[i].text);
	}
	buf_addf(b, "  mtu %u  %s\n", bridge->mtu, bridge->up ? "up" : "down");
}

/* What stands right of a port's name; nothing where there is nothing to say. */
static void
add_port_text(struct buf *b, const struct view *v, const struct os_link *port)
{
	const struct port_owner *owner = owner_of(v, port);
	char mac[MAC_TEXT];

	if (owner != NULL) {
		add_visible(b, owner->vm);
		buf_addf(b, " nic %u  %s  ", owner->nic, mac_format(owner->mac, mac));
	} else if (port->alias[0] != '\0') {
		buf_addc(b, '"');
		add_visible(b, port->alias);
		buf_add(b, "\"  ");
	} else if (is_uplink(port)) {
		buf_add(b, "uplink  ");
	}
	if (port->is_tap || !port->up)
		buf_add(b, state_word(port));
	while (b->len > 0 && b->s[b->len - 1] == ' ')
		b->s[--b->len] = '\0';
}

static void
add_port(struct buf *b, const struct view *v, const struct os_link *port, size_t width, bool last)
{
	struct buf name = { 0 }, text = { 0 };

	add_visible(&name, port->name);
	add_port_text(&text, v, port);
	buf_addf(b, "%s %s", last ? "└─" : "├─", name.s);
	if (text.len > 0)
		buf_addf(b, "%*s  %s", (int)(width > name.len ? width - name.len : 0), "", text.s);
	buf_addc(b, '\n');
	buf_free(&name);
	buf_free(&text);
}

static void
add_tree(
    struct buf *b, const struct view *v, const struct os_link *bridge, const struct os_link **ports)
{
	size_t n = 0, width = 0;

	for (size_t i = 0; i < v->nlinks; i++) {
		if (v->links[i].master != bridge->index)
			continue;
		ports[n++] = &v->links[i];
		if (width < strlen(v->links[i].name))
			width = strlen(v->links[i].name);
	}
	qsort(ports, n, sizeof(*ports), compare_ports);
	add_bridge(b, v, bridge);
	for (size_t i = 0; i < n; i++)
		add_port(b, v, ports[i], width, i + 1 == n);
}

static const char *
name_of(const struct view *v, unsigned index)
{
	for (size_t i = 0; index != 0 && i < v->nlinks; i++) {
		if (v->links[i].index == index)
			return v->links[i].name;
	}
	return "none";
}

/* A VM that runs, and whose frames do not go where its file says. */
static void
add_stray(struct buf *b, const struct view *v, const struct port_owner *owner)
{
	const struct os_link *tap = tap_of(v, owner);

	if (tap != NULL && strcmp(name_of(v, tap->master), owner->bridge) == 0)
		return;
	add_visible(b, owner->tap);
	buf_add(b, "  ");
	add_visible(b, owner->vm);
	buf_addf(b, " nic %u: should be on ", owner->nic);
	add_visible(b, owner->bridge);
	if (tap == NULL) {
		buf_add(b, ", and the tap is gone\n");
		return;
	}
	buf_add(b, ", is on ");
	add_visible(b, name_of(v, tap->master));
	buf_addc(b, '\n');
}

void
port_picture(struct buf *b, const struct os_link *links, size_t nlinks, const struct os_addr *addrs,
    size_t naddrs, const struct port_owner *owners, size_t nowners)
{
	const struct view v = { links, nlinks, addrs, naddrs, owners, nowners };
	const struct os_link **bridges = xcalloc(nlinks + 1, sizeof(*bridges));
	const struct os_link **ports = xcalloc(nlinks + 1, sizeof(*ports));
	size_t n = 0;

	for (size_t i = 0; i < nlinks; i++) {
		if (links[i].is_bridge)
			bridges[n++] = &links[i];
	}
	qsort(bridges, n, sizeof(*bridges), compare_bridges);
	for (size_t i = 0; i < n; i++)
		add_tree(b, &v, bridges[i], ports);
	for (size_t i = 0; i < nowners; i++)
		add_stray(b, &v, &owners[i]);
	free(bridges);
	free(ports);
}
