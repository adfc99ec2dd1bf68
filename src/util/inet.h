/* Ports of this host. */
#ifndef VMRUN_UTIL_INET_H
#define VMRUN_UTIL_INET_H

#include <stdbool.h>

#include "util/ip.h"

/* Could somebody have that port just now? It is had for a moment. -1 with errno: EADDRINUSE where
 * another has it, EADDRNOTAVAIL where the address is not this host's. */
int inet_port_try(bool udp, const struct ip *ip, unsigned port);

/* A connection to there, or one that is on its way: it never waits. -1 with errno. */
int inet_connect(const struct ip *ip, unsigned port);
/* Does somebody take a connection there? It is closed at once. -1 with errno, after
 * a few seconds with ETIMEDOUT. */
int inet_connect_try(const struct ip *ip, unsigned port);
/* Does that address answer an ICMP echo request within ms? -1 with errno: ETIMEDOUT where it does not,
 * EPERM or EACCES where this user may not ask. */
int inet_ping(const struct ip *ip, int ms);

#endif
