/* One VM from launch to end: bringing QEMU up and watching it; what follows its end is in ending.c. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/child.h"
#include "launch/log_fifo.h"
#include "launch/record.h"
#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

static int signal_pipe[2] = { -1, -1 };

static void
on_signal(int sig)
{
	char byte = sig == SIGTERM ? 't' : 'i';
	int saved = errno;

	(void)!write(signal_pipe[1], &byte, 1);
	errno = saved;
}

static void
take_signal(int fd, short revents, void *arg)
{
	struct super *s = arg;
	char byte;

	if (read(fd, &byte, 1) != 1)
		return;
	if (s->leaving) {
		hooks_forget(s);
		loop_stop(s->loop);
		return;
	}
	log_say(&s->log, "told to end by a signal");
	s->soft_only = false;
	super_asked(s, byte == 't' ? CAUSE_HOST_SHUTDOWN : CAUSE_ASKED);
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
		.asked_as = CAUSE_NONE,
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
	hooks_forget(s);
	super_ready_forget(s);
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
	json_decref(s->between);
	json_decref(s->hook_list);
	free(s->word);
	free(s->name);
}

void
super_read_life(struct super *s, const json_t *record)
{
	restart_policy_read(record, &s->policy);
	restart_history_read(record, &s->history);
	json_decref(s->hook_list);
	s->hook_list = json_deep_copy(json_object_get(record, "hooks"));
}

void
super_read_policy(struct super *s)
{
	super_read_life(s, s->launch.record);
	s->policy_timeout =
	    json_integer_value(json_object_get(s->launch.record, "stop_timeout"));
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
	s->watchdog_at = 0;
	s->pause_cause = CAUSE_NONE;
	s->started = now_ms();
	os_oom_look(s->launch.proc.pid, &s->oom);
	json_decref(s->between);
	s->between = NULL;
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
	super_say(s, EVENT_STARTED, CAUSE_NONE, json_pack("{s:i}", "pid", (int)s->launch.proc.pid),
	    "%s, pid %d", binary, (int)s->launch.proc.pid);
}

/* Those that the VM's NICs want; what it warns of goes into the log. */
static int
join_networks(struct super *s, struct diag *d, const struct plan *p)
{
	char *warning = NULL;
	int result = networks_join(d, s->c, p, &s->networks, &warning);

	if (warning != NULL)
		log_say(&s->log, "%s", warning);
	free(warning);
	return result;
}

static void
leave_networks(struct super *s, struct diag *d)
{
	networks_release(&s->networks);
	(void)networks_sweep(d, s->c);
}

void
super_take_down(struct super *s, struct diag *d)
{
	super_companions_forget(s);
	super_guards_forget(s);
	super_hunger_forget(s);
	launch_down(d, &s->launch, &s->runtime);
	log_hear(&s->log, "hook", s->fifo);
	leave_networks(s, d);
}

int
super_launch(struct super *s, struct diag *d, struct plan *p)
{
	json_t *life = json_object();
	int result;

	/* Of a start that fails before there is a record, too. */
	record_policy(life, &p->member.vm);
	json_object_update(life, p->history);
	super_read_life(s, life);
	json_decref(life);
	log_tail_begin(&s->log);
	result = join_networks(s, d, p);
	if (result == 0)
		result = launch_up(d, s->c, p, &s->runtime, &s->launch);
	if (result == 0) {
		log_command(s, p->qemu.path);
	} else { /* a hook may have said why */
		log_drain(&s->log, &s->qemu, s->fifo);
		log_fall_silent(&s->log, &s->qemu);
		leave_networks(s, d);
	}
	/* While QEMU sets itself up, which nothing of this is to delay. */
	if (result == 0)
		result = plan_resolve(d, s->c, p, &s->runtime);
	plan_free(p);
	if (result == 0)
		result = super_watch(s, d);
	/* Not to be watched, so not to be kept. */
	if (result == -1 && s->launch.ours) {
		struct child child = { .pid = s->launch.proc.pid, .gate = -1, .error = -1 };

		child_kill(&child);
		super_take_down(s, d);
	}
	return result;
}

void
super_tell(struct super *s, const json_t *record)
{
	char *text = event_text(record);

	log_say(&s->log, "%s", text);
	event_write(s->c, record);
	hooks_tell(s, record);
	free(text);
}

void
super_say(struct super *s, enum vm_event event, enum vm_cause cause, json_t *facts, const char *fmt,
    ...)
{
	json_t *record;
	va_list ap;

	va_start(ap, fmt);
	record = event_recordv(s->name, event, cause, facts, fmt, ap);
	va_end(ap);
	super_tell(s, record);
	json_decref(record);
}

/* Somebody wants the end. It is written down, so that whoever takes over goes on with it, and nobody starts
 * the VM again because it was found dead. */
void
super_asked(struct super *s, enum vm_cause cause)
{
	struct diag d = { 0 };

	s->asked = true;
	s->asked_as = cause;
	if (s->launch.record != NULL && s->launch.proc.pid != 0) {
		json_object_set_new(s->launch.record, "asked", json_string(vm_cause_words[cause]));
		json_object_set_new(s->launch.record, "asked_softly", json_boolean(s->soft_only));
		if (record_write(&d, &s->runtime, s->launch.record) == -1)
			log_diag(&s->log, &d);
	}
	diag_free(&d);
}

void
super_asked_no_more(struct super *s)
{
	struct diag d = { 0 };

	s->asked = false;
	s->asked_as = CAUSE_NONE;
	if (s->launch.record != NULL && json_object_del(s->launch.record, "asked") == 0 &&
	    record_write(&d, &s->runtime, s->launch.record) == -1)
		log_diag(&s->log, &d);
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
