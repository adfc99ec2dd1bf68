/* Carries frames between a tap of the world and a NIC that is linked by a stream or by datagrams;
 * see bench.h. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

#define FRAME  65536
#define LENGTH 4 /* bytes before each frame of a stream: its length, in the network's order */

static int
open_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "tap %s", name);
	return fd;
}

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static int
listen_port(int port)
{
	struct sockaddr_in sin = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 || listen(fd, 1) == -1)
		err(1, "TCP port %d", port);
	return fd;
}

static int
listen_path(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s is too long for a socket", path);
	memcpy(sun.sun_path, path, strlen(path));
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    chmod(path, 0666) == -1 || listen(fd, 1) == -1)
		err(1, "%s", path);
	return fd;
}

/* A tap that is not up, or whose frame the kernel does not take, is as a wire that loses it. */
static void
to_tap(int tap, const unsigned char *frame, size_t len)
{
	(void)!write(tap, frame, len);
}

static bool
frame_to_stream(int tap, int fd)
{
	unsigned char frame[FRAME];
	ssize_t n = read(tap, frame, sizeof(frame));
	uint32_t length = htonl((uint32_t)n);
	struct iovec v[] = { { &length, LENGTH }, { frame, (size_t)n } };

	if (n <= 0)
		err(1, "a tap of a link");
	while (v[1].iov_len > 0) {
		ssize_t done = writev(fd, v, 2);

		if (done == -1)
			return false;
		for (size_t i = 0; i < 2; i++) {
			size_t part = (size_t)done < v[i].iov_len ? (size_t)done : v[i].iov_len;

			v[i].iov_base = (unsigned char *)v[i].iov_base + part;
			v[i].iov_len -= part;
			done -= (ssize_t)part;
		}
	}
	return true;
}

struct unread {
	unsigned char bytes[2 * FRAME];
	size_t n;
};

static bool
stream_to_frames(int fd, int tap, struct unread *u)
{
	ssize_t n = read(fd, u->bytes + u->n, sizeof(u->bytes) - u->n);
	size_t at = 0;

	if (n <= 0)
		return false;
	u->n += (size_t)n;
	while (u->n - at >= LENGTH) {
		uint32_t length;

		memcpy(&length, u->bytes + at, LENGTH);
		length = ntohl(length);
		if (length > FRAME)
			errx(1, "a frame of %u bytes on a stream", (unsigned)length);
		if (u->n - at - LENGTH < length)
			break;
		to_tap(tap, u->bytes + at + LENGTH, length);
		at += LENGTH + length;
	}
	u->n -= at;
	memmove(u->bytes, u->bytes + at, u->n);
	return true;
}

static void
carry_stream(int tap, int fd)
{
	struct pollfd p[] = { { tap, POLLIN, 0 }, { fd, POLLIN, 0 } };
	struct unread u = { .n = 0 };
	bool linked = true;

	while (linked && poll(p, 2, -1) > 0) {
		if (p[0].revents != 0)
			linked = frame_to_stream(tap, fd);
		if (linked && p[1].revents != 0)
			linked = stream_to_frames(fd, tap, &u);
	}
}

/* One VM after the other. */
static _Noreturn void
serve_stream(int tap, int listening)
{
	for (;;) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC), on = 1;

		if (fd == -1)
			err(1, "accept");
		/* Of a UNIX socket there is no such option. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		carry_stream(tap, fd);
		close(fd);
	}
}

static int
open_datagrams(int local, int remote)
{
	struct sockaddr_in from = loopback(local), to = loopback(remote);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(1, "UDP port %d", local);
	return fd;
}

static _Noreturn void
serve_datagrams(int tap, int fd)
{
	struct pollfd p[] = { { tap, POLLIN, 0 }, { fd, POLLIN, 0 } };
	unsigned char frame[FRAME];
	ssize_t n;

	while (poll(p, 2, -1) > 0) {
		/* While no VM is there, sending is refused, and that is no matter. */
		if (p[0].revents != 0 && (n = read(tap, frame, sizeof(frame))) > 0)
			(void)!write(fd, frame, (size_t)n);
		if (p[1].revents != 0 && (n = read(fd, frame, sizeof(frame))) > 0)
			to_tap(tap, frame, (size_t)n);
	}
	err(1, "poll");
}

void
link_tap(const struct world *w, const char *tap, const char *address)
{
	char words[128];

	snprintf(words, sizeof(words), "tuntap add dev %s mode tap", tap);
	run_ip(w, words);
	snprintf(words, sizeof(words), "addr add %s dev %s", address, tap);
	run_ip(w, words);
	snprintf(words, sizeof(words), "link set %s up", tap);
	run_ip(w, words);
}

/* A child, which ends with the world. */
static bool
is_child(void)
{
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		signal(SIGPIPE, SIG_IGN);
	return pid == 0;
}

void
link_stream(const struct world *w, const char *tap, const char *address, int port)
{
	int listening = listen_port(port);

	link_tap(w, tap, address);
	if (is_child())
		serve_stream(open_tap(tap), listening);
	close(listening);
}

void
link_socket(const struct world *w, const char *tap, const char *address, const char *path)
{
	int listening = listen_path(path);

	link_tap(w, tap, address);
	if (is_child())
		serve_stream(open_tap(tap), listening);
	close(listening);
}

void
link_dgram(const struct world *w, const char *tap, const char *address, int local, int remote)
{
	int fd = open_datagrams(local, remote);

	link_tap(w, tap, address);
	if (is_child())
		serve_datagrams(open_tap(tap), fd);
	close(fd);
}
