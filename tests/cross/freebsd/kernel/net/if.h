/* FreeBSD's <net/if.h> (sys/net/if.h), netintro(4); only what src/os names. */
#ifndef _NET_IF_H_
#define _NET_IF_H_

#include <stddef.h>
#include <stdint.h>

#define IF_NAMESIZE 16
#define IFNAMSIZ    IF_NAMESIZE
#define IF_MAXUNIT  0x7fff

#define IFF_UP          0x1
#define IFF_DRV_RUNNING 0x40
#define IFF_RUNNING     IFF_DRV_RUNNING

/* Of FreeBSD 10 and later. */
struct if_data {
	uint8_t ifi_type;
	uint8_t ifi_physical;
	uint8_t ifi_addrlen;
	uint8_t ifi_hdrlen;
	uint8_t ifi_link_state;
	uint8_t ifi_vhid;
	uint16_t ifi_datalen;
	uint32_t ifi_mtu;
	uint32_t ifi_metric;
	uint64_t ifi_baudrate;
	uint64_t ifi_ipackets;
	uint64_t ifi_ierrors;
	uint64_t ifi_opackets;
	uint64_t ifi_oerrors;
	uint64_t ifi_collisions;
	uint64_t ifi_ibytes;
	uint64_t ifi_obytes;
	uint64_t ifi_imcasts;
	uint64_t ifi_omcasts;
	uint64_t ifi_iqdrops;
	uint64_t ifi_oqdrops;
	uint64_t ifi_noproto;
	uint64_t ifi_hwassist;
	uint64_t ifi_epoch;
	uint64_t ifi_lastchange[2];
};

struct ifreq_buffer {
	size_t length;
	void *buffer;
};

struct ifreq {
	char ifr_name[IFNAMSIZ];
	union {
		struct sockaddr ifru_addr;
		struct ifreq_buffer ifru_buffer;
		short ifru_flags[2];
		int ifru_mtu;
	} ifr_ifru;
};
#define ifr_addr      ifr_ifru.ifru_addr
#define ifr_buffer    ifr_ifru.ifru_buffer
#define ifr_flags     ifr_ifru.ifru_flags[0]
#define ifr_flagshigh ifr_ifru.ifru_flags[1]
#define ifr_mtu       ifr_ifru.ifru_mtu

struct ifmediareq {
	char ifm_name[IFNAMSIZ];
	int ifm_current;
	int ifm_mask;
	int ifm_status;
	int ifm_active;
	int ifm_count;
	int *ifm_ulist;
};

struct ifdrv {
	char ifd_name[IFNAMSIZ];
	unsigned long ifd_cmd;
	size_t ifd_len;
	void *ifd_data;
};

#define IFSTATMAX 800
struct ifstat {
	char ifs_name[IFNAMSIZ];
	char ascii[IFSTATMAX + 1];
};

unsigned int if_nametoindex(const char *);
char *if_indextoname(unsigned int, char *);

#endif
