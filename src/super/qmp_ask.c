/*
 * One command to QEMU and its answer, awaited: what a change of a running VM is made of, which is a
 * row of such commands, each of them depending on the one before.
 *
 * Nothing else of the VM is served meanwhile but what QEMU says by itself. So it waits for a QEMU that
 * answers, which takes a millisecond, and not for one that does not.
 */
#include <poll.h>
#include <string.h>

#include "os/os.h"
#include "qemu/qmp.h"
#include "super/machine.h"
#include "util/loop.h"

#define ASK_MS 5000 /* ANSWER_MS of one that has been silent */

static json_t *
fail_silent(struct diag *d)
{
	fail_as(d, DIAG_BUSY, "its QEMU does not answer");
	return NULL;
}

/* d: in QEMU's own words. */
static json_t *
take_answer(struct super *s, struct diag *d)
{
	json_t *answer = s->answer, *value;

	s->answer = NULL;
	value = json_object_get(answer, "return");
	if (value == NULL) {
		const char *words = json_string_value(
		    json_object_get(json_object_get(answer, "error"), "desc"));

		fail(d, "QEMU says: %s", words != NULL ? words : "no");
	}
	json_incref(value);
	json_decref(answer);
	return value;
}

json_t *
super_qmp_ask(struct super *s, struct diag *d, const char *command, json_t *args, int fd)
{
	uint64_t id = ID_ASK + ++s->asks;

	if (s->qmp == NULL || os_proc_stopped(&s->launch.proc)) {
		json_decref(args);
		return fail_silent(d);
	}
	json_decref(s->answer);
	s->answer = NULL;
	if (fd == -1) {
		super_qmp_send(s, command, args, id);
	} else if (qmp_send_fd(s->qmp, command, args, id, fd) == -1) {
		fail_sys(d, "QMP: %s", command);
		return NULL;
	}
	super_qmp_await_answer(s, s->silent ? ANSWER_MS : ASK_MS);
	if (s->answer == NULL) {
		s->silent = true; /* until it says something */
		return fail_silent(d);
	}
	return take_answer(s, d);
}

int
super_qmp_do(struct super *s, struct diag *d, const char *command, json_t *args)
{
	json_t *value = super_qmp_ask(s, d, command, args, -1);

	if (value == NULL)
		return -1;
	json_decref(value);
	return 0;
}
