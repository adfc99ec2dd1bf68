/* One VM from launch to end: bringing QEMU up, noticing its end, restarting, tidying up. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/log_fifo.h"
#include "launch/record.h"
#include "os/os.h"
#include "super/machine.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

static int signal_pipe[2] = { -1, -1 };

static void
on_signal(int sig)
{
	int saved = errno;

	(void)!write(signal_pipe[1], "", 1);
	errno = saved;
}

static void
take_signal(int fd, short revents, void *arg)
{
	struct super *s = arg;
	char byte;

	if (read(fd, &byte, 1) != 1)
		return;
	log_say(&s->log, "told to end by a signal");
	s->asked = true;
	s->soft_only = false;
	s->stop_timeout = s->policy_timeout;
	super_event(s, E_STOP);
}

/* SIGTERM (the host goes down) and, in the foreground, Ctrl-C stop the guest as `vmrun stop` does.
 */
static int
catch_signals(struct super *s, struct diag *d)
{
	struct sigaction act = { .sa_handler = on_signal };

	if (fd_pipe(signal_pipe) == -1)
		return fail_sys(d, "pipe");
	fd_set_nonblock(signal_pipe[1], true);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	loop_add(s->loop, signal_pipe[0], POLLIN, take_signal, s);
	return 0;
}

static void
take_log(int fd, short revents, void *arg)
{
	struct super *s = arg;

	log_drain(&s->log, &s->qemu, fd);
	/* Hangup alone, once the last writer is gone, would come back for ever. */
	if ((revents & POLLIN) == 0)
		loop_remove(s->loop, fd);
}

static void
take_exit(int fd, short revents, void *arg)
{
	super_event(arg, E_EXIT);
}

static void
exit_due(void *arg)
{
	super_event(arg, E_EXIT);
}

void
super_init(struct super *s, const struct context *c, const char *name, struct runtime *r)
{
	*s = (struct super){ .c = c,
		.name = xstrdup(name),
		.runtime = *r,
		.launch = LAUNCH_NONE,
		.loop = loop_new(),
		.log = { .fd = -1 },
		.qemu = { .name = "qemu", .title = "QEMU" },
		.proc = -1,
		.control = -1,
		.fifo = -1,
		.guards = -1,
		.hunger = -1,
		.report_fd = -1,
		.state = S_STARTING };
	*r = (struct runtime)RUNTIME_NONE;
}

int
super_open(struct super *s, struct diag *d)
{
	char *path = context_log(s->c, s->name);
	int result = -1;

	if (dir_make(d, s->c->log_dir, 0755) == -1 || log_open(d, &s->log, path) == -1)
		goto cleanup;
	s->log.echo = s->foreground;
	s->fifo = log_fifo_reader(d, s->runtime.dir, LOG_FIFO);
	if (s->fifo == -1 || catch_signals(s, d) == -1 || control_open(s, d) == -1)
		goto cleanup;
	result = 0;
cleanup:
	free(path);
	return result;
}

void
super_free(struct super *s)
{
	super_qmp_close(s);
	super_companions_forget(s);
	super_guards_forget(s);
	super_hunger_forget(s);
	networks_release(&s->networks);
	fd_close(&s->proc);
	fd_close(&s->fifo);
	control_close(s);
	super_notify_close(s);
	log_close(&s->log);
	loop_free(s->loop);
	json_decref(s->answer);
	free(s->word);
	free(s->name);
}

void
super_read_policy(struct super *s)
{
	const json_t *r = s->launch.record;

	s->policy = record_restart(r);
	s->policy_limit = json_integer_value(json_object_get(r, "restart_limit"));
	s->policy_delay = json_integer_value(json_object_get(r, "restart_delay"));
	s->policy_timeout = json_integer_value(json_object_get(r, "stop_timeout"));
}

int
super_watch(struct super *s, struct diag *d)
{
	super_read_policy(s);
	if (super_companions_watch(s, d) == -1)
		return -1;
	s->up = false;
	s->end[0] = '\0';
	s->broken[0] = '\0';
	s->started = now_ms();
	s->proc = os_proc_open(d, &s->launch.proc);
	if (s->proc == -1 && (errno != ESRCH || !s->launch.ours))
		return -1;
	loop_add(s->loop, s->fifo, POLLIN, take_log, s);
	super_startup_deadline(s);
	/* It may have ended already: an event like any other end, and its own words are the reason.
	 */
	if (s->proc == -1)
		loop_timer(s->loop, 0, exit_due, s);
	else
		loop_add(s->loop, s->proc, POLLIN, take_exit, s);
	super_guards_watch(s);
	super_hunger_watch(s);
	super_qmp_try(s);
	return 0;
}

