/* Running qemu-img; see qemu_img.h. */
#include "launch/qemu_img.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/companion.h"
#include "os/os.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"
#include "vm/vm.h"

#define CREATE_MS 60000 /* a passphrase alone is worth two seconds of work */
#define TRIES     20
#define SAID_MAX  1024 /* bytes of what it says */
#define LOOK_MS   200  /* between looks at whether it is to go on */

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

/* Of progress the last is enough: "    (12.34/100%)", and a carriage return behind each. */
static void
tell_progress(const struct qemu_img_watch *w, char said[SAID_MAX], size_t *len)
{
	char *end = said + *len, *begin;
	double percent;

	while (end > said && *end != '\r')
		end--;
	if (*end != '\r' || end == said + *len)
		return;
	*end = '\0';
	begin = strrchr(said, '(');
	if (begin != NULL && sscanf(begin, "(%lf/100%%)", &percent) == 1)
		w->progress((unsigned)percent, w->arg);
	*len -= (size_t)(end + 1 - said);
	memmove(said, end + 1, *len);
}

/* Until it has ended, or is late, or is not wanted any more. */
static void
read_said(int fd, const struct qemu_img_watch *w, char said[SAID_MAX])
{
	int64_t deadline = now_ms() + CREATE_MS;
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = w != NULL ? LOOK_MS : deadline - now_ms();
		int ready = left > 0 ? poll(&p, 1, (int)left) : -1;
		char rest[256];
		ssize_t n;

		if ((w != NULL && w->stop != NULL && *w->stop) || left <= 0 || (ready == -1 && errno != EINTR))
			break;
		if (ready <= 0)
			continue;
		n = len < SAID_MAX - 1 ? read(fd, said + len, SAID_MAX - 1 - len)
				       : read(fd, rest, sizeof(rest));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += len < SAID_MAX - 1 ? (size_t)n : 0;
		if (w != NULL && w->progress != NULL)
			tell_progress(w, said, &len);
	}
	while (len > 0 && said[len - 1] == '\n')
		len--;
	said[len] = '\0';
}

static int
reap(struct diag *d, struct child *child, const struct qemu_img_watch *w, const char *said)
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
	if (w != NULL && w->stop != NULL && *w->stop)
		return fail(d, "interrupted");
	/* The last line is the one that it failed with. */
	last = strrchr(said, '\n');
	if (said[0] != '\0')
		return fail(d, "%s", last != NULL ? last + 1 : said);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return fail(d, "qemu-img: not done after %d seconds", CREATE_MS / 1000);
	return fail(d, "qemu-img: failed without a word");
}

