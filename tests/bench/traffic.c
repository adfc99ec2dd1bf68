/* Bytes to a guest, from it, and there and back; see bench.h. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE  600 /* tenths of a second until a guest listens */
#define BUFFER    (256 << 10)
#define STALL_SEC 30
#define BLOCK     (64 << 10) /* what the guest counts in */

static char buffer[BUFFER];

static int
try_connect(const char *address, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval wait = { .tv_usec = 300000 }, stall = { .tv_sec = STALL_SEC };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The time to send is also that to connect. */
	if (fd == -1 || inet_pton(AF_INET, address, &sin.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == -1)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		close(fd);
		return -1;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall)) == -1)
		err(1, "socket");
	return fd;
}

static int
connect_guest(const char *address, int port)
{
	for (int i = 0; i < PATIENCE; i++) {
		int fd = try_connect(address, port);

		if (fd != -1)
			return fd;
		sleep_ms(100);
	}
	errx(1, "the guest does not answer");
}

/* A forward takes connections before its guest does. */
void
wait_for_peer(const struct peer *p)
{
	for (int i = 0; i < PATIENCE; i++) {
		int fd = try_connect(p->address, p->echoes);
		char byte = 'x';
		bool answers = fd != -1 && write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1;

		if (fd != -1)
			close(fd);
		if (answers)
			return;
		sleep_ms(100);
	}
	errx(1, "%s does not answer", p->address);
}

/* The client has the first word and the guest the last, and how much there will be is said: a passt
 * of 2023 tells the client nothing before that, and the guest too late that no more is to come. */
static int
ask_for_blocks(const char *address, int port, size_t bytes)
{
	int fd = connect_guest(address, port);

	if (dprintf(fd, "%zu\n", bytes / BLOCK) < 0)
		err(1, "to %s port %d", address, port);
	return fd;
}

double
send_bytes(const struct peer *to, size_t bytes)
{
	int fd = ask_for_blocks(to->address, to->takes, bytes);
	double start = clock_ms();

	for (size_t left = bytes; left > 0;) {
		ssize_t n = write(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));

		if (n <= 0)
			err(1, "to %s port %d", to->address, to->takes);
		left -= (size_t)n;
	}
	if (read(fd, buffer, sizeof(buffer)) <= 0)
		err(1, "%s port %d did not take all", to->address, to->takes);
	close(fd);
	return (double)bytes / 1e3 / (clock_ms() - start);
}

double
receive_bytes(const struct peer *from, size_t bytes)
{
	int fd = ask_for_blocks(from->address, from->gives, bytes);
	double start = clock_ms();

	for (size_t left = bytes; left > 0;) {
		ssize_t n = read(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));

		if (n <= 0)
			err(1, "from %s port %d", from->address, from->gives);
		left -= (size_t)n;
	}
	close(fd);
	return (double)bytes / 1e3 / (clock_ms() - start);
}

void
round_trips(const struct peer *with, unsigned n, struct series *ret)
{
	int fd = connect_guest(with->address, with->echoes), on = 1;
	char byte = 'x';

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		err(1, "TCP_NODELAY");
	for (unsigned i = 0; i < n; i++) {
		double start = clock_ms();

		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			err(1, "there and back");
		if (i > 0) /* the first one starts a program in the guest */
			series_add(ret, (clock_ms() - start) * 1e3);
	}
	close(fd);
}
