/* macOS's <net/if_types.h>; only what src/os names. */
#ifndef _NET_IF_TYPES_H_
#define _NET_IF_TYPES_H_

#define IFT_ETHER  0x06
#define IFT_BRIDGE 0xd1

#endif
