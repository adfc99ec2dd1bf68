/* Forwards as text and as numbers; see forward.h. */
#include "vm/forward.h"

#include <stdio.h>
#include <string.h>

#include "util/num.h"
#include "vm/internal.h"

static const char *const protocols[] = { [FORWARD_TCP] = "tcp", [FORWARD_UDP] = "udp" };

/* A part of a forward: what is between two colons. */
struct part {
	const char *s;
	size_t n;
};

static int
port_parse(const char *s, size_t n, unsigned *ret)
{
	char digits[6] = "";
	int64_t port;

	if (n == 0 || n >= sizeof(digits))
		return -1;
	memcpy(digits, s, n);
	if (digits[0] == '-' || int_parse(digits, 1, FORWARD_PORT_MAX, &port) == -1)
		return -1;
	*ret = (unsigned)port;
	return 0;
}

/* "2222", or "8000-8009". */
static int
range_parse(const struct part *p, unsigned *ret_first, unsigned *ret_last)
{
	const char *dash = memchr(p->s, '-', p->n);
	size_t n = dash != NULL ? (size_t)(dash - p->s) : p->n;

	if (port_parse(p->s, n, ret_first) == -1)
		return -1;
	*ret_last = *ret_first;
	if (dash == NULL)
		return 0;
	return port_parse(dash + 1, p->n - n - 1, ret_last) == -1 || *ret_last < *ret_first ? -1
											    : 0;
}

/* "127.0.0.1", or "[::1]". */
static int
address_parse(const struct part *p, struct ip *ret)
{
	bool bracket = p->s[0] == '[';
	char text[IP_TEXT] = "";
	size_t n = bracket ? p->n - 2 : p->n;
	struct ip ip;

	if (n >= sizeof(text))
		return -1;
	memcpy(text, p->s + bracket, n);
	if (ip_parse(text, &ip) == -1 || (ip.len == IP6) != bracket || ip_is_multicast(&ip))
		return -1;
	*ret = ip;
	return 0;
}

/* Cuts s at its colons, but for those in brackets. -1: more than max parts, or a bracket open. */
static int
cut(const char *s, struct part *parts, size_t max)
{
	size_t n = 0;

	for (;; s++) {
		const char *end = s[0] == '[' ? strchr(s, ']') : s;

		if (n == max || end == NULL)
			return -1;
		end += strcspn(end, ":");
		if (s[0] == '[' && end[-1] != ']')
			return -1;
		parts[n++] = (struct part){ s, (size_t)(end - s) };
		s = end;
		if (*s == '\0')
			return (int)n;
	}
}

int
forward_parse(const char *s, struct vm_forward *ret)
{
	struct vm_forward f = { 0 };
	struct part parts[4];
	int n = cut(s, parts, 4), at = 1;
	unsigned last;

	if (n < 2 || parts[0].n != 3)
		return -1;
	f.protocol = strncmp(s, "udp", 3) == 0 ? FORWARD_UDP : FORWARD_TCP;
	if (strncmp(s, protocols[f.protocol], 3) != 0)
		return -1;
	if (parts[at].s[0] == '[' || memchr(parts[at].s, '.', parts[at].n) != NULL) {
		if (address_parse(&parts[at++], &f.address) == -1)
			return -1;
	}
	if (at == n || n - at > 2 || range_parse(&parts[at++], &f.port, &f.last) == -1 ||
	    f.last - f.port >= FORWARD_RANGE)
		return -1;
	f.guest = f.port;
	if (at < n) {
		if (range_parse(&parts[at], &f.guest, &last) == -1)
			return -1;
		/* A range of the guest's may say its end as well. */
		if (last != f.guest && last - f.guest != f.last - f.port)
			return -1;
	}
	if (f.guest + (f.last - f.port) > FORWARD_PORT_MAX)
		return -1;
	*ret = f;
	return 0;
}

const char *
forward_protocol(const struct vm_forward *f)
{
	return protocols[f->protocol];
}

const char *
forward_address(const struct vm_forward *f, char text[IP_TEXT + 2])
{
	char ip[IP_TEXT] = "";

	if (f->address.len != 0)
		ip_format(&f->address, ip);
	snprintf(text, IP_TEXT + 2, f->address.len == IP6 ? "[%s]" : "%s", ip);
	return text;
}

const char *
forward_format(const struct vm_forward *f, char text[FORWARD_TEXT])
{
	char address[IP_TEXT + 2], last[8] = "", guest[8] = "";

	forward_address(f, address);
	if (f->last != f->port)
		snprintf(last, sizeof(last), "-%u", f->last);
	if (f->guest != f->port)
		snprintf(guest, sizeof(guest), ":%u", f->guest);
	snprintf(text, FORWARD_TEXT, "%s:%s%s%u%s%s", protocols[f->protocol], address,
	    address[0] != '\0' ? ":" : "", f->port, last, guest);
	return text;
}

static bool
is_any(const struct ip *ip)
{
	static const struct ip zero;

	return memcmp(ip->b, zero.b, sizeof(zero.b)) == 0;
}

bool
forward_clash(const struct vm_forward *a, const struct vm_forward *b)
{
	return a->protocol == b->protocol && a->port <= b->last && b->port <= a->last &&
	       (is_any(&a->address) || is_any(&b->address) || ip_equal(&a->address, &b->address));
}

bool
forward_same_port(const struct vm_forward *a, const struct vm_forward *b)
{
	return a->protocol == b->protocol && a->port == b->port && a->last == b->last &&
	       a->address.len == b->address.len && ip_equal(&a->address, &b->address);
}

bool
forward_equal(const struct vm_forward *a, const struct vm_forward *b)
{
	return forward_same_port(a, b) && a->guest == b->guest;
}

int
parse_forward(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "a forward, PROTOCOL:[ADDRESS:]PORT[:GUEST_PORT] (as in "
			"\"tcp:127.0.0.1:2222:22\" or \"udp:5353:53\")";
	return forward_parse(s, field);
}