static void
log_command(struct super *s, const char *binary)
{
	const struct companions *cs = &s->launch.companions;

	for (size_t i = 0; i < cs->n; i++)
		log_say(&s->log, "started %s, pid %d", cs->v[i].name, (int)cs->v[i].proc.pid);
	log_say(&s->log, "started %s, pid %d", binary, (int)s->launch.proc.pid);
}

/* Those that the VM's NICs want; what it warns of goes into the log. */
static int
super_networks_join(struct super *s, struct diag *d, const struct plan *p)
{
	char *warning = NULL;
	int result = networks_join(d, s->c, p, &s->networks, &warning);

	if (warning != NULL)
		log_say(&s->log, "%s", warning);
	free(warning);
	return result;
}

static void
super_networks_leave(struct super *s, struct diag *d)
{
	networks_release(&s->networks);
	(void)networks_sweep(d, s->c);
}

int
super_launch(struct super *s, struct diag *d, struct plan *p)
{
	int result;

	log_tail_begin(&s->log);
	result = super_networks_join(s, d, p);
	if (result == 0)
		result = launch_up(d, s->c, p, &s->runtime, &s->launch);
	if (result == 0) {
		log_command(s, p->qemu.path);
	} else { /* a hook may have said why */
		log_drain(&s->log, &s->qemu, s->fifo);
		log_fall_silent(&s->log, &s->qemu);
		super_networks_leave(s, d);
	}
	plan_free(p);
	if (result == 0)
		result = super_watch(s, d);
	/* Not to be watched, so not to be kept. */
	if (result == -1 && s->launch.ours) {
		struct child child = { .pid = s->launch.proc.pid, .gate = -1, .error = -1 };

		child_kill(&child);
		super_companions_forget(s);
		super_guards_forget(s);
	super_hunger_forget(s);
		launch_down(d, &s->launch, &s->runtime);
		super_networks_leave(s, d);
	}
	return result;
}

/* Reaps our child; *ret_text becomes a sentence, and the result says whether the end was in order.
 */
static bool
how_it_ended(struct super *s, struct buf *text)
{
	int status = 0;
	bool known = false;

	if (s->launch.ours && s->launch.proc.pid != 0) {
		pid_t got;

		while ((got = waitpid(s->launch.proc.pid, &status, 0)) == -1 && errno == EINTR)
			continue;
		known = got == s->launch.proc.pid;
	}
	if (s->broken[0] != '\0') {
		buf_add(text, s->broken);
		return false;
	}
	if (known && WIFSIGNALED(status)) {
		bool wanted = s->asked && s->state == S_STOPPING && s->stage == STAGE_KILL;

		if (wanted)
			buf_add(text, "killed");
		else
			buf_addf(text, "QEMU was killed by signal %d (%s)%s", WTERMSIG(status),
			    strsignal(WTERMSIG(status)),
			    super_starved(s) ? ": out of memory, see memory_max" : "");
		return wanted;
	}
	if (known && WEXITSTATUS(status) != 0) {
		buf_addf(text, "QEMU failed with exit status %d", WEXITSTATUS(status));
		return false;
	}
	if (s->end[0] != '\0') {
		buf_add(text, s->end);
		return s->end_in_order || s->asked;
	}
	/* On quit QMP says SHUTDOWN before it closes, so an end without it is a crash. */
	if (s->asked && s->state == S_STOPPING && s->stage == STAGE_KILL) {
		buf_add(text, "killed");
		return true;
	}
	buf_add(text, "QEMU ended without a word");
	return false;
}

static void
forget_qemu(struct super *s, struct diag *d)
{
	super_cancel_deadlines(s);
	if (s->proc != -1)
		loop_remove(s->loop, s->proc);
	fd_close(&s->proc);
	super_qmp_close(s);
	super_companions_forget(s);
	super_guards_forget(s);
	super_hunger_forget(s);
	launch_down(d, &s->launch, &s->runtime);
	super_networks_leave(s, d);
}

