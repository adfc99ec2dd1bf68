/* A terminal on a UNIX socket or a pty: for consoles and the monitor. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "util/fd.h"
#include "util/mem.h"

#define ESCAPE 0x1d /* Ctrl-], as in telnet and virsh */

static struct termios before;
static volatile sig_atomic_t ended;

static void
on_signal(int sig)
{
	ended = 1;
}

static void
set_raw(bool raw)
{
	struct termios t = before;

	if (raw)
		cfmakeraw(&t);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, raw ? &t : &before);
}

/* What was typed and QEMU has not taken yet. A QEMU that takes nothing must not keep anybody from
 * leaving, so what does not fit is dropped. */
struct typed {
	char text[65536];
	size_t len;
};

/* 1 go on, 0 the escape character or the end of a terminal. */
static int
from_user(struct typed *typed, bool tty, bool *ret_more)
{
	char part[4096], *escape = NULL;
	ssize_t n = read(STDIN_FILENO, part, sizeof(part));
	size_t room = sizeof(typed->text) - typed->len, take;

	if (n == -1 && errno == EINTR)
		return 1;
	if (n <= 0) {
		*ret_more = false; /* what the other side still says is waited for */
		return tty ? 0 : 1;
	}
	if (tty)
		escape = memchr(part, ESCAPE, (size_t)n);
	take = escape != NULL ? (size_t)(escape - part) : (size_t)n;
	if (take > room)
		take = room;
	memcpy(typed->text + typed->len, part, take);
	typed->len += take;
	return escape == NULL;
}

static int
to_qemu(int fd, struct typed *typed)
{
	ssize_t n = write(fd, typed->text, typed->len); /* with SIGPIPE ignored */

	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	memmove(typed->text, typed->text + n, typed->len - (size_t)n);
	typed->len -= (size_t)n;
	return 1;
}

static int
to_user(int fd)
{
	char part[4096];
	ssize_t n = read(fd, part, sizeof(part));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 1;
	return n > 0 && fd_write_all(STDOUT_FILENO, part, (size_t)n) == 0;
}

static void
carry(int fd, bool tty)
{
	static struct typed typed;
	bool more = true;

	while (!ended) {
		bool room = tty || typed.len < sizeof(typed.text);
		struct pollfd p[2] = {
			{ .fd = fd, .events = (short)(POLLIN | (typed.len > 0 ? POLLOUT : 0)) },
			{ .fd = more && room ? STDIN_FILENO : -1, .events = POLLIN },
		};
		/* After the end of a piped input, a second of silence ends it. */
		int ready = poll_terminal(p, 2, more ? -1 : 1000);

		if (ready == 0 || (ready == -1 && errno != EINTR))
			break;
		if (ready == -1)
			continue;
		if ((p[0].revents & POLLOUT) != 0 && !to_qemu(fd, &typed))
			break;
		if ((p[0].revents & ~POLLOUT) != 0 && !to_user(fd))
			break;
		if (p[1].revents != 0 && !from_user(&typed, tty, &more))
			break;
	}
	if (typed.len > 0)
		to_qemu(fd, &typed);
}

/* QEMU serves one at a time and lets a second one wait without a word: a lock tells that one. */
static int
take_turn(struct diag *d, const char *path)
{
	char *lock = xasprintf("%s.lock", path);
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1) {
		fail_sys(d, "%s", lock);
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		fail_as(d, DIAG_BUSY, "somebody is connected to it already");
		fd_close(&fd);
	}
	free(lock);
	return fd;
}

static int
open_end(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISCHR(st.st_mode))
		return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return unix_connect(path, true);
}

int
attach(struct cmd *cmd, const char *name, const char *path, const char *turn_file, const char *what)
{
	struct sigaction act = { .sa_handler = on_signal };
	bool tty = isatty(STDIN_FILENO) == 1;
	struct diag d = { 0 };
	int fd = -1, turn = take_turn(&d, turn_file);

	if (turn != -1 && (fd = open_end(path)) == -1) {
		if (errno == ENOENT)
			fail(&d, "it has no %s", what);
		else if (errno == EAGAIN)
			fail_as(&d, DIAG_BUSY, "its QEMU takes no connection just now");
		else
			fail_sys(&d, "%s", path);
	}
	if (fd != -1) {
		sigaction(SIGTERM, &act, NULL);
		sigaction(SIGHUP, &act, NULL);
		signal(SIGPIPE, SIG_IGN);
		if (tty && tcgetattr(STDIN_FILENO, &before) == 0) {
			warn_user(cmd, name, "connected to its %s; Ctrl-] leaves", what);
			set_raw(true);
			carry(fd, true);
			set_raw(false);
			fputs("\n", stderr);
		} else {
			carry(fd, false);
		}
	}
	fd_close(&fd);
	fd_close(&turn);
	complain(cmd, name, &d);
	return cmd->status;
}
