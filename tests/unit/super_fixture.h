/* What the programs that test the supervisor share: starting VMs, asking them, seeing their end. */
#ifndef VMRUN_TESTS_UNIT_SUPER_FIXTURE_H
#define VMRUN_TESTS_UNIT_SUPER_FIXTURE_H

#include "vm_fixture.h"

#include <poll.h>
#include <signal.h>

#include "launch/plan.h"
#include "super/client.h"
#include "super/super.h"

#define SUPERS_MAX 64
#define PATIENCE   30000 /* ms; only a test that fails waits so long */

/* Every supervisor and QEMU of a test, so that one that fails leaves none behind. */
static pid_t supers[SUPERS_MAX];
static struct os_proc qemus[SUPERS_MAX];
static int qemu_fds[SUPERS_MAX];
static size_t nsupers, nqemus;

static inline void
know_qemu(pid_t pid)
{
	struct diag d = { 0 };

	assert_true(nqemus < SUPERS_MAX);
	qemus[nqemus] = (struct os_proc){ .pid = pid };
	qemu_fds[nqemus] = os_proc_open(&d, &qemus[nqemus]);
	nqemus += qemu_fds[nqemus] != -1;
	diag_free(&d);
}

static inline int
super_place_remove(void **state)
{
	for (size_t i = 0; i < nsupers; i++) {
		if (waitpid(supers[i], NULL, WNOHANG) == 0) {
			kill(supers[i], SIGKILL);
			waitpid(supers[i], NULL, 0);
		}
	}
	for (size_t i = 0; i < nqemus; i++) {
		struct pollfd end = { .fd = qemu_fds[i], .events = POLLIN };

		if (poll(&end, 1, 0) == 0)
			kill(qemus[i].pid, SIGKILL);
		poll(&end, 1, -1);
		fd_close(&qemu_fds[i]);
	}
	nsupers = nqemus = 0;
	return place_remove(state);
}

static inline void
begin(struct place *p, const char *name, int *ret_fd)
{
	static const struct super_ballast none = { 0 };
	struct runtime r = RUNTIME_NONE;
	struct plan plan;

	assert_true(nsupers < SUPERS_MAX);
	assert_done(p, plan_make(&p->d, &p->c, name, NULL, &plan));
	assert_done(p, runtime_lock(&p->d, &p->c, name, &r));
	assert_done(p, super_start(&p->d, &p->c, &plan, &r, none, ret_fd, &supers[nsupers]));
	nsupers++;
	assert_int_equal(r.lock, -1); /* taken over */
	assert_null(plan.member.vm.name);
}

/* Starts it; *ret is what the supervisor told. */
static inline int
start(struct place *p, const char *name, struct super_result *ret)
{
	int fd = -1, result;

	begin(p, name, &fd);
	result = super_result(&p->d, fd, supers[nsupers - 1], ret);
	if (result == 0)
		know_qemu(ret->qemu);
	return result;
}

/* Writes the file of a VM whose QEMU does as the words say (NULL: as it should), and starts it. */
static inline struct super_result
started(struct place *p, const char *name, const char *word, const char *more)
{
	char *text = xasprintf("%s\n%s%s%s", more, word != NULL ? "args = (\"-fake\", \"" : "",
	    word != NULL ? word : "", word != NULL ? "\");" : "");
	struct super_result r = { 0 };

	vm_file(p, name, text);
	free(text);
	assert_done(p, start(p, name, &r));
	assert_true(r.qemu > 0);
	return r;
}

