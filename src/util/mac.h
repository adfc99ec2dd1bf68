/* A 48-bit MAC address as bytes and as text "52:54:00:12:34:56". */
#ifndef VMRUN_UTIL_MAC_H
#define VMRUN_UTIL_MAC_H

#include <stdbool.h>
#include <stdint.h>

struct mac {
	uint8_t b[6];
};

#define ETHERNET_MTU 1500 /* bytes of a frame that are not its header: IEEE 802.3; what all take who are told nothing */
#define MAC_TEXT 18 /* bytes of the text with its NUL */

/* Takes six pairs of hex digits with ':' or '-' between them, any case; else -1, *ret untouched. */
int mac_parse(const char *s, struct mac *ret);
/* Lower case with ':'. Returns text. */
const char *mac_format(struct mac m, char text[MAC_TEXT]);
bool mac_equal(struct mac a, struct mac b);
bool mac_is_zero(struct mac m);      /* "none yet" */
bool mac_is_multicast(struct mac m); /* bit 0 of the first byte, IEEE 802 */
uint64_t mac_number(struct mac m);
struct mac mac_from_number(uint64_t n);
/* The tap's own address: fe: and the NIC's last five bytes, so that a Linux bridge, which takes its
 * lowest port's address, never takes this one. */
struct mac mac_of_tap(struct mac nic);

#endif
