/* Bytes between the host and a guest, through vmrun's tap and through one that QEMU made itself. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define BYTES     (64 << 20)
#define WARM_UP   (4 << 20)
#define GUEST     "10.99.0.2"
#define TAKES     9 /* ports of the example's guest */
#define GIVES     19
#define PATIENCE  600 /* tenths of a second until a guest listens */
#define ROUNDS    7
#define BUFFER    (256 << 10)
#define STALL_SEC 30

enum way { VMRUN, READY, SCRIPTS, WAYS };

struct throughput {
	struct bare ready, scripts;
	struct series to[WAYS], from[WAYS];
};

static char buffer[BUFFER];

static int
try_connect(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval wait = { .tv_usec = 300000 }, stall = { .tv_sec = STALL_SEC };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The time to send is also that to connect. */
	if (fd == -1 || inet_pton(AF_INET, GUEST, &sin.sin_addr) != 1 ||
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
connect_guest(int port)
{
	for (int i = 0; i < PATIENCE; i++) {
		int fd = try_connect(port);

		if (fd != -1)
			return fd;
		sleep_ms(100);
	}
	errx(1, "the guest does not answer");
}

/* MB/s until the guest has taken all of it and said so by closing. */
static double
send_bytes(size_t bytes)
{
	int fd = connect_guest(TAKES);
	double start = clock_ms();

	for (size_t left = bytes; left > 0;) {
		ssize_t n = write(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));

		if (n <= 0)
			err(1, "to the guest");
		left -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
	if (read(fd, buffer, sizeof(buffer)) != 0)
		err(1, "the guest did not take all");
	close(fd);
	return (double)bytes / 1e3 / (clock_ms() - start);
}

static double
receive_bytes(size_t bytes)
{
	int fd = connect_guest(GIVES);
	double start = clock_ms();

	for (size_t left = bytes; left > 0;) {
		ssize_t n = read(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));

		if (n <= 0)
			err(1, "from the guest");
		left -= (size_t)n;
	}
	close(fd);
	return (double)bytes / 1e3 / (clock_ms() - start);
}

static void
begin(const struct world *w, struct throughput *t, enum way way)
{
	struct bare *b = way == READY ? &t->ready : &t->scripts;

	if (way == VMRUN) {
		run_vmrun(w, "start", "web1", NULL);
		return;
	}
	bare_prepare(b);
	bare_exec(b);
	bare_wait_running(b);
}

static void
end(const struct world *w, struct throughput *t, enum way way)
{
	struct bare *b = way == READY ? &t->ready : &t->scripts;

	if (way == VMRUN) {
		run_vmrun(w, "kill", "web1", NULL);
		return;
	}
	bare_kill(b);
	bare_wait_gone(b);
}

static void
measure(const struct world *w, struct throughput *t, enum way way)
{
	begin(w, t, way);
	send_bytes(WARM_UP);
	receive_bytes(WARM_UP);
	series_add(&t->to[way], send_bytes(BYTES));
	series_add(&t->from[way], receive_bytes(BYTES));
	end(w, t, way);
}

void
bench_throughput(const struct world *w, unsigned rounds)
{
	static const char *const to[WAYS] = { "to the guest: vmrun",
		"to the guest: same argv, ready tap", "to the guest: QEMU's own tap" };
	static const char *const from[WAYS] = { "from the guest: vmrun",
		"from the guest: same argv, ready tap", "from the guest: QEMU's own tap" };
	struct throughput t = { 0 };

	world_guest(w, "web1", "");
	run_vmrun(w, "start", "web1", NULL);
	bare_learn(w, "web1", NULL, BARE_READY, 0, &t.ready);
	bare_learn(w, "web1", NULL, BARE_SCRIPTS, 1, &t.scripts);
	run_vmrun(w, "kill", "web1", NULL);
	for (unsigned round = 0; round < (rounds < ROUNDS ? rounds : ROUNDS); round++) {
		for (unsigned i = 0; i < WAYS; i++)
			measure(w, &t, (round + i) % WAYS);
	}
	for (unsigned i = 0; i < WAYS; i++)
		report("throughput", to[i], "MB/s", &t.to[i]);
	for (unsigned i = 0; i < WAYS; i++)
		report("throughput", from[i], "MB/s", &t.from[i]);
	report_wanted("throughput", "to the guest: vmrun / QEMU's own tap", "",
	    series_median(&t.to[VMRUN]) / series_median(&t.to[SCRIPTS]), 0.95, true);
	report_wanted("throughput", "from the guest: vmrun / QEMU's own tap", "",
	    series_median(&t.from[VMRUN]) / series_median(&t.from[SCRIPTS]), 0.95, true);
	for (unsigned i = 0; i < WAYS; i++) {
		series_free(&t.to[i]);
		series_free(&t.from[i]);
	}
	bare_free(&t.ready);
	bare_free(&t.scripts);
	world_forget(w);
}
