/* Signals that ask a command to end; see interrupt.h. */
#include "cmd/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/loop.h"

static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
#define NCAUGHT (sizeof(caught) / sizeof(caught[0]))

static int pipe_fd[2] = { -1, -1 };
static struct sigaction before[NCAUGHT];
static struct {
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
} listener;

/* SA_RESETHAND: a second signal does what it does to any program. */
static void
on_signal(int sig)
{
	int error = errno;

	(void)!write(pipe_fd[1], "", 1);
	errno = error;
}

static void
take(int fd, short revents, void *arg)
{
	char bytes[NCAUGHT];

	(void)!read(fd, bytes, sizeof(bytes));
	loop_remove(listener.loop, fd);
	listener.fn(listener.arg);
}

void
interrupt_catch(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	if (fd_pipe(pipe_fd) == -1)
		return;
	fd_set_nonblock(pipe_fd[1], true);
	listener.loop = loop;
	listener.fn = fn;
	listener.arg = arg;
	loop_add(loop, pipe_fd[0], POLLIN, take, NULL);
	for (size_t i = 0; i < NCAUGHT; i++) {
		/* nohup's wish, and that of a shell for what is in its background. */
		sigaction(caught[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(caught[i], &act, NULL);
	}
}

void
interrupt_release(struct loop *loop)
{
	if (pipe_fd[0] == -1)
		return;
	for (size_t i = 0; i < NCAUGHT; i++)
		sigaction(caught[i], &before[i], NULL);
	loop_remove(loop, pipe_fd[0]);
	fd_close(&pipe_fd[0]);
	fd_close(&pipe_fd[1]);
}

void
interrupt_ignore(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
}
