/* FreeBSD's <netinet/in.h> (sys/netinet/in.h, sys/netinet6/in6.h), inet(4), inet6(4); only what
 * src/ names. */
#ifndef _NETINET_IN_H_
#define _NETINET_IN_H_

#include <stdint.h>
#include <sys/_types.h>

typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;
typedef __sa_family_t sa_family_t;

struct in_addr {
	in_addr_t s_addr;
};

struct sockaddr_in {
	uint8_t sin_len;
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	char sin_zero[8];
};

struct in6_addr {
	union {
		uint8_t __u6_addr8[16];
		uint16_t __u6_addr16[8];
		uint32_t __u6_addr32[4];
	} __u6_addr;
};
#define s6_addr __u6_addr.__u6_addr8

struct sockaddr_in6 {
	uint8_t sin6_len;
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};

#define INET6_ADDRSTRLEN 46
#define IPPROTO_ICMP     1
#define IPPROTO_ICMPV6   58

#define IPPROTO_ICMP   1
#define IPPROTO_ICMPV6 58

#endif
