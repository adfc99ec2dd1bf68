/* Running qemu-img; see qemu_img.h. */
#include "launch/qemu_img.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/companion.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "vm/vm.h"

#define CREATE_MS 60000 /* a passphrase alone is worth two seconds of work */
#define TRIES     20
#define SAID_MAX  1024 /* bytes of what it says */

static const char *const formats[] = { [FORMAT_RAW] = "raw",
	[FORMAT_QCOW2] = "qcow2",
	[FORMAT_VMDK] = "vmdk",
	[FORMAT_VDI] = "vdi",
	[FORMAT_VHDX] = "vhdx",
	[FORMAT_LUKS] = "luks" };

/* Where a descriptor has a path that opens the file anew, qemu-img needs no right to the folder. */
static void
add_path(struct argv *a, const char *before, const struct qemu_handle *h)
{
	struct buf b = { 0 };
	char text[32];

	buf_add(&b, before);
	if (h->fd != -1 && os_here()->fd_reopens)
		buf_add(&b, os_fd_path(h->fd, text));
	else
		buf_add_optarg(&b, h->name);
	argv_add(a, b.s);
	buf_free(&b);
}

static void
make_argv(struct argv *a, const char *program, const struct new_image *image)
{
	argv_add(a, program);
	argv_add(a, "create");
	argv_add(a, "-q");
	if (image->secret != NULL) {
		argv_add(a, "--object");
		add_path(a, "secret,id=secret0,file=", image->secret);
		argv_add(a, "-o");
		argv_add(a, image->format == FORMAT_LUKS
				? "key-secret=secret0"
				: "encrypt.format=luks,encrypt.key-secret=secret0");
	}
	argv_add(a, "-f");
	argv_add(a, formats[image->format]);
	if (image->backing != NULL) {
		argv_add(a, "-u");
		argv_add(a, "-F");
		argv_add(a, formats[image->backing_format]);
		argv_add(a, "-b");
		argv_add(a, image->backing);
	}
	/* Not in an option list: its commas stand for themselves. */
	if (os_here()->fd_reopens)
		add_path(a, "", &image->file);
	else
		argv_add(a, image->file.name);
	argv_addf(a, "%" PRIu64, image->size);
}

/* Until it has ended, or is late. */
static void
read_said(int fd, char said[SAID_MAX])
{
	int64_t deadline = now_ms() + CREATE_MS;
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		char rest[256];
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) == -1 && errno != EINTR))
			break;
		n = len < SAID_MAX - 1 ? read(fd, said + len, SAID_MAX - 1 - len)
				       : read(fd, rest, sizeof(rest));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += len < SAID_MAX - 1 ? (size_t)n : 0;
	}
	while (len > 0 && said[len - 1] == '\n')
		len--;
	said[len] = '\0';
}

static int
reap(struct diag *d, struct child *child, const char *said)
{
	const char *last;
	int status = 0;

	kill(child->pid,
	    SIGKILL); /* ours, not yet waited for; one that has ended does not feel it */
	while (waitpid(child->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	child->pid = -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	/* The last line is the one that it failed with. */
	last = strrchr(said, '\n');
	if (said[0] != '\0')
		return fail(d, "%s", last != NULL ? last + 1 : said);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return fail(d, "qemu-img: not done after %d seconds", CREATE_MS / 1000);
	return fail(d, "qemu-img: failed without a word");
}

static int
run(struct diag *d, struct child_wish *wish)
{
	struct child child = CHILD_NONE;
	char said[SAID_MAX] = "";
	int fds[2], result = -1;

	if (fd_pipe(fds) == -1)
		return fail_sys(d, "pipe");
	wish->log = fds[1];
	if (child_fork(d, wish, &child) == 0) {
		fd_close(&fds[1]);
		if (child_go(d, &child) == 0) {
			read_said(fds[0], said);
			result = reap(d, &child, said);
		}
	}
	child_kill(&child);
	child_close(&child);
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	return result;
}

/* QEMU before 9.2 measures how fast it hashes a passphrase by CPU time, and gives up where the
 * kernel counts that in ticks and none has passed. Only the file that a descriptor holds is still
 * there after a failure. */
static bool
mismeasured(const struct diag *d)
{
	return os_here()->fd_reopens && strstr(d->text, "accurate CPU usage") != NULL;
}

int
qemu_img_create(struct diag *d, const struct new_image *image, const struct os_identity *who)
{
	int fds[2] = { image->file.fd, image->secret != NULL ? image->secret->fd : -1 };
	struct argv argv = { 0 };
	struct child_wish wish = { .name = "qemu-img",
		.argv = &argv,
		.fds = fds,
		.nfds = fds[1] != -1 ? 2 : 1,
		.dir = -1,
		.who = os_here()->fd_reopens ? who : NULL };
	struct diag failed = { 0 };
	char *program;
	int result = -1;

	if (companion_find(d, "qemu-img", "qemu-utils", &program) == -1)
		return -1;
	make_argv(&argv, program, image);
	for (int i = 0; i < TRIES && result == -1; i++) {
		diag_free(&failed);
		result = run(&failed, &wish);
		if (result == -1 && !mismeasured(&failed))
			break;
	}
	if (result == -1)
		diag_move(d, &failed);
	diag_free(&failed);
	argv_free(&argv);
	free(program);
	return result;
}
