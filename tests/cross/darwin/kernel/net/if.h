/* macOS's <net/if.h> and <net/if_var.h>; only what src/os names. LP64. */
#ifndef _NET_IF_H_
#define _NET_IF_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define IF_NAMESIZE 16
#define IFNAMSIZ    IF_NAMESIZE

#define IFF_UP          0x1
#define IFF_BROADCAST   0x2
#define IFF_LOOPBACK    0x8
#define IFF_POINTOPOINT 0x10
#define IFF_RUNNING     0x40

/* The counters that follow are nobody's business here. */
struct if_data {
	uint8_t ifi_type, ifi_typelen, ifi_physical, ifi_addrlen;
	uint8_t ifi_hdrlen, ifi_recvquota, ifi_xmitquota, ifi_unused1;
	uint32_t ifi_mtu, ifi_metric, ifi_baudrate;
};

struct ifreq {
	char ifr_name[IFNAMSIZ];
	union {
		struct sockaddr ifru_addr;
		short ifru_flags;
		int ifru_mtu;
		caddr_t ifru_data;
	} ifr_ifru;
};
#define ifr_addr  ifr_ifru.ifru_addr
#define ifr_flags ifr_ifru.ifru_flags
#define ifr_mtu   ifr_ifru.ifru_mtu
#define ifr_data  ifr_ifru.ifru_data

#pragma pack(push, 4)
struct ifmediareq {
	char ifm_name[IFNAMSIZ];
	int ifm_current, ifm_mask, ifm_status, ifm_active, ifm_count;
	int *ifm_ulist;
};

struct ifdrv {
	char ifd_name[IFNAMSIZ];
	unsigned long ifd_cmd;
	size_t ifd_len;
	void *ifd_data;
};
#pragma pack(pop)

unsigned int if_nametoindex(const char *);
char *if_indextoname(unsigned int, char *);

#endif
