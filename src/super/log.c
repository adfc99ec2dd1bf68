/* Writing a VM's log; see log.h. Failing to write is no reason to do anything but go on. */
#include "super/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/diag.h"
#include "util/fd.h"
#include "util/mem.h"

#define TAIL_MAX 8192

int
log_open(struct diag *d, struct log *l, const char *path)
{
	struct stat st;
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);

	if (fd == -1)
		return fail_sys(d, "%s", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		fd_close(&fd);
		return fail(d, "%s: not a regular file", path);
	}
	*l = (struct log){ .path = xstrdup(path), .fd = fd, .size = (size_t)st.st_size };
	return 0;
}

void
log_close(struct log *l)
{
	free(l->path);
	free(l->tail);
	fd_close(&l->fd);
	*l = (struct log){ .fd = -1 };
}

/* NAME.log.2 becomes NAME.log.3, …, NAME.log becomes NAME.log.1. */
static void
rotate(struct log *l)
{
	char *from, *to;
	int fd;

	for (int i = LOG_KEEP; i > 0; i--) {
		from = i > 1 ? xasprintf("%s.%d", l->path, i - 1) : xstrdup(l->path);
		to = xasprintf("%s.%d", l->path, i);
		rename(from, to);
		free(from);
		free(to);
	}
	fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd != -1) {
		fd_close(&l->fd);
		l->fd = fd;
	}
	l->size = 0; /* even if it failed: try again after as much again, not at every line */
}

void
log_stamp(char ret[LOG_STAMP])
{
	struct timespec now;
	struct tm tm;
	char seconds[LOG_STAMP - 8];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret, LOG_STAMP, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000 % 1000));
}

static void
write_line(struct log *l, const char *who, const char *s, size_t n)
{
	struct buf line = { 0 };
	char stamp[LOG_STAMP];

	log_stamp(stamp);
	buf_addf(&line, "%s %s: ", stamp, who);
	buf_add_visible(&line, s, n);
	buf_addc(&line, '\n');
	if (l->size > 0 && l->size + line.len > LOG_SIZE_MAX)
		rotate(l);
	if (l->fd != -1 && fd_write_all(l->fd, line.s, line.len) == 0)
		l->size += line.len;
	if (l->echo)
		fd_write_all(STDERR_FILENO, line.s, line.len);
	buf_free(&line);
}

void
log_say(struct log *l, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	write_line(l, "vmrun", text.s, text.len);
	buf_free(&text);
}

void
log_diag(struct log *l, const struct diag *d)
{
	for (const char *line = d->text; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");

		log_say(l, "%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

/* The first words say what is wrong; what does not fit is left to the log. */
static void
keep_tail(struct log *l, const struct voice *v)
{
	int n;

	if (l->tail == NULL || l->tail_len >= TAIL_MAX - 1)
		return;
	n = snprintf(l->tail + l->tail_len, TAIL_MAX - l->tail_len, "%s: %.*s\n", v->title,
	    (int)v->len, v->line);
	l->tail_len += n > 0 ? (size_t)n : 0;
	if (l->tail_len > TAIL_MAX - 1)
		l->tail_len = TAIL_MAX - 1;
}

void
log_fall_silent(struct log *l, struct voice *v)
{
	if (v->len == 0)
		return;
	keep_tail(l, v);
	write_line(l, v->name, v->line, v->len);
	v->len = 0;
}

void
log_take(struct log *l, struct voice *v, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] != '\n')
			v->line[v->len++] = s[i];
		if (s[i] == '\n' || v->len == sizeof(v->line))
			log_fall_silent(l, v);
	}
}

/* At most a megabyte in one go, so that a QEMU that never falls silent does not hold the
 * supervisor. */
void
log_drain(struct log *l, struct voice *v, int fifo)
{
	char part[4096];

	for (int i = 0; i < 256; i++) {
		ssize_t n = read(fifo, part, sizeof(part));

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		log_take(l, v, part, (size_t)n);
	}
}

void
log_hear(struct log *l, const char *name, int fifo)
{
	struct voice v = { .name = name, .title = name };
	char *tail = l->tail;

	l->tail = NULL;
	log_drain(l, &v, fifo);
	log_fall_silent(l, &v);
	l->tail = tail;
}

void
log_tail_begin(struct log *l)
{
	if (l->tail == NULL)
		l->tail = xcalloc(TAIL_MAX, 1);
	l->tail_len = 0;
	l->tail[0] = '\0';
}

void
log_tail_end(struct log *l)
{
	free(l->tail);
	l->tail = NULL;
	l->tail_len = 0;
}
