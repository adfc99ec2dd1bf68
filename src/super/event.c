/* Records of events and the file that they are written to; see event.h. */
#include "super/event.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/context.h"
#include "launch/runtime.h"
#include "super/log.h"
#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

static json_t *
now(void)
{
	char stamp[LOG_STAMP];

	log_stamp(stamp);
	return json_string(stamp);
}

json_t *
event_record(
    const char *vm, enum vm_event event, enum vm_cause cause, json_t *facts, const char *text)
{
	json_t *r = json_object();

	json_object_set_new(r, "time", now());
	record_string(r, "vm", vm);
	record_string(r, "event", vm_event_words[event]);
	if (cause != CAUSE_NONE)
		record_string(r, "cause", vm_cause_words[cause]);
	if (text != NULL && text[0] != '\0')
		record_string(r, "text", text);
	json_object_update_missing(r, facts);
	json_decref(facts);
	return r;
}

json_t *
event_recordv(const char *vm, enum vm_event event, enum vm_cause cause, json_t *facts,
    const char *fmt, va_list ap)
{
	struct buf text = { 0 };
	json_t *r;

	buf_addv(&text, fmt, ap);
	r = event_record(vm, event, cause, facts, text.s);
	buf_free(&text);
	return r;
}

static const char *
word(const json_t *record, const char *key)
{
	const char *s = json_string_value(json_object_get(record, key));

	return s != NULL ? s : "";
}

char *
event_text(const json_t *record)
{
	const char *cause = word(record, "cause"), *text = word(record, "text");

	return xasprintf("%s%s%s%s%s%s", word(record, "event"), cause[0] != '\0' ? " (" : "", cause,
	    cause[0] != '\0' ? ")" : "", text[0] != '\0' ? ": " : "", text);
}

char *
events_path(const struct context *c)
{
	return xasprintf("%s/" EVENTS_FILE, c->log_dir);
}

/* events.jsonl.2 becomes events.jsonl.3, …, by one of those who find that it is full. */
static void
rotate(const char *path, int fd)
{
	struct stat mine, there;

	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		return;
	/* Another may have done it since we opened it. */
	if (fstat(fd, &mine) == -1 || stat(path, &there) == -1 || mine.st_ino != there.st_ino ||
	    mine.st_dev != there.st_dev)
		return;
	for (int i = EVENTS_KEEP; i > 0; i--) {
		char *from = i > 1 ? xasprintf("%s.%d", path, i - 1) : xstrdup(path);
		char *to = xasprintf("%s.%d", path, i);

		rename(from, to);
		free(from);
		free(to);
	}
}

/* Opened each time, so that whoever moves it away (logrotate does) needs to tell nobody. */
static void
append(const char *path, const char *line, size_t n)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	struct stat st;

	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		ssize_t done = write(fd, line, n);

		/* A full disk: the next line had better not continue this one. */
		if (done > 0 && (size_t)done < n)
			(void)!write(fd, "\n", 1);
		if (st.st_size + (off_t)n > (off_t)EVENTS_MAX)
			rotate(path, fd);
	}
	fd_close(&fd);
}

void
event_write(const struct context *c, const json_t *record)
{
	char *path = events_path(c), *text = json_dumps(record, JSON_COMPACT), *line;
	struct diag ignored = { 0 };

	if (text != NULL && dir_make(&ignored, c->log_dir, 0755) == 0) {
		line = xasprintf("%s\n", text);
		append(path, line, strlen(line));
		free(line);
	}
	journal_write(c, record);
	diag_free(&ignored);
	free(text);
	free(path);
}

void
event_say(const struct context *c, const char *vm, enum vm_event event, json_t *facts,
    const char *fmt, ...)
{
	json_t *record;
	va_list ap;

	va_start(ap, fmt);
	record = event_recordv(vm, event, CAUSE_NONE, facts, fmt, ap);
	va_end(ap);
	event_write(c, record);
	json_decref(record);
}
