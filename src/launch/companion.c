/* Processes beside QEMU, from fork to end; see companion.h. */
#include "launch/companion.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/log_fifo.h"
#include "launch/quota.h"
#include "launch/runtime.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/intset.h"
#include "util/loop.h"
#include "util/mem.h"

#define COMPANION_PREFIX "companion-" /* of files in the runtime folder */
#define ALONE_MS    500   /* to end by itself, because QEMU has hung up */
#define TERM_MS     3000  /* from SIGTERM to SIGKILL */
#define KILL_MS     10000 /* from SIGKILL to giving up: it hangs in the kernel */

#define COMPANION_NONE                                                                             \
	{                                                                                          \
		.fd = -1, .words = -1                                                              \
	}

char *
companion_socket(size_t nic)
{
	return xasprintf(COMPANION_PREFIX "nic%zu.sock", nic);
}

bool
companion_is_file(const char *file)
{
	return strncmp(file, COMPANION_PREFIX, strlen(COMPANION_PREFIX)) == 0;
}

/* Both ends of the FIFO of what it says; a writer can only be opened once there is a reader. */
static int
open_words(struct diag *d, const struct runtime *r, const char *name, int *ret_read, int *ret_write)
{
	char *file = xasprintf(COMPANION_PREFIX "%s", name);
	int result = 0;

	*ret_read = log_fifo_reader(d, r->dir, file);
	if (ret_write != NULL && *ret_read != -1)
		*ret_write = log_fifo_writer(d, r->dir, file);
	if (*ret_read == -1 || (ret_write != NULL && *ret_write == -1))
		result = -1;
	free(file);
	return result;
}

/* Its place in the record; NULL: none. Borrowed. */
static json_t *
entry_of(const json_t *record, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(record, "companions"), i, entry)
	{
		const char *word = json_string_value(json_object_get(entry, "name"));

		if (word != NULL && strcmp(word, name) == 0)
			return entry;
	}
	return NULL;
}

/* Their array in the record, made if it is missing. Borrowed. */
static json_t *
companions_of(json_t *record)
{
	json_t *all = json_object_get(record, "companions");

	if (all == NULL) {
		all = json_array();
		json_object_set_new(record, "companions", all);
	}
	return all;
}

static void
record_add(json_t *record, const struct companion *c)
{
	json_array_append_new(
	    companions_of(record), json_pack("{s:s,s:I,s:I,s:s}", "name", c->name, "pid", (json_int_t)c->proc.pid,
		     "start", (json_int_t)c->proc.start, "boot", c->proc.boot));
}

static void
record_remove(json_t *record, const char *name)
{
	json_t *all = json_object_get(record, "companions"), *entry = entry_of(record, name);

	for (size_t i = 0; i < json_array_size(all); i++) {
		if (json_array_get(all, i) == entry)
			json_array_remove(all, i);
	}
	if (json_array_size(all) == 0)
		json_object_del(record, "companions");
}

void
companion_close(struct companion *c)
{
	fd_close(&c->fd);
	fd_close(&c->words);
}

/* c is one that has no descriptor and is of no process. again: the VM runs. */
static int
start(struct diag *d, const struct runtime *r, json_t *record, const struct companion_wish *wish,
    bool again, struct companion *ret)
{
	struct os_process_limits limits;
	struct intset cpus;
	struct child_wish as_child = { .name = wish->name,
		.argv = wish->argv,
		.fds = wish->fds,
		.nfds = wish->nfds,
		.log = -1,
		.dir = wish->dir,
		.who = wish->who,
		.privileged = wish->privileged,
		.limits = &limits,
		.readonly = wish->readonly };
	struct companion c = COMPANION_NONE;
	struct child child = CHILD_NONE;
	int result = -1;

	quota_process(record, false, &limits, &cpus);
	strlcpy(c.name, wish->name, sizeof(c.name));
	if (open_words(d, r, c.name, &c.words, &as_child.log) == -1 ||
	    child_fork(d, &as_child, &child) == -1)
		goto cleanup;
	c.ours = true;
	if (os_proc_find(d, child.pid, &c.proc) == -1)
		goto cleanup;
	c.fd = os_proc_open(d, &c.proc);
	if (c.fd == -1)
		goto cleanup;
	record_add(record, &c);
	if (record_write(d, r, record) == -1 ||
	    (again && quota_join(d, record, child.pid) == -1) || child_go(d, &child) == -1) {
		record_remove(record, c.name);
		goto cleanup;
	}
	*ret = c;
	c = (struct companion)COMPANION_NONE;
	result = 0;
cleanup:
	if (result == -1)
		child_kill(&child);
	child_close(&child);
	fd_close(&as_child.log);
	companion_close(&c);
	return result;
}

