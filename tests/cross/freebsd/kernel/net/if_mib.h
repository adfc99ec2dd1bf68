/* FreeBSD's <net/if_mib.h> (sys/net/if_mib.h), ifmib(4). */
#ifndef _NET_IF_MIB_H_
#define _NET_IF_MIB_H_

#define NETLINK_GENERIC   0
#define IFMIB_IFDATA      2
#define IFDATA_DRIVERNAME 3

#endif
