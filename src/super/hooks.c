/* The hooks of a VM: programs that are told of its events, one after the other, while the supervisor goes
 * on. Each has HOOK_MS; what it says goes into the log. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/hook.h"
#include "os/os.h"
#include "super/machine.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define QUEUE_MAX 64 /* that wait; of a VM with more to tell than its hooks can hear, the rest is left out */
#define LOOK_MS   10 /* between looks at one that is ending, where nothing tells us */

struct waiting {
	char *program;
	json_t *record;
};

struct hooks {
	struct super *s;
	struct waiting queue[QUEUE_MAX];
	size_t n;
	pid_t pid; /* 0: none runs */
	char *program;
	int proc, words;
	bool late;
	struct voice voice;
};

static void begin_next(struct hooks *h);
static void reap(void *arg);

static void
take_words(int fd, short revents, void *arg)
{
	struct hooks *h = arg;

	log_drain(&h->s->log, &h->voice, fd);
	if ((revents & POLLIN) == 0)
		loop_remove(h->s->loop, fd);
}

static void
kill_late(void *arg)
{
	struct hooks *h = arg;

	h->late = true;
	hook_kill(h->pid);
}

static void
say_end(struct hooks *h, int status)
{
	struct log *log = &h->s->log;

	if (h->late)
		log_say(log, "hook %s: not done after %d seconds, killed", h->program, HOOK_MS / 1000);
	else if (WIFSIGNALED(status))
		log_say(log, "hook %s: killed by signal %d", h->program, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_say(log, "hook %s: exit status %d", h->program, WEXITSTATUS(status));
}

static void
forget_run(struct hooks *h)
{
	struct super *s = h->s;

	loop_timer_cancel(s->loop, kill_late, h);
	loop_timer_cancel(s->loop, reap, h);
	if (h->proc != -1)
		loop_remove(s->loop, h->proc);
	if (h->words != -1)
		loop_remove(s->loop, h->words);
	fd_close(&h->proc);
	fd_close(&h->words);
	free(h->program);
	h->program = NULL;
	h->pid = 0;
}

static void
reap(void *arg)
{
	struct hooks *h = arg;
	int status = 0;
	pid_t got = waitpid(h->pid, &status, WNOHANG);

	if (got == 0 || (got == -1 && errno == EINTR)) {
		loop_timer(h->s->loop, now_ms() + LOOK_MS, reap, h);
		return;
	}
	log_drain(&h->s->log, &h->voice, h->words);
	log_fall_silent(&h->s->log, &h->voice);
	if (got == h->pid)
		say_end(h, status);
	forget_run(h);
	begin_next(h);
}

static void
take_end(int fd, short revents, void *arg)
{
	struct hooks *h = arg;

	loop_remove(h->s->loop, fd);
	reap(h);
}

/* "exit_status" becomes VMRUN_EXIT_STATUS=…; a string as it is, all else as JSON has it. */
static char *
variable(const char *key, const json_t *value)
{
	char *text = json_is_string(value) ? xstrdup(json_string_value(value))
					   : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	char *entry = xasprintf("VMRUN_%s=%s", key, text != NULL ? text : "");

	for (char *p = entry; *p != '='; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	free(text);
	return entry;
}

static char **
environment_of(const struct super *s, const json_t *record)
{
	char **all = xcalloc(json_object_size(record) + 3, sizeof(*all));
	const json_t *value;
	const char *key;
	size_t n = 0;

	all[n++] = xstrdup(HOOK_PATH);
	if (s->word != NULL)
		all[n++] = xasprintf("VMRUN_FILE=%s", s->word);
	json_object_foreach((json_t *)record, key, value) all[n++] = variable(key, value);
	return all;
}

static void
environment_free(char **all)
{
	for (size_t i = 0; all[i] != NULL; i++)
		free(all[i]);
	free(all);
}

static int
begin(struct hooks *h, struct diag *d, const struct waiting *w)
{
	const char *event = json_string_value(json_object_get(w->record, "event"));
	char *argv[] = { w->program, (char *)event, NULL };
	char **environment = environment_of(h->s, w->record);
	int fds[2] = { -1, -1 }, result = -1;
	struct os_proc proc;

	if (fd_pipe(fds) == -1)
		fail_sys(d, "pipe");
	else
		result = hook_begin(d, argv, environment, fds[1], &h->pid);
	fd_close(&fds[1]);
	environment_free(environment);
	if (result == -1) {
		fd_close(&fds[0]);
		return -1;
	}
	fd_set_nonblock(fds[0], true);
	h->words = fds[0];
	h->program = xstrdup(w->program);
	h->late = false;
	loop_add(h->s->loop, h->words, POLLIN, take_words, h);
	loop_timer(h->s->loop, now_ms() + HOOK_MS, kill_late, h);
	if (os_proc_find(d, h->pid, &proc) == 0)
		h->proc = os_proc_open(d, &proc);
	if (h->proc != -1)
		loop_add(h->s->loop, h->proc, POLLIN, take_end, h);
	else
		loop_timer(h->s->loop, 0, reap, h);
	return 0;
}

/* When nothing is left to do and the VM has ended, so does its supervisor. */
static void
begin_next(struct hooks *h)
{
	while (h->pid == 0 && h->n > 0) {
		struct waiting w = h->queue[0];
		struct diag d = { 0 };

		memmove(h->queue, h->queue + 1, --h->n * sizeof(h->queue[0]));
		if (begin(h, &d, &w) == -1) {
			diag_wrap(&d, 0, "hook %s", w.program);
			log_diag(&h->s->log, &d);
		}
		diag_free(&d);
		free(w.program);
		json_decref(w.record);
	}
	if (h->pid == 0 && h->s->leaving)
		loop_stop(h->s->loop);
}

static bool
wants(const json_t *hook, const char *event)
{
	const json_t *on = json_object_get(hook, "on"), *word;
	size_t i;

	json_array_foreach(on, i, word)
	{
		if (event != NULL && json_is_string(word) && strcmp(json_string_value(word), event) == 0)
			return true;
	}
	return on == NULL;
}

static void
queue(struct super *s, const char *program, const json_t *record)
{
	struct hooks *h = s->hooks;

	if (h == NULL) {
		h = s->hooks = xcalloc(1, sizeof(*h));
		*h = (struct hooks){ .s = s,
			.proc = -1,
			.words = -1,
			.voice = { .name = "hook", .title = "hook" } };
	}
	if (h->n == QUEUE_MAX) {
		log_say(&s->log, "hook %s: is not told of this, %d others wait", program, QUEUE_MAX);
		return;
	}
	h->queue[h->n++] = (struct waiting){ xstrdup(program), json_deep_copy(record) };
}

void
hooks_tell(struct super *s, const json_t *record)
{
	const char *event = json_string_value(json_object_get(record, "event"));
	const json_t *hook;
	size_t i;

	json_array_foreach(s->hook_list, i, hook)
	{
		const char *program = json_string_value(json_object_get(hook, "run"));

		if (program != NULL && wants(hook, event))
			queue(s, program, record);
	}
	if (s->hooks != NULL)
		begin_next(s->hooks);
}

bool
hooks_busy(const struct super *s)
{
	return s->hooks != NULL && (s->hooks->pid != 0 || s->hooks->n > 0);
}

void
hooks_forget(struct super *s)
{
	struct hooks *h = s->hooks;

	if (h == NULL)
		return;
	if (h->pid != 0) {
		hook_kill(h->pid);
		while (waitpid(h->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
		forget_run(h);
	}
	for (size_t i = 0; i < h->n; i++) {
		free(h->queue[i].program);
		json_decref(h->queue[i].record);
	}
	free(h);
	s->hooks = NULL;
}
