/* Ports of this host. */
#ifndef VMRUN_UTIL_INET_H
#define VMRUN_UTIL_INET_H

#include <stdbool.h>

#include "util/ip.h"

/* Could somebody have that port just now? It is had for a moment. -1 with errno: EADDRINUSE where
 * another has it, EADDRNOTAVAIL where the address is not this host's. */
int inet_port_try(bool udp, const struct ip *ip, unsigned port);

/* Does somebody take a connection there? It is closed at once. -1 with errno, after
 * a few seconds with ETIMEDOUT. */
int inet_connect_try(const struct ip *ip, unsigned port);

#endif
