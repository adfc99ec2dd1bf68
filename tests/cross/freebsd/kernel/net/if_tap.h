/* FreeBSD's <net/if_tap.h> and <net/if_tun.h>, which it includes (sys/net), tap(4); of FreeBSD 14,
 * which has no TAPSTRANSIENT. */
#ifndef _NET_IF_TAP_H_
#define _NET_IF_TAP_H_

#include <net/if.h>
#include <sys/ioccom.h>

#define TAPGIFNAME _IOR('t', 93, struct ifreq)

#endif
