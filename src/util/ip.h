/* IPv4 and IPv6 addresses and networks as bytes and as text. Pure. */
#ifndef VMRUN_UTIL_IP_H
#define VMRUN_UTIL_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4      4  /* bytes of an address, */
#define IP6      16 /* which say of which kind it is as well */
#define IP_TEXT  46 /* bytes of an address as text with its NUL */
#define NET_TEXT 50 /* of one with the length of its network: "10.88.0.1/24" */

struct ip {
	size_t len; /* IP4 or IP6; 0: none */
	uint8_t b[IP6];
};

/* An address within its network. */
struct ip_net {
	struct ip ip;
	unsigned bits; /* of the network */
};

/* "10.88.0.1" or "fd00::1", the whole string; else -1, *ret untouched. */
int ip_parse(const char *s, struct ip *ret);
/* "10.88.0.1/24" or "fd00::1/64"; likewise. */
int ip_net_parse(const char *s, struct ip_net *ret);
/* Both return text. */
const char *ip_format(const struct ip *ip, char text[IP_TEXT]);
const char *ip_net_format(const struct ip_net *net, char text[NET_TEXT]);
bool ip_equal(const struct ip *a, const struct ip *b);
/* Less than, equal to or greater than zero; of one kind. */
int ip_compare(const struct ip *a, const struct ip *b);
bool ip_is_multicast(const struct ip *ip);
bool ip_is_of_one_link(const struct ip *ip); /* of fe80::/10 */
/* The first address of its network, and the last: of IPv4 the one for all of it. */
struct ip ip_first(const struct ip_net *net);
struct ip ip_last(const struct ip_net *net);
bool ip_within(const struct ip *ip, const struct ip_net *net);
bool ip_net_overlap(const struct ip_net *a, const struct ip_net *b);
/* The address that lies n further on; it wraps around. */
struct ip ip_plus(const struct ip *ip, uint32_t n);

#endif