/* A start that failed: the words of QEMU and its companions are the reason, if they said any. */
static void
start_failed(struct super *s, struct diag *d, const char *how)
{
	size_t n = s->log.tail != NULL ? s->log.tail_len : 0;

	while (n > 0 && s->log.tail[n - 1] == '\n')
		s->log.tail[--n] = '\0';
	for (char *line = n > 0 ? s->log.tail : NULL, *next; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		fail(d, "%s", line);
	}
	if (s->broken[0] != '\0')
		fail(d, "%s", s->broken);
	else if (n == 0)
		fail(d, "%s before it ran", how);
}

static bool
wants_restart(const struct super *s, bool in_order)
{
	if (s->asked || s->policy == RESTART_NO)
		return false;
	return s->policy == RESTART_ALWAYS || !in_order;
}

static void
finish(struct super *s, const char *how, bool in_order)
{
	s->state = in_order ? S_STOPPED : S_FAILED;
	s->result = in_order ? 0 : -1;
	log_say(&s->log, "%s: %s", state_name(s->state), how);
	/* A start that failed has told so to whoever asked for it; nothing has run and nothing is
	 * left. */
	if (!in_order && s->report == NULL)
		failure_mark(s->c, s->name, how);
	/* The folder goes before the answer: who was told that it has stopped may start it at once.
	 */
	runtime_remove(&s->runtime);
	control_end(s, how);
	super_notify(s, how);
	loop_stop(s->loop);
}

void
super_restart_due(void *arg)
{
	super_event(arg, E_RETRY);
}

static void
restart_later(struct super *s, const char *how)
{
	log_say(&s->log, "%s; restart %d follows", how, s->restarts);
	s->up = false;
	s->state = S_STARTING;
	control_state(s);
	super_notify(s, how);
	loop_timer(s->loop, now_ms() + s->policy_delay, super_restart_due, s);
}

/* After an end that nobody asked for. */
static void
restart_or_finish(struct super *s, struct buf *how, bool in_order)
{
	if (!wants_restart(s, in_order)) {
		finish(s, how->s, in_order || s->asked);
	} else if (s->policy_limit > 0 && s->restarts >= s->policy_limit) {
		buf_addf(how, ", and was restarted %d times already", s->restarts);
		finish(s, how->s, false);
	} else {
		s->restarts++;
		restart_later(s, how->s);
	}
}

void
super_ended(struct super *s)
{
	struct diag d = { 0 };
	struct buf how = { 0 };
	bool in_order = true;

	super_qmp_drain(s);
	log_drain(&s->log, &s->qemu, s->fifo);
	log_fall_silent(&s->log, &s->qemu);
	if (s->launch.proc.pid != 0)
		in_order = how_it_ended(s, &how);
	else
		buf_add(&how, "stopped before it was started again");
	forget_qemu(s, &d);
	if (s->report != NULL) {
		start_failed(s, &d, how.s);
		finish(s, how.s, false);
		s->report(s, &d);
	} else {
		if (s->up && now_ms() - s->started >= SETTLED_MS)
			s->restarts = 0;
		restart_or_finish(s, &how, in_order);
	}
	log_diag(&s->log, &d);
	diag_free(&d);
	buf_free(&how);
}

/* The file is read anew: what was changed in it comes into force with the restart. The guest that
 * came in by migration boots here the second time. */
static int
plan_again(struct super *s, struct diag *d, struct plan *p)
{
	if (plan_make(d, s->c, s->word, NULL, p) == -1)
		return -1;
	free(p->member.vm.incoming);
	p->member.vm.incoming = NULL;
	return 0;
}

void
super_relaunch(struct super *s)
{
	struct diag d = { 0 };
	struct buf why = { 0 };
	struct plan p;

	if (plan_again(s, &d, &p) == -1 || super_launch(s, &d, &p) == -1) {
		super_cancel_deadlines(s);
		buf_addf(&why, "could not be restarted: %.*s",
		    d.text != NULL ? (int)strcspn(d.text, "\n") : 0, d.text != NULL ? d.text : "");
		restart_or_finish(s, &why, false);
	}
	buf_free(&why);
	diag_free(&d);
}

int
super_run(struct super *s)
{
	if (loop_run(s->loop) == -1) {
		log_say(&s->log, "poll: %s", strerror(errno));
		s->result = -1;
	}
	return s->result;
}
