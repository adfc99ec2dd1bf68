/* A poll loop with timers; see loop.h. */
#include "util/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "util/idle.h"
#include "util/mem.h"

struct watch {
	void (*fn)(int fd, short revents, void *arg);
	void *arg;
};

struct timer {
	int64_t at;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct pollfd
	    *pollfd; /* pollfd[i] belongs to watch[i]; fd -1: removed, swept before poll */
	struct watch *watch;
	size_t n;
	struct timer *timer;
	size_t ntimers;
	bool stopped;
};

IDLE_PATH int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
sleep_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L };

	nanosleep(&t, NULL);
}

struct loop *
loop_new(void)
{
	return xcalloc(1, sizeof(struct loop));
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	free(l->pollfd);
	free(l->watch);
	free(l->timer);
	free(l);
}

void
loop_remove(struct loop *l, int fd)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->pollfd[i].fd == fd)
			l->pollfd[i].fd = -1;
	}
}

void
loop_add(
    struct loop *l, int fd, short events, void (*fn)(int fd, short revents, void *arg), void *arg)
{
	size_t i = 0;

	while (i < l->n && l->pollfd[i].fd != fd)
		i++;
	if (i == l->n) {
		l->pollfd = xreallocarray(l->pollfd, l->n + 1, sizeof(*l->pollfd));
		l->watch = xreallocarray(l->watch, l->n + 1, sizeof(*l->watch));
		l->n++;
		l->pollfd[i].revents = 0;
	}
	l->pollfd[i].fd = fd;
	l->pollfd[i].events = events;
	l->watch[i] = (struct watch){ fn, arg };
}

void
loop_timer_cancel(struct loop *l, void (*fn)(void *arg), void *arg)
{
	for (size_t i = 0; i < l->ntimers; i++) {
		if (l->timer[i].fn == fn && l->timer[i].arg == arg) {
			l->timer[i] = l->timer[--l->ntimers];
			return;
		}
	}
}

void
loop_timer(struct loop *l, int64_t at_ms, void (*fn)(void *arg), void *arg)
{
	loop_timer_cancel(l, fn, arg);
	l->timer = xreallocarray(l->timer, l->ntimers + 1, sizeof(*l->timer));
	l->timer[l->ntimers++] = (struct timer){ at_ms, fn, arg };
}

IDLE_PATH static void
sweep(struct loop *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->pollfd[i].fd == -1)
			continue;
		l->pollfd[kept] = l->pollfd[i];
		l->watch[kept++] = l->watch[i];
	}
	l->n = kept;
}

/* Milliseconds until the first timer, -1 without one. */
IDLE_PATH static int
wait_ms(const struct loop *l)
{
	int64_t first = INT64_MAX, wait;

	if (l->ntimers == 0)
		return -1;
	for (size_t i = 0; i < l->ntimers; i++) {
		if (l->timer[i].at < first)
			first = l->timer[i].at;
	}
	wait = first - now_ms();
	return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

IDLE_PATH static void
run_timers(struct loop *l)
{
	int64_t now = now_ms();

	for (size_t i = 0; i < l->ntimers && !l->stopped;) {
		struct timer t = l->timer[i];

		if (t.at > now) {
			i++;
			continue;
		}
		l->timer[i] = l->timer[--l->ntimers];
		t.fn(t.arg);
		i = 0; /* the callback may have changed any of them */
	}
}

IDLE_PATH int
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped) {
		int ready;
		size_t n;

		sweep(l);
		if (l->n == 0 && l->ntimers == 0)
			return 0;
		ready = poll(l->pollfd, l->n, wait_ms(l));
		if (ready == -1 && errno != EINTR)
			return -1;
		/* What a callback adds lies beyond n, and waits for the next turn. */
		n = ready > 0 ? l->n : 0;
		for (size_t i = 0; i < n && !l->stopped; i++) {
			short revents = l->pollfd[i].revents;

			l->pollfd[i].revents = 0;
			if (l->pollfd[i].fd != -1 && revents != 0)
				l->watch[i].fn(l->pollfd[i].fd, revents, l->watch[i].arg);
		}
		if (!l->stopped)
			run_timers(l);
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}
