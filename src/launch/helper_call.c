/* Runs a program that makes taps, and takes its answer with its descriptors; see port_maker.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/port_maker.h"
#include "os/os.h"
#include "proto/request.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

#define SAID_MAX 400

/* In the child: only the socket, and what it says. */
static void
become(const struct helper_call *c, int sock, int said)
{
	static char *const environment[] = { NULL };
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(said, STDERR_FILENO) == -1)
		_exit(127);
	os_cloexec_from(STDERR_FILENO + 1);
	if (dup2(sock, c->fd) == -1 || fd_set_cloexec(c->fd, false) == -1)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	execve(c->argv[0], c->argv, environment);
	_exit(127);
}

/* Its answer; 0 with nothing in it if it ended without one. */
static int
receive_answer(struct diag *d, struct helper_call *c, int sock)
{
	struct pollfd poller = { .fd = sock, .events = POLLIN };
	int64_t deadline = now_ms() + (PROTO_SECONDS + 5) * 1000;
	ssize_t n;
	int ready;

	do
		ready = poll(&poller, 1, (int)(deadline - now_ms()));
	while (ready == -1 && errno == EINTR && now_ms() < deadline);
	if (ready != 1)
		return fail(
		    d, "%s: no answer after %d seconds, killed", c->argv[0], PROTO_SECONDS + 5);
	n = os_receive_fds(sock, c->answer, c->answer_size, c->fds, c->max_fds, &c->nfds);
	if (n == -1)
		return fail_sys(d, "%s: its answer", c->argv[0]);
	c->answer_len = (size_t)n;
	return 0;
}

/* What it said, if it gave no answer: a program says why before it ends. */
static int
no_answer(struct diag *d, const struct helper_call *c, int said, int status)
{
	char text[SAID_MAX];
	ssize_t n = read(said, text, sizeof(text) - 1);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n > 0)
		return fail(d, "%s: %.*s", c->argv[0], (int)n, text);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return fail(d, "%s: cannot be run", c->argv[0]);
	return fail(d, "%s: ended without an answer", c->argv[0]);
}

static int
await(pid_t pid, bool kill_it)
{
	int status = 0;

	if (kill_it)
		kill(pid, SIGKILL); /* of root: then it ends by its own alarm */
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return status;
}

int
helper_call(struct diag *d, struct helper_call *c)
{
	int sock[2] = { -1, -1 }, said[2] = { -1, -1 }, result = -1, status;
	pid_t pid;

	if (socketpair(AF_UNIX, c->type, 0, sock) == -1 || fd_pipe(said) == -1) {
		fail_sys(d, "%s", c->argv[0]);
		goto cleanup;
	}
	fd_set_cloexec(sock[0], true);
	fd_set_cloexec(sock[1], true);
	pid = fork();
	if (pid == -1) {
		fail_sys(d, "fork");
		goto cleanup;
	}
	if (pid == 0)
		become(c, sock[1], said[1]);
	fd_close(&sock[1]);
	fd_close(&said[1]);
	if (c->request != NULL) /* whoever does not read it does not answer */
		(void)!write(sock[0], c->request, c->request_len);
	result = receive_answer(d, c, sock[0]);
	status = await(pid, result == -1);
	if (result == 0 && c->answer_len == 0)
		result = no_answer(d, c, said[0], status);
cleanup:
	for (size_t i = 0; i < 2; i++) {
		fd_close(&sock[i]);
		fd_close(&said[i]);
	}
	return result;
}
