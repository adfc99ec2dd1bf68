/* FreeBSD's <net/if_dl.h> (sys/net/if_dl.h), link_addr(3). */
#ifndef _NET_IF_DL_H_
#define _NET_IF_DL_H_

struct sockaddr_dl {
	unsigned char sdl_len;
	unsigned char sdl_family;
	unsigned short sdl_index;
	unsigned char sdl_type;
	unsigned char sdl_nlen;
	unsigned char sdl_alen;
	unsigned char sdl_slen;
	char sdl_data[46]; /* the name, then the address */
};
#define LLADDR(s) ((char *)((s)->sdl_data + (s)->sdl_nlen))

#endif
