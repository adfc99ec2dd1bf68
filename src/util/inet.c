/* Looks whether a port is free; see inet.h. */
#include "util/inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "util/fd.h"

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
inet_connect_try(const struct ip *ip, unsigned port)
{
	struct address a = address_of(ip, port);
	int fd = open_socket(&a, false), result = -1, error = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(error);

	if (fd != -1 && fd_set_nonblock(fd, true) == 0)
		result = connect(fd, &a.any, a.len);
	if (fd != -1 && result == -1 && errno == EINPROGRESS) {
		errno = ETIMEDOUT;
		if (poll(&p, 1, CONNECT_MS) == 1 &&
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0) {
			errno = error;
			result = error == 0 ? 0 : -1;
		}
	}
	fd_close(&fd);
	return result;
}
