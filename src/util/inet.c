/* Looks whether a port is free; see inet.h. */
#include "util/inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "util/fd.h"

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

int
inet_port_try(bool udp, const struct ip *ip, unsigned port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	bool six = ip->len == IP6;
	int fd = socket(six ? AF_INET6 : AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0), result;

	if (fd == -1)
		return -1;
	fd_set_cloexec(fd, true);
	memcpy(&in.sin_addr, ip->b, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, ip->b, sizeof(in6.sin6_addr));
	if (six)
		result = try(fd, udp, (const struct sockaddr *)&in6, sizeof(in6));
	else
		result = try(fd, udp, (const struct sockaddr *)&in, sizeof(in));
	fd_close(&fd);
	return result;
}
