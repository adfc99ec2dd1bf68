/* Starting a supervisor, in the background or not, and hearing how it went; see super.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define RESULT_MAX 65536
#define RESULT_MS                                                                                  \
	10000 /* an adopting supervisor's time; that of a start comes once it is ready             \
	       */

static void
result_of(const struct super *s, struct super_result *r)
{
	const char *accel = json_string_value(json_object_get(s->launch.record, "accel"));

	*r = (struct super_result){ .qemu = s->launch.proc.pid,
		.own_uid = json_is_true(json_object_get(s->launch.record, "own_uid")) };
	strlcpy(r->accel, accel != NULL ? accel : "", sizeof(r->accel));
}

/* QEMU runs: nothing that only the start needed is kept. */
static void
settle(struct super *s)
{
	failure_clear(s->c, s->name);
	log_tail_end(&s->log);
	s->report = NULL;
}

static void
report_to_pipe(struct super *s, struct diag *d)
{
	json_t *m;
	char *text;

	if (d == NULL) {
		struct super_result r;

		/* First: whoever hears that it runs may look for the mark of a failure. */
		settle(s);
		result_of(s, &r);
		m = json_pack("{s:b,s:i,s:s,s:b}", "ok", 1, "qemu", (int)r.qemu, "accel", r.accel,
		    "own_uid", r.own_uid);
	} else {
		m = json_pack("{s:b,s:i,s:s}", "ok", 0, "status", d->status, "text",
		    d->text != NULL ? d->text : "");
	}
	text = json_dumps(m, JSON_COMPACT);
	json_decref(m);
	/* Nobody may be listening any more; the VM's life does not depend on it. */
	if (text != NULL)
		fd_write_all(s->report_fd, text, strlen(text));
	free(text);
	fd_close(&s->report_fd);
	if (d == NULL)
		super_bustle(s);
}

static void
report_to_caller(struct super *s, struct diag *d)
{
	if (d == NULL) {
		struct super_result r;

		result_of(s, &r);
		settle(s);
		s->ready.fn(&r, s->ready.arg);
		super_notify_ready(s);
	} else {
		diag_move(s->ready_diag, d);
	}
}

/* From here on the process belongs to one VM: no terminal, and no descriptor of the command's but
 * the VM's lock and the pipe. */
static void
detach(struct runtime *r, int *pipe_fd)
{
	int null = open("/dev/null", O_RDWR), lock, out;

	setsid();
	/* Both out of the way of 3 and 4, then to them. */
	lock = fcntl(r->lock, F_DUPFD_CLOEXEC, 10);
	out = fcntl(*pipe_fd, F_DUPFD_CLOEXEC, 10);
	/* Without its lock or its pipe it had better not begin. */
	if (null == -1 || lock == -1 || out == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1 ||
	    dup2(lock, 3) == -1 || dup2(out, 4) == -1)
		_exit(1);
	r->lock = 3;
	*pipe_fd = 4;
	closefrom(5);
	fd_set_cloexec(3, true);
	fd_set_cloexec(4, true);
	(void)!chdir("/");
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
}

/* Takes over p. */
static int
launch_new(struct super *s, struct diag *d, struct plan *p)
{
	if (super_open(s, d) == -1) {
		plan_free(p);
		return -1;
	}
	return super_launch(s, d, p);
}

/* What was under way when the supervisor before us died. */
static void
go_on(struct super *s)
{
	const json_t *r = s->launch.record;
	int asked = vm_cause_find(json_string_value(json_object_get(r, "asked")));
	time_t started = (time_t)json_integer_value(json_object_get(r, "started"));
	int64_t ago = started > 0 ? (int64_t)(time(NULL) - started) * 1000 : 0;

	s->started = now_ms() - (ago > 0 ? ago : 0);
	s->watchdog = (int)json_integer_value(json_object_get(r, "watchdog_fired"));
	if (asked == CAUSE_NONE)
		return;
	s->soft_only = json_is_true(json_object_get(r, "asked_softly"));
	s->stop_timeout = s->policy_timeout;
	s->asked = true;
	s->asked_as = (enum vm_cause)asked;
	super_event(s, E_STOP);
}

