/*
 * The self-test of `check --host`: makes a bridge and a tap, joins, lists, leaves, destroys, and
 * says what held. In a network of its own where the system has such a thing, else beside the host's
 * own interfaces, none of which it touches.
 */
#ifndef VMRUN_NET_SELFTEST_H
#define VMRUN_NET_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct os_finding;

/* In a child, so that nothing of it stays in the caller; whatever becomes of the child is a finding
 * as well. At most max. */
size_t selftest(struct os_finding *ret, size_t max);

/* --- its parts --- */

/* Gets each finding as it is known; level is that of struct os_finding. */
struct selftest_listener {
	void (*fn)(void *arg, int level, const char *text);
	void *arg;
};

/* In this process: without privilege one note; a step that fails ends it, and everything made is
 * undone all the same. */
void selftest_steps(const struct selftest_listener *to);
/* Removes what self-tests left that were killed: known by alias, which names a process that is no
 * more. */
void selftest_sweep(const struct selftest_listener *to);
/* Runs body in a child for at most that many ms, then kills it. *ret_ended: it came to its end. */
size_t selftest_watch(void (*body)(const struct selftest_listener *to), int64_t patience,
    struct os_finding *ret, size_t max, bool *ret_ended);

#endif