/* said NULL: what it says is of no interest but on failure. */
static int
run(struct diag *d, struct child_wish *wish, const struct qemu_img_watch *w, char *ret_said)
{
	struct child child = CHILD_NONE;
	char own[SAID_MAX] = "", *said = ret_said != NULL ? ret_said : own;
	int fds[2], result = -1;

	if (fd_pipe(fds) == -1)
		return fail_sys(d, "pipe");
	wish->log = fds[1];
	if (child_fork(d, wish, &child) == 0) {
		fd_close(&fds[1]);
		if (child_go(d, &child) == 0) {
			read_said(fds[0], w, said);
			result = reap(d, &child, w, said);
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
		result = run(&failed, &wish, NULL, NULL);
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

/* The file, by its descriptor where that has a path. */
static json_t *
file_node(const struct qemu_handle *h)
{
	char text[32];

	return json_pack("{s:s,s:s}", "driver", "file", "filename",
	    h->fd != -1 && os_here()->fd_reopens ? os_fd_path(h->fd, text) : h->name);
}

/* The chain from the i-th image on, so that no name in a header is followed. */
static json_t *
chain_node(const struct qemu_disk_chain *chain, size_t i)
{
	const struct qemu_image *image = &chain->image[i];
	json_t *node = json_pack(
	    "{s:s,s:o}", "driver", formats[image->format], "file", file_node(&image->handle));

	if (i + 1 < chain->n)
		json_object_set_new(node, "backing", chain_node(chain, i + 1));
	else if (image->format == FORMAT_QCOW2)
		json_object_set_new(node, "backing", json_null());
	return node;
}

/* As an argument, to be freed; NULL: a name is not UTF-8. */
static char *
chain_argument(struct diag *d, const struct qemu_disk_chain *chain, size_t n)
{
	const struct qemu_disk_chain part = { chain->image, n };
	json_t *node = chain_node(&part, 0);
	char *text = node != NULL ? json_dumps(node, JSON_COMPACT) : NULL, *result = NULL;

	if (text != NULL)
		result = xasprintf("json:%s", text);
	else
		fail(d, "%s: its name is not UTF-8", chain->image[0].handle.name);
	free(text);
	json_decref(node);
	return result;
}

/* Can it be opened without root's capabilities, which the program does not have else? */
static bool
is_readable(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_uid == geteuid() || (st.st_mode & S_IROTH) != 0);
}

static void
wish_for(struct child_wish *wish, const struct argv *argv, const struct qemu_disk_chain *chain,
    size_t n, int last, int *fds)
{
	*wish = (struct child_wish){ .name = "qemu-img", .argv = argv, .fds = fds, .dir = -1 };
	for (size_t i = 0; i < n; i++) {
		fds[wish->nfds++] = chain->image[i].handle.fd;
		wish->privileged |= !is_readable(chain->image[i].handle.fd);
	}
	if (last != -1)
		fds[wish->nfds++] = last;
}

int
qemu_img_convert(struct diag *d, const struct qemu_disk_chain *chain, int format,
    const struct qemu_handle *to, const struct qemu_img_watch *w)
{
	int *fds = xcalloc(chain->n + 1, sizeof(*fds)), result = -1;
	char *program = NULL, *from = NULL;
	struct argv argv = { 0 };
	struct child_wish wish;

	if (companion_find(d, "qemu-img", "qemu-utils", &program) == 0 &&
	    (from = chain_argument(d, chain, chain->n)) != NULL) {
		argv_add(&argv, program);
		argv_add(&argv, "convert");
		if (w->progress != NULL)
			argv_add(&argv, "-p");
		argv_add(&argv, "-O");
		argv_add(&argv, formats[format]);
		argv_add(&argv, from);
		if (os_here()->fd_reopens)
			add_path(&argv, "", to);
		else
			argv_add(&argv, to->name);
		wish_for(&wish, &argv, chain, chain->n, to->fd, fds);
		result = run(d, &wish, w, NULL);
	}
	argv_free(&argv);
	free(from);
	free(program);
	free(fds);
	return result;
}

int
qemu_img_is_empty(struct diag *d, const struct qemu_disk_chain *chain, bool *ret)
{
	char *program = NULL, *image = NULL, said[SAID_MAX] = "";
	struct argv argv = { 0 };
	struct child_wish wish;
	json_error_t error;
	json_t *answer = NULL;
	int fds[1], result = -1;

	if (companion_find(d, "qemu-img", "qemu-utils", &program) == 0 &&
	    (image = chain_argument(d, chain, 1)) != NULL) {
		argv_add(&argv, program);
		argv_add(&argv, "check");
		argv_add(&argv, "--output=json");
		argv_add(&argv, image);
		wish_for(&wish, &argv, chain, 1, -1, fds);
		result = run(d, &wish, NULL, said);
	}
	if (result == 0) {
		answer = json_loads(said, 0, &error);
		/* It does not say a number that is zero. */
		*ret = json_object_get(answer, "total-clusters") != NULL &&
		       json_object_get(answer, "allocated-clusters") == NULL;
		json_decref(answer);
	}
	argv_free(&argv);
	free(image);
	free(program);
	return result;
}