int
companion_start(struct diag *d, const struct runtime *r, json_t *record,
    const struct companion_wish *wish, struct companions *cs)
{
	struct companion c;

	if (cs->n == COMPANIONS_MAX)
		return fail(
		    d, "%s: more than %d processes beside QEMU", wish->name, COMPANIONS_MAX);
	if (start(d, r, record, wish, false, &c) == -1)
		return -1;
	cs->v = xreallocarray(cs->v, cs->n + 1, sizeof(*cs->v));
	cs->v[cs->n++] = c;
	return 0;
}

int
companion_start_again(struct diag *d, const struct runtime *r, json_t *record,
    const struct companion_wish *wish, struct companion *c)
{
	json_t *old = json_incref(entry_of(record, c->name));
	int result;

	record_remove(record, c->name);
	result = start(d, r, record, wish, true, c);
	if (result == -1 && old != NULL)
		json_array_append(companions_of(record), old);
	json_decref(old);
	return result;
}

void
companions_adopt(const json_t *record, struct companions *ret)
{
	struct companions cs = { 0 };
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(record, "companions"), i, entry)
	{
		struct companion c = COMPANION_NONE;
		const char *name = json_string_value(json_object_get(entry, "name"));

		c.proc = record_proc(entry);
		if (name == NULL || c.proc.pid == 0 || cs.n == COMPANIONS_MAX)
			continue;
		strlcpy(c.name, name, sizeof(c.name));
		cs.v = xreallocarray(cs.v, cs.n + 1, sizeof(*cs.v));
		cs.v[cs.n++] = c;
	}
	*ret = cs;
}

/* Unless it is open, or known to have ended. */
static int
open_process(struct diag *d, struct companion *c)
{
	struct diag problem = { 0 };

	if (c->fd != -1 || c->ended)
		return 0;
	c->fd = os_proc_open(&problem, &c->proc);
	c->ended = c->fd == -1 && errno == ESRCH;
	if (c->fd == -1 && !c->ended) {
		diag_move(d, &problem);
		return -1;
	}
	diag_free(&problem);
	return 0;
}

int
companions_open(struct diag *d, const struct runtime *r, struct companions *cs)
{
	for (size_t i = 0; i < cs->n; i++) {
		struct companion *c = &cs->v[i];

		if (open_process(d, c) == -1 ||
		    (c->words == -1 && open_words(d, r, c->name, &c->words, NULL) == -1))
			return -1;
	}
	return 0;
}

static void
wait_for_ends(struct companions *cs, int64_t ms)
{
	int64_t deadline = now_ms() + ms;

	for (size_t i = 0; i < cs->n; i++) {
		struct pollfd p = { .fd = cs->v[i].fd, .events = POLLIN };
		int64_t left;

		while (p.fd != -1 && !cs->v[i].ended && (left = deadline - now_ms()) >= 0) {
			int got = poll(&p, 1, (int)left);

			cs->v[i].ended = got == 1;
			if (got == 1 || (got == -1 && errno != EINTR) || left == 0)
				break;
		}
	}
}

static void
signal_all(struct companions *cs, int sig)
{
	for (size_t i = cs->n; i-- > 0;) {
		if (cs->v[i].fd != -1 && !cs->v[i].ended)
			(void)os_proc_signal(cs->v[i].fd, &cs->v[i].proc, sig);
	}
}

/* How a child ended, which it has or is about to. */
static int
reap(struct companion *c)
{
	int status = 0;

	while (waitpid(c->proc.pid, &status, 0) == -1 && errno == EINTR)
		continue;
	c->ours = false;
	return status;
}

