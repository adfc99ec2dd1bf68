/* Putting right what a crash left of one VM; see super_recover() in super.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/mem.h"

/* 1 it is, 0 it is not, -1 that cannot be told: then nothing may be touched. */
static int
is_alive(struct diag *d, const struct os_proc *known)
{
	struct diag problem = { 0 };
	struct os_proc now;

	if (os_proc_find(&problem, known->pid, &now) == 0)
		return now.start == known->start && strcmp(now.boot, known->boot) == 0;
	if (errno == ESRCH) {
		diag_free(&problem);
		return 0;
	}
	diag_move(d, &problem);
	return -1;
}

static void
log_end(const char *path, bool ran, const char *why, const struct diag *d)
{
	struct log l = { .fd = -1 };
	struct diag ignored = { 0 };

	if (log_open(&ignored, &l, path) == 0 && ran)
		log_say(&l, "failed: %s", why);
	else if (l.fd != -1)
		log_say(&l, "a start that did not finish was undone");
	log_diag(&l, d);
	log_close(&l);
	diag_free(&ignored);
}

/* QEMU is gone too: what it had on the host, then the folder. -1 if something of it stays. */
static int
remove_leftovers(struct diag *d, const struct context *c, const char *name, struct runtime *r,
    const json_t *record)
{
	static const char why[] = "QEMU and its supervisor were found dead";
	char *path = context_log(c, name);
	struct diag own = { 0 };
	int result = 0;

	if (record != NULL) {
		/* One without a process was written before its taps were made, or says what an
		 * earlier end has left. */
		bool ran = json_object_get(record, "pid") != NULL;
		struct launch launch;

		launch_adopt(record, &launch);
		result = launch_down(&own, &launch, r);
		if (networks_sweep(&own, c) == -1)
			result = -1;
		log_end(path, ran, why, &own);
		if (ran)
			failure_mark(c, name, why);
	}
	runtime_remove(r);
	if (result == -1)
		diag_move(d, &own);
	diag_free(&own);
	free(path);
	return result;
}

static int recover(struct diag *d, const struct context *c, const char *name,
    const struct super_ready *foreground, enum super_found *ret);

/* With the lock in hand. Takes over r. */
static int
recover_locked(struct diag *d, const struct context *c, const char *name, struct runtime *r,
    const struct super_ready *foreground, enum super_found *ret)
{
	struct diag problem = { 0 };
	json_t *record = NULL;
	struct os_proc proc;
	int result = 0, alive;

	if (record_read(&problem, r->dir, &record) == -1 && errno != ENOENT) {
		/* A QEMU may be alive that nobody knows: a person has to look. */
		diag_move(d, &problem);
		runtime_release(r);
		return -1;
	}
	diag_free(&problem);
	proc = record_proc(record);
	alive = record != NULL ? is_alive(d, &proc) : 0;
	if (alive == -1) {
		runtime_release(r);
		result = -1;
	} else if (alive == 1) {
		*ret = FOUND_QEMU;
		result = foreground != NULL
			     ? super_adopt_foreground(&problem, c, name, r, foreground)
			     : super_adopt(&problem, c, name, r);
		/* It may have ended just then: the next look finds the leftovers. */
		if (result == -1 && problem.count > 0 && is_alive(d, &proc) == 0)
			result = recover(d, c, name, foreground, ret);
		else if (result == -1)
			diag_move(d, &problem);
		diag_free(&problem);
	} else {
		result = remove_leftovers(d, c, name, r, record);
		*ret = FOUND_NOTHING;
	}
	json_decref(record);
	return result;
}

/* Is there anything to look at? Not in a folder that was left between its making and its lock's,
 * which goes; but one may have lost its files alone (FreeBSD empties /var/run of them when it
 * boots). */
static bool
has_folder(const struct context *c, const char *name)
{
	char *path = runtime_path(c, name, "");
	struct stat st;
	bool there = (lstat(path, &st) == -1 || rmdir(path) == -1) && errno != ENOENT;

	free(path);
	return there;
}

static int
recover(struct diag *d, const struct context *c, const char *name,
    const struct super_ready *foreground, enum super_found *ret)
{
	struct runtime r = RUNTIME_NONE;
	struct diag busy = { 0 };

	if (!has_folder(c, name)) {
		*ret = FOUND_NOTHING;
		return 0;
	}
	if (runtime_lock(&busy, c, name, &r) == -1) {
		bool held = busy.status == DIAG_BUSY;

		if (held)
			*ret = FOUND_BUSY;
		else
			diag_move(d, &busy);
		diag_free(&busy);
		return held ? 0 : -1;
	}
	return recover_locked(d, c, name, &r, foreground, ret);
}

int
super_recover(struct diag *d, const struct context *c, const char *name, enum super_found *ret)
{
	return recover(d, c, name, NULL, ret);
}

int
super_recover_foreground(struct diag *d, const struct context *c, const char *name,
    const struct super_ready *ready, enum super_found *ret)
{
	return recover(d, c, name, ready, ret);
}

static json_t *
record_of(struct diag *d, const struct context *c, const char *name)
{
	char *dir = runtime_path(c, name, "");
	json_t *record = NULL;

	if (record_read(d, dir, &record) == -1)
		record = NULL;
	free(dir);
	return record;
}

int64_t
super_stop_timeout(const struct context *c, const char *name)
{
	struct diag missing = { 0 };
	json_t *record = record_of(&missing, c, name);
	int64_t ms = json_integer_value(json_object_get(record, "stop_timeout"));

	diag_free(&missing);
	json_decref(record);
	return ms;
}

char *
super_file(const struct context *c, const char *name)
{
	struct diag missing = { 0 };
	json_t *record = record_of(&missing, c, name);
	const char *file = json_string_value(json_object_get(record, "file"));
	char *copy = file != NULL ? xstrdup(file) : NULL;

	diag_free(&missing);
	json_decref(record);
	return copy;
}

int
super_kill(struct diag *d, const struct context *c, const char *name)
{
	json_t *record = record_of(d, c, name);
	struct pollfd p = { .fd = -1, .events = POLLIN };
	struct os_proc proc;
	int result = -1;

	if (record == NULL)
		return -1;
	proc = record_proc(record);
	json_decref(record);
	p.fd = os_proc_open(d, &proc);
	if (p.fd == -1)
		return -1;
	if (os_proc_signal(p.fd, &proc, SIGKILL) == -1)
		fail_sys(d, "process %d", (int)proc.pid);
	else if (poll(&p, 1, KILL_MS) != 1)
		fail(d, "QEMU was killed, but the kernel does not let it end yet");
	else
		result = 0;
	fd_close(&p.fd);
	return result;
}
