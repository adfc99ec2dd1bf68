/* Putting right what a crash left of one VM; see super_recover() in super.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/mem.h"

static bool
is_alive(const struct os_proc *known)
{
	struct diag gone = { 0 };
	struct os_proc now;
	bool alive = known->pid > 0 && os_proc_find(&gone, known->pid, &now) == 0 &&
		     now.start == known->start && strcmp(now.boot, known->boot) == 0;

	diag_free(&gone);
	return alive;
}

/* QEMU is gone too: what it had on the host, then the folder. */
static void
remove_leftovers(struct diag *d, const struct context *c, const char *name, struct runtime *r,
    const json_t *record)
{
	char *log = context_log(c, name);
	struct log l = { .fd = -1 };

	if (record != NULL) {
		struct launch launch;

		launch_adopt(record, &launch);
		launch_down(d, &launch);
		if (log_open(d, &l, log) == 0)
			log_say(&l, "failed: QEMU and its supervisor were found dead");
		log_close(&l);
		failure_mark(c, name, "QEMU and its supervisor were found dead");
	}
	runtime_remove(r);
	free(log);
}

/* With the lock in hand. Takes over r. */
static int
recover_locked(struct diag *d, const struct context *c, const char *name, struct runtime *r,
    enum super_found *ret)
{
	struct diag problem = { 0 };
	json_t *record = NULL;
	struct os_proc proc;
	int result = 0;

	if (record_read(&problem, r->dir, &record) == -1 && errno != ENOENT) {
		/* A QEMU may be alive that nobody knows: a person has to look. */
		diag_move(d, &problem);
		runtime_release(r);
		return -1;
	}
	diag_free(&problem);
	proc = record_proc(record);
	if (record != NULL && is_alive(&proc)) {
		*ret = FOUND_QEMU;
		result = super_adopt(&problem, c, name, r);
		/* It may have ended just then: the next look finds the leftovers. */
		if (result == -1 && !is_alive(&proc))
			result = super_recover(d, c, name, ret);
		else if (result == -1)
			diag_move(d, &problem);
		diag_free(&problem);
	} else {
		remove_leftovers(d, c, name, r, record);
		*ret = FOUND_NOTHING;
	}
	json_decref(record);
	return result;
}

int
super_recover(struct diag *d, const struct context *c, const char *name, enum super_found *ret)
{
	struct runtime r = RUNTIME_NONE;
	struct diag busy = { 0 };
	char *dir = runtime_path(c, name, "");
	struct stat st;
	bool there = stat(dir, &st) == 0;

	free(dir);
	if (!there) {
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
	return recover_locked(d, c, name, &r, ret);
}
