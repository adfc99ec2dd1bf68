/* Values that are addresses of IP: alone, or with the length of their network. */
#include "util/ip.h"
#include "vm/internal.h"

int
parse_ip(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "an IP address (as in 192.0.2.1 or 2001:db8::1)";
	return ip_parse(s, field);
}

int
parse_ip4(const char *s, void *field, const char **ret_expected)
{
	struct ip ip;

	*ret_expected = "an IPv4 address (as in 10.88.0.100)";
	if (ip_parse(s, &ip) == -1 || ip.len != IP4)
		return -1;
	*(struct ip *)field = ip;
	return 0;
}

/* An address that a host can have: not that of the network, nor that of all in it. */
static int
parse_net(const char *s, size_t len, struct ip_net *ret)
{
	struct ip first, last;
	struct ip_net net;

	if (ip_net_parse(s, &net) == -1 || net.ip.len != len || net.bits == 0 ||
	    ip_is_multicast(&net.ip))
		return -1;
	first = ip_first(&net);
	last = ip_last(&net);
	if (net.bits < len * 8 - 1 &&
	    (ip_equal(&net.ip, &first) || (len == IP4 && ip_equal(&net.ip, &last))))
		return -1;
	*ret = net;
	return 0;
}

int
parse_ip4_net(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "an IPv4 address of the host with the length of its network (as in "
			"10.88.0.1/24)";
	return parse_net(s, IP4, field);
}

int
parse_ip6_net(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "an IPv6 address of the host with the length of its network (as in "
			"fd00:88::1/64)";
	return parse_net(s, IP6, field);
}
