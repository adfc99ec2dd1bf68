/* macOS's <net/if_dl.h>; only what src/os names. */
#ifndef _NET_IF_DL_H_
#define _NET_IF_DL_H_

#include <stdint.h>

struct sockaddr_dl {
	uint8_t sdl_len, sdl_family;
	uint16_t sdl_index;
	uint8_t sdl_type, sdl_nlen, sdl_alen, sdl_slen;
	char sdl_data[12];
};

#define LLADDR(s) ((caddr_t)((s)->sdl_data + (s)->sdl_nlen))

#endif
