/* Waiting at a terminal for keys and signals; see terminal.h. */
#include "cmd/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util/loop.h"

#define WAIT_MAX_MS 1000 /* a signal that comes just before poll(2) is not waited out longer than that */

static volatile sig_atomic_t interrupted, resized;

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define ENDS (sizeof(ends) / sizeof(ends[0]))
static struct sigaction before[ENDS], before_resize;

static void
on_end(int sig)
{
	interrupted = 1;
}

static void
on_resize(int sig)
{
	resized = 1;
}

void
terminal_signals_catch(void)
{
	struct sigaction end = { .sa_handler = on_end }, resize = { .sa_handler = on_resize };

	for (size_t i = 0; i < ENDS; i++)
		sigaction(ends[i], &end, &before[i]);
	sigaction(SIGWINCH, &resize, &before_resize);
}

void
terminal_signals_restore(void)
{
	for (size_t i = 0; i < ENDS; i++)
		sigaction(ends[i], &before[i], NULL);
	sigaction(SIGWINCH, &before_resize, NULL);
}

int
terminal_wait(int64_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
		int64_t left = deadline - now_ms();
		int n;

		if (interrupted != 0)
			return TERMINAL_INTERRUPTED;
		if (resized != 0) {
			resized = 0;
			return TERMINAL_RESIZED;
		}
		if (left <= 0)
			return TERMINAL_TIME;
		n = poll(&p, 1, left < WAIT_MAX_MS ? (int)left : WAIT_MAX_MS);
		if (n == 1 && (p.revents & POLLIN) != 0)
			return 1;
		if (n == 1 || (n == -1 && errno != EINTR))
			return TERMINAL_INTERRUPTED;
	}
}
