/* FreeBSD's <net/if_bridgevar.h> (sys/net/if_bridgevar.h of FreeBSD 13 and 14; 15 takes four bytes
 * of pad), bridge(4); only what src/os names. */
#ifndef _NET_IF_BRIDGEVAR_H_
#define _NET_IF_BRIDGEVAR_H_

#include <net/if.h>
#include <stdint.h>

#define BRDGADD     0
#define BRDGDEL     1
#define BRDGGIFFLGS 2
#define BRDGSIFFLGS 3
#define BRDGGIFS    6

#define IFBIF_PRIVATE 0x0800

struct ifbreq {
	char ifbr_ifsname[IFNAMSIZ];
	uint32_t ifbr_ifsflags;
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

struct ifbifconf {
	uint32_t ifbic_len;
	union {
		caddr_t ifbicu_buf;
		struct ifbreq *ifbicu_req;
	} ifbic_ifbicu;
};
#define ifbic_buf ifbic_ifbicu.ifbicu_buf
#define ifbic_req ifbic_ifbicu.ifbicu_req

#endif
