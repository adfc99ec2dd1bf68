/* What no single key can tell of a VM's end and its next start; see internal.h. */
#include <stdlib.h>

#include "util/mem.h"
#include "vm/event.h"
#include "vm/internal.h"

static bool
case_gives(const struct rules *r, size_t i, const char *key)
{
	char *path = xasprintf("restart.causes[%zu].%s", i, key);
	bool given = rule_own(r, "restart.causes") ? rule_own(r, path) : rule_given(r, path);

	free(path);
	return given;
}

static void
case_broken(const struct rules *r, size_t i, const char *key, const char *words)
{
	char *path = xasprintf("restart.causes[%zu].%s", i, key);

	rule_broken(r, path, "%s", words);
	free(path);
}

/* What is not said of a case is as it is for all. */
static void
fill_case(const struct rules *r, size_t i)
{
	const struct vm_restart_policy *all = &r->vm->restart;
	struct vm_restart_case *one = &all->cases[i];

	if (!case_gives(r, i, "limit"))
		one->limit = all->limit;
	if (!case_gives(r, i, "delay"))
		one->delay = all->delay;
	if (!case_gives(r, i, "max_delay"))
		one->max_delay = all->max_delay > one->delay ? all->max_delay : one->delay;
	else if (one->max_delay < one->delay)
		case_broken(r, i, "max_delay", "less than delay");
}

static void
check_cases(const struct rules *r)
{
	const struct vm_restart_policy *p = &r->vm->restart;
	bool seen[CAUSE_RESTARTABLE] = { false };

	for (size_t i = 0; i < p->ncases; i++) {
		const struct vm_restart_case *one = &p->cases[i];

		if (one->ncauses == 0 && case_gives(r, i, "cause") && !case_gives(r, i, "cause[0]"))
			case_broken(r, i, "cause", "the list is empty");
		for (size_t k = 0; k < one->ncauses; k++) {
			if (seen[one->causes[k]]) {
				char *path = xasprintf("restart.causes[%zu].cause", i);

				rule_broken(r, path, "%s has been told of already",
				    vm_cause_words[one->causes[k]]);
				free(path);
			}
			seen[one->causes[k]] = true;
		}
		fill_case(r, i);
	}
}

/* on_watchdog and watchdog.action are one key at two places. */
static void
same_action(const struct rules *r)
{
	struct vm *vm = r->vm;
	int top = rule_strength(r, "on_watchdog"), below = rule_strength(r, "watchdog.action");

	if (top == below && top != -1 && vm->on_watchdog != vm->watchdog.action)
		rule_broken(r, "watchdog.action", "says something else than on_watchdog");
	if (top >= below && top != -1)
		vm->watchdog.action = vm->on_watchdog;
	else
		vm->on_watchdog = vm->watchdog.action;
	if (vm->watchdog.model == WATCHDOG_NONE && rule_insists(r, "on_watchdog"))
		rule_broken(r, "on_watchdog",
		    "there is no watchdog (watchdog = \"i6300esb\" would be one)");
}

static bool
has_cause(const struct vm_restart_case *one, enum vm_cause cause)
{
	for (size_t i = 0; i < one->ncauses; i++) {
		if (one->causes[i] == (int)cause)
			return true;
	}
	return false;
}

/* Does something in the file depend on being told of a panic? */
static bool
heeds_panic(const struct rules *r)
{
	const struct vm *vm = r->vm;

	for (size_t i = 0; i < vm->restart.ncases; i++) {
		if (has_cause(&vm->restart.cases[i], CAUSE_GUEST_PANIC))
			return true;
	}
	for (size_t i = 0; i < vm->nhooks; i++) {
		for (size_t k = 0; k < vm->hooks[i].non; k++) {
			if (vm->hooks[i].on[k] == EVENT_PANICKED)
				return true;
		}
	}
	return rule_given(r, "on_panic") && vm->on_panic != PANIC_NONE;
}

/* What never comes needs no word; in a template it may be meant for others. */
static void
check_watchdog_cases(const struct rules *r)
{
	const struct vm *vm = r->vm;

	if (vm->watchdog.model != WATCHDOG_NONE || !rule_own(r, "restart.causes"))
		return;
	for (size_t i = 0; i < vm->restart.ncases; i++) {
		if (has_cause(&vm->restart.cases[i], CAUSE_WATCHDOG))
			case_broken(r, i, "cause",
			    "watchdog: there is none (watchdog = \"i6300esb\" would be one, with "
			    "on_watchdog = \"poweroff\")");
	}
}

void
rules_life(struct rules *r)
{
	struct vm *vm = r->vm;

	if (vm->restart.max_delay < vm->restart.delay) {
		if (rule_given(r, "restart.max_delay") && rule_given(r, "restart.delay"))
			rule_broken(r, "restart.max_delay", "less than delay");
		vm->restart.max_delay = vm->restart.delay;
	}
	check_cases(r);
	same_action(r);
	check_watchdog_cases(r);
	/* Without it nobody would hear of a panic. */
	if (heeds_panic(r) && !rule_given(r, "pvpanic") && !same_text(vm->machine.type, "microvm"))
		vm->pvpanic = true;
}
