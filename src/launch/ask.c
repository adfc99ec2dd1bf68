/* Asking a program; see ask.h. */
#include "launch/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"

#define ANSWER_MS 20000 /* for a cold disk */
#define NOBODY    65534

/* In the child: no root, nothing open but the pipe. */
static void
become(char *const *argv, int out)
{
	static const struct os_identity nobody = { .uid = NOBODY, .gid = NOBODY };
	char *environment[] = { "PATH=/usr/bin:/bin", NULL };
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	os_cloexec_from(3);
	if (os_privileges_drop(os_uid_available(NOBODY) ? &nobody : NULL) == 0)
		execve(argv[0], argv, environment);
	_exit(127);
}

static void
read_answer(int fd, char *answer, size_t size)
{
	int64_t deadline = now_ms() + ANSWER_MS;
	size_t len = 0;

	while (len < size - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) == -1 && errno != EINTR))
			break;
		n = read(fd, answer + len, size - 1 - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	answer[len] = '\0';
}

int
program_ask(struct diag *d, char *const *argv, char *answer, size_t size)
{
	int fds[2];
	pid_t pid;

	if (fd_pipe(fds) == -1)
		return fail_sys(d, "pipe");
	pid = fork();
	if (pid == 0)
		become(argv, fds[1]);
	fd_close(&fds[1]);
	if (pid == -1) {
		fail_sys(d, "fork");
		fd_close(&fds[0]);
		return -1;
	}
	read_answer(fds[0], answer, size);
	fd_close(&fds[0]);
	kill(pid, SIGKILL); /* our own child, not yet waited for: the pid is still its */
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	return 0;
}
