/* Running a NIC's hook program; see hook.h. */
#include "launch/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

static void
exec_hook(char *const argv[], char *const environment[], int log_fd)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(log_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	os_cloexec_from(3);
	signal(SIGPIPE, SIG_DFL);
	execve(argv[0], argv, environment);
	_exit(127);
}

/* 0 in time, 1 killed for being late, -1 with errno. */
static int
wait_for(struct diag *d, pid_t pid, int *ret_status)
{
	int64_t deadline = now_ms() + HOOK_MS, left = HOOK_MS;
	struct pollfd p = { .fd = -1, .events = POLLIN };
	struct os_proc proc;

	/* A hook that has ended already is found by waitpid. */
	if (os_proc_find(d, pid, &proc) == 0)
		p.fd = os_proc_open(d, &proc);
	while (p.fd != -1 && left > 0 && poll(&p, 1, (int)left) != 1)
		left = deadline - now_ms();
	fd_close(&p.fd);
	if (left <= 0)
		kill(-pid, SIGKILL); /* its session: our own child, not yet waited for */
	while (waitpid(pid, ret_status, 0) == -1) {
		if (errno != EINTR)
			return -1;
	}
	return left > 0 ? 0 : 1;
}

int
hook_run(struct diag *d, const char *program, const char *tap, const char *vm, const char *bridge,
    const char *mac, int log_fd)
{
	char *argv[] = { (char *)program, (char *)tap, NULL };
	char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		xasprintf("VMRUN_VM=%s", vm), xasprintf("VMRUN_BRIDGE=%s", bridge),
		xasprintf("VMRUN_MAC=%s", mac), NULL };
	int status, result = -1, late;
	struct diag gone = { 0 };
	pid_t pid;

	pid = fork();
	if (pid == 0)
		exec_hook(argv, environment, log_fd);
	if (pid == -1) {
		fail_sys(d, "fork");
		goto cleanup;
	}
	late = wait_for(&gone, pid, &status);
	if (late == 1)
		fail(d, "%s %s: not done after %d seconds, killed", program, tap, HOOK_MS / 1000);
	else if (late == -1)
		fail_sys(d, "%s %s", program, tap);
	else if (WIFSIGNALED(status))
		fail(d, "%s %s: killed by signal %d", program, tap, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		fail(d, "%s: cannot be run", program);
	else if (WEXITSTATUS(status) != 0)
		fail(d, "%s %s: exit status %d", program, tap, WEXITSTATUS(status));
	else
		result = 0;
cleanup:
	diag_free(&gone);
	for (size_t i = 1; environment[i] != NULL; i++)
		free(environment[i]);
	return result;
}
