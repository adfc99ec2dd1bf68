/* The process beside a network's dnsmasq: starts it, and starts it again; see network_keeper.h. */
#include "super/network_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/companion.h"
#include "os/os.h"
#include "qemu/argv.h"
#include "super/log.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define LOCK_TRIES   50  /* 10 ms apart */
#define DELAY_MIN_MS 200 /* before dnsmasq is started again, doubled each time */
#define DELAY_MAX_MS 30000
#define SETTLED_MS   60000 /* a run of this length begins anew with the shortest delay */
#define SERVES       "started, version" /* in dnsmasq's words */

struct keeping {
	struct keeper k;
	struct loop *loop;
	struct log log;
	struct voice voice;
	char *program;
	struct os_proc self;
	struct os_proc proc; /* pid 0: no dnsmasq */
	int proc_fd, words;
	int report; /* to who started the keeper; -1: it knows */
	int64_t delay, started;
	bool ending, again;
};

static int signal_pipe[2] = { -1, -1 };

static void
on_signal(int sig)
{
	char byte = sig == SIGHUP ? 'h' : 't';
	int saved = errno;

	(void)!write(signal_pipe[1], &byte, 1);
	errno = saved;
}

static void start_due(void *arg);
static void kill_due(void *arg);

/* "": it serves. */
static void
report(struct keeping *s, const char *text)
{
	if (s->report == -1)
		return;
	(void)fd_write_all(s->report, "=", 1);
	(void)fd_write_all(s->report, text, strlen(text));
	fd_close(&s->report);
	log_tail_end(&s->log);
}

static void
take_words(int fd, short revents, void *arg)
{
	struct keeping *s = arg;
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));

	if (n > 0) {
		log_take(&s->log, &s->voice, text, (size_t)n);
		if (s->log.tail != NULL && strstr(s->log.tail, SERVES) != NULL)
			report(s, "");
	} else if (n == 0 || errno != EAGAIN) {
		loop_remove(s->loop, fd);
	}
}

static void
leave(struct keeping *s)
{
	loop_stop(s->loop);
}

