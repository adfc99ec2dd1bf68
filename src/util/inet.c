/* Looks whether a port is free; see inet.h. */
#include "util/inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util/fd.h"
#include "util/loop.h"

#define CONNECT_MS 5000

/* As QEMU and passt do: connections that linger do not count. Of UDP that would let two have one
 * port, and the second would take the first one's packets. */
static int
try(int fd, bool udp, const struct sockaddr *address, socklen_t len)
{
	int on = 1;

	if (!udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return -1;
	if (bind(fd, address, len) == -1)
		return -1;
	return udp ? 0 : listen(fd, 1);
}

/* An address of either kind. */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

static struct address
address_of(const struct ip *ip, unsigned port)
{
	struct address a = { .len = sizeof(a.in) };

	memset(&a.in6, 0, sizeof(a.in6));
	if (ip->len == IP6) {
		a.len = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)port);
		memcpy(&a.in6.sin6_addr, ip->b, sizeof(a.in6.sin6_addr));
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons((uint16_t)port);
		memcpy(&a.in.sin_addr, ip->b, sizeof(a.in.sin_addr));
	}
	return a;
}

static int
open_socket(const struct address *a, bool udp)
{
	int fd = socket(a->any.sa_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0);

	if (fd != -1)
		fd_set_cloexec(fd, true);
	return fd;
}

int
inet_port_try(bool udp, const struct ip *ip, unsigned port)
{
	struct address a = address_of(ip, port);
	int fd = open_socket(&a, udp), result = -1;

	if (fd != -1)
		result = try(fd, udp, &a.any, a.len);
	fd_close(&fd);
	return result;
}

int
inet_connect(const struct ip *ip, unsigned port)
{
	struct address a = address_of(ip, port);
	int fd = open_socket(&a, false);

	if (fd != -1 && (fd_set_nonblock(fd, true) == -1 ||
			    (connect(fd, &a.any, a.len) == -1 && errno != EINPROGRESS)))
		fd_close(&fd);
	return fd;
}

int
inet_connect_try(const struct ip *ip, unsigned port)
{
	int fd = inet_connect(ip, port), result = -1, error = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(error);

	if (fd == -1)
		return -1;
	errno = ETIMEDOUT;
	if (poll(&p, 1, CONNECT_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0) {
		errno = error;
		result = error == 0 ? 0 : -1;
	}
	fd_close(&fd);
	return result;
}

/* --- ping --- */

#define ECHO_HEADER 8
#define ECHO_LENGTH (ECHO_HEADER + 16) /* with a number that nobody guesses */
#define ECHO4       8
#define ECHO4_REPLY 0
#define ECHO6       128
#define ECHO6_REPLY 129

/* An ordinary user can have one where the system grants it (ping_group_range on Linux). */
static int
open_ping(const struct address *a, bool six)
{
	int protocol = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	int fd = socket(a->any.sa_family, SOCK_DGRAM, protocol);

	if (fd == -1)
		fd = socket(a->any.sa_family, SOCK_RAW, protocol);
	if (fd != -1)
		fd_set_cloexec(fd, true);
	return fd;
}

static uint16_t
checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Some systems hand over the IP header of what is of version 4 as well. */
static bool
is_reply(const uint8_t *got, size_t n, const uint8_t *sent, bool six)
{
	size_t skip = !six && n > 0 && got[0] >> 4 == 4 ? (size_t)(got[0] & 15) * 4 : 0;

	return n >= skip + ECHO_LENGTH && got[skip] == (six ? ECHO6_REPLY : ECHO4_REPLY) &&
	       memcmp(got + skip + ECHO_HEADER, sent + ECHO_HEADER, ECHO_LENGTH - ECHO_HEADER) == 0;
}

static int
await_reply(int fd, const uint8_t *sent, bool six, int ms)
{
	int64_t deadline = now_ms() + ms, left;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t got[256];

	while ((left = deadline - now_ms()) > 0 && poll(&p, 1, (int)left) != -1) {
		ssize_t n = recv(fd, got, sizeof(got), MSG_DONTWAIT);

		if (n > 0 && is_reply(got, (size_t)n, sent, six))
			return 0;
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
	}
	errno = ETIMEDOUT;
	return -1;
}

int
inet_ping(const struct ip *ip, int ms)
{
	struct address a = address_of(ip, 0);
	bool six = ip->len == IP6;
	uint8_t echo[ECHO_LENGTH] = { six ? ECHO6 : ECHO4 };
	int fd = open_ping(&a, six), result = -1;

	if (fd == -1)
		return -1;
	arc4random_buf(echo + 4, sizeof(echo) - 4);
	if (!six) {
		uint16_t sum = checksum(echo, sizeof(echo));

		echo[2] = (uint8_t)(sum >> 8);
		echo[3] = (uint8_t)sum;
	}
	if (sendto(fd, echo, sizeof(echo), 0, &a.any, a.len) != -1)
		result = await_reply(fd, echo, six, ms);
	fd_close(&fd);
	return result;
}
