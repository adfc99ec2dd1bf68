/* vmrun log --events: what happened to VMs, from the events file, the newest last. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/tail.h"
#include "super/event.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define LINES_DEFAULT 20
#define FOLLOW_MS     200
#define FILE_MAX      (64u << 20) /* bytes looked at of one file: more than it can have */
#define RECORD_MAX    (1u << 20)  /* bytes of a line; a longer one is none of ours */

/* Which VMs, and what is found of them. */
struct search {
	struct cmd *cmd;
	char **patterns;
	size_t npatterns;
	json_t **found; /* the newest first */
	size_t n, max;
};

static void
add_pattern(struct search *s, const char *word)
{
	s->patterns = xreallocarray(s->patterns, s->npatterns + 1, sizeof(*s->patterns));
	s->patterns[s->npatterns++] = xstrdup(word);
}

/* Names and globs hold for VMs that are no more as well; what a tag means only the files say. */
static int
add_patterns(struct search *s)
{
	struct cmd *cmd = s->cmd;

	for (int i = 0; i < cmd->argc; i++) {
		struct targets t;

		if (cmd->argv[i][0] != '@' && strpbrk(cmd->argv[i], "{/") == NULL) {
			add_pattern(s, cmd->argv[i]);
			continue;
		}
		if (choose(cmd, 1, &cmd->argv[i], VMS_ALL, false, &t) == -1)
			return -1;
		for (size_t k = 0; k < t.n; k++)
			add_pattern(s, t.v[k].name);
		targets_free(&t);
	}
	return 0;
}

static bool
is_wanted(const struct search *s, const json_t *record)
{
	const char *vm = json_text(record, "vm");

	for (size_t i = 0; i < s->npatterns; i++) {
		if (fnmatch(s->patterns[i], vm, 0) == 0)
			return true;
	}
	return s->npatterns == 0;
}

/* A record that is wanted, or NULL. What is not one (a full disk cut it off) is left out. */
static json_t *
take(const struct search *s, const char *line, size_t n)
{
	json_t *record = json_loadb(line, n, 0, NULL);

	if (json_is_object(record) && is_wanted(s, record))
		return record;
	json_decref(record);
	return NULL;
}

static void
print_record(const struct search *s, const json_t *record)
{
	struct buf line = { 0 };
	char *text;

	if (s->cmd->o.json) {
		json_dumpf(record, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	text = event_text(record);
	buf_add_visible(&line, json_text(record, "time"), strlen(json_text(record, "time")));
	buf_addc(&line, ' ');
	buf_add_visible(&line, json_text(record, "vm"), strlen(json_text(record, "vm")));
	buf_add(&line, ": ");
	buf_add_visible(&line, text, strlen(text));
	puts(line.s);
	buf_free(&line);
	free(text);
}

/* From its end backwards, until there are enough. Returns what was read of it, or -1. */
static off_t
search_file(struct search *s, int fd)
{
	struct buf all = { 0 };
	char part[65536];
	ssize_t got;
	size_t end;

	while (all.len < FILE_MAX && (got = read(fd, part, sizeof(part))) > 0)
		buf_addn(&all, part, (size_t)got);
	/* What has no end yet is not there yet. */
	for (end = all.len; end > 0 && all.s[end - 1] != '\n'; end--)
		continue;
	for (size_t to = end; to > 0 && s->n < s->max;) {
		size_t from = to - 1;
		json_t *record;

		while (from > 0 && all.s[from - 1] != '\n')
			from--;
		record = take(s, all.s + from, to - 1 - from);
		if (record != NULL) {
			s->found = xreallocarray(s->found, s->n + 1, sizeof(*s->found));
			s->found[s->n++] = record;
		}
		to = from;
	}
	buf_free(&all);
	return (off_t)end;
}

static void
search_older(struct search *s, const char *path)
{
	for (int i = 1; i <= EVENTS_KEEP && s->n < s->max; i++) {
		char *older = xasprintf("%s.%d", path, i);
		int fd = open(older, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

		if (fd != -1)
			search_file(s, fd);
		fd_close(&fd);
		free(older);
	}
}

/* Without -f one document. */
static void
print_found(struct search *s)
{
	bool whole = s->cmd->o.json && !s->cmd->o.follow;
	json_t *all = json_array();

	for (size_t i = s->n; i > 0; i--) {
		if (whole)
			json_array_append(all, s->found[i - 1]);
		else
			print_record(s, s->found[i - 1]);
	}
	if (whole)
		print_json(json_incref(all));
	json_decref(all);
	fflush(stdout);
}

/* Each line that is whole by now. -1: who reads it has left. */
static int
print_lines(const struct search *s, struct buf *rest)
{
	char *line = rest->s, *end;
	size_t left = rest->len;

	while (left > 0 && (end = memchr(line, '\n', left)) != NULL) {
		json_t *record = take(s, line, (size_t)(end - line));

		if (record != NULL)
			print_record(s, record);
		json_decref(record);
		left -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	if (left > 0 && line != rest->s)
		memmove(rest->s, line, left);
	rest->len = left < RECORD_MAX ? left : 0;
	return fflush(stdout) == EOF ? -1 : 0;
}

static int
print_more(const struct search *s, int fd, off_t *at, struct buf *rest)
{
	char part[16384];
	struct stat st;
	ssize_t n;

	/* Emptied in its place, as logrotate's copytruncate does. */
	if (fstat(fd, &st) == 0 && st.st_size < *at) {
		*at = 0;
		rest->len = 0;
	}
	while ((n = pread(fd, part, sizeof(part), *at)) > 0) {
		*at += n;
		buf_addn(rest, part, (size_t)n);
		if (print_lines(s, rest) == -1)
			return -1;
	}
	return 0;
}

/* Over rotations: when the name leads to another file, that one is read on; whoever had just opened the
 * old one has had time to write to it. */
static void
follow(const struct search *s, const char *path, int fd, off_t at)
{
	struct buf rest = { 0 };

	for (;;) {
		struct stat mine, there;
		bool moved = stat(path, &there) == 0 &&
			     (fd == -1 || fstat(fd, &mine) == -1 || mine.st_ino != there.st_ino ||
				 mine.st_dev != there.st_dev);

		sleep_ms(FOLLOW_MS);
		if (fd != -1 && print_more(s, fd, &at, &rest) == -1)
			break;
		if (moved) {
			fd_close(&fd);
			fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
			at = 0;
			rest.len = 0;
		}
	}
	fd_close(&fd);
	buf_free(&rest);
}

int
log_events(struct cmd *cmd)
{
	struct search s = { .cmd = cmd,
		.max = (size_t)(cmd->o.lines >= 0 ? cmd->o.lines : LINES_DEFAULT) };
	char *path = events_path(&cmd->c);
	struct diag d = { 0 };
	off_t at = 0;
	int fd = -1;

	if (add_patterns(&s) == -1)
		goto cleanup;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1 && errno != ENOENT)
		fail_sys(&d, "%s", path);
	if (fd != -1)
		at = search_file(&s, fd);
	search_older(&s, path);
	if (d.count == 0) {
		print_found(&s);
		if (cmd->o.follow)
			follow(&s, path, fd, at);
	}
	fd_close(&fd);
	complain(cmd, NULL, &d);
cleanup:
	for (size_t i = 0; i < s.n; i++)
		json_decref(s.found[i]);
	strings_free(s.patterns, s.npatterns);
	free(s.found);
	free(path);
	return cmd->status;
}