/* All that it said, and how it ended. */
static void
take_end(int fd, short revents, void *arg)
{
	struct keeping *s = arg;
	char text[4096];
	ssize_t n;
	int status = 0;

	while ((n = read(s->words, text, sizeof(text))) > 0)
		log_take(&s->log, &s->voice, text, (size_t)n);
	log_fall_silent(&s->log, &s->voice);
	while (waitpid(s->proc.pid, &status, 0) == -1 && errno == EINTR)
		continue;
	loop_remove(s->loop, s->proc_fd);
	loop_remove(s->loop, s->words);
	loop_timer_cancel(s->loop, kill_due, s);
	fd_close(&s->proc_fd);
	fd_close(&s->words);
	s->proc = (struct os_proc){ 0 };
	if (s->ending) {
		leave(s);
		return;
	}
	if (s->again) {
		s->again = false;
		loop_timer(s->loop, 0, start_due, s);
		return;
	}
	if (WIFSIGNALED(status))
		log_say(&s->log, "dnsmasq was killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		log_say(&s->log, "dnsmasq ended with exit status %d", WEXITSTATUS(status));
	/* One that never served will not the next time either. */
	if (s->report != -1) {
		report(s, s->log.tail != NULL && s->log.tail[0] != '\0'
			      ? s->log.tail
			      : "dnsmasq ended without a word");
		leave(s);
		return;
	}
	if (now_ms() - s->started >= SETTLED_MS)
		s->delay = DELAY_MIN_MS;
	loop_timer(s->loop, now_ms() + s->delay, start_due, s);
	s->delay = s->delay * 2 < DELAY_MAX_MS ? s->delay * 2 : DELAY_MAX_MS;
}

/* Forked, written down, let go. */
static int
start(struct keeping *s, struct diag *d)
{
	char *conf = keeper_file(&s->k, "conf"), *option = xasprintf("--conf-file=%s", conf);
	char *words[] = { s->program, "--keep-in-foreground", option, NULL };
	struct argv argv = { .v = words, .n = 3 };
	struct child_wish wish = {
		.name = "dnsmasq", .argv = &argv, .dir = -1, .privileged = true
	};
	struct child child = CHILD_NONE;
	int fds[2] = { -1, -1 }, result = -1;

	if (fd_pipe(fds) == -1) {
		fail_sys(d, "pipe");
		goto cleanup;
	}
	fd_set_nonblock(fds[0], true);
	wish.log = fds[1];
	if (child_fork(d, &wish, &child) == -1)
		goto cleanup;
	if (os_proc_find(d, child.pid, &s->proc) == -1 ||
	    (s->proc_fd = os_proc_open(d, &s->proc)) == -1 ||
	    serve_write(d, &s->k, &s->self, &s->proc) == -1 || child_go(d, &child) == -1)
		goto cleanup;
	s->words = fds[0];
	fds[0] = -1;
	s->started = now_ms();
	loop_add(s->loop, s->words, POLLIN, take_words, s);
	loop_add(s->loop, s->proc_fd, POLLIN, take_end, s);
	result = 0;
cleanup:
	if (result == -1) {
		child_kill(&child);
		fd_close(&s->proc_fd);
		s->proc = (struct os_proc){ 0 };
	}
	child_close(&child);
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	free(option);
	free(conf);
	return result;
}

static void
start_due(void *arg)
{
	struct keeping *s = arg;
	struct diag d = { 0 };

	if (start(s, &d) == 0) {
		log_say(&s->log, "started dnsmasq, pid %d", (int)s->proc.pid);
		return;
	}
	log_diag(&s->log, &d);
	if (s->report != -1) {
		report(s, d.text != NULL ? d.text : "dnsmasq cannot be started");
		leave(s);
	} else {
		loop_timer(s->loop, now_ms() + DELAY_MAX_MS, start_due, s);
	}
	diag_free(&d);
}

static void
kill_due(void *arg)
{
	struct keeping *s = arg;

	if (s->proc_fd != -1)
		(void)os_proc_signal(s->proc_fd, &s->proc, SIGKILL);
}

static void
take_signal(int fd, short revents, void *arg)
{
	struct keeping *s = arg;
	char byte;

	if (read(fd, &byte, 1) != 1)
		return;
	if (byte == 't')
		s->ending = true;
	else
		s->again = true;
	if (s->proc_fd != -1) {
		(void)os_proc_signal(s->proc_fd, &s->proc, SIGTERM);
		loop_timer(s->loop, now_ms() + END_MS / 2, kill_due, s);
	} else if (s->ending) {
		leave(s);
	} else {
		s->again = false;
		loop_timer(s->loop, 0, start_due, s);
	}
}

static void
catch_signals(struct keeping *s)
{
	struct sigaction act = { .sa_handler = on_signal };

	if (fd_pipe(signal_pipe) == -1)
		_exit(1);
	fd_set_nonblock(signal_pipe[1], true);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	loop_add(s->loop, signal_pipe[0], POLLIN, take_signal, s);
}

/* Who it is, is on disk before anything is done. */
static int
prepare(struct keeping *s, struct diag *d)
{
	struct os_proc left = serve_read(&s->k, "dnsmasq");
	char *folder = folder_of(s->k.log);
	int result = -1;

	if (os_proc_find(d, getpid(), &s->self) == 0 &&
	    serve_write(d, &s->k, &s->self, &left) == 0 && dir_make(d, folder, 0755) == 0 &&
	    log_open(d, &s->log, s->k.log) == 0 && serve_end(d, &left, "dnsmasq") == 0 &&
	    companion_find(d, "dnsmasq", "dnsmasq-base", &s->program) == 0)
		result = 0;
	free(folder);
	return result;
}

static void
run(const struct keeper *k, int out)
{
	struct keeping s = { .k = *k,
		.log = { .fd = -1 },
		.voice = { .name = "dnsmasq", .title = "dnsmasq" },
		.proc_fd = -1,
		.words = -1,
		.report = out,
		.delay = DELAY_MIN_MS };
	struct diag d = { 0 };
	char *path;

	s.loop = loop_new();
	catch_signals(&s);
	if (prepare(&s, &d) == -1) {
		report(&s, d.text != NULL ? d.text : "");
		_exit(1);
	}
	log_tail_begin(&s.log);
	start_due(&s);
	(void)loop_run(s.loop);
	kill_due(&s);
	path = keeper_file(k, "serve");
	unlink(path);
	_exit(0);
}

/* Nobody's child, and without anything of who made it: a supervisor does not wait for it. */
void
keeper_run(const struct keeper *k, int out, int lock)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int null = open("/dev/null", O_RDWR), high, higher;
	pid_t pid;

	setsid();
	pid = fork();
	if (pid != 0)
		_exit(pid == -1);
	high = fcntl(out, F_DUPFD_CLOEXEC, 10);
	higher = fcntl(lock, F_DUPFD_CLOEXEC, 10);
	if (null == -1 || high == -1 || higher == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1 ||
	    dup2(high, 3) == -1 || dup2(higher, 4) == -1)
		_exit(1);
	closefrom(5);
	fd_set_cloexec(3, true);
	fd_set_cloexec(4, true);
	/* Who holds this one the kernel tells, should the record be lost; any close of the file by
	 * this process would give it up. */
	(void)fcntl(4, F_SETLK, &whole);
	(void)!chdir("/");
	os_title("network %s", k->name);
	run(k, 3);
}
