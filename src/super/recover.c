/* Putting right what a crash left of one VM; see super_recover() in super.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "launch/log_fifo.h"
#include "os/os.h"
#include "super/machine.h"
#include "util/buf.h"
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

/* What a VM that was found without its QEMU has come to. */
struct found {
	const struct context *c;
	const char *name;
	json_t *record; /* of its launch, or of the pause between two */
	struct log log;
	struct restart_history history;
	enum vm_cause cause;
	int64_t delay; /* before it is started again */
};

/* Of one boot of the host a later one knows nothing but that the VM was there. */
static bool
is_of_this_boot(const struct os_proc *proc)
{
	struct diag ignored = { 0 };
	struct os_proc self;
	bool is = os_proc_find(&ignored, getpid(), &self) == -1 || strcmp(self.boot, proc->boot) == 0;

	diag_free(&ignored);
	return is;
}

static enum vm_cause
cause_of(const struct found *f)
{
	int asked = vm_cause_find(json_string_value(json_object_get(f->record, "asked")));
	struct os_proc proc = record_proc(f->record);

	if (asked != CAUSE_NONE)
		return (enum vm_cause)asked;
	return is_of_this_boot(&proc) ? CAUSE_LOST : CAUSE_HOST_SHUTDOWN;
}

static int64_t
ran(const json_t *record)
{
	time_t started = (time_t)json_integer_value(json_object_get(record, "started"));
	time_t now = time(NULL);

	/* When it died is not known: at the latest now. */
	return started > 0 && now > started && !json_is_true(json_object_get(record, "restarting"))
		   ? (int64_t)(now - started) * 1000
		   : 0;
}

/* The event, in the log as well, and what is kept of the end. */
static void
tell(struct found *f, enum vm_event event, const char *words)
{
	json_t *record = event_record(f->name, event, f->cause,
	    json_pack("{s:i}", "restarts", f->history.total), words);
	char *text = event_text(record);

	log_say(&f->log, "%s", text);
	event_write(f->c, record);
	last_write(f->c, f->name, record);
	super_hooks_alone(f->c, f->name, f->record, record);
	json_decref(record);
	free(text);
}

static const char *
words_for(enum vm_cause cause)
{
	switch (cause) {
	case CAUSE_ASKED:
		return "it was being stopped, and QEMU and its supervisor were found dead";
	case CAUSE_HOST_SHUTDOWN:
		return "QEMU and its supervisor went down with the host";
	default:
		return "QEMU and its supervisor were found dead";
	}
}

/* It ran, and somebody has to say what follows. true: it starts again. */
static bool
decide(struct found *f)
{
	struct restart_policy policy;
	struct restart_decision r;
	struct buf text = { 0 };
	bool down = f->cause == CAUSE_HOST_SHUTDOWN &&
		    json_object_get(f->record, "asked") == NULL;

	restart_policy_read(f->record, &policy);
	r = restart_decide(&policy, &f->history, f->cause, ran(f->record));
	buf_add(&text, words_for(f->cause));
	if (r.verdict == VERDICT_AGAIN) {
		f->delay = r.delay;
		super_add_restart(&text, f->history.total, r.delay);
		tell(f, EVENT_RESTARTING, text.s);
	} else {
		if (r.verdict == VERDICT_ENOUGH)
			buf_addf(&text, ", and was restarted %d times already", r.count);
		if (down || !cause_in_order(f->cause))
			failure_mark(f->c, f->name, text.s);
		tell(f, down || !cause_in_order(f->cause) ? EVENT_FAILED : EVENT_STOPPED, text.s);
	}
	buf_free(&text);
	return r.verdict == VERDICT_AGAIN;
}

/* A supervisor that waits for the next start, as the one that died would have. Takes over r. */
static int
resume(struct diag *d, struct found *f, struct runtime *r)
{
	json_t *between = super_between(f->record);
	const json_t *due = json_object_get(f->record, "restart_due");
	int result;

	if (super_between_write(d, r, between, &f->history, f->delay) == -1) {
		runtime_release(r);
		result = -1;
	} else {
		if (due != NULL) {
			json_object_set(between, "restart_due", (json_t *)due);
			(void)record_write(d, r, between);
		}
		result = super_resume(d, f->c, f->name, r);
	}
	json_decref(between);
	return result;
}

/* One that could not be put right yet says what an earlier end has left; one without a process was written
 * before its taps were made, or between two runs. */
static int
put_right(struct diag *d, struct found *f, struct runtime *r, const struct super_ready *foreground,
    enum super_found *ret)
{
	bool has_run = json_object_get(f->record, "pid") != NULL, again;
	struct diag ignored = { 0 };
	struct launch launch;
	int result, fifo;

	launch_adopt(f->record, &launch);
	json_object_del(launch.record, "asked"); /* that is decided here, once */
	fifo = log_fifo_reader(&ignored, r->dir, LOG_FIFO);
	result = launch_down(d, &launch, r);
	log_hear(&f->log, "hook", fifo);
	fd_close(&fifo);
	diag_free(&ignored);
	if (networks_sweep(d, f->c) == -1)
		result = -1;
	again = json_object_get(f->record, "restart_due") != NULL ||
		json_is_true(json_object_get(f->record, "restarting"));
	/* Whoever starts it in the foreground does not wait for a policy. */
	if (has_run)
		again = decide(f);
	else if (!again)
		log_say(&f->log, "a start that did not finish was undone");
	log_diag(&f->log, d);
	if (!again || foreground != NULL) {
		*ret = FOUND_NOTHING;
		runtime_remove(r);
		return result;
	}
	diag_free(d); /* what is left is tried again at its next end */
	*ret = FOUND_RESTART;
	return resume(d, f, r);
}

/* QEMU is gone too: what it had on the host, then the folder, or the next start of it. */
static int
remove_leftovers(struct diag *d, const struct context *c, const char *name, struct runtime *r,
    json_t *record, const struct super_ready *foreground, enum super_found *ret)
{
	struct found f = { .c = c, .name = name, .record = record, .log = { .fd = -1 } };
	struct diag own = { 0 }, ignored = { 0 };
	char *path = context_log(c, name);
	int result = 0;

	*ret = FOUND_NOTHING;
	if (record == NULL) {
		runtime_remove(r);
	} else {
		(void)log_open(&ignored, &f.log, path);
		f.cause = cause_of(&f);
		restart_history_read(record, &f.history);
		result = put_right(&own, &f, r, foreground, ret);
		log_close(&f.log);
	}
	if (result == -1)
		diag_move(d, &own);
	diag_free(&own);
	diag_free(&ignored);
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
		result = remove_leftovers(d, c, name, r, record, foreground, ret);
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
