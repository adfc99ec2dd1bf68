/* A VM whose supervisor stays in the foreground; see foreground.h. */
#include "cmd/foreground.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/bring_up.h"
#include "cmd/lineup.h"
#include "cmd/net_up.h"
#include "cmd/ready.h"
#include "launch/plan.h"
#include "launch/runtime.h"
#include "super/super.h"
#include "util/fd.h"
#include "util/loop.h"
#include "util/mem.h"

#define AGAIN_MS 200

/* --- those that it comes after --- */

/* Also to the service manager, which may have a deadline of its own. */
static void
say_waits(const struct cmd *cmd, const char *name, const char *other)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char *text = xasprintf("STATUS=waits for %s", other);

	warn_user(cmd, name, "waits for %s", other);
	if (path != NULL && path[0] == '/')
		(void)unix_tell(path, text, strlen(text));
	free(text);
}

/* Somebody else starts it. */
static int
await_other(
    struct cmd *cmd, const char *name, const struct vm *other, bool required, struct diag *d)
{
	int64_t deadline = now_ms() + other->ready.timeout;
	bool said = false;
	enum ready how;

	while ((how = ready_look(cmd, other->name, &other->ready.sign, d)) != READY_YES &&
	       (required || how == READY_NO) && now_ms() < deadline) {
		if (!said)
			say_waits(cmd, name, other->name);
		said = true;
		sleep_ms(AGAIN_MS);
	}
	if (how != READY_YES && required) {
		diag_wrap(d, 0, "it requires %s, which is not up", other->name);
		return fail(d, "a VM in the foreground starts no other one");
	}
	diag_free(d);
	return 0;
}

static int
await_all(struct cmd *cmd, const struct target *t, const struct lineup *l, struct diag *d)
{
	struct order_run *run = order_begin(l->order, false);
	size_t own, *others, n = 0;
	int result = 0;

	if (!order_find(l->order, t->name, &own) || order_check(d, l->order, own) == -1) {
		order_end(run);
		return d->count > 0 ? -1 : 0;
	}
	order_choose(run, own);
	for (size_t i = 0; i < l->n && result == 0; i++) {
		if (i != own && order_is_chosen(run, i))
			result = await_other(cmd, t->name, &l->vm[i]->vm, true, d);
	}
	n = order_outsiders(run, &others);
	for (size_t i = 0; i < n && result == 0; i++) {
		const struct vm *vm = &l->vm[others[i]]->vm;

		if (runtime_is_held(&cmd->c, vm->name) &&
		    !ready_is_overdue(cmd, vm->name, &vm->ready))
			result = await_other(cmd, t->name, vm, false, d);
	}
	free(others);
	order_end(run);
	return result;
}

static int
await_others(struct cmd *cmd, const struct target *t, struct diag *d)
{
	struct targets one = { (struct target *)t, 1 };
	struct diag ignored = { 0 };
	struct lineup lineup;
	struct fleet f;
	int result = 0;

	if (context_fleet(&ignored, &cmd->c, &f) == 0) {
		lineup_make(cmd, &f, &one, &lineup);
		if (order_matters(lineup.order))
			result = await_all(cmd, t, &lineup, d);
		lineup_free(&lineup);
		fleet_free(&f);
	}
	diag_free(&ignored);
	return result;
}

/* --- itself --- */

struct foreground {
	struct cmd *cmd;
	const struct target *target;
};

static void
ready(const struct super_result *result, void *arg)
{
	struct foreground *f = arg;

	say_running(f->cmd, f->target->name, result);
}

/* A QEMU that is killed leaves the terminal as its guest had it. */
static int
in_foreground(struct cmd *cmd, struct plan *p, struct runtime *r, const struct super_ready *ready,
    struct diag *d)
{
	bool lent = vm_uses_stdio(&p->member.vm);
	struct termios before;
	int result;

	lent = lent && tcgetattr(STDIN_FILENO, &before) == 0;
	result = super_foreground(d, &cmd->c, p, r, ready);
	if (lent)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return result;
}

int
start_foreground(struct cmd *cmd, const struct target *t)
{
	struct foreground f = { cmd, t };
	const struct super_ready on_ready = { ready, &f };
	struct runtime r = RUNTIME_NONE;
	struct diag d = { 0 };
	enum super_found found;
	struct plan p;

	if (net_recover(cmd, &d, NULL) == -1)
		warn_user(cmd, NULL, "%.*s", (int)strcspn(d.text, "\n"), d.text);
	diag_free(&d);
	/* Who watches over this process starts it again when it was killed; its QEMU lives on, and
	 * gets its supervisor back. */
	if (super_recover_foreground(&d, &cmd->c, t->name, &on_ready, &found) == -1)
		goto ended;
	if (found == FOUND_QEMU)
		return end_results(cmd);
	if (found == FOUND_BUSY) {
		fail_as(&d, DIAG_BUSY, "it is running already");
		goto fail;
	}
	if (await_others(cmd, t, &d) == -1 || plan_make(&d, &cmd->c, t->word, NULL, &p) == -1)
		goto fail;
	if (runtime_lock(&d, &cmd->c, t->name, &r) == -1) {
		plan_free(&p);
		goto fail;
	}
	if (runtime_has_record(&r)) {
		plan_free(&p);
		runtime_release(&r);
		fail_as(&d, DIAG_BUSY, "another vmrun is at work on it, try again");
		goto fail;
	}
	if (in_foreground(cmd, &p, &r, &on_ready, &d) == 0)
		return end_results(cmd);
ended:
	if (d.count == 0)
		fail(&d, "ended in failure");
fail:
	say_failure(cmd, t->name, &d);
	return end_results(cmd);
}
