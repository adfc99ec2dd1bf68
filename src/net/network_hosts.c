/* Which NIC has which address of a network, for good; see network.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/network.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"
#include "vm/vm.h"

#define HOSTS_MAX (8u << 20) /* bytes of the file */

static bool
parse_line(const char *line, struct network_host *ret)
{
	struct network_host h = { .nic = 0 };
	char mac[MAC_TEXT], ip[IP_TEXT];

	if (sscanf(line, "%17s %45s %64s %u", mac, ip, h.vm, &h.nic) != 4 ||
	    mac_parse(mac, &h.mac) == -1 || ip_parse(ip, &h.ip) == -1 || h.ip.len != IP4)
		return false;
	*ret = h;
	return true;
}

static struct network_host *
add(struct network_hosts *hosts, const struct network_host *h)
{
	hosts->v = xreallocarray(hosts->v, hosts->n + 1, sizeof(*hosts->v));
	hosts->v[hosts->n] = *h;
	return &hosts->v[hosts->n++];
}

/* EXPIRY MAC ADDRESS NAME CLIENT-ID */
static bool
parse_lease(const char *line, struct network_host *ret)
{
	struct network_host h = { .nic = 0 };
	char mac[MAC_TEXT], ip[IP_TEXT];

	if (sscanf(line, "%*u %17s %45s", mac, ip) != 2 || mac_parse(mac, &h.mac) == -1 ||
	    ip_parse(ip, &h.ip) == -1 || h.ip.len != IP4)
		return false;
	*ret = h;
	return true;
}

static int
read_lines(struct diag *d, const char *path,
    bool (*parse)(const char *line, struct network_host *ret), struct network_hosts *ret)
{
	struct network_hosts hosts = { 0 };
	struct diag own = { 0 };
	char *text;
	size_t len;

	if (file_read(&own, path, HOSTS_MAX, &text, &len) == -1) {
		bool missing = errno == ENOENT;

		if (missing)
			*ret = hosts;
		else
			diag_move(d, &own);
		diag_free(&own);
		return missing ? 0 : -1;
	}
	for (char *line = text, *next; *line != '\0'; line = next) {
		struct network_host h;

		next = line + strcspn(line, "\n");
		if (*next != '\0')
			*next++ = '\0';
		if (parse(line, &h))
			add(&hosts, &h);
	}
	free(text);
	*ret = hosts;
	return 0;
}

int
network_hosts_read(struct diag *d, const char *path, struct network_hosts *ret)
{
	return read_lines(d, path, parse_line, ret);
}

int
network_leases_read(struct diag *d, const char *path, struct network_hosts *ret)
{
	return read_lines(d, path, parse_lease, ret);
}

int
network_hosts_write(struct diag *d, const char *path, const struct network_hosts *hosts)
{
	char mac[MAC_TEXT], ip[IP_TEXT];
	struct buf b = { 0 };
	int result;

	for (size_t i = 0; i < hosts->n; i++)
		buf_addf(&b, "%s %s %s %u\n", mac_format(hosts->v[i].mac, mac),
		    ip_format(&hosts->v[i].ip, ip), hosts->v[i].vm, hosts->v[i].nic);
	result = file_write(d, path, 0644, b.s != NULL ? b.s : "", b.len);
	buf_free(&b);
	return result;
}

void
network_hosts_free(struct network_hosts *hosts)
{
	free(hosts->v);
	*hosts = (struct network_hosts){ 0 };
}

static bool
in_range(const struct host_bridge *b, const struct ip *ip)
{
	return ip_compare(&b->dhcp.first, ip) <= 0 && ip_compare(ip, &b->dhcp.last) <= 0;
}

static uint32_t
ip4_number(const struct ip *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 |
	       ip->b[3];
}

static bool
taken(const struct network_hosts *hosts, const struct host_bridge *b, const struct network_guest *g,
    const struct ip *ip)
{
	for (size_t i = 0; i < b->naddress; i++) {
		if (ip_equal(&b->address[i].ip, ip))
			return true;
	}
	for (size_t i = 0; i < hosts->n; i++) {
		if (ip_equal(&hosts->v[i].ip, ip))
			return true;
	}
	for (size_t i = 0; g->leased != NULL && i < g->leased->n; i++) {
		if (ip_equal(&g->leased->v[i].ip, ip) && !mac_equal(g->leased->v[i].mac, g->mac))
			return true;
	}
	return false;
}

/* The first that is free from a place on that the MAC tells, so that most VMs have the same one
 * even where the file was lost. */
static bool
choose(const struct network_hosts *hosts, const struct host_bridge *b,
    const struct network_guest *g, struct ip *ret)
{
	uint32_t room = ip4_number(&b->dhcp.last) - ip4_number(&b->dhcp.first) + 1;
	uint32_t start = (uint32_t)(mac_number(g->mac) % room);

	for (uint32_t i = 0; i < room; i++) {
		*ret = ip_plus(&b->dhcp.first, (start + i) % room);
		if (!taken(hosts, b, g, ret))
			return true;
	}
	return false;
}

static void
remove_at(struct network_hosts *hosts, size_t i)
{
	memmove(&hosts->v[i], &hosts->v[i + 1], (hosts->n - i - 1) * sizeof(*hosts->v));
	hosts->n--;
}

/* The one that has had its address for the longest time is the first of the file. */
static bool
drop_gone(struct network_hosts *hosts, const struct host_bridge *b,
    bool (*gone)(const char *vm, void *arg), void *arg)
{
	for (size_t i = 0; i < hosts->n; i++) {
		if (in_range(b, &hosts->v[i].ip) && gone(hosts->v[i].vm, arg)) {
			remove_at(hosts, i);
			return true;
		}
	}
	return false;
}

/* Nobody else has it, or whoever has it is gone. */
static int
take_wish(struct diag *d, struct network_hosts *hosts, const struct host_bridge *b,
    const struct network_guest *g)
{
	char text[IP_TEXT];

	for (size_t i = 0; i < hosts->n; i++) {
		const struct network_host *other = &hosts->v[i];

		if (!ip_equal(&other->ip, &g->wish))
			continue;
		if (strcmp(other->vm, g->vm) != 0 && !g->gone(other->vm, g->arg))
			return fail(d, "bridge %s: the address %s of nic %u belongs to VM %s",
			    b->name, ip_format(&g->wish, text), g->nic, other->vm);
		remove_at(hosts, i);
		break;
	}
	return 0;
}

int
network_hosts_take(struct diag *d, struct network_hosts *hosts, const struct host_bridge *b,
    const struct network_guest *g)
{
	struct network_host h = { .mac = g->mac, .nic = g->nic, .ip = g->wish };

	strlcpy(h.vm, g->vm, sizeof(h.vm));
	for (size_t i = 0; i < hosts->n; i++) {
		const struct network_host *old = &hosts->v[i];
		bool fits = g->wish.len != 0 ? ip_equal(&old->ip, &g->wish) : in_range(b, &old->ip);

		if (!mac_equal(old->mac, g->mac))
			continue;
		if (fits && strcmp(old->vm, g->vm) == 0 && old->nic == g->nic)
			return 0;
		remove_at(hosts, i);
		break;
	}
	if (g->wish.len != 0 && take_wish(d, hosts, b, g) == -1)
		return -1;
	while (g->wish.len == 0 && !choose(hosts, b, g, &h.ip)) {
		if (!drop_gone(hosts, b, g->gone, g->arg))
			return fail(d,
			    "bridge %s: each address of its dhcp range belongs to a VM already",
			    b->name);
	}
	add(hosts, &h);
	return 1;
}
