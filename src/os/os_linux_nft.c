/*
 * nftables, through libnftables: packet filters in the kernel, in the words of nft(8).
 *
 * The library is large, and few need it: it is loaded when it is first wanted, in a process of its
 * own that ends with the answer, so that no supervisor carries it along.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "os/os_linux_library.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"

#define LIBRARY    "libnftables.so.1"
#define ANSWER_MAX (4u << 20) /* bytes; a host may have many rules */
#define WITHOUT    2          /* exit status: there is no library */
#define REFUSED    3          /* likewise: the text says why */

struct nft_ctx;

/* Of nftables/libnftables.h, which need not be there to build. */
struct library {
	struct nft_ctx *(*new)(uint32_t flags);
	void (*end)(struct nft_ctx *);
	int (*buffer_output)(struct nft_ctx *);
	int (*buffer_error)(struct nft_ctx *);
	const char *(*output)(struct nft_ctx *);
	const char *(*error)(struct nft_ctx *);
	int (*run)(struct nft_ctx *, const char *);
};

static int
load(struct library *l)
{
	const struct library_function functions[] = {
		{ "nft_ctx_new", &l->new },
		{ "nft_ctx_free", &l->end },
		{ "nft_ctx_buffer_output", &l->buffer_output },
		{ "nft_ctx_buffer_error", &l->buffer_error },
		{ "nft_ctx_get_output_buffer", &l->output },
		{ "nft_ctx_get_error_buffer", &l->error },
		{ "nft_run_cmd_from_buffer", &l->run },
	};

	return library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]));
}

/* Not the caller's locks, nor anything else of its: they may outlive it for a moment. */
static void
in_child(const char *commands, int out)
{
	struct library l;
	struct nft_ctx *context;
	const char *text;
	int status = REFUSED;

	/* The library says some errors to stderr, whatever it was told of its buffers. */
	if (dup2(out, STDOUT_FILENO) == -1 || dup2(out, STDERR_FILENO) == -1)
		_exit(WITHOUT);
	closefrom(STDERR_FILENO + 1);
	if (load(&l) == -1)
		_exit(WITHOUT);
	context = l.new(0);
	if (context == NULL || l.buffer_output(context) != 0 || l.buffer_error(context) != 0)
		_exit(WITHOUT);
	if (l.run(context, commands) == 0)
		status = 0;
	text = status == 0 ? l.output(context) : l.error(context);
	if (fd_write_all(STDOUT_FILENO, text, strlen(text)) == -1)
		_exit(WITHOUT);
	_exit(status);
}

static int
ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
read_all(int fd, struct buf *ret)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (ret->len + (size_t)n <= ANSWER_MAX)
			buf_addn(ret, part, (size_t)n);
	}
	return 0;
}

/* The first line says what is wrong; the rest points into the commands, which nobody has seen. */
static int
refused(struct diag *d, const struct buf *why)
{
	static const char prefix[] = "Error: ";
	const char *text = why->s != NULL ? why->s : "", *error = strstr(text, prefix);

	if (error != NULL)
		text = error + strlen(prefix);
	if (strstr(text, "Operation not permitted") != NULL)
		return fail_as(d, DIAG_DENIED, "nftables: not permitted (it needs root)");
	return fail(d, "nftables: %.*s", (int)strcspn(text, "\n"), text);
}

int
nft_ask(struct diag *d, const char *commands, char **ret)
{
	struct buf answer = { 0 };
	int fds[2], result = -1, status;
	pid_t pid;

	if (fd_pipe(fds) == -1)
		return fail_sys(d, "pipe");
	pid = fork();
	if (pid == 0)
		in_child(commands, fds[1]);
	fd_close(&fds[1]);
	if (pid == -1) {
		fail_sys(d, "fork");
		goto cleanup;
	}
	(void)read_all(fds[0], &answer);
	status = ended(pid);
	if (status == REFUSED)
		refused(d, &answer);
	else if (status == WITHOUT)
		fail(d, "nftables cannot be used: " LIBRARY " is not installed (the package is "
			"called libnftables1 on Debian)");
	else if (status != 0)
		fail(d, "nftables: the process that was to change it died");
	else
		result = 0;
	if (result == 0 && ret != NULL)
		*ret = buf_steal(&answer);
cleanup:
	buf_free(&answer);
	fd_close(&fds[0]);
	return result;
}

int
nft_run(struct diag *d, const char *commands)
{
	return nft_ask(d, commands, NULL);
}
