/* The watchdog of a move: restores what was when the command ends half way or gets stuck; see
 * uplink.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/uplink_internal.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

#define GRACE_MS 10000 /* more than its own deadline that the command gets */
#define TRIES    20    /* of restoring, while something stands in the way */
#define AGAIN_MS 500

struct guard {
	const struct uplink_place *place;
	const char *path, *bridge;
	int fd, command; /* to the command; a descriptor of its process */
	struct os_proc proc;
};

/* The command is to be at its end before anything is restored: two that work against each other
 * would leave neither's. */
static void
command_end(const struct guard *g)
{
	struct pollfd p = { .fd = g->command, .events = POLLIN };

	(void)os_proc_signal(g->command, &g->proc, SIGKILL);
	while (poll(&p, 1, -1) == -1 && errno == EINTR)
		;
}

/* true: the command has said that all is well. Its end shows in its process, whoever else has the
 * socket by then. */
static bool
wait_for_command(const struct guard *g, int64_t deadline)
{
	int fd = g->fd; /* poll() passes over -1 */

	for (;;) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
			{ .fd = g->command, .events = POLLIN } };
		int64_t left = deadline - now_ms();
		char word;

		if (left <= 0)
			return false;
		if (poll(p, 2, (int)left) <= 0)
			continue;
		if (p[0].revents != 0 && read(fd, &word, 1) == 1)
			return true;
		if (p[1].revents != 0)
			return false;
		fd = -1; /* it has left the rest to us, and is about to say so */
	}
}

static void
restore(const struct guard *g)
{
	struct diag d = { 0 };
	int result = 1;

	/* Gone: it had all been done, or undone, and only the word to us was missing. */
	if (access(g->path, F_OK) == -1)
		return;
	for (unsigned i = 0; i < TRIES; i++) {
		diag_free(&d);
		result = uplink_restore(&d, g->path, g->bridge);
		if (result != -1)
			break;
		sleep_ms(AGAIN_MS);
	}
	if (g->place->told != NULL && result != 1)
		g->place->told(g->bridge, &d);
	diag_free(&d);
}

static void __attribute__((noreturn)) watch(struct guard *g, int64_t timeout)
{
	static const int deaf[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE };

	(void)setsid();
	for (size_t i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
		(void)signal(deaf[i], SIG_IGN);
	os_title("vmrun: uplink of %s", g->bridge);
	if (fd_write_all(g->fd, "w", 1) == 0 && wait_for_command(g, now_ms() + timeout + GRACE_MS))
		_exit(0);
	command_end(g);
	restore(g);
	_exit(0);
}

int
uplink_watch_start(struct diag *d, const struct uplink_place *place, const char *path,
    const char *bridge, int64_t timeout, struct uplink_watch *ret)
{
	struct guard g = { .place = place, .path = path, .bridge = bridge, .command = -1 };
	int pair[2] = { -1, -1 };
	char word;
	pid_t pid;

	if (os_proc_find(d, getpid(), &g.proc) == -1)
		return -1;
	g.command = os_proc_open(d, &g.proc);
	if (g.command == -1)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1 ||
	    fd_set_cloexec(pair[0], true) == -1 || fd_set_cloexec(pair[1], true) == -1) {
		fail_sys(d, "cannot talk to a watchdog");
		goto fail;
	}
	pid = fork();
	if (pid == -1) {
		fail_sys(d, "cannot start a watchdog");
		goto fail;
	}
	if (pid == 0) {
		g.fd = pair[1];
		fd_close(&pair[0]);
		watch(&g, timeout);
	}
	fd_close(&g.command);
	fd_close(&pair[1]);
	*ret = (struct uplink_watch){ .pid = pid, .fd = pair[0] };
	if (read(pair[0], &word, 1) == 1)
		return 0;
	uplink_watch_end(ret);
	return fail(d, "the watchdog has ended at once");
fail:
	fd_close(&g.command);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	return -1;
}

void
uplink_watch_leave(struct uplink_watch *w)
{
	fd_close(&w->fd);
}

void
uplink_watch_end(struct uplink_watch *w)
{
	if (w->fd == -1)
		return;
	(void)fd_write_all(w->fd, "e", 1);
	fd_close(&w->fd);
	while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
		;
}