/* The exit status of the supervisor that was started last. */
static inline int
supervisor_end(void)
{
	int status;

	assert_int_equal(waitpid(supers[nsupers - 1], &status, 0), supers[nsupers - 1]);
	nsupers--;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline void
kill_known(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
}

/* As if the host had run out of memory. */
static inline void
kill_supervisor(void)
{
	kill_known(supers[nsupers - 1]);
	assert_int_equal(waitpid(supers[nsupers - 1], NULL, 0), supers[nsupers - 1]);
	nsupers--;
}

/* The supervisor first, so that it cannot notice. */
static inline void
kill_both(pid_t qemu)
{
	struct pollfd end = { .fd = qemu_fds[nqemus - 1], .events = POLLIN };

	assert_int_equal(kill(supers[nsupers - 1], SIGSTOP), 0);
	kill_known(qemu);
	assert_int_equal(poll(&end, 1, -1), 1);
	kill_supervisor();
}

static inline void
assert_found(struct place *p, const char *name, enum super_found expected)
{
	enum super_found found = FOUND_BUSY;

	assert_done(p, super_recover(&p->d, &p->c, name, &found));
	assert_int_equal(found, expected);
}

/* Takes over request. The answer, if there is one, is owned by the caller. */
static inline enum call_outcome
call(struct place *p, const char *name, json_t *request, json_t **ret)
{
	struct call c = { .name = name, .request = request, .patience = PATIENCE };

	client_run(&p->c, &c, 1);
	json_decref(request);
	*ret = c.answer;
	return c.outcome;
}

static inline json_t *
ask(struct place *p, const char *name, json_t *request)
{
	json_t *answer = NULL;

	assert_int_equal(call(p, name, request, &answer), CALL_ANSWERED);
	return answer;
}

/* The VM does it. */
static inline void
does(struct place *p, const char *name, const char *what)
{
	json_t *a = ask(p, name, json_pack("{s:s}", "do", what));

	if (!json_is_true(json_object_get(a, "ok")))
		fail_msg("%s: %s", what, json_string_value(json_object_get(a, "error")));
	json_decref(a);
}

static inline void
assert_how(json_t *answer, const char *how)
{
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_string_equal(json_string_value(json_object_get(answer, "how")), how);
	json_decref(answer);
}

static inline void
assert_error(json_t *answer, const char *error)
{
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_string_equal(json_string_value(json_object_get(answer, "error")), error);
	json_decref(answer);
}

static inline json_t *
stop_request(const char *mode, int timeout)
{
	return json_pack("{s:s,s:s,s:i}", "do", "stop", "mode", mode, "timeout", timeout);
}

/* Two who ask at once get the same answer. */
static inline void
assert_both_told(struct place *p, json_t *first, json_t *second, const char *how)
{
	struct call c[2] = { { .name = "web1", .patience = PATIENCE, .request = first },
		{ .name = "web1", .patience = PATIENCE, .request = second } };

	client_run(&p->c, c, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].outcome, CALL_ANSWERED);
		assert_how(c[i].answer, how);
		json_decref(c[i].request);
	}
}

static inline json_t *
status(struct place *p, const char *name)
{
	json_t *a = ask(p, name, json_pack("{s:s}", "do", "status"));

	assert_true(json_is_true(json_object_get(a, "ok")));
	return a;
}

static inline bool
state_is(struct place *p, const char *name, const char *state)
{
	json_t *a = status(p, name);
	bool is = strcmp(json_string_value(json_object_get(a, "state")), state) == 0;

	json_decref(a);
	return is;
}

static inline int
number(struct place *p, const char *name, const char *key)
{
	json_t *a = status(p, name);
	int n = (int)json_integer_value(json_object_get(a, key));

	json_decref(a);
	return n;
}

/* One that super_recover() made is our child too. */
static inline void
know_supervisor(struct place *p, const char *name)
{
	supers[nsupers++] = number(p, name, "supervisor");
}

/* The VM has ended, in order or not: nothing but log and mark is left. */
static inline void
assert_ended(struct place *p, const char *name, bool in_order)
{
	char *dir = xasprintf("run/%s", name), *why;

	assert_int_equal(supervisor_end(), in_order ? 0 : 1);
	assert_false(is_there(p, dir));
	why = super_failure(&p->c, name);
	assert_int_equal(why == NULL, in_order);
	free(why);
	free(dir);
}

static inline void
assert_logged(struct place *p, const char *name, const char *words)
{
	char *path = xasprintf("log/%s.log", name), *text = get(p, path);

	assert_non_null(text);
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, text);
	free(text);
	free(path);
}

#define test(name) cmocka_unit_test_setup_teardown(name, place_make, super_place_remove)

#endif
