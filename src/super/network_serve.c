/* The keeper of a network's dnsmasq from outside: its record, its start and its end; see
 * network_keeper.h. */
#include "super/network_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/runtime.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define RECORD_MAX 65536 /* bytes */
#define LOOKS      500   /* 10 ms apart */
#define LOCK_TRIES 50    /* likewise */
#define REPORT_MAX 16384 /* bytes of what a start that failed says */
#define START_MS   20000 /* dnsmasq's time to say that it serves */
#define TWICE      "dnsmasq: dnsmasq: "
#define STARTS     3     /* of keepers that die at once */
#define KILL_MS    10000 /* from SIGKILL to giving up: it hangs in the kernel */

char *
keeper_file(const struct keeper *k, const char *suffix)
{
	return xasprintf("%s/%s.%s", k->dir, k->name, suffix);
}

/* --- the record of both processes --- */

static json_t *
proc_json(const struct os_proc *p)
{
	return json_pack("{s:I,s:I,s:s}", "pid", (json_int_t)p->pid, "start", (json_int_t)p->start,
	    "boot", p->boot);
}

int
serve_write(struct diag *d, const struct keeper *k, const struct os_proc *keeper,
    const struct os_proc *dnsmasq)
{
	char *path = keeper_file(k, "serve"), *text;
	json_t *record = json_pack("{s:o}", "keeper", proc_json(keeper));
	int result;

	if (dnsmasq->pid != 0)
		json_object_set_new(record, "dnsmasq", proc_json(dnsmasq));
	text = json_dumps(record, JSON_COMPACT);
	result = file_write(d, path, 0600, text, strlen(text));
	free(text);
	json_decref(record);
	free(path);
	return result;
}

/* pid 0: there is none of that kind. */
struct os_proc
serve_read(const struct keeper *k, const char *which)
{
	char *path = keeper_file(k, "serve"), *text = NULL;
	struct os_proc proc = { 0 };
	struct diag ignored = { 0 };
	size_t len;

	if (file_read(&ignored, path, RECORD_MAX, &text, &len) == 0) {
		json_t *record = json_loadb(text, len, 0, NULL);

		proc = record_proc(json_object_get(record, which));
		json_decref(record);
	}
	diag_free(&ignored);
	free(text);
	free(path);
	return proc;
}

bool
keeper_is_known(const struct keeper *k)
{
	return serve_read(k, "keeper").pid != 0;
}

/* There is a record, and it says nothing. */
static bool
serve_is_broken(const struct keeper *k)
{
	char *path = keeper_file(k, "serve");
	bool there = access(path, F_OK) == 0;

	free(path);
	return there && !keeper_is_known(k);
}

/* The keeper may have been killed, and left a dnsmasq that only the record knew. */
static int
fail_broken(struct diag *d, const struct keeper *k)
{
	return fail(d,
	    "%s/%s.serve cannot be read, which says what dnsmasq there is: end that one if there "
	    "is "
	    "(pgrep -f conf-file=%s/%s.conf), and remove the file",
	    k->dir, k->name, k->dir, k->name);
}

/* --- ending --- */

static bool
ends_within(int fd, int64_t ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t deadline = now_ms() + ms, left;
	int n;

	while ((left = deadline - now_ms()) >= 0) {
		n = poll(&p, 1, (int)left);
		if (n == 1)
			return true;
		if (n == 0 || errno != EINTR)
			break;
	}
	return false;
}

int
serve_end(struct diag *d, const struct os_proc *proc, const char *what)
{
	struct diag own = { 0 };
	int fd, result = 0;

	if (proc->pid == 0)
		return 0;
	fd = os_proc_open(&own, proc);
	if (fd == -1 && errno != ESRCH) {
		diag_move(d, &own);
		return -1;
	}
	diag_free(&own);
	if (fd == -1)
		return 0;
	(void)os_proc_signal(fd, proc, SIGTERM);
	if (!ends_within(fd, END_MS)) {
		(void)os_proc_signal(fd, proc, SIGKILL);
		if (!ends_within(fd, KILL_MS))
			result = fail(d,
			    "%s: process %d was killed, but the kernel does not let "
			    "it end",
			    what, (int)proc->pid);
	}
	fd_close(&fd);
	return result;
}

bool
keeper_is_there(const struct keeper *k)
{
	char *path = keeper_file(k, "keeper");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool there = fd != -1 && flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;

	fd_close(&fd);
	free(path);
	return there;
}

/* Who has the keeper's lock as the kernel says, if its record does not. */
static struct os_proc
keeper_holder(const struct keeper *k)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = keeper_file(k, "keeper");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct os_proc proc = { 0 };
	struct diag ignored = { 0 };

	if (fd != -1 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK &&
	    lock.l_pid > 0 && os_proc_find(&ignored, lock.l_pid, &proc) == -1)
		proc = (struct os_proc){ 0 };
	diag_free(&ignored);
	fd_close(&fd);
	free(path);
	return proc;
}

