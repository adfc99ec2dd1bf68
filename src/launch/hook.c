/* Running a NIC's hook program; see hook.h. */
#include "launch/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

/* Why it could not be run goes to tell_fd, which is closed when it is. */
static void
exec_hook(char *const argv[], char *const environment[], int log_fd, int tell_fd)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(log_fd != -1 ? log_fd : null, STDOUT_FILENO);
	dup2(log_fd != -1 ? log_fd : null, STDERR_FILENO);
	os_cloexec_from(3);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	execve(argv[0], argv, environment);
	(void)fd_write_all(tell_fd, &errno, sizeof(errno));
	_exit(127);
}

int
hook_begin(struct diag *d, char *const argv[], char *const environment[], int log_fd, pid_t *ret)
{
	int tell[2], error = 0;
	ssize_t n;
	pid_t pid;

	/* It runs as we do: nobody else may have a say in what it is. */
	if (geteuid() == 0 && path_trusted(d, argv[0]) == -1)
		return -1;
	if (fd_pipe(tell) == -1)
		return fail_sys(d, "pipe");
	pid = fork();
	if (pid == 0)
		exec_hook(argv, environment, log_fd, tell[1]);
	fd_close(&tell[1]);
	if (pid == -1) {
		fd_close(&tell[0]);
		return fail_sys(d, "fork");
	}
	while ((n = read(tell[0], &error, sizeof(error))) == -1 && errno == EINTR)
		;
	fd_close(&tell[0]);
	if (n == sizeof(error)) {
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
		errno = error;
		return fail_sys(d, "%s: cannot be run", argv[0]);
	}
	*ret = pid;
	return 0;
}

void
hook_kill(pid_t pid)
{
	kill(-pid, SIGKILL); /* its session: our own child, not yet waited for */
	kill(pid, SIGKILL);
}

/* 0 in time, 1 killed for being late, -1 with errno. */
static int
wait_for(pid_t pid, int *ret_status)
{
	int64_t deadline = now_ms() + HOOK_MS;
	bool late = false;

	for (;;) {
		pid_t got = waitpid(pid, ret_status, WNOHANG);

		if (got == pid)
			return late;
		if (got == -1 && errno != EINTR)
			return -1;
		if (!late && now_ms() >= deadline) {
			hook_kill(pid);
			late = true;
		}
		sleep_ms(2);
	}
}

int
hook_run(struct diag *d, const char *program, const char *tap, const char *vm, const char *bridge,
    const char *mac, int log_fd)
{
	char *argv[] = { (char *)program, (char *)tap, NULL };
	char *environment[] = { HOOK_PATH,
		xasprintf("VMRUN_VM=%s", vm), xasprintf("VMRUN_BRIDGE=%s", bridge),
		xasprintf("VMRUN_MAC=%s", mac), NULL };
	int status = 0, result = -1, late;
	pid_t pid;

	if (hook_begin(d, argv, environment, log_fd, &pid) == -1)
		goto cleanup;
	late = wait_for(pid, &status);
	if (late == 1)
		fail(d, "%s %s: not done after %d seconds, killed", program, tap, HOOK_MS / 1000);
	else if (late == -1)
		fail_sys(d, "%s %s", program, tap);
	else if (WIFSIGNALED(status))
		fail(d, "%s %s: killed by signal %d", program, tap, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		fail(d, "%s %s: exit status %d (vmrun log %s: there is what it said)", program, tap,
		    WEXITSTATUS(status), vm);
	else
		result = 0;
cleanup:
	for (size_t i = 1; environment[i] != NULL; i++)
		free(environment[i]);
	return result;
}
