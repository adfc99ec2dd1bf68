/* The part of a launch's record that outlives QEMU: its restart policy and its hooks; see record.h. */
#include <string.h>

#include "launch/record.h"
#include "launch/runtime.h"
#include "vm/event.h"
#include "vm/vm.h"

static const char *const policy_words[] = {
	[RESTART_NO] = "no", [RESTART_ON_FAILURE] = "on-failure", [RESTART_ALWAYS] = "always"
};

int
record_restart(const json_t *record)
{
	const char *word = json_string_value(json_object_get(record, "restart"));

	for (int i = 0; word != NULL && i <= RESTART_ALWAYS; i++) {
		if (strcmp(policy_words[i], word) == 0)
			return i;
	}
	return RESTART_NO;
}

static json_t *
words_of(const int *v, size_t n, const char *const *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(words[v[i]]));
	return list;
}

static json_t *
case_record(const struct vm_restart_case *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "cause", words_of(c->causes, c->ncauses, vm_cause_words));
	json_object_set_new(o, "restart", json_boolean(c->restart));
	json_object_set_new(o, "limit", json_integer(c->limit));
	json_object_set_new(o, "delay", json_integer(c->delay));
	json_object_set_new(o, "max_delay", json_integer(c->max_delay));
	return o;
}

static json_t *
hook_record(const struct vm_hook *h)
{
	json_t *o = json_object();

	if (h->non > 0)
		json_object_set_new(o, "on", words_of(h->on, h->non, vm_event_words));
	record_string(o, "run", h->run);
	return o;
}

/* That QEMU runs is not said: it is so of each. */
static void
record_ready(json_t *r, const struct vm_ready *ready)
{
	char text[READY_TEXT];

	json_object_del(r, "ready");
	json_object_del(r, "ready_timeout");
	if (ready->sign.by == READY_QMP)
		return;
	record_string(r, "ready", vm_ready_text(&ready->sign, text));
	json_object_set_new(r, "ready_timeout", json_integer(ready->timeout));
}

void
record_policy(json_t *r, const struct vm *vm)
{
	const struct vm_restart_policy *p = &vm->restart;
	json_t *cases = json_array(), *hooks = json_array();

	for (size_t i = 0; i < p->ncases; i++)
		json_array_append_new(cases, case_record(&p->cases[i]));
	for (size_t i = 0; i < vm->nhooks; i++)
		json_array_append_new(hooks, hook_record(&vm->hooks[i]));
	json_object_set_new(r, "stop_timeout", json_integer(vm->stop_timeout));
	record_string(r, "restart", policy_words[p->policy]);
	json_object_set_new(r, "restart_limit", json_integer(p->limit));
	json_object_set_new(r, "restart_delay", json_integer(p->delay));
	json_object_set_new(r, "restart_max_delay", json_integer(p->max_delay));
	json_object_set_new(r, "restart_settled", json_integer(p->settled));
	record_ready(r, &vm->ready);
	record_said(r, "restart_causes", json_array_size(cases) > 0, cases);
	record_said(r, "hooks", json_array_size(hooks) > 0, hooks);
}