/* One that has only just been made, and whose maker was killed, is about to say who it is. */
static struct os_proc
keeper_proc(const struct keeper *k)
{
	struct os_proc proc = serve_read(k, "keeper");
	struct diag ignored = { 0 };
	int fd;

	for (unsigned i = 0; i < LOOKS && keeper_is_there(k); i++) {
		proc = serve_read(k, "keeper");
		if (proc.pid == 0)
			proc = keeper_holder(k);
		fd = proc.pid != 0 ? os_proc_open(&ignored, &proc) : -1;
		diag_free(&ignored);
		if (fd != -1) {
			fd_close(&fd);
			break;
		}
		(void)poll(NULL, 0, 10);
	}
	return proc;
}

/* The keeper first: it would start another dnsmasq. */
int
keeper_end(struct diag *d, const struct keeper *k)
{
	static const char *const files[] = { "serve", "keeper", "conf" };
	struct os_proc proc = keeper_proc(k);

	if (serve_end(d, &proc, "keeper of dnsmasq") == -1)
		return -1;
	if (serve_is_broken(k))
		return fail_broken(d, k);
	proc = serve_read(k, "dnsmasq");
	if (serve_end(d, &proc, "dnsmasq") == -1)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = keeper_file(k, files[i]);

		file_sweep(path);
		unlink(path);
		free(path);
	}
	return 0;
}

int
keeper_again(struct diag *d, const struct keeper *k)
{
	struct os_proc proc = keeper_proc(k);
	int fd = proc.pid != 0 ? os_proc_open(d, &proc) : -1, result = -1;

	if (fd == -1)
		return fail(d, "the keeper of dnsmasq cannot be told of a change");
	if (os_proc_signal(fd, &proc, SIGHUP) == -1)
		fail_sys(d, "process %d", (int)proc.pid);
	else
		result = 0;
	fd_close(&fd);
	return result;
}

/* What to do about what dnsmasq says. */
static const char *
advice(const char *line, size_t n)
{
	if (memmem(line, n, "Address already in use", 22) == NULL)
		return "";
	if (memmem(line, n, "DHCP", 4) != NULL)
		return " (another DHCP server of this host is there for all its interfaces: ss "
		       "-lnup shows it at port 67; let it serve its own, or write dhcp = false)";
	return " (another name server of this host is there for all its addresses: ss -lntup shows "
	       "it at port 53; let it serve its own, as bind-dynamic in a dnsmasq.conf does, or "
	       "write dns = false)";
}

/* What the keeper says: nothing if it died, which is 1, else '=' and why it failed. */
static int
outcome(struct diag *d, int fd)
{
	char *text = xcalloc(REPORT_MAX, 1);
	int64_t deadline = now_ms() + START_MS, left;
	size_t len = 0;
	int result = -1;

	while ((left = deadline - now_ms()) > 0 && len < REPORT_MAX - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)left) != 1)
			continue;
		n = read(fd, text + len, REPORT_MAX - 1 - len);
		if (n == 0 || (n == -1 && errno != EINTR))
			break;
		if (n > 0)
			len += (size_t)n;
	}
	if (len == 1 && text[0] == '=') {
		result = 0;
	} else if (len == 0 && left > 0) {
		result = 1;
	} else if (len == 0) {
		fail(d, "dnsmasq does not say that it serves");
	} else {
		for (char *line = text + 1; *line != '\0';) {
			size_t n;

			/* It says its own name as well. */
			if (strncmp(line, TWICE, strlen(TWICE)) == 0)
				line += strlen(TWICE) / 2;
			n = strcspn(line, "\n");
			fail(d, "%.*s%s", (int)n, line, advice(line, n));
			line += n + (line[n] == '\n');
		}
	}
	free(text);
	return result;
}

/* The keeper's lock, taken before there is one, so that none can be overlooked. Who looks whether
 * there is a keeper has it for a moment. */
static int
lock(struct diag *d, const struct keeper *k)
{
	char *path = keeper_file(k, "keeper");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), got = -1;

	for (unsigned i = 0; fd != -1 && got == -1 && i < LOCK_TRIES; i++) {
		got = flock(fd, LOCK_EX | LOCK_NB);
		if (got == -1)
			(void)poll(NULL, 0, 10);
	}
	if (got == -1) {
		fail_sys(d, "%s", path);
		fd_close(&fd);
	}
	free(path);
	return fd;
}

/* 1: the keeper was killed before it could say anything. */
static int
start_once(struct diag *d, const struct keeper *k)
{
	int fds[2], held = lock(d, k), result, status;
	pid_t pid;

	if (held == -1)
		return -1;
	if (fd_pipe(fds) == -1) {
		fd_close(&held);
		return fail_sys(d, "pipe");
	}
	pid = fork();
	if (pid == 0)
		keeper_run(k, fds[1], held);
	fd_close(&fds[1]);
	fd_close(&held);
	if (pid == -1) {
		fail_sys(d, "fork");
		fd_close(&fds[0]);
		return -1;
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	result = outcome(d, fds[0]);
	fd_close(&fds[0]);
	return result;
}

int
keeper_start(struct diag *d, const struct keeper *k)
{
	struct diag ignored = { 0 };
	int result = 1;

	if (serve_is_broken(k))
		return fail_broken(d, k);
	for (unsigned i = 0; result == 1 && i < STARTS; i++)
		result = start_once(d, k);
	if (result == 0)
		return 0;
	if (result == 1)
		fail(d, "the keeper of dnsmasq died");
	(void)keeper_end(&ignored, k);
	diag_free(&ignored);
	return -1;
}