static int
adopt(struct super *s, struct diag *d)
{
	struct pollfd proc = { .events = POLLIN };
	const char *file;
	json_t *record;

	if (record_read(d, s->runtime.dir, &record) == -1)
		return -1;
	launch_adopt(record, &s->launch);
	networks_adopt(s->c, record, &s->networks);
	file = json_string_value(json_object_get(record, "file"));
	s->word = file != NULL ? context_word(s->name, file) : xstrdup(s->name);
	json_decref(record);
	if (super_open(s, d) == -1 || super_watch(s, d) == -1)
		return -1;
	super_say(s, EVENT_ADOPTED, CAUSE_NONE,
	    json_pack("{s:i}", "pid", (int)s->launch.proc.pid),
	    "adopted QEMU, pid %d, whose supervisor died", (int)s->launch.proc.pid);
	super_shelter(s);
	proc.fd = s->proc;
	/* It has been running, and a QEMU that is silent just now is no reason to end it. */
	super_cancel_deadlines(s);
	s->up = true;
	s->state = S_RUNNING;
	super_qmp_await(s, ANSWER_MS);
	if (poll(&proc, 1, 0) == 1)
		return fail(d, "QEMU, pid %d, has ended", (int)s->launch.proc.pid);
	s->report(s, NULL);
	go_on(s);
	super_ready_adopt(s);
	return 0;
}

static int
end(struct super *s)
{
	int result = s->result;

	super_free(s);
	return result;
}

/* Before there was a QEMU. */
static void
say_not_started(struct super *s, const struct diag *d)
{
	json_t *record = event_record(s->name, EVENT_FAILED, CAUSE_START_FAILED, NULL, NULL);

	if (d->text != NULL)
		json_object_set_new(record, "text",
		    json_sprintf("%.*s", (int)strcspn(d->text, "\n"), d->text));
	last_write(s->c, s->name, record);
	super_tell(s, record);
	json_decref(record);
}

/* A start that got nowhere: nothing of it stays. */
static int
run_new(struct super *s, struct plan *p)
{
	struct diag d = { 0 };

	if (launch_new(s, &d, p) == -1) {
		runtime_remove(&s->runtime);
		say_not_started(s, &d);
		s->report(s, &d);
		s->result = -1;
		diag_free(&d);
		super_leave(s);
		if (hooks_busy(s))
			super_run(s);
		return end(s);
	}
	diag_free(&d);
	super_run(s);
	return end(s);
}

/* An adoption that failed leaves QEMU and its record as they were. */
static int
run_adopted(struct super *s)
{
	struct diag d = { 0 };

	if (adopt(s, &d) == 0) {
		super_run(s);
	} else {
		runtime_release(&s->runtime); /* first: whoever hears of it looks again */
		s->report(s, &d);
		s->result = -1;
	}
	diag_free(&d);
	return end(s);
}

/* Between two runs, in the place of a supervisor that died there. */
static int
run_waiting(struct super *s, json_t *record)
{
	struct diag d = { 0 };
	const char *file = json_string_value(json_object_get(record, "file"));
	int64_t left;

	s->word = xstrdup(file != NULL ? file : s->name);
	s->between = record;
	super_read_life(s, record);
	if (super_open(s, &d) == -1) {
		runtime_release(&s->runtime);
		s->report(s, &d);
		s->result = -1;
	} else {
		left = super_until_due(record);
		s->state = S_RESTARTING;
		/* The clock may have been set. */
		loop_timer(s->loop,
		    now_ms() + (left < 0 ? 0 : left > RESTART_MAX_MS ? RESTART_MAX_MS : left),
		    super_restart_due, s);
		s->report(s, NULL);
		super_run(s);
	}
	diag_free(&d);
	return end(s);
}

enum task { TASK_START, TASK_ADOPT, TASK_RESUME };

static int
run_resumed(struct super *s)
{
	struct diag d = { 0 };
	json_t *record = NULL;

	if (record_read(&d, s->runtime.dir, &record) == 0)
		return run_waiting(s, record);
	runtime_release(&s->runtime);
	s->report(s, &d);
	diag_free(&d);
	return -1;
}

static void
in_child(const struct context *c, const char *name, enum task task, struct plan *p,
    struct runtime *r, struct super_ballast ballast, int fd)
{
	struct super s;

	detach(r, &fd);
	os_title("%s", name);
	super_init(&s, c, name, r);
	if (p != NULL)
		s.word = context_word(p->member.vm.name, p->member.vm.file);
	s.ballast = ballast;
	s.report = report_to_pipe;
	s.report_fd = fd;
	switch (task) {
	case TASK_START:
		_exit(run_new(&s, p) == 0 ? 0 : 1);
	case TASK_ADOPT:
		_exit(run_adopted(&s) == 0 ? 0 : 1);
	case TASK_RESUME:
		_exit(run_resumed(&s) == 0 ? 0 : 1);
	}
}

static int
fork_super(struct diag *d, const struct context *c, const char *name, enum task task, struct plan *p,
    struct runtime *r, struct super_ballast ballast, int *ret_fd, pid_t *ret_pid)
{
	int fds[2];
	pid_t pid;

	if (fd_pipe(fds) == -1)
		return fail_sys(d, "pipe");
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		in_child(c, name, task, p, r, ballast, fds[1]);
	}
	fd_close(&fds[1]);
	if (pid == -1) {
		fail_sys(d, "fork");
		fd_close(&fds[0]);
		return -1;
	}
	*ret_fd = fds[0];
	*ret_pid = pid;
	return 0;
}

