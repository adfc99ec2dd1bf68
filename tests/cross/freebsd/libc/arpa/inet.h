/* FreeBSD's <arpa/inet.h>, inet(3); only what src/ names. */
#ifndef _ARPA_INET_H_
#define _ARPA_INET_H_

#include <stdint.h>
#include <sys/_types.h>

typedef __socklen_t socklen_t;

const char *inet_ntop(int, const void *restrict, char *restrict, socklen_t);
int inet_pton(int, const char *restrict, void *restrict);

uint16_t htons(uint16_t);

#endif
