/* Runs the self-test in a child, and stands its crash or its silence; see selftest.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/selftest.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/num.h"

#define PATIENCE 10000 /* ms for all of it */
#define REAPING  1000  /* ms: a process that is killed inside the kernel may not end */

/* What goes through the pipe. */
struct record {
	int level;
	char text[sizeof(((struct os_finding *)0)->text)];
};
_Static_assert(sizeof(struct record) <= 512, "POSIX: as much is written in one piece");

struct findings {
	struct os_finding *list;
	size_t n, max;
};

static void __attribute__((format(printf, 3, 4)))
found(struct findings *f, int level, const char *fmt, ...)
{
	va_list ap;

	if (f->n == f->max)
		return;
	f->list[f->n].level = level;
	f->list[f->n].what = "self-test";
	va_start(ap, fmt);
	vsnprintf(f->list[f->n].text, sizeof(f->list[f->n].text), fmt, ap);
	va_end(ap);
	f->n++;
}

static void
send_record(void *fd, int level, const char *text)
{
	struct record r = { .level = level };

	strlcpy(r.text, text, sizeof(r.text));
	(void)fd_write_all(*(int *)fd, &r, sizeof(r));
}

/* What was made is to be undone also when the terminal wants no more of it, or the parent is gone;
 * the alarm ends what a killed parent cannot. */
static void __attribute__((noreturn))
child(void (*body)(const struct selftest_listener *to), int64_t patience, int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	struct selftest_listener to = { send_record, &fd };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm((unsigned)(patience / 1000) + 2);
	body(&to);
	_exit(0);
}

/* Until the child has no more to say. -1: it says nothing for too long. */
static int
listen_to(int fd, int64_t deadline, struct findings *f)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		struct record r;

		if (left <= 0)
			return -1;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if (read(fd, &r, sizeof(r)) != (ssize_t)sizeof(r))
			return 0;
		r.text[sizeof(r.text) - 1] = '\0';
		found(f, r.level, "%s", r.text);
	}
}

static int
reap(pid_t pid, int *status)
{
	const int64_t deadline = now_ms() + REAPING;
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) != pid) {
		if ((ended == -1 && errno != EINTR) || now_ms() >= deadline)
			return -1;
		(void)poll(NULL, 0, 1);
	}
	return 0;
}

/* How it ended. true: by itself, with all said. */
static bool
judge(struct findings *f, pid_t pid, int64_t patience, bool heard_out)
{
	const char *last = f->n > 0 ? f->list[f->n - 1].text : "nothing";
	struct buf time = { 0 };
	int status = 0;

	if (heard_out && reap(pid, &status) == -1)
		heard_out = false;
	if (!heard_out) {
		(void)kill(pid, SIGKILL);
		buf_add_duration(&time, patience);
		if (reap(pid, &status) == -1)
			found(f, FINDING_BAD, "process %ld does not end; the last it said: %s",
			    (long)pid, last);
		else
			found(f, FINDING_BAD, "not done after %s, and killed; the last it said: %s",
			    time.s, last);
		buf_free(&time);
		return false;
	}
	if (WIFSIGNALED(status))
		found(f, FINDING_BAD, "it crashed: %s; the last it said: %s",
		    strsignal(WTERMSIG(status)), last);
	else if (WEXITSTATUS(status) != 0)
		found(f, FINDING_BAD, "it gave up with status %d; the last it said: %s",
		    WEXITSTATUS(status), last);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

size_t
selftest_watch(void (*body)(const struct selftest_listener *to), int64_t patience,
    struct os_finding *ret, size_t max, bool *ret_ended)
{
	struct findings f = { .list = ret, .max = max };
	const int64_t deadline = now_ms() + patience;
	int ends[2] = { -1, -1 };
	bool heard_out;
	pid_t pid;

	*ret_ended = false;
	if (fd_pipe(ends) == -1 || (pid = fork()) == -1) {
		found(&f, FINDING_BAD, "cannot be begun: %s", strerror(errno));
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return f.n;
	}
	if (pid == 0)
		child(body, patience, ends[1]);
	fd_close(&ends[1]);
	heard_out = listen_to(ends[0], deadline, &f) == 0;
	fd_close(&ends[0]);
	*ret_ended = judge(&f, pid, patience, heard_out);
	return f.n;
}

size_t
selftest(struct os_finding *ret, size_t max)
{
	bool ended, swept;
	size_t n = selftest_watch(selftest_steps, PATIENCE, ret, max, &ended);

	if (!ended && n < max)
		n += selftest_watch(selftest_sweep, PATIENCE, ret + n, max - n, &swept);
	return n;
}
