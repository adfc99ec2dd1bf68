/* IPv4 and IPv6 addresses and networks; see ip.h. */
#include "util/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "util/num.h"

int
ip_parse(const char *s, struct ip *ret)
{
	struct ip ip = { .len = strchr(s, ':') != NULL ? IP6 : IP4 };

	if (inet_pton(ip.len == IP6 ? AF_INET6 : AF_INET, s, ip.b) != 1)
		return -1;
	*ret = ip;
	return 0;
}

int
ip_net_parse(const char *s, struct ip_net *ret)
{
	const char *slash = strchr(s, '/');
	char address[IP_TEXT];
	struct ip_net net;
	int64_t bits;

	if (slash == NULL || slash - s >= IP_TEXT)
		return -1;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - s), s);
	if (ip_parse(address, &net.ip) == -1 ||
	    int_parse(slash + 1, 0, (int64_t)net.ip.len * 8, &bits) == -1)
		return -1;
	net.bits = (unsigned)bits;
	*ret = net;
	return 0;
}

const char *
ip_format(const struct ip *ip, char text[IP_TEXT])
{
	if (ip->len == 0 ||
	    inet_ntop(ip->len == IP6 ? AF_INET6 : AF_INET, ip->b, text, IP_TEXT) == NULL)
		text[0] = '\0';
	return text;
}

const char *
ip_net_format(const struct ip_net *net, char text[NET_TEXT])
{
	char address[IP_TEXT];

	snprintf(text, NET_TEXT, "%s/%u", ip_format(&net->ip, address), net->bits);
	return text;
}

int
ip_compare(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, a->len < b->len ? a->len : b->len);
}

bool
ip_equal(const struct ip *a, const struct ip *b)
{
	return a->len == b->len && ip_compare(a, b) == 0;
}

bool
ip_is_multicast(const struct ip *ip)
{
	return ip->len == IP6 ? ip->b[0] == 0xff : (ip->b[0] & 0xf0) == 0xe0;
}

bool
ip_is_of_one_link(const struct ip *ip)
{
	return ip->len == IP6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/* The bits of the address that are not the network's become those of fill. */
static struct ip
with_host_bits(const struct ip_net *net, uint8_t fill)
{
	struct ip ip = net->ip;

	for (size_t i = 0; i < ip.len; i++) {
		unsigned before = (unsigned)i * 8;
		uint8_t mask = net->bits >= before + 8 ? 0xff
			       : net->bits <= before
				   ? 0
				   : (uint8_t)(0xff << (8 - (net->bits - before)));

		ip.b[i] = (uint8_t)((ip.b[i] & mask) | (fill & ~mask));
	}
	return ip;
}

struct ip
ip_first(const struct ip_net *net)
{
	return with_host_bits(net, 0);
}

struct ip
ip_last(const struct ip_net *net)
{
	return with_host_bits(net, 0xff);
}

bool
ip_within(const struct ip *ip, const struct ip_net *net)
{
	struct ip_net same = { *ip, net->bits };
	struct ip a = ip_first(&same), b = ip_first(net);

	return ip->len == net->ip.len && ip_equal(&a, &b);
}

bool
ip_net_overlap(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits <= b->bits ? ip_within(&b->ip, a) : ip_within(&a->ip, b);
}

struct ip
ip_plus(const struct ip *ip, uint32_t n)
{
	struct ip sum = *ip;
	uint32_t carry = n;

	for (size_t i = sum.len; i-- > 0 && carry > 0;) {
		uint64_t digit = (uint64_t)sum.b[i] + (carry & 0xff);

		sum.b[i] = (uint8_t)digit;
		carry = (carry >> 8) + (uint32_t)(digit >> 8);
	}
	return sum;
}
