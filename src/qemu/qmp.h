/*
 * One QMP connection (QEMU docs/interop/qmp-spec.txt): lines of JSON, bounded, never blocking.
 *
 * The caller polls fd, calls qmp_fill() when it is readable, then takes messages with qmp_next()
 * until it gives NULL. qmp_send() queues; qmp_flush() writes what the socket takes.
 */
#ifndef VMRUN_QEMU_QMP_H
#define VMRUN_QEMU_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag;

#define QMP_LINE_MAX (4u << 20) /* bytes of one message at most */

struct qmp;

struct qmp *qmp_new(int fd); /* owns fd, sets it non-blocking */
void qmp_free(struct qmp *q);
int qmp_fd(const struct qmp *q);
/* 1: something was read; 0: nothing yet; -1 with a message: closed (errno 0) or broken. */
int qmp_fill(struct diag *d, struct qmp *q);
/* The next whole message, owned by the caller; NULL: none yet. A line that is not JSON, or too
 * long: NULL and *ret_bad true. */
json_t *qmp_next(struct qmp *q, bool *ret_bad);
/* id comes back in the answer. args (taken over) may be NULL. */
int qmp_send(struct qmp *q, const char *command, json_t *args, uint64_t id);
/* The same with a descriptor, which is copied on its way, at once; the rest is qmp_flush()'s. -1 with
 * errno EAGAIN as well while QEMU takes nothing. */
int qmp_send_fd(struct qmp *q, const char *command, json_t *args, uint64_t id, int fd);
/* The same at once, with a descriptor; -1 with errno EAGAIN if something is still to be written. */
int qmp_send_fd(struct qmp *q, const char *command, json_t *args, uint64_t id, int fd);
/* 1: all written, 0: more to write (poll for POLLOUT), -1 with errno. */
int qmp_flush(struct qmp *q);

/* For the command line: connect, negotiate, run one command, wait for its answer until the deadline
 * (now_ms() terms). *ret is the whole answer ("return" or "error"), owned by the caller. */
int qmp_call(struct diag *d, const char *path, const char *command, json_t *args, int64_t deadline,
    json_t **ret);

#endif
