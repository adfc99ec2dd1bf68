/*
 * What if_bridge(4) of macOS is told, which no header of its SDK says: bsd/net/if_bridgevar.h of
 * XNU is private. Everything is named as in FreeBSD's <net/if_bridgevar.h>, so that os_bsd*.c is
 * written once. XNU packs these structures to four bytes, and takes a request only with the exact
 * length.
 */
#ifndef VMRUN_OS_OS_DARWIN_BRIDGE_H
#define VMRUN_OS_OS_DARWIN_BRIDGE_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>

/* Commands: ifd_cmd of struct ifdrv. The first two and BRDGSIFFLGS go by SIOCSDRVSPEC, the others
 * by SIOCGDRVSPEC. */
#define BRDGADD     0 /* struct ifbreq */
#define BRDGDEL     1 /* struct ifbreq */
#define BRDGGIFFLGS 2 /* struct ifbreq */
#define BRDGSIFFLGS 3 /* struct ifbreq */
#define BRDGGIFS    6 /* struct ifbifconf */

#define IFBIF_PRIVATE 0x0800

#pragma pack(push, 4)

struct ifbreq {
	char ifbr_ifsname[IFNAMSIZ]; /* the member */
	uint32_t ifbr_ifsflags;      /* IFBIF_… */
	uint32_t ifbr_stpflags;
	uint32_t ifbr_path_cost;
	uint8_t ifbr_portno;
	uint8_t ifbr_priority;
	uint8_t ifbr_proto;
	uint8_t ifbr_role;
	uint8_t ifbr_state;
	uint32_t ifbr_addrcnt;
	uint32_t ifbr_addrmax;
	uint32_t ifbr_addrexceeded;
	uint8_t pad[32];
};

/* A length of 0 asks how long the list is. */
struct ifbifconf {
	uint32_t ifbic_len; /* bytes */
	union {
		caddr_t ifbicu_buf;
		struct ifbreq *ifbicu_req;
	} ifbic_ifbicu;
};
#define ifbic_buf ifbic_ifbicu.ifbicu_buf
#define ifbic_req ifbic_ifbicu.ifbicu_req

#pragma pack(pop)

_Static_assert(sizeof(struct ifbreq) == 80, "XNU compares ifd_len with this");
_Static_assert(offsetof(struct ifbreq, ifbr_state) == 32, "as XNU lays it out");
_Static_assert(offsetof(struct ifbreq, ifbr_addrcnt) == 36, "as XNU lays it out");
_Static_assert(sizeof(struct ifbifconf) == 12, "packed to four bytes");
_Static_assert(offsetof(struct ifbifconf, ifbic_ifbicu) == 4, "packed to four bytes");
_Static_assert(sizeof(struct ifdrv) == 40, "packed to four bytes, which changes nothing on LP64");
_Static_assert(offsetof(struct ifdrv, ifd_data) == 32, "as XNU lays it out");
_Static_assert(sizeof(struct ifreq) == 32, "its size is part of the numbers below");
_Static_assert(SIOCSDRVSPEC == 0x8028697b && SIOCGDRVSPEC == 0xc028697b, "of <sys/sockio.h>");
_Static_assert(SIOCIFCREATE2 == 0xc020697a && SIOCIFDESTROY == 0x80206979, "of <sys/sockio.h>");

#endif
