/* Changes of NICs: cables, forwards, ports on bridges, rates; see change.h. */
#include <stdlib.h>
#include <string.h>

#include "launch/forwards.h"
#include "launch/nics_change.h"
#include "launch/record.h"
#include "qemu/usernet.h"
#include "super/change.h"
#include "util/fd.h"
#include "util/mem.h"

static json_t *
nic_of(const struct super *s, size_t i)
{
	return json_array_get(json_object_get(s->launch.record, "nics"), i);
}

int
change_link(struct change_work *w, struct diag *d, size_t i)
{
	bool up = w->now->member.vm.nics[i].link;
	json_t *args =
	    json_pack("{s:o,s:b}", "name", json_sprintf("net%zu", i), "up", (int)up);

	if (super_qmp_do(w->s, d, "set_link", args) == -1)
		return -1;
	json_object_set_new(nic_of(w->s, i), "link", json_boolean(up));
	return 0;
}

int
change_down_hook(struct change_work *w, struct diag *d, size_t i)
{
	json_object_del(nic_of(w->s, i), "down");
	record_string(nic_of(w->s, i), "down", w->now->member.vm.nics[i].down);
	return 0;
}

/* Networks that vmrun makes are there before their ports, and those that nobody needs any more go
 * after them. */
int
change_port(struct change_work *w, struct diag *d, size_t i)
{
	struct super *s = w->s;
	struct network_uses uses = { 0 };
	struct diag ignored = { 0 };
	char *warning = NULL;
	int result;

	if (networks_join(d, w->c, w->now, &uses, &warning) == -1)
		return -1;
	if (warning != NULL)
		log_say(&s->log, "%s", warning);
	free(warning);
	log_drain(&s->log, &s->qemu, s->fifo);
	launch_hear(&s->launch, &s->runtime);
	result = nics_change_port(d, w->was, w->now, &s->launch, i);
	fd_close(&s->launch.log);
	log_hear(&s->log, "hook", s->fifo);
	if (result == -1) {
		networks_release(&uses);
	} else {
		networks_release(&s->networks);
		s->networks = uses;
		super_announce(s, i);
	}
	(void)networks_sweep(&ignored, w->c);
	log_diag(&s->log, &ignored);
	diag_free(&ignored);
	super_guards_forget(s);
	super_guards_watch(s);
	return result;
}

int
change_rate(struct change_work *w, struct diag *d, size_t i)
{
	return nics_change_rate(d, w->was, w->now, &w->s->runtime, &w->s->launch, i);
}

static bool
is_in(const struct vm_forward *f, const struct vm_nic *nic)
{
	for (size_t k = 0; k < nic->nforwards; k++) {
		if (forward_equal(f, &nic->forwards[k]))
			return true;
	}
	return false;
}

/* What the monitor says to that; NULL: it says nothing. line is taken over. */
static json_t *
monitor(struct change_work *w, struct diag *d, char *line)
{
	json_t *args = json_pack("{s:s}", "command-line", line);

	free(line);
	return super_qmp_ask(w->s, d, "human-monitor-command", args, -1);
}

/* To an addition it says nothing. */
static int
forward_add(struct change_work *w, struct diag *d, size_t i, const struct vm_forward *f)
{
	char text[QEMU_HOSTFWD], form[FORWARD_TEXT];
	json_t *value = NULL;
	const char *said;
	int result = -1;

	if (forward_free(d, f) == 0)
		value = monitor(
		    w, d, xasprintf("hostfwd_add net%zu %s", i, qemu_hostfwd(f, text)));
	said = json_string_value(value);
	if (said != NULL && said[0] == '\0')
		result = 0;
	else if (said != NULL)
		fail(d, "QEMU says: %.*s", (int)strcspn(said, "\r\n"), said);
	if (result == -1)
		diag_wrap(d, d->count - 1, "%s", forward_format(f, form));
	json_decref(value);
	return result;
}

/* One that is not there is as good as removed. */
static int
forward_remove(struct change_work *w, struct diag *d, size_t i, const struct vm_forward *f)
{
	char text[QEMU_HOSTFWD];
	json_t *value = monitor(
	    w, d, xasprintf("hostfwd_remove net%zu %s", i, qemu_hostfwd_end(f, text)));
	int result = value != NULL ? 0 : -1;

	json_decref(value);
	return result;
}

/* Those that only the one has go, and make room for those that only the other has. */
static int
forwards_from_to(struct change_work *w, struct diag *d, size_t i, const struct vm_nic *from,
    const struct vm_nic *to)
{
	int result = 0;

	for (size_t k = 0; k < from->nforwards; k++) {
		if (!is_in(&from->forwards[k], to) &&
		    forward_remove(w, d, i, &from->forwards[k]) == -1)
			result = -1;
	}
	for (size_t k = 0; k < to->nforwards && result == 0; k++) {
		if (!is_in(&to->forwards[k], from))
			result = forward_add(w, d, i, &to->forwards[k]);
	}
	return result;
}

static int
change_user(struct change_work *w, struct diag *d, size_t i)
{
	const struct vm_nic *was = &w->was->member.vm.nics[i], *now = &w->now->member.vm.nics[i];
	struct diag back = { 0 };

	if (forwards_from_to(w, d, i, was, now) == 0)
		return 0;
	if (forwards_from_to(w, &back, i, now, was) == -1)
		fail(d, "and what was forwarded before could not be had again: %.*s",
		    (int)strcspn(back.text, "\n"), back.text);
	diag_free(&back);
	return -1;
}

static int
change_passt(struct change_work *w, struct diag *d, size_t i)
{
	const struct vm_nic *now = &w->now->member.vm.nics[i];
	json_t *list = json_array();
	char text[FORWARD_TEXT];
	int result;

	for (size_t k = 0; k < now->nforwards; k++)
		json_array_append_new(list, json_string(forward_format(&now->forwards[k], text)));
	result = super_passt_forwards(w->s, d, i, list);
	json_decref(list);
	return result;
}

int
change_forwards(struct change_work *w, struct diag *d, size_t i)
{
	return w->now->member.vm.nics[i].passt.enabled ? change_passt(w, d, i)
						       : change_user(w, d, i);
}
