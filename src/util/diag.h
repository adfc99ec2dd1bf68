/*
 * Failures as data: made where they happen, wrapped on the way up, printed once by cmd/.
 *
 * A struct diag collects every message of one task (all errors of a file, not only the first).
 * A zeroed struct diag is empty and valid; diag_free() of an empty one is legal.
 */
#ifndef VMRUN_UTIL_DIAG_H
#define VMRUN_UTIL_DIAG_H

#include <stddef.h>

/* Exit statuses of the program; those above 63 are from sysexits.h. */
enum diag_status {
	DIAG_FAILED = 1,
	DIAG_USAGE = 64,  /* EX_USAGE */
	DIAG_BUSY = 75,   /* EX_TEMPFAIL: another vmrun is at work, try again */
	DIAG_DENIED = 77, /* EX_NOPERM */
	DIAG_CONFIG = 78, /* EX_CONFIG */
};

struct diag {
	char *text;     /* messages, each ended by '\n'; NULL when there is none */
	size_t len;     /* bytes in text */
	unsigned count; /* messages */
	int status;     /* an enum diag_status, that of the first failure; 0 when there is none */
};

/* Each appends one message and returns -1, so that `return fail(d, …)` is the way to fail. Control
 * characters in the finished message are made visible. fail_sys() appends ": " and strerror(errno),
 * and takes DIAG_DENIED for EPERM and EACCES. */
int fail(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int fail_as(struct diag *d, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int fail_sys(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put "what: " before every message from the given count on (0: all). */
void diag_wrap(struct diag *d, unsigned from, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Append from's messages and status to d, and empty from. */
void diag_move(struct diag *d, struct diag *from);
void diag_free(struct diag *d);

#endif
