/* The log of one VM: lines with a time stamp, bounded in length, the file bounded in size and
 * rotated. */
#ifndef VMRUN_SUPER_LOG_H
#define VMRUN_SUPER_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct diag;

#define LOG_SIZE_MAX (1u << 20) /* bytes; then NAME.log becomes NAME.log.1 */
#define LOG_KEEP     3          /* old files */
#define LOG_LINE_MAX 2048       /* bytes of a line; a longer one is broken */

/* Somebody whose words go into the log. */
struct voice {
	const char *name;        /* in the log: "qemu" */
	const char *title;       /* in messages: "QEMU" */
	char line[LOG_LINE_MAX]; /* not yet whole */
	size_t len;
};

struct log {
	char *path;
	int fd; /* -1: not open */
	size_t size;
	char *tail; /* what was said while the VM starts, "TITLE: LINE"; NULL when not wanted */
	size_t tail_len;
	bool echo; /* to stderr as well */
};

int log_open(struct diag *d, struct log *l, const char *path);
void log_close(struct log *l);
/* The time now, as in each line: "2026-01-31T23:59:59.123Z". */
#define LOG_STAMP 40
void log_stamp(char ret[LOG_STAMP]);

/* A line of vmrun's own. */
void log_say(struct log *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Every message of d, each a line of vmrun's own. */
void log_diag(struct log *l, const struct diag *d);
/* What it wrote. */
void log_take(struct log *l, struct voice *v, const char *s, size_t n);
/* Reads all that is there. */
void log_drain(struct log *l, struct voice *v, int fifo);
/* Likewise, of one that has ended, and whose words are not why a start failed. */
void log_hear(struct log *l, const char *name, int fifo);
/* It says no more: a line without an end is one as well. */
void log_fall_silent(struct log *l, struct voice *v);
/* Begin to keep what is said, and end it. */
void log_tail_begin(struct log *l);
void log_tail_end(struct log *l);

#endif