int
super_start(struct diag *d, const struct context *c, struct plan *p, struct runtime *r,
    struct super_ballast ballast, int *ret_fd, pid_t *ret_pid)
{
	int result = fork_super(d, c, p->member.vm.name, TASK_START, p, r, ballast, ret_fd, ret_pid);

	plan_free(p);
	if (result == 0)
		runtime_release(r); /* our end of a lock that the supervisor holds */
	else
		runtime_remove(r);
	return result;
}

static int
replace(struct diag *d, const struct context *c, const char *name, enum task task, struct runtime *r)
{
	static const struct super_ballast none = { 0 };
	struct super_result result;
	pid_t pid = -1;
	int fd = -1;

	if (fork_super(d, c, name, task, NULL, r, none, &fd, &pid) == -1) {
		runtime_release(r);
		return -1;
	}
	runtime_release(r); /* our end of a lock that the supervisor holds */
	return super_result(d, fd, pid, &result) == 0 ? 0 : -1;
}

int
super_adopt(struct diag *d, const struct context *c, const char *name, struct runtime *r)
{
	return replace(d, c, name, TASK_ADOPT, r);
}

int
super_resume(struct diag *d, const struct context *c, const char *name, struct runtime *r)
{
	return replace(d, c, name, TASK_RESUME, r);
}

void
super_hooks_alone(
    const struct context *c, const char *name, const json_t *record, const json_t *event)
{
	const char *file = json_string_value(json_object_get(record, "file"));
	struct runtime none = RUNTIME_NONE;
	char *log = context_log(c, name);
	struct diag ignored = { 0 };
	struct super s;
	int null;

	if (json_array_size(json_object_get(record, "hooks")) == 0 || fork() != 0) {
		free(log);
		return;
	}
	null = open("/dev/null", O_RDWR);
	setsid();
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		_exit(1);
	closefrom(3);
	os_title("%s, its hooks", name);
	super_init(&s, c, name, &none);
	s.word = xstrdup(file != NULL ? file : name);
	s.hook_list = json_deep_copy(json_object_get(record, "hooks"));
	s.leaving = true;
	(void)log_open(&ignored, &s.log, log);
	hooks_tell(&s, event);
	if (hooks_busy(&s))
		super_run(&s);
	_exit(0);
}

static void
init_foreground(struct super *s, struct diag *d, const struct context *c, const char *name,
    struct runtime *r, const struct super_ready *ready)
{
	super_init(s, c, name, r);
	s->foreground = true;
	s->report = report_to_caller;
	s->ready = *ready;
	super_notify_open(s);
	s->ready_diag = d;
}

int
super_foreground(struct diag *d, const struct context *c, struct plan *p, struct runtime *r,
    const struct super_ready *ready)
{
	struct super s;

	init_foreground(&s, d, c, p->member.vm.name, r, ready);
	s.word = context_word(p->member.vm.name, p->member.vm.file);
	return run_new(&s, p);
}

int
super_adopt_foreground(struct diag *d, const struct context *c, const char *name, struct runtime *r,
    const struct super_ready *ready)
{
	struct super s;

	init_foreground(&s, d, c, name, r, ready);
	return run_adopted(&s);
}

int
super_result(struct diag *d, int fd, pid_t pid, struct super_result *ret)
{
	char *text = xreallocarray(NULL, 1, RESULT_MAX);
	int64_t deadline = now_ms() + RESULT_MS;
	size_t len = 0;
	json_t *m;
	int result = -1;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || (poll(&p, 1, (int)left) == 0))
			break;
		n = read(fd, text + len, RESULT_MAX - 1 - len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	fd_close(&fd);
	m = json_loadb(text, len, 0, NULL);
	free(text);
	if (json_is_true(json_object_get(m, "ok"))) {
		const char *accel = json_string_value(json_object_get(m, "accel"));

		*ret = (struct super_result){ .qemu = (pid_t)json_integer_value(
						  json_object_get(m, "qemu")),
			.own_uid = json_is_true(json_object_get(m, "own_uid")) };
		strlcpy(ret->accel, accel != NULL ? accel : "", sizeof(ret->accel));
		result = 0;
	} else {
		const char *why = json_string_value(json_object_get(m, "text"));
		int status = (int)json_integer_value(json_object_get(m, "status"));

		result = m == NULL ? 1 : -1;
		if (why == NULL || why[0] == '\0')
			why = "its supervisor died while it started\n";
		for (size_t n; *why != '\0'; why += n + (why[n] == '\n')) {
			n = strcspn(why, "\n");
			fail_as(d, status != 0 ? status : DIAG_FAILED, "%.*s", (int)n, why);
		}
	}
	json_decref(m);
	return result;
}
