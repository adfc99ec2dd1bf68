/* Values that are a network of IP, by its first address and its length. */
#include "util/ip.h"
#include "vm/internal.h"

static int
parse_network(const char *s, size_t len, unsigned min, unsigned max, struct ip_net *ret)
{
	struct ip_net net;
	struct ip first;

	if (ip_net_parse(s, &net) == -1 || net.ip.len != len || net.bits < min || net.bits > max ||
	    ip_is_multicast(&net.ip))
		return -1;
	first = ip_first(&net);
	if (!ip_equal(&net.ip, &first))
		return -1;
	*ret = net;
	return 0;
}

/* With room for the addresses that QEMU takes of it. */
int
parse_network4(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "an IPv4 network of 8 to 27 bits by its first address (as in "
			"192.168.76.0/24)";
	return parse_network(s, IP4, 8, 27, field);
}

int
parse_network6(const char *s, void *field, const char **ret_expected)
{
	*ret_expected = "an IPv6 network of 64 bits by its first address (as in fd00:76::/64)";
	return parse_network(s, IP6, 64, 64, field);
}

int
parse_ip6(const char *s, void *field, const char **ret_expected)
{
	struct ip ip;

	*ret_expected = "an IPv6 address (as in fd00:76::4)";
	if (ip_parse(s, &ip) == -1 || ip.len != IP6)
		return -1;
	*(struct ip *)field = ip;
	return 0;
}

int
parse_guest4(const char *s, void *field, const char **ret_expected)
{
	int result = parse_ip4_net(s, field, ret_expected);

	*ret_expected = "an IPv4 address with the length of its network (as in 10.0.2.15/24)";
	return result;
}
