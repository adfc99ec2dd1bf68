/* What the programs that test a launch share: a start on the fake kernel, and that nothing is left
 * of it. */
#ifndef VMRUN_TESTS_UNIT_LAUNCH_FIXTURE_H
#define VMRUN_TESTS_UNIT_LAUNCH_FIXTURE_H

#include "vm_fixture.h"

#include <signal.h>

#include "launch/launch.h"
#include "launch/log_fifo.h"
#include "launch/plan.h"
#include "qemu/qmp.h"

/* A start as a supervisor makes it, without the supervisor. */
struct start {
	struct place *p;
	struct plan plan;
	struct runtime r;
	struct launch l;
	int fifo;
	bool before[FDS_MAX];
};

static inline void
begin(struct start *t, struct place *p, const char *name)
{
	*t = (struct start){ .p = p, .r = RUNTIME_NONE, .l = LAUNCH_NONE, .fifo = -1 };
	descriptors(t->before);
	assert_done(p, plan_make(&p->d, &p->c, name, NULL, &t->plan));
	assert_done(p, runtime_lock(&p->d, &p->c, name, &t->r));
	t->fifo = log_fifo_reader(&p->d, t->r.dir, LOG_FIFO);
	assert_true(t->fifo != -1);
}

static inline int
go(struct start *t)
{
	return launch_up(&t->p->d, &t->p->c, &t->plan, &t->r, &t->l);
}

/* Ends QEMU, if there is one, and sees that nothing at all is left. */
static inline void
end(struct start *t)
{
	struct diag d = { 0 };

	if (t->l.proc.pid != 0) {
		assert_int_equal(kill(t->l.proc.pid, SIGKILL), 0);
		assert_int_equal(waitpid(t->l.proc.pid, NULL, 0), t->l.proc.pid);
	}
	launch_down(&d, &t->l, &t->r);
	assert_null(d.text);
	plan_free(&t->plan);
	fd_close(&t->fifo);
	runtime_remove(&t->r);
	assert_false(is_there(t->p, "run/web1"));
	assert_int_equal(fake_taps(), 0);
	assert_int_equal(fake_ports(), 0);
	assert_no_child();
	assert_same_descriptors(t->before);
}

/* A start that fails with these words. */
static inline void
refused(struct place *p, const char *part)
{
	struct start t;

	begin(&t, p, "web1");
	assert_refused(p, go(&t), part);
	assert_int_equal(t.l.proc.pid, 0);
	assert_null(t.l.record);
	end(&t);
}

static inline int
bridged_host(void **state)
{
	if (place_make(state) == -1)
		return -1;
	fake_privileged(true);
	fake_link_add("br0", "bridge", 9000);
	return 0;
}

/* Is it there, and does it answer? */
static inline void
assert_answers(struct start *t)
{
	char *path = in_root(t->p, "run/web1/supervisor.sock");
	json_t *answer = NULL;

	assert_done(
	    t->p, qmp_call(&t->p->d, path, "query-status", NULL, now_ms() + 20000, &answer));
	json_decref(answer);
	free(path);
}

static inline const char *
nic_word(const struct start *t, const char *key)
{
	const json_t *nic = json_array_get(json_object_get(t->l.record, "nics"), 0);

	return json_string_value(json_object_get(nic, key));
}

#endif