int
companions_end(struct diag *d, json_t *record, struct companions *cs)
{
	int result = 0;

	for (size_t i = 0; i < cs->n; i++) {
		if (open_process(d, &cs->v[i]) == -1)
			result = -1;
	}
	/* One that goes when it wants leaves nothing of its own behind. */
	wait_for_ends(cs, ALONE_MS);
	signal_all(cs, SIGTERM);
	wait_for_ends(cs, TERM_MS);
	signal_all(cs, SIGKILL);
	wait_for_ends(cs, KILL_MS);
	for (size_t i = 0; i < cs->n; i++) {
		struct companion *c = &cs->v[i];

		if (!c->ended && c->fd != -1)
			result =
			    fail(d, "%s: process %d was killed, but the kernel does not let it end",
				c->name, (int)c->proc.pid);
		if (c->ended && c->ours)
			(void)reap(c);
		if (c->ended)
			record_remove(record, c->name);
		companion_close(c);
	}
	free(cs->v);
	*cs = (struct companions){ 0 };
	return result;
}

void
companion_ended(struct companion *c, json_t *record, char ret_how[64])
{
	json_t *entry = entry_of(record, c->name);
	int status;

	snprintf(ret_how, 64, "nobody saw how");
	if (c->ours) {
		status = reap(c);
		if (WIFSIGNALED(status))
			snprintf(ret_how, 64, "killed by signal %d (%s)", WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
		else
			snprintf(ret_how, 64, "exit status %d", WEXITSTATUS(status));
	}
	fd_close(&c->fd);
	c->ended = true;
	json_object_del(entry, "pid");
	json_object_del(entry, "start");
	json_object_del(entry, "boot");
	json_object_set_new(entry, "ended", json_string(ret_how));
}

int
companion_stop(struct diag *d, struct companion *c, json_t *record)
{
	struct companions one = { c, 1 };
	char how[64];

	signal_all(&one, SIGTERM);
	wait_for_ends(&one, TERM_MS);
	signal_all(&one, SIGKILL);
	wait_for_ends(&one, KILL_MS);
	if (c->fd != -1 && !c->ended)
		return fail(d, "%s: process %d was killed, but the kernel does not let it end",
		    c->name, (int)c->proc.pid);
	if (c->fd != -1)
		companion_ended(c, record, how);
	companion_close(c);
	return 0;
}

json_t *
companions_status(const json_t *record)
{
	json_t *all = json_deep_copy(json_object_get(record, "companions")), *entry;
	size_t i;

	json_array_foreach(all, i, entry)
	{
		json_object_del(entry, "start");
		json_object_del(entry, "boot");
	}
	return all;
}

int
companion_find(struct diag *d, const char *program, const char *package, char **ret)
{
	/* swtpm is for everybody's PATH, virtiofsd is not: Debian 12, later ones and Fedora, Arch.
	 */
	static const char *const folders[] = { "/usr/local/bin", "/usr/bin", "/usr/local/sbin",
		"/usr/sbin", "/usr/local/libexec",
		"/usr/libexec", "/usr/lib/qemu", "/usr/lib", "/usr/pkg/bin", "/opt/homebrew/bin",
		"/opt/local/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = xasprintf("%s/%s", folders[i], program);

		if (access(path, X_OK) == 0) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	return fail(d,
	    "%s is not installed (looked in /usr/bin, /usr/libexec and the like); the "
	    "package is called %s on Debian",
	    program, package);
}

int
companion_pair(struct diag *d, int *ret_qemu, int *ret_companion)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		return fail_sys(d, "socketpair");
	fd_set_cloexec(fds[0], true);
	fd_set_cloexec(fds[1], true);
	*ret_qemu = fds[0];
	*ret_companion = fds[1];
	return 0;
}

int
companion_listener(struct diag *d, const struct runtime *r, int *ret_qemu, int *ret_listening)
{
	char *path = xasprintf("%s/" COMPANION_PREFIX ".sock", r->dir);
	int listening = unix_listen(path), connected = -1, result = -1;

	if (listening != -1)
		connected = unix_connect(path, false);
	if (connected == -1) {
		fail_sys(d, "%s", path);
		fd_close(&listening);
	} else {
		*ret_qemu = connected;
		*ret_listening = listening;
		result = 0;
	}
	unlink(path);
	free(path);
	return result;
}
